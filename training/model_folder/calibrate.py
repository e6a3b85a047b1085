"""What is fitted after training, on pictures that the network has not seen: NumPy and scikit-learn.

Four things: the temperature of the probabilities (`metrics.fit_temperature`), the rule of the
candidate sets, the projection that makes an embedding of the pooled features, and the line that
parts paintings from photographs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from lambda_fn.contract.candidates import candidate_sets, fit_threshold
from lambda_fn.contract.manifest import CandidateRule, PaintingRule
from training.evaluation.metrics import Floats, curve_between

COVERAGE = 0.9
REFUSED = 0.03
"""share of unseen paintings that may be refused as none; it leaves room below the 5 % promised"""
PENALTY, FREE = 0.02, 5
"""A light penalty cuts the longest sets. A stronger one makes the mean set no smaller, but the sets
of sure and unsure pictures alike, so that small ones hold the right style too often and large ones
too seldom.
"""
_FOLDS = 5
_MIN_VARIANCE = 1e-3  # of the widest direction's
_MIN_SPREAD = 0.1  # of the median channel's
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)  # of the logistic regression, tried by cross-validation
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


def fit_painting_line(paintings: Floats, photographs: Floats) -> PaintingLine:
    """Fit a logistic regression that counts both sides alike, and where to refuse.

    The threshold refuses `REFUSED` of the paintings when each is judged by a fit without it.
    """
    features = np.concatenate([paintings, photographs])
    is_painting = np.arange(len(features)) < len(paintings)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    # a channel that hardly ever stirs must not be blown up: its rounding would be, too
    scale = np.maximum(spread, max(_MIN_SPREAD * float(np.median(spread)), 1e-6))
    standard = (features - mean) / scale
    folds = StratifiedKFold(
        min(_FOLDS, len(photographs), len(paintings)), shuffle=True, random_state=_SEED
    )
    tried = {
        strength: cross_val_predict(
            _line(strength), standard, is_painting, cv=folds, method="predict_proba"
        )[:, 1]
        for strength in _STRENGTHS
    }
    best = max(tried, key=lambda strength: float(roc_auc_score(is_painting, tried[strength])))
    threshold = float(np.quantile(tried[best][is_painting], REFUSED))
    line = _line(best).fit(standard, is_painting)
    weights = line.coef_[0] / scale
    bias = float(line.intercept_[0] - mean @ weights)
    return PaintingLine(weights.astype(np.float32), bias, threshold)


def _line(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)


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
    """Fit the threshold on validation; penalty and free places are fixed beforehand."""
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
