"""Draws the probabilities of a model that is perfectly calibrated, and what was right."""

import numpy as np
from numpy.typing import NDArray


def draw_odds(
    count: int, seed: int, *, styles: int = 6
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities (count, styles), and labels drawn by them."""
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(styles, 0.4), count)
    labels = (probabilities.cumsum(axis=1) > generator.random((count, 1))).argmax(axis=1)
    return probabilities, labels
