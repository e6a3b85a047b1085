"""What stands on a backbone: pooling and one layer, or one of the original's three tops.

`levels` pools what several layers on the way say (`Architecture.levels`): style is texture and
colour as much as things, and the end of a network that was taught to name things has forgotten most
of it. On the frozen network alone they bring nine points (docs/experiments.md). All their numbers
are brought to one scale by `STANDARD`, which is set once, from the training part, and stays.

The original's text lists a convolution, a Flatten and dense layers. Its published file sizes show
that there was a max-pooling between the two: without it Flatten would give 18,432 numbers instead
of 4,608, and the file of its MobileNetV2 top would have 340 MB instead of 119. So it is built here.
For the first two tops the text names no batch normalisation and no dropout, and the sizes cannot
tell; they are built without. The third is built as its summary lists it (9,103,442 parameters).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from training.config import ANY_SIZE, LEVELS
from training.errors import TrainingError

LOGITS = "logits"
"""name of the layer that gives the styles' logits"""
HIDDEN = "hidden"
"""name of the ReLU layer before it, where there is one"""
STANDARD = "standard"
"""name of the layer that brings the pooled levels to mean 0 and spread 1 over the training part"""
Shape = tuple[int | None, ...]
_FILTERS = 512


def _pooled(features: Any, dropout: float) -> Any:
    return layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(features))


def pool_levels(features: Sequence[Any]) -> Any:
    """Return the means of all levels over their places, one behind the other."""
    return layers.Concatenate()([layers.GlobalAveragePooling2D()(one) for one in features])


def _pooled_levels(features: Any, dropout: float) -> Any:
    # what is kept for training the head alone is pooled already
    pooled = pool_levels(features) if isinstance(features, list) else features
    # untrained, it uses the statistics that it was given, in training, too
    standard = layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-6, trainable=False, name=STANDARD
    )
    return layers.Dropout(dropout)(standard(pooled))


def _convolved(features: Any) -> Any:
    return layers.MaxPooling2D()(layers.Conv2D(_FILTERS, 2, activation="relu")(features))


def _plain_top(features: Any, _: float, *, units: Sequence[int]) -> Any:
    flat = layers.Flatten()(_convolved(features))
    for count in units:
        flat = layers.Dense(count, activation="relu")(flat)
    return flat


def _normalised_top(features: Any, dropout: float) -> Any:
    flat = layers.Flatten()(layers.BatchNormalization()(_convolved(features)))
    for count in (1024, 1024, 512, 256, 128):
        flat = layers.Dense(count, activation="relu")(flat)
        flat = layers.Dropout(dropout)(layers.BatchNormalization()(flat))
    return layers.Dense(64, activation="relu")(flat)


HEADS: dict[str, Callable[[Any, float], Any]] = {
    "gap": _pooled,
    LEVELS: _pooled_levels,
    "original-1": partial(_plain_top, units=(2048, 1024, 512, 256, 64)),
    "original-2": partial(_plain_top, units=(1024, 1024, 512, 256, 64)),
    "original-3": _normalised_top,
}
"""By name: features and the share that dropout hides -> what the last layer takes."""


def _is_small(features: Shape) -> bool:
    return min(side or 0 for side in features[:2]) < 3


def build_head(
    name: str,
    features: Shape | list[Shape],
    *,
    styles: int,
    dropout: float,
    artists: int = 0,
    hidden_units: int = 0,
) -> keras.Model:
    """Return a model `head`: features (batch, height, width, channels) -> logits (batch, styles).

    `levels` takes a list of features, the most detailed ones first, or (batch, numbers) that
    `pool_levels` made of them. Only heads of `ANY_SIZE` take features of any height and width
    (None). With `hidden_units` a ReLU layer stands before the last one, and what dropout hides is
    hidden behind it, too. With `artists`, their logits follow those of the styles.

    Raises:
        TrainingError: no such head, or features that are too small or of no fixed size for it.
    """
    if name not in HEADS:
        raise TrainingError(f"no head {name!r}: choose from {', '.join(HEADS)}")
    if not isinstance(features, list) and name not in ANY_SIZE and _is_small(features):
        raise TrainingError(
            f"head {name} needs features of at least 3 x 3, here they are {features}: use larger "
            "pictures, or head=gap"
        )
    taken = (
        [keras.Input(shape) for shape in features]
        if isinstance(features, list)
        else keras.Input(features, name="features")
    )
    # float32 also under mixed precision: a softmax of 16 bits loses what is rare
    last = HEADS[name](taken, dropout)
    if hidden_units:
        hidden = layers.Dense(hidden_units, activation="relu", name=HIDDEN, dtype="float32")(last)
        last = layers.Dropout(dropout)(hidden)
    logits = layers.Dense(styles, name=LOGITS, dtype="float32")(last)
    if artists:
        # from 0: a random layer's first gradients would damage what the backbone knows
        named = layers.Dense(artists, kernel_initializer="zeros", name="artists", dtype="float32")(
            last
        )
        logits = layers.Concatenate(dtype="float32")([logits, named])
    return keras.Model(taken, logits, name="head")
