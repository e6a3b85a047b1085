"""What the head `levels` knows before it is trained: the scale of each channel that it pools."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.dataset.batches import Part, fixed_batches, predictions
from training.network.architectures import build_features
from training.network.heads import STANDARD

Floats = NDArray[np.floating[Any]]

_MIN_SPREAD = 0.05  # of the median: a channel that hardly ever stirs must not be blown up
_BATCH = 32


def fit_scale_on(classifier: keras.Model, config: TrainConfig, part: Part) -> None:
    """Fit the scale of a classifier's head `levels` on a training part.

    The pictures are taken as they are, without augmentation and in one batch after the other, so
    that the same part always gives the same scale.
    """
    head = classifier.get_layer("head")
    features = build_features(config, size_px=None)
    pool = keras.Model(head.inputs, head.get_layer(STANDARD).input)
    model = keras.Model(features.input, pool(features.output))
    batches = fixed_batches(part, styles=int(part.labels.max()) + 1, batch_size=_BATCH)
    fit_scale(head, np.concatenate([np.asarray(one) for one in predictions(model, batches)]))


def fit_scale(head: keras.Model, pooled: Floats) -> None:
    """Let the head `levels` bring these numbers (pictures, channels) to mean 0 and spread 1."""
    variance = pooled.var(axis=0, dtype=np.float64)
    variance = np.maximum(variance, _MIN_SPREAD**2 * np.median(variance))
    head.get_layer(STANDARD).set_weights([pooled.mean(axis=0, dtype=np.float64), variance])
