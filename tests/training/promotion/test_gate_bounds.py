"""What the gate lets through and what it refuses, on answers that are drawn."""

from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tests.fakes import make_manifest
from training.errors import TrainingError
from training.promotion.gate_bounds import Limits, Measured, Verdict, judge
from training.promotion.gate_table import print_verdict

pytestmark = pytest.mark.slow

STYLES = ("cubism", "impressionism", "ukiyo-e")
PICTURES = 900
SURE = 0.9


def draw(
    accuracy: float | dict[str, float] = SURE,
    *,
    styles: tuple[str, ...] = STYLES,
    truths: list[str] | None = None,
    seed: int = 0,
    sure: float = SURE,
    **facts: Any,
) -> Measured:
    """Return a model that names so many pictures of a style rightly, and is `sure` each time.

    What is wrong is the next style; which pictures those are depends on the seed.
    """
    truths = truths or truths_of()
    generator = np.random.default_rng(seed)
    shares = accuracy if isinstance(accuracy, dict) else dict.fromkeys(styles, accuracy)
    probabilities = np.full((len(truths), len(styles)), (1 - sure) / (len(styles) - 1))
    for style in set(truths):
        places = generator.permutation([i for i, one in enumerate(truths) if one == style])
        right = round(shares.get(style, 0) * len(places))
        own = styles.index(style) if style in styles else 0
        probabilities[places[:right], own] = sure
        probabilities[places[right:], (own + 1) % len(styles)] = sure
    known: dict[str, Any] = {
        "manifest": make_manifest(styles),
        "probabilities": probabilities.astype(np.float32),
        "latency_ms": 8.0,
        "bytes": 5_000_000,
        "golden_difference": 1e-7,
        "has_neighbours": True,
    }
    return Measured(**known | facts)


def truths_of(styles: tuple[str, ...] = STYLES, count: int = PICTURES) -> list[str]:
    return [styles[number % len(styles)] for number in range(count)]


def reasons(candidate: Measured, live: Measured | None = None, **options: Any) -> list[str]:
    return list(judge(candidate, live or draw(), truths_of(), **options).reasons)


def test_the_model_that_is_live_already_would_pass() -> None:
    assert reasons(draw()) == []


def test_a_better_model_passes_and_its_figures_are_kept() -> None:
    verdict = judge(draw(0.9), draw(0.8, sure=0.8), truths_of())

    assert verdict.reasons == ()
    assert verdict.figures.pictures == PICTURES
    assert verdict.figures.top1 == pytest.approx(0.9)
    assert verdict.figures.macro_f1 == pytest.approx(0.9)
    assert verdict.figures.macro_f1_before == pytest.approx(0.8)


def test_a_worse_model_is_refused_for_its_f1() -> None:
    found = reasons(draw(0.88, sure=0.88))

    assert len(found) == 1
    assert found[0].startswith("macro-F1 may be lower: 0.900 is live, 0.880 was measured")


def test_a_model_as_good_on_other_pictures_has_to_prove_itself() -> None:
    """Of 900 pictures 90 are wrong in both, but others: the difference may be chance."""
    found = reasons(draw(seed=1))

    assert [one.split(":")[0] for one in found] == ["macro-F1 may be lower"]


def test_the_same_pictures_are_drawn_for_both() -> None:
    """A small difference on the same pictures is sure, which it would not be on others."""
    live = draw()
    better = live.probabilities.copy()
    wrong = np.flatnonzero(better.argmax(axis=1) != np.arange(PICTURES) % 3)[:5]
    better[wrong] = 0.05
    better[wrong, wrong % 3] = SURE

    row = judge(replace(live, probabilities=better), live, truths_of()).rows[0]

    assert row.reason == ""
    assert row.bound.startswith("+0.")


def test_the_gate_gives_the_same_verdict_each_time() -> None:
    verdicts = [judge(draw(seed=1), draw(), truths_of()) for _ in range(2)]

    assert verdicts[0] == verdicts[1]


LOSING = {"cubism": 0.75, "impressionism": 0.96, "ukiyo-e": 0.96}


def test_a_style_that_loses_is_refused_by_name() -> None:
    found = reasons(draw(LOSING), limits=Limits(max_f1_loss=1))

    assert [one.split()[0] for one in found] == ["cubism"]
    assert "give --allow-loss cubism" in found[0]


def test_a_style_that_was_named_may_lose() -> None:
    assert reasons(draw(LOSING), allowed={"cubism"}, limits=Limits(max_f1_loss=1)) == []


def test_a_style_that_the_new_model_no_longer_knows_is_lost() -> None:
    found = reasons(draw(styles=STYLES[:2]), limits=Limits(max_f1_loss=1))

    assert any(one.startswith("ukiyo-e loses 90.0 points") for one in found)


def test_new_styles_do_not_count_against_the_old_ones() -> None:
    truths = truths_of((*STYLES, "pop-art"))
    live = draw(truths=truths)
    candidate = draw(styles=(*STYLES, "pop-art"), truths=truths)

    verdict = judge(candidate, live, truths)

    assert verdict.figures.pictures == PICTURES * 3 // 4
    assert not [row for row in verdict.rows if "pop-art" in row.name]


def test_pictures_that_the_live_model_cannot_name_are_no_test() -> None:
    truths = ["pop-art"] * 10
    models = draw(styles=(*STYLES, "pop-art"), truths=truths), draw(truths=truths)

    with pytest.raises(TrainingError, match="that the live model knows"):
        judge(*models, truths)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sure": 0.95}, "its probabilities are off by 0.050 (expected calibration error)"),
        ({"golden_difference": 2e-3}, "it does not give its golden answers: off by 2.0e-03"),
        ({"golden_difference": float("inf")}, "it does not give its golden answers: off by inf"),
        ({"golden_difference": float("nan")}, "it does not give its golden answers: off by nan"),
        ({"latency_ms": 12.1}, "it takes 1.5 times as long as the live model"),
        ({"bytes": 6_000_001}, "it has 6.0 MB, not 6"),
        ({"has_neighbours": False}, "it finds no similar works: export it with --works"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_figure(
    changes: dict[str, Any], reason: str
) -> None:
    assert reasons(draw(**changes)) == [reason]


@pytest.mark.parametrize("changes", [{"latency_ms": 12.0}, {"bytes": 6_000_000}])
def test_what_is_at_the_bound_passes(changes: dict[str, Any]) -> None:
    assert reasons(draw(**changes)) == []


@pytest.mark.parametrize(("threshold", "share"), [(0.95, "100.0%"), (0.0, "60.0%")])
def test_candidate_sets_that_hold_too_much_or_too_little_are_refused(
    threshold: float, share: str
) -> None:
    manifest = make_manifest(STYLES)
    rule = manifest.candidates.model_copy(update={"threshold": threshold})
    manifest = manifest.model_copy(update={"candidates": rule})
    accuracy = 0.9 if threshold else 0.6
    candidate = draw(accuracy, sure=accuracy, manifest=manifest)

    found = reasons(candidate, draw(accuracy, sure=accuracy))

    assert found == [f"{share} of its candidate sets hold the right style, not 90%"]


def test_a_live_model_without_similar_works_asks_for_none() -> None:
    live, candidate = (draw(has_neighbours=False) for _ in range(2))

    assert reasons(candidate, live) == []


def refused() -> Verdict:
    return judge(draw(bytes=9_000_000), draw(), truths_of())


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_table_has_a_line_for_each_bound_and_says_which_was_missed(is_terminal: bool) -> None:
    console = Console(force_terminal=is_terminal, width=140, record=True, file=StringIO())
    verdict = refused()

    print_verdict(verdict, console)

    lines = console.export_text().splitlines()
    told = {row.name: next(line for line in lines if row.name in line) for row in verdict.rows}
    assert "9.0 MB" in told["size"]
    assert [name for name, line in told.items() if "refused" in line] == ["size"]


def test_the_table_stays_whole_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_verdict(refused())

    lines = capsys.readouterr().out.splitlines()
    assert any("at most 6 MB" in line and "refused" in line for line in lines)
    assert not any("\x1b" in line for line in lines)
