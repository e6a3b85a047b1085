"""The five backbones of the study, each with the scaling its ImageNet weights expect."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras.applications import inception_v3, mobilenet_v2, resnet, vgg16, xception

from training.config import LEVELS, TrainConfig
from training.errors import TrainingError
from training.network.heads import Shape, build_head


@dataclass(frozen=True, slots=True)
class Architecture:
    """A backbone and its scaling; `scale` takes RGB of 0 to 255 and becomes part of the graph."""

    build: Callable[..., keras.Model]
    scale: Callable[[Any], Any]
    texture: tuple[str, ...] = ()
    """layers on the way whose activations tell paint from photographs better than the last one:
    fine-tuning makes the end of the network blind to anything but style"""
    levels: tuple[str, ...] = ()
    """layers which the head `levels` pools, in their order; what follows them is left out"""


ARCHITECTURES = {
    "resnet50": Architecture(
        resnet.ResNet50,
        resnet.preprocess_input,
        ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out"),
        ("conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
    ),
    "vgg16": Architecture(
        vgg16.VGG16,
        vgg16.preprocess_input,
        ("block2_conv2", "block3_conv3", "block4_conv3"),
        ("block3_conv3", "block4_conv3", "block5_pool"),
    ),
    "inceptionv3": Architecture(
        inception_v3.InceptionV3,
        inception_v3.preprocess_input,
        ("mixed0", "mixed3", "mixed7"),
        ("mixed3", "mixed7", "mixed10"),
    ),
    "mobilenetv2": Architecture(
        mobilenet_v2.MobileNetV2,
        mobilenet_v2.preprocess_input,
        tuple(f"block_{number}_expand_relu" for number in (3, 6, 10, 13, 16)),
        # not the last one: it knows things, costs a quarter of the file, and brings nothing
        tuple(f"block_{number}_expand_relu" for number in (6, 10, 13, 16)),
    ),
    "xception": Architecture(
        xception.Xception,
        xception.preprocess_input,
        ("block3_sepconv2_bn", "block4_sepconv2_bn", "block13_sepconv2_bn"),
        ("block4_sepconv2_bn", "block13_sepconv2_bn", "block14_sepconv2_act"),
    ),
}


def build_classifier(
    config: TrainConfig, *, styles: int, size_px: int | None, artists: int = 0
) -> keras.Model:
    """Return a model: float32 RGB 0 to 255 -> logits of shape (batch, styles + artists).

    Its layers `backbone` and `head` are models of their own. All layers can be trained. With
    `size_px` None it takes pictures of any size, which only the heads of `ANY_SIZE` can.

    Raises:
        TrainingError: no such architecture or head, or weights that do not fit.
    """
    features = build_features(config, size_px=size_px)
    head = build_head(
        config.head,
        shapes_of(features),
        styles=styles,
        dropout=config.dropout,
        artists=artists,
        hidden_units=config.hidden_units,
    )
    return keras.Model(features.input, head(features.output), name=config.architecture)


def build_features(config: TrainConfig, *, size_px: int | None) -> keras.Model:
    """Return scaling and backbone: float32 RGB 0 to 255 -> features (batch, rows, columns, n).

    For the head `levels` the backbone gives a list of them, and ends with the last of them.

    Raises:
        TrainingError: no such architecture, or weights that do not fit it.
    """
    if config.architecture not in ARCHITECTURES:
        raise TrainingError(
            f"no architecture {config.architecture!r}: choose from {', '.join(ARCHITECTURES)}"
        )
    architecture = ARCHITECTURES[config.architecture]
    backbone = _build_backbone(architecture, config.weights, size_px)
    if config.head == LEVELS:
        taken = [backbone.get_layer(name).output for name in architecture.levels]
        backbone = keras.Model(backbone.input, taken, name=backbone.name)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = config.batch_norm_momentum
    pixels = keras.Input((size_px, size_px, 3), name="pixels")
    scaled = scale_pixels(config, pixels)
    return keras.Model(pixels, backbone(scaled), name=f"{config.architecture}_features")


def shapes_of(features: keras.Model) -> Shape | list[Shape]:
    """Return the shape of a picture's features, or those of its levels."""
    shapes = [tuple(output.shape[1:]) for output in features.outputs]
    return shapes if isinstance(features.output, list) else shapes[0]


def scale_pixels(config: TrainConfig, pixels: Any) -> Any:
    """Bring RGB of 0 to 255 to what the backbone is given."""
    if config.scaling == "unit":
        return pixels / 255.0
    return ARCHITECTURES[config.architecture].scale(pixels)


def has_finite_weights(model: keras.Model) -> bool:
    """Return whether every weight is a number.

    The loss does not tell: on some processors a convolution that is fused with its ReLU gives 0
    where a weight is NaN.
    """
    return all(np.isfinite(weight).all() for weight in model.get_weights())


def _build_backbone(
    architecture: Architecture, weights: Path | Literal["imagenet"] | None, size_px: int | None
) -> keras.Model:
    options = {"include_top": False, "input_shape": (size_px, size_px, 3), "name": "backbone"}
    try:
        if weights == "imagenet":
            return _download(architecture, options)
        backbone = architecture.build(weights=None, **options)
    except ValueError as error:
        raise TrainingError(f"pictures of {size_px} px do not fit: {error}") from error
    if weights is not None:
        _load(backbone, weights)
    return backbone


def _download(architecture: Architecture, options: dict[str, Any]) -> keras.Model:
    try:
        return architecture.build(weights="imagenet", **options)
    except ValueError:
        raise
    except Exception as error:  # Keras raises no narrower one when a download fails
        raise TrainingError(
            f"the ImageNet weights could not be fetched ({error}): give a weights file, or none"
        ) from error


def _load(backbone: keras.Model, weights: Path) -> None:
    if not weights.is_file():
        raise TrainingError(f"no weights file at {weights}")
    try:
        backbone.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        raise TrainingError(f"{weights} does not fit the architecture: {error}") from error
    if not has_finite_weights(backbone):
        raise TrainingError(
            f"{weights} holds weights that are no numbers (NaN or infinite): the file is damaged, "
            "or comes from a training that diverged; give another one"
        )
