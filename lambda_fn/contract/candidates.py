"""The candidate set: the fewest styles that hold the right one in, say, 90 of 100 pictures.

It is split conformal prediction with regularised adaptive sets (Angelopoulos et al. 2021, arXiv
2009.14193; without their random tie-breaking, so that a picture always gets the same set). The
score of a style is the probability of all styles that are likelier, plus a penalty for each place
beyond the first few; that of the likeliest is 0, so that no set is empty. The threshold is a
quantile of the scores that the right styles of held-out pictures have; a set is all styles with a
score up to it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def style_scores(probabilities: Floats, *, penalty: float, free: int) -> NDArray[np.float64]:
    """Return the score of every style; the same shape (pictures, styles).

    penalty: added for each place after the first `free` ones, which are at least 1.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ranked = np.take_along_axis(probabilities.astype(np.float64), order, axis=1)
    places = np.arange(1, probabilities.shape[1] + 1)
    before = np.cumsum(ranked, axis=1) - ranked
    scores = before + penalty * np.maximum(places - free, 0)
    result = np.empty(scores.shape)
    np.put_along_axis(result, order, scores, axis=1)
    return result


def fit_threshold(
    probabilities: Floats,
    labels: NDArray[np.int64],
    *,
    coverage: float,
    penalty: float,
    free: int,
) -> float:
    """Return the threshold with which sets of unseen pictures hold the right style so often.

    labels: shape (pictures,), the index of the right style. The pictures must be none that the
    model was trained on.
    """
    scores = style_scores(probabilities, penalty=penalty, free=free)
    own = scores[np.arange(len(labels)), labels]
    # the correction for a finite number of pictures that makes the promise exact
    share = min(np.ceil((len(labels) + 1) * coverage) / len(labels), 1.0)
    return float(np.quantile(own, share, method="higher"))


def candidate_sets(
    probabilities: Floats, *, threshold: float, penalty: float, free: int
) -> NDArray[np.bool_]:
    """Return which styles are in the set of each picture; the most likely one always is."""
    scores = style_scores(probabilities, penalty=penalty, free=free)
    return np.asarray(scores <= threshold)
