"""What each place of the features says to the mean picture, so that a map can leave it out.

Along its edges a network sees its own padding, in every picture alike, and pictures are darker at
the rim and busier in the middle: a map that counts from one mean over all places shows that first
of all. So a place counts from its own mean. Over the places these differences from the mean of all
add up to nothing, so that a map still adds up to its logit; and a few patterns of channels, each
with a map of how strong it is, hold nearly all of them (a singular value decomposition), so that
they take next to no room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

Array = NDArray[np.float32]
PATTERNS: Final = 16


@dataclass(frozen=True, slots=True)
class Typical:
    """How far the places of one level are from the mean of them all, in the mean picture."""

    where: Array
    """(places, patterns): row by row"""
    what: Array
    """(patterns, channels)"""

    @classmethod
    def fit(cls, mean_picture: NDArray[np.float64], patterns: int = PATTERNS) -> Self:
        """Return the best fit to (rows, columns, channels) that has so many patterns."""
        flat = mean_picture.reshape(-1, mean_picture.shape[-1])
        places, strengths, channels = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
        where = (places * strengths)[:, :patterns]
        # rounding must not make a map add up to anything
        where = where - where.mean(axis=0)
        return cls(where.astype(np.float32), channels[:patterns].astype(np.float32))

    def added(self, kernel: Array) -> Array:
        """Return what a kernel (channels, styles) makes of it: (places, styles)."""
        return np.asarray(self.where @ (self.what @ kernel), np.float32)

    def added_by(self, weights: Any, number: int, fitted: dict[str, list[Any]]) -> Any:
        """Return the same for a picture's own weights (batch, styles, channels), in a graph.

        The answer is (batch, styles, places). number: of the level, for the names of the layers.
        """
        what, where = f"typical_{number}_what", f"typical_{number}_where"
        fitted |= {what: [self.what.T], where: [self.where.T]}
        strengths = layers.Dense(len(self.what), use_bias=False, name=what)(weights)
        return layers.Dense(len(self.where), use_bias=False, name=where)(strengths)


def at_one_size(levels: Sequence[Any]) -> list[Any]:
    """Bring levels that are finer than a map to its size: twice the rows of the last level.

    What a place adds is linear, so the mean of some places adds the mean of what they add.
    """
    return [_shrunk(one, 2 * levels[-1].shape[1]) for one in levels]


def _shrunk(level: Any, rows: int) -> Any:
    times, rest = divmod(level.shape[1], rows)
    if times < 2 or rest or level.shape[1] != level.shape[2]:
        return level
    return layers.AveragePooling2D(times)(level)


def mean_over_pictures(levels: Sequence[Any]) -> dict[str, Any]:
    """Return outputs of a graph: a batch's mean of each level, (1, rows, columns, channels)."""
    named = enumerate(at_one_size(levels))
    return {f"level_{number}": ops.mean(one, axis=0, keepdims=True) for number, one in named}
