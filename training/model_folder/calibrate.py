"""What is fitted after training, on pictures that the network has not seen: NumPy and scikit-learn.

Four things: the temperature of the probabilities (`metrics.fit_temperature`), the rule of the
candidate sets, the projection that makes an embedding of the pooled features, and the line that
parts paintings from photographs.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from lambda_fn.contract.candidates import candidate_sets, fit_threshold
from lambda_fn.contract.manifest import CandidateRule, PaintingRule
from training.evaluation.metrics import Floats, curve_between

COVERAGE = 0.9
REFUSED = 0.02
"""share of unseen paintings that may be refused as none; it leaves room below the 3 % promised"""
REFUSED_IN_A_PLACE = 0.06
"""of the paintings of any one place"""
MIN_PLACE = 40
"""paintings; of fewer, the share says too little"""
PENALTY, FREE = 0.02, 5
"""A light penalty cuts the longest sets. A stronger one makes the mean set no smaller, but the sets
of sure and unsure pictures alike, so that small ones hold the right style too often and large ones
too seldom.
"""
_FOLDS = 5
_MIN_VARIANCE = 1e-3  # of the widest direction's
_MIN_SPREAD = 0.1  # of the median channel's
_STRENGTH = 1e-3  # of the logistic regression: a looser one learns the places it was fitted on
_SEED = 42


@dataclass(frozen=True, slots=True)
class Projection:
    """Pooled features -> embedding: (features - mean) @ matrix, then brought to unit length."""

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]
    """shape (features, embedding_size)"""

    def of(self, pooled: Floats) -> Floats:
        """Return embeddings of unit length: (pictures, embedding_size)."""
        moved = (pooled - self.mean) @ self.matrix
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved / np.maximum(length, 1e-12), np.float64)


@dataclass(frozen=True, slots=True)
class PaintingLine:
    """Texture -> how much it looks like a painting's: sigmoid(texture @ weights + bias)."""

    weights: NDArray[np.float32]
    bias: float
    threshold: float

    def of(self, texture: Floats) -> Floats:
        """Return a number from 0 to 1 for each picture."""
        return np.asarray(expit(texture @ self.weights + self.bias))


def fit_projection(pooled: Floats, *, size: int) -> Projection:
    """Fit the directions in which pictures differ most (principal components), half whitened.

    Full whitening would count noise as much as what matters, none would let the first few
    directions decide alone; the square root of the spread lies between.
    """
    size = min(size, *pooled.shape)
    found = PCA(n_components=size, random_state=_SEED).fit(pooled)
    variance = found.explained_variance_
    # directions of hardly any spread are noise: they must not be blown up
    spread = np.sqrt(np.maximum(variance, _MIN_VARIANCE * max(variance[0], 1e-12)))
    matrix = found.components_.T / np.sqrt(spread)
    return Projection(found.mean_.astype(np.float32), matrix.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures of one kind to fit the line on, which are or are no paintings."""

    texture: Floats
    """shape (pictures, n)"""
    is_painting: bool
    groups: tuple[str, ...]
    """where each comes from: what is left out together; a picture alone is its own group"""
    weight: float = 1.0
    """how much each counts; both sides together count alike all the same"""
    refused: float | None = None
    """share of them that may be refused by a fit without their group; None: any"""


def fit_painting_line(examples: Sequence[Examples]) -> PaintingLine:
    """Fit a logistic regression that counts both sides alike, and where to refuse.

    The threshold is the highest that keeps to what every kind of paintings allows, and to
    `REFUSED_IN_A_PLACE` for each place of `MIN_PLACE` paintings or more, when each picture is
    judged by a fit without its group. So it is the worst place that decides.
    """
    features = np.concatenate([one.texture for one in examples])
    sizes = [len(one.texture) for one in examples]
    is_painting = np.repeat([one.is_painting for one in examples], sizes)
    weights = np.repeat([one.weight for one in examples], sizes)
    for side in (is_painting, ~is_painting):
        weights[side] *= len(weights) / (2 * weights[side].sum())
    groups = np.array([group for one in examples for group in one.groups])
    mean, spread = features.mean(axis=0), features.std(axis=0)
    # a channel that hardly ever stirs must not be blown up: its rounding would be, too
    scale = np.maximum(spread, max(_MIN_SPREAD * float(np.median(spread)), 1e-6))
    standard = (features - mean) / scale
    scores = cross_val_predict(
        _line(),
        standard,
        is_painting,
        groups=groups,
        cv=GroupKFold(min(_FOLDS, len(set(groups.tolist()))), shuffle=True, random_state=_SEED),
        params={"sample_weight": weights},
        method="predict_proba",
    )[:, 1]
    line = _line().fit(standard, is_painting, sample_weight=weights)
    coefficients = line.coef_[0] / scale
    bias = float(line.intercept_[0] - mean @ coefficients)
    threshold = _threshold(examples, np.split(scores, np.cumsum(sizes)[:-1]))
    return PaintingLine(coefficients.astype(np.float32), bias, threshold)


def _threshold(examples: Sequence[Examples], scores: Sequence[Floats]) -> float:
    limits = []
    for one, found in zip(examples, scores, strict=True):
        if not one.is_painting or one.refused is None:
            continue
        limits.append(np.quantile(found, one.refused))
        places = np.array(one.groups)
        for place, count in Counter(one.groups).items():
            if count >= MIN_PLACE:
                limits.append(np.quantile(found[places == place], REFUSED_IN_A_PLACE))
    return float(min(limits))


def _line() -> LogisticRegression:
    return LogisticRegression(C=_STRENGTH, max_iter=2000)


def measure_painting(line: PaintingLine, paintings: Floats, photographs: Floats) -> PaintingRule:
    """Measure on pictures that the line was not fitted on; both are scores from 0 to 1."""
    return PaintingRule(
        threshold=line.threshold,
        auroc=curve_between(paintings, photographs).auc,
        paintings_refused=float(np.mean(paintings < line.threshold)),
        photographs_refused=float(np.mean(photographs < line.threshold)),
        paintings=len(paintings),
        photographs=len(photographs),
    )


@dataclass(frozen=True, slots=True)
class SetRule:
    """The three numbers of `contract/candidates.py`."""

    threshold: float
    penalty: float
    free: int

    def sets(self, probabilities: Floats) -> NDArray[np.bool_]:
        """Return which styles are in the set of each picture."""
        return candidate_sets(
            probabilities, threshold=self.threshold, penalty=self.penalty, free=self.free
        )


def fit_rule(probabilities: Floats, labels: NDArray[np.int64]) -> SetRule:
    """Fit the threshold on unseen pictures; penalty and free places are fixed beforehand."""
    threshold = fit_threshold(probabilities, labels, coverage=COVERAGE, penalty=PENALTY, free=FREE)
    return SetRule(threshold, PENALTY, FREE)


def measure_rule(rule: SetRule, probabilities: Floats, labels: NDArray[np.int64]) -> CandidateRule:
    """Measure the sets on test pictures."""
    sets = rule.sets(probabilities)
    sizes = sets.sum(axis=1)
    return CandidateRule(
        coverage=COVERAGE,
        threshold=rule.threshold,
        penalty=rule.penalty,
        free=rule.free,
        test_coverage=float(sets[np.arange(len(labels)), labels].mean()),
        test_size=float(sizes.mean()),
        test_single=float(np.mean(sizes == 1)),
    )
