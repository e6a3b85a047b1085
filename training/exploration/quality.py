"""Works -> what to know about them before a model is trained: gaps, sources, artists, balance."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lambda_fn.contract.styles import STYLES
from training.dataset.artists import unite_spellings
from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work

EARLIEST_YEAR = 1200
"""No style of ours is older: an earlier year is a slip."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known about the works of a style; all but the last two count works.

    `sources` maps a source to its works, the largest first.
    """

    pictures: int
    unknown_artist: int
    untitled: int
    undated: int
    implausible_year: int
    artists: int
    sources: dict[str, int]

    @property
    def largest_source(self) -> str:
        """Return the source of the most works."""
        return next(iter(self.sources))

    @property
    def largest_source_share(self) -> float:
        """Return the share of the works that come from the largest source."""
        return self.sources[self.largest_source] / self.pictures


@dataclass(frozen=True, slots=True)
class Balance:
    """How many pictures of one style each part of a list has, and what one of them weighs.

    `weight` is n / (styles * count) over the training part, so that every style counts alike; None
    where it has none of the style.
    """

    style: str
    train: int
    validation: int
    test: int
    unused: int
    weight: float | None

    @property
    def listed(self) -> int:
        """Return the pictures that the list uses."""
        return self.train + self.validation + self.test


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many test pictures of a list are by an artist whom the training part shows too.

    `artists` counts those artists. Nothing is known about pictures by unknown artists, so the share
    (of all test pictures) is the least that it can be.
    """

    split: str
    test: int
    unknown_artist: int
    in_training: int
    artists: int

    @property
    def share(self) -> float:
        """Return the share of the test pictures; 0 where the list has none."""
        return self.in_training / self.test if self.test else 0.0


def by_style(works: Sequence[Work]) -> dict[str, list[Work]]:
    """Return slug -> its works, in the order of `STYLES`, without styles that have none."""
    groups: dict[str, list[Work]] = {style.slug: [] for style in STYLES}
    for work in works:
        groups[work.style].append(work)
    return {slug: group for slug, group in groups.items() if group}


def is_plausible(year: int, *, this_year: int) -> bool:
    """Return whether a work of our styles can be of that year."""
    return EARLIEST_YEAR <= year <= this_year


def quality(works: Sequence[Work], *, this_year: int) -> Quality:
    """Return what is known about these works (one at least)."""
    years = [work.year for work in works if work.year is not None]
    return Quality(
        pictures=len(works),
        unknown_artist=sum(work.artist == UNKNOWN_ARTIST for work in works),
        untitled=sum(not work.title for work in works),
        undated=len(works) - len(years),
        implausible_year=sum(not is_plausible(year, this_year=this_year) for year in years),
        artists=len(set(artist_keys(works).values())),
        sources=dict(Counter(sorted(work.source for work in works)).most_common()),
    )


def balances(works: Sequence[Work], split: str) -> list[Balance]:
    """Return the balance of each style in the list `split`, in the order of `STYLES`."""
    counts = {
        slug: Counter(work.parts[split] for work in group)
        for slug, group in by_style(works).items()
    }
    trained = [count["train"] for count in counts.values() if count["train"]]
    return [
        Balance(
            style=slug,
            train=count["train"],
            validation=count["validation"],
            test=count["test"],
            unused=count["unused"],
            weight=sum(trained) / (len(trained) * count["train"]) if count["train"] else None,
        )
        for slug, count in counts.items()
    ]


def overlap(works: Sequence[Work], split: str) -> Overlap:
    """Return how far the artists of the test part are those of the training part."""
    keys = artist_keys(works)
    shown = {keys.get(work.artist) for work in works if work.parts[split] == "train"} - {None}
    test = [keys.get(work.artist) for work in works if work.parts[split] == "test"]
    return Overlap(
        split,
        test=len(test),
        unknown_artist=test.count(None),
        in_training=sum(artist in shown for artist in test),
        artists=len(shown & set(test)),
    )


def artist_keys(works: Iterable[Work]) -> dict[str, str]:
    """Return for each spelling of a known artist of these works what all of them share."""
    return unite_spellings({work.artist for work in works} - {UNKNOWN_ARTIST})


def told_by_source(works: Sequence[Work]) -> float:
    """Return which share of the information in a style's name its source tells already, 0 to 1.

    It is their mutual information over the entropy of the styles: 0 where every style comes from
    the sources alike, 1 where each source holds one style.
    """
    whole = _entropy(Counter(work.style for work in works))
    if whole == 0:
        return 0.0
    both = _entropy(Counter((work.style, work.source) for work in works))
    sources = _entropy(Counter(work.source for work in works))
    return (whole + sources - both) / whole


def _entropy(counts: Counter[str] | Counter[tuple[str, str]]) -> float:
    total = counts.total()
    return -sum(count / total * math.log2(count / total) for count in counts.values())
