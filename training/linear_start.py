"""The last layer's beginning: a logistic regression on what the untouched backbone says.

A random layer's first gradients distort what ImageNet taught, and most for pictures unlike those of
the training part; one that is fitted already sends hardly any. Source: Kumar et al. 2022, arXiv
2202.10054 (linear probing, then fine-tuning).
"""

import warnings
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from training.answering import predictions
from training.architectures import build_features
from training.config import TrainConfig
from training.data import Part, fixed_batches, style_weights
from training.heads import LOGITS, STANDARD

Floats = NDArray[np.floating[Any]]

_STRENGTH = 1e-3  # of 1e-4 to 3e-3, the best on validation pictures, from frozen features
_MIN_SPREAD = 0.05  # of the median: a channel that hardly ever stirs must not be blown up
_ROUNDS = 100  # it has the best answer on validation pictures long before it has settled
_BATCH = 32


def fit_head(classifier: keras.Model, config: TrainConfig, part: Part) -> None:
    """Fit a classifier's head `levels` on a training part, before anything is trained.

    The pictures are taken as they are, without augmentation and in one batch after the other, so
    that the same part always gives the same head.
    """
    head = classifier.get_layer("head")
    pooled = _pool(head, config, part)
    fit_scale(head, pooled)
    scale = head.get_layer(STANDARD)
    mean, variance = scale.get_weights()
    standard = (pooled - mean) / np.sqrt(variance + scale.epsilon)
    kernel, bias = _line(standard, part, config)
    head.get_layer(LOGITS).set_weights([kernel, bias])


def fit_scale(head: keras.Model, pooled: Floats) -> None:
    """Let the head `levels` bring these numbers (pictures, channels) to mean 0 and spread 1."""
    variance = pooled.var(axis=0, dtype=np.float64)
    variance = np.maximum(variance, _MIN_SPREAD**2 * np.median(variance))
    head.get_layer(STANDARD).set_weights([pooled.mean(axis=0, dtype=np.float64), variance])


def _pool(head: keras.Model, config: TrainConfig, part: Part) -> Floats:
    """Return what STANDARD is given for each picture: (pictures, channels of all levels)."""
    features = build_features(config, size_px=None)
    pool = keras.Model(head.inputs, head.get_layer(STANDARD).input)
    model = keras.Model(features.input, pool(features.output))
    batches = fixed_batches(part, styles=int(part.labels.max()) + 1, batch_size=_BATCH)
    return np.concatenate([np.asarray(one) for one in predictions(model, batches)])


def _line(standard: Floats, part: Part, config: TrainConfig) -> tuple[Floats, Floats]:
    styles = int(part.labels.max()) + 1
    weights = style_weights(part.labels, styles, config.class_weights)[part.labels]
    line = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        line.fit(standard, part.labels, sample_weight=weights)
    if styles == 2:  # one line stands for both
        kernel = np.concatenate([-line.coef_, line.coef_]) / 2
        return kernel.T, np.concatenate([-line.intercept_, line.intercept_]) / 2
    return line.coef_.T, line.intercept_
