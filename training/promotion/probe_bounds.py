"""The gate's list from elsewhere: a new model may not be worse where no training has been.

A model can gain on the test list of its own collections and lose on all others, by reading what
tells the collections apart. So both files are asked the pictures of a probe, too, and judged by
what changes between them:

* **Named right.** The difference of the shares is taken on draws of the probe with replacement,
  the same draw for both models (a paired bootstrap, seeded). It must be above -5 points in 95 of
  100 draws, and not below 0 in as many: the first refuses what may be much worse, the second what
  is a little worse for certain, however long the list. A probe of few pictures lets only a model
  through that is better by far.
* **Honest probabilities, few refusals.** The expected calibration error and the share of pictures
  that are refused as no paintings may not be higher by more than 2 points, for certain: in 95 of
  100 draws.

Pictures of one place are alike, so whole places are drawn where the probe names enough of them.
Compared are the pictures whose style the live model knows; all styles of each model compete.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.manifest import ModelManifest
from training.errors import TrainingError
from training.evaluation.metrics import BINS, Floats
from training.promotion.gate_bounds import LIMITS, ROUNDING, SEED, Limits, Row

RESAMPLES: Final = 2000
MIN_PLACES: Final = 10
"""fewer say too little of other places: then pictures are drawn one by one"""
_CHUNK = 100  # resamples at a time


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said of the pictures of a probe, one row or value each, in their order."""

    manifest: ModelManifest
    probabilities: NDArray[np.float32]
    """shape (pictures, styles), in the manifest's order"""
    is_refused: NDArray[np.bool_]
    """as no painting"""


def probe_rows(
    candidate: Said,
    live: Said,
    *,
    truths: Sequence[str],
    places: Sequence[str],
    limits: Limits = LIMITS,
) -> tuple[Row, ...]:
    """Return the lines of the gate's table for a probe.

    truths: slug of each picture's style. places: where each picture comes from.

    Raises:
        TrainingError: no picture has a style that the live model knows.
    """
    known = np.array([truth in live.manifest.styles for truth in truths], bool)
    if not known.any():
        raise TrainingError("no picture of the probe has a style that the live model knows")
    new, old = (_Figures(one, np.array(truths), known) for one in (candidate, live))
    drawn = np.concatenate([new.of(one) - old.of(one) for one in _draws(np.array(places)[known])])
    every = np.ones((1, int(known.sum())))
    worst = np.quantile(drawn, (1 - limits.certainty, limits.certainty), axis=0)
    changes = [
        _Change(float(was), float(now), float(low), float(high))
        for was, now, low, high in zip(old.of(every)[0], new.of(every)[0], *worst, strict=True)
    ]
    return (
        _right_row(changes[0], every.size, limits),
        _calibration_row(changes[1], limits),
        _refusal_row(changes[2], limits),
    )


class _Figures:
    """Share named right, calibration error and share refused of one model, for any draw."""

    def __init__(self, said: Said, truths: NDArray[np.str_], known: NDArray[np.bool_]) -> None:
        probabilities = said.probabilities[known].astype(np.float64)
        self._right = np.array(said.manifest.styles)[probabilities.argmax(axis=1)] == truths[known]
        self._refused = said.is_refused[known].astype(np.float64)
        confidence = probabilities.max(axis=1)
        places = np.minimum((confidence * BINS).astype(np.intp), BINS - 1)
        # the sum over a bin is the distance of confidence and accuracy times its pictures
        self._gaps = np.eye(BINS)[places] * (confidence - self._right)[:, np.newaxis]

    def of(self, weights: Floats) -> Floats:
        """Return shape (draws, 3); weights: shape (draws, pictures), how often each counts."""
        columns = (
            weights @ self._right,
            np.abs(weights @ self._gaps).sum(axis=1),
            weights @ self._refused,
        )
        return np.asarray(np.stack(columns, axis=1) / weights.sum(axis=1, keepdims=True))


def _draws(places: NDArray[np.str_]) -> Iterator[Floats]:
    """Yield how often each picture is drawn, shape (`_CHUNK`, pictures)."""
    names, place_of = np.unique(places, return_inverse=True)
    if len(names) < MIN_PLACES:
        place_of = np.arange(len(places))
    count = int(place_of.max()) + 1
    generator = np.random.default_rng(SEED)
    for _ in range(RESAMPLES // _CHUNK):
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=_CHUNK)
        yield drawn[:, place_of].astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Change:
    """A figure of the live model and of the candidate, and the bounds of the difference."""

    was: float
    now: float
    low: float
    high: float


def _right_row(change: _Change, pictures: int, limits: Limits) -> Row:
    told = (
        f"of {pictures:,} pictures from elsewhere it names {change.now:.1%} rightly, the live "
        f"model {change.was:.1%}"
    )
    reason = ""
    if change.high < -ROUNDING:
        reason = f"it is worse elsewhere: {told}"
    elif change.low < -limits.max_probe_loss - ROUNDING:
        reason = (
            f"it may be worse elsewhere: {told}, and it may well be {100 * -change.low:.1f} points "
            "lower on others; more pictures would tell more"
        )
    return Row(
        "elsewhere: named right",
        f"{change.was:.1%}",
        f"{change.now:.1%}",
        f"{100 * change.low:+.1f} points at worst, at least {-100 * limits.max_probe_loss:+g}; "
        f"{100 * change.high:+.1f} at best, at least 0",
        reason,
    )


def _calibration_row(change: _Change, limits: Limits) -> Row:
    reason = ""
    if change.low > limits.max_probe_drift + ROUNDING:
        reason = (
            f"its probabilities are off by {change.now:.3f} elsewhere, the live model's by "
            f"{change.was:.3f} (expected calibration error)"
        )
    return Row(
        "elsewhere: calibration error",
        f"{change.was:.3f}",
        f"{change.now:.3f}",
        f"{change.low:+.3f} at best, at most {limits.max_probe_drift:+g}",
        reason,
    )


def _refusal_row(change: _Change, limits: Limits) -> Row:
    reason = ""
    if change.low > limits.max_probe_drift + ROUNDING:
        reason = (
            f"it refuses {change.now:.1%} of the pictures from elsewhere as no paintings, the live "
            f"model {change.was:.1%}"
        )
    return Row(
        "elsewhere: refused",
        f"{change.was:.1%}",
        f"{change.now:.1%}",
        f"{100 * change.low:+.1f} points at best, at most {100 * limits.max_probe_drift:+g}",
        reason,
    )
