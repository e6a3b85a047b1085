"""Works -> all that `explore` finds out about them, without a file or a plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.config import ExploreConfig
from training.dataset.dataset_folder import Work
from training.exploration.chronology import Chronology, chronology
from training.exploration.quality import (
    Balance,
    Overlap,
    Quality,
    balances,
    by_style,
    overlap,
    quality,
    told_by_source,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known about a dataset; styles are in the order of `STYLES`, by their slugs.

    `told_by_source`: see there. `left_out` maps a reason to pictures. `copies` are the pictures
    that `organise` took for copies of others, `disagreeing_copies` those of another style.
    """

    total: Quality
    styles: Mapping[str, Quality]
    balances: Mapping[str, Sequence[Balance]]
    overlaps: Sequence[Overlap]
    chronology: Chronology
    told_by_source: float
    left_out: Mapping[str, int]
    copies: int
    disagreeing_copies: int


def examine(
    works: Sequence[Work],
    config: ExploreConfig,
    *,
    this_year: int,
    left_out: Mapping[str, int],
    copies: int = 0,
    disagreeing_copies: int = 0,
) -> Findings:
    """Return what these works (one at least) are; the rest is what `organise` counted."""
    lists = tuple(works[0].parts)
    return Findings(
        total=quality(works, this_year=this_year),
        styles={
            slug: quality(group, this_year=this_year) for slug, group in by_style(works).items()
        },
        balances={split: balances(works, split) for split in lists},
        overlaps=[overlap(works, split) for split in lists],
        chronology=chronology(
            works, this_year=this_year, least=config.min_dated_works, most=config.max_ridges
        ),
        told_by_source=told_by_source(works),
        left_out=left_out,
        copies=copies,
        disagreeing_copies=disagreeing_copies,
    )
