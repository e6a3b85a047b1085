"""The five backbones of the study, each with the scaling its ImageNet weights expect."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
from keras.applications import inception_v3, mobilenet_v2, resnet, vgg16, xception

from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Architecture:
    """A backbone and its scaling; `scale` takes RGB of 0 to 255 and becomes part of the graph."""

    build: Callable[..., keras.Model]
    scale: Callable[[Any], Any]


ARCHITECTURES = {
    "resnet50": Architecture(resnet.ResNet50, resnet.preprocess_input),
    "vgg16": Architecture(vgg16.VGG16, vgg16.preprocess_input),
    "inceptionv3": Architecture(inception_v3.InceptionV3, inception_v3.preprocess_input),
    "mobilenetv2": Architecture(mobilenet_v2.MobileNetV2, mobilenet_v2.preprocess_input),
    "xception": Architecture(xception.Xception, xception.preprocess_input),
}


def build_classifier(
    name: str,
    *,
    styles: int,
    weights: Path | Literal["imagenet"] | None,
    dropout: float,
    batch_norm_momentum: float,
) -> keras.Model:
    """Return a model: float32 RGB 0 to 255 of any size -> logits of shape (batch, styles).

    All layers can be trained. The head is global average pooling, dropout and one dense layer.

    Raises:
        TrainingError: no such architecture, or weights that do not fit it.
    """
    if name not in ARCHITECTURES:
        raise TrainingError(f"no architecture {name!r}: choose from {', '.join(ARCHITECTURES)}")
    architecture = ARCHITECTURES[name]
    backbone = _build_backbone(architecture, weights)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = batch_norm_momentum
    pixels = keras.Input((None, None, 3), name="pixels")
    features = keras.layers.GlobalAveragePooling2D()(backbone(architecture.scale(pixels)))
    logits = keras.layers.Dense(styles, name="logits")(keras.layers.Dropout(dropout)(features))
    return keras.Model(pixels, logits, name=name)


def _build_backbone(
    architecture: Architecture, weights: Path | Literal["imagenet"] | None
) -> keras.Model:
    shape = (None, None, 3)
    if weights == "imagenet":
        try:
            return architecture.build(include_top=False, weights="imagenet", input_shape=shape)
        except Exception as error:  # Keras raises no narrower one when a download fails
            raise TrainingError(
                f"the ImageNet weights could not be fetched ({error}): give a weights file, or none"
            ) from error
    backbone = architecture.build(include_top=False, weights=None, input_shape=shape)
    if weights is not None:
        _load(backbone, weights)
    return backbone


def _load(backbone: keras.Model, weights: Path) -> None:
    if not weights.is_file():
        raise TrainingError(f"no weights file at {weights}")
    try:
        backbone.load_weights(weights)
    except (ValueError, OSError) as error:
        raise TrainingError(f"{weights} does not fit {backbone.name}: {error}") from error
