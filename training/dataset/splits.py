"""Named splits: works -> which part of a list each is in. No files, and no chance but the seed's.

What is drawn is drawn by rank: names are ordered by a hash of the seed and themselves. So neither
the order of the works nor the version of a library matters.

picture  Every style in the same shares, as exactly as whole pictures allow. Its test part knows
         most artists from training, so it says how well a model does on more of the same. When the
         collection grows, most works stay in their part: only those near the bounds move over.
artist   No artist is on both sides, however spelt (see artists.py). A work whose artist is unknown
         could be anybody's, so it is unused. Every part has works of every style, in shares as
         near as moving single artists brings them. When the collection grows, all is dealt anew.

Validation always comes out of what would be training, never out of the test part.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from training.config import OrganiseConfig, Split
from training.dataset.artists import unite_spellings
from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work
from training.errors import TrainingError
from training.sources.visitor_works import VISITORS

Parts = dict[str, str]  # path -> train, validation, test or unused
_DRAWN = ("train", "validation", "test")
_DEALS = 16
_WORSE_THAN_ANY_SHARE = 1000.0  # a part without any work of a style


def split_by_picture(works: Iterable[Work], config: OrganiseConfig) -> Parts:
    """Draw test and validation pictures out of each style.

    Raises:
        TrainingError: a style has too few pictures for a part.
    """
    _shares(config)  # or the first style would be blamed for shares that fit none
    parts: Parts = {}
    for style, paths in _paths_by_style(works).items():
        ranked = _ranked(paths, f"{config.seed} picture")
        test = round(config.test_share * len(ranked))
        validation = round(config.validation_share * len(ranked))
        _refuse_empty(
            style,
            {"train": len(ranked) - test - validation, "validation": validation, "test": test},
            f"{len(ranked)} pictures, {config.test_share:.0%} for test and "
            f"{config.validation_share:.0%} for validation",
        )
        parts |= dict.fromkeys(ranked[:test], "test")
        parts |= dict.fromkeys(ranked[test : test + validation], "validation")
        parts |= dict.fromkeys(ranked[test + validation :], "train")
    return parts


def split_by_artist(works: Iterable[Work], config: OrganiseConfig) -> Parts:
    """Deal whole artists to train, validation and test.

    Raises:
        TrainingError: a style has too few artists for three parts.
    """
    works = list(works)
    key_of = unite_spellings({work.artist for work in works} - {UNKNOWN_ARTIST})
    row_of = {key: row for row, key in enumerate(sorted(set(key_of.values())))}
    column_of = {style: column for column, style in enumerate(sorted({w.style for w in works}))}
    counts = np.zeros((len(row_of), len(column_of)), np.int64)
    known = [work for work in works if work.artist in key_of]
    for work in known:
        counts[row_of[key_of[work.artist]], column_of[work.style]] += 1
    dealt = _deal(list(row_of), counts, config)
    _refuse_missing_artists(list(column_of), counts, dealt)
    unused = dict.fromkeys((work.path for work in works), "unused")
    return unused | {work.path: _DRAWN[dealt[row_of[key_of[work.artist]]]] for work in known}


SPLITS: Mapping[Split, Callable[[Iterable[Work], OrganiseConfig], Parts]] = MappingProxyType(
    {Split.PICTURE: split_by_picture, Split.ARTIST: split_by_artist}
)


def with_validation(works: Iterable[Work], parts: Parts, config: OrganiseConfig) -> Parts:
    """Take a validation part out of the training part, in each style alike.

    Raises:
        TrainingError: a style has too few training pictures for it.
    """
    training = [work for work in works if parts[work.path] == "train"]
    share = _validation_share_of_training(config)
    drawn: Parts = {}
    for style, paths in _paths_by_style(training).items():
        count = round(share * len(paths))
        _refuse_empty(
            style,
            {"train": len(paths) - count, "validation": count},
            f"{len(paths)} training pictures, {share:.1%} of them for validation",
        )
        drawn |= dict.fromkeys(_ranked(paths, f"{config.seed} picture")[:count], "validation")
    return parts | drawn


def with_caps(works: Iterable[Work], parts: Parts, config: OrganiseConfig) -> Parts:
    """Leave what a style has beyond the caps unused; validation counts to the cap of training."""
    limits: dict[str, int] = {}
    if config.cap_train is not None:
        validation = max(1, round(_validation_share_of_training(config) * config.cap_train))
        limits |= {"train": config.cap_train - validation, "validation": validation}
    if config.cap_test is not None:
        limits["test"] = config.cap_test
    beyond: list[str] = []
    for paths in _paths_by_style(works).values():
        for part, limit in limits.items():
            members = [path for path in paths if parts[path] == part]
            beyond += _ranked(members, f"{config.seed} cap")[limit:]
    return parts | dict.fromkeys(beyond, "unused")


def _validation_share_of_training(config: OrganiseConfig) -> float:
    return config.validation_share / (1 - config.test_share)


def _paths_by_style(works: Iterable[Work]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = defaultdict(list)
    for work in works:
        paths[work.style].append(work.path)
    return paths


def _ranked(names: Iterable[str], salt: str) -> list[str]:
    return sorted(names, key=lambda name: (_hash(name, salt), name))


def _hash(name: str, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt} {name}".encode()).digest()[:8], "big")


def _refuse_empty(style: str, counts: Mapping[str, int], reckoning: str) -> None:
    empty = [part for part, count in counts.items() if count <= 0]
    if empty:
        raise TrainingError(
            f"style {style!r} would have no picture for {' and '.join(empty)} "
            f"({reckoning}): give more pictures, change the shares, or leave the style out with a "
            "higher --min-pictures"
        )


def _refuse_missing_artists(
    styles: Sequence[str], counts: NDArray[np.int64], dealt: NDArray[np.int64]
) -> None:
    for place, style in enumerate(styles):
        of_style = counts[:, place] > 0
        if len(set(dealt[of_style])) < len(_DRAWN):
            raise TrainingError(
                f"style {style!r} has {of_style.sum()} known artists, too few to have different "
                f"ones in {', '.join(_DRAWN)}: give works of more artists, leave out --split "
                "artist, or leave the style out with a higher --min-pictures"
            )


def _deal(
    artists: Sequence[str], counts: NDArray[np.int64], config: OrganiseConfig
) -> NDArray[np.int64]:
    """Return the part of each artist, as a place in `_DRAWN`; counts: (artists, styles) works.

    Of several deals, the one whose shares of the styles come nearest to what is wanted.
    """
    wanted = _shares(config)[:, None] * counts.sum(axis=0)
    deals = [_deal_once(artists, counts, wanted, f"{config.seed} {deal}") for deal in range(_DEALS)]
    return min(deals, key=lambda dealt: _Distance(counts, wanted).of(dealt))


def _deal_once(
    artists: Sequence[str], counts: NDArray[np.int64], wanted: NDArray[np.float64], salt: str
) -> NDArray[np.int64]:
    """Deal by hash, then move the artist that helps most, until moving one helps no more."""
    distance = _Distance(counts, wanted)
    draws = np.array([_hash(name, f"{salt} artist") / 2**64 for name in artists])
    shares = wanted.sum(axis=1) / max(wanted.sum(), 1)
    dealt = np.select([draws < shares[2], draws < shares[2] + shares[1]], [2, 1], default=0)
    while len(artists):
        gains = distance.gains(dealt)
        artist, part = np.unravel_index(np.argmax(gains), gains.shape)
        if gains[artist, part] <= 0:
            break
        dealt[artist] = part
    return dealt


class _Distance:
    """How far a deal is from the wanted works of each part and style, as shares of the style."""

    def __init__(self, counts: NDArray[np.int64], wanted: NDArray[np.float64]) -> None:
        self._counts = counts
        self._wanted = wanted
        self._totals = np.maximum(counts.sum(axis=0), 1)

    def of(self, dealt: NDArray[np.int64]) -> float:
        """Return the distance of a deal."""
        parts = [self._of_part(sums, part) for part, sums in enumerate(self._sums(dealt))]
        return float(np.sum(parts).round(9))

    def gains(self, dealt: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how much nearer moving each artist to each part brings it: (artists, parts)."""
        sums = self._sums(dealt)
        left = self._of_part(sums[dealt], dealt) - self._of_part(sums[dealt] - self._counts, dealt)
        entered = [
            self._of_part(sums[part], part) - self._of_part(sums[part] + self._counts, part)
            for part in range(len(sums))
        ]
        gains = left[:, None] + np.stack(entered, axis=1)
        gains[np.arange(len(dealt)), dealt] = 0
        return gains.round(9)  # or the last digit, in which machines differ, might choose

    def _sums(self, dealt: NDArray[np.int64]) -> NDArray[np.int64]:
        parts = range(len(self._wanted))
        return np.stack([self._counts[dealt == part].sum(axis=0) for part in parts])

    def _of_part(
        self, works: NDArray[np.int64], part: NDArray[np.int64] | int
    ) -> NDArray[np.float64]:
        squares = ((works - self._wanted[part]) / self._totals) ** 2
        return np.asarray((squares + _WORSE_THAN_ANY_SHARE * (works == 0)).sum(axis=-1))


def _shares(config: OrganiseConfig) -> NDArray[np.float64]:
    """Return the shares of `_DRAWN`."""
    train = 1 - config.test_share - config.validation_share
    if train <= 0:
        raise TrainingError(
            f"{config.test_share:.0%} for test and {config.validation_share:.0%} for validation "
            "leave nothing to train on: lower --test-share or --validation-share"
        )
    return np.array([train, config.validation_share, config.test_share])


def is_of_visitor(work: Work) -> bool:
    """Return whether a visitor gave the picture of a work."""
    return work.source == VISITORS


def with_visitors(name: str, parts: Parts, works: Iterable[Work]) -> Parts:
    """Add the works of visitors to the parts of a list, which knows the other works only."""
    part = "unused" if name == Split.ARTIST else "train"
    return parts | {work.path: part for work in works if is_of_visitor(work)}
