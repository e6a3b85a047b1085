"""What stands on a backbone: pooling and one layer, or one of the original's three tops.

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

from training.errors import TrainingError

LOGITS = "logits"
"""name of the layer that gives the styles' logits"""
_FILTERS = 512


def _pooled(features: Any, dropout: float) -> Any:
    return layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(features))


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
    "original-1": partial(_plain_top, units=(2048, 1024, 512, 256, 64)),
    "original-2": partial(_plain_top, units=(1024, 1024, 512, 256, 64)),
    "original-3": _normalised_top,
}
"""By name: features and the share that dropout hides -> what the last layer takes."""


def build_head(
    name: str,
    features: tuple[int | None, int | None, int],
    *,
    styles: int,
    dropout: float,
    artists: int = 0,
) -> keras.Model:
    """Return a model `head`: features (batch, height, width, channels) -> logits (batch, styles).

    Only `gap` takes features of any height and width (None). With `artists`, their logits follow
    those of the styles.

    Raises:
        TrainingError: no such head, or features that are too small or of no fixed size for it.
    """
    if name not in HEADS:
        raise TrainingError(f"no head {name!r}: choose from {', '.join(HEADS)}")
    if name != "gap" and min(side or 0 for side in features[:2]) < 3:
        raise TrainingError(
            f"head {name} needs features of at least 3 x 3, here they are {features}: use larger "
            "pictures, or --head gap"
        )
    taken = keras.Input(features, name="features")
    # float32 also under mixed precision: a softmax of 16 bits loses what is rare
    last = HEADS[name](taken, dropout)
    logits = layers.Dense(styles, name=LOGITS, dtype="float32")(last)
    if artists:
        named = layers.Dense(artists, name="artists", dtype="float32")(last)
        logits = layers.Concatenate(dtype="float32")([logits, named])
    return keras.Model(taken, logits, name="head")
