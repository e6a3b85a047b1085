"""How often visitors agreed with the answers, and what they said instead."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from lambda_fn.catalogue.works import Feedback
from lambda_fn.contract.styles import STYLE_BY_SLUG


@dataclass(frozen=True, slots=True)
class Agreement:
    """What visitors said about the answers that named one style."""

    style: str
    """slug of the style that was predicted"""
    answers: int
    right: int
    instead: str | None
    """slug of the style most often said instead; among equals the first of the alphabet"""
    instead_answers: int


def agreement(feedback: Iterable[Feedback]) -> list[Agreement]:
    """Return the agreement for each style that was predicted, in the order of STYLES."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for one in feedback:
        said[one.predicted][one.said] += 1
    order = list(STYLE_BY_SLUG)
    known = sorted(said, key=lambda slug: order.index(slug) if slug in order else len(order))
    return [_agreement(slug, said[slug]) for slug in known]


def _agreement(slug: str, said: Counter[str]) -> Agreement:
    others = sorted((-count, other) for other, count in said.items() if other != slug)
    count, instead = others[0] if others else (0, None)
    return Agreement(slug, said.total(), said[slug], instead, -count)


def as_table(rows: Sequence[Agreement]) -> Table:
    """Return the agreement for a terminal."""
    table = Table("predicted", box=None, pad_edge=False, header_style="bold")
    for heading in ("answers", "said right", "share"):
        table.add_column(heading, justify="right")
    table.add_column("most often said instead")
    for row in rows:
        instead = f"{_name(row.instead)} ({row.instead_answers})" if row.instead else ""
        share = f"{row.right / row.answers:.0%}"
        table.add_row(_name(row.style), f"{row.answers:,}", f"{row.right:,}", share, instead)
    return table


def _name(slug: str) -> str:
    return STYLE_BY_SLUG[slug].name if slug in STYLE_BY_SLUG else slug
