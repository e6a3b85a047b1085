"""The graph that ships: pixels -> probabilities, maps, embedding, and whether it is a painting.

It is built around the backbone of a trained classifier; all else is linear and fitted already
(calibrate.py), so that one pass gives everything. A class-activation map (Zhou et al. 2016, arXiv
1512.04150) is what each place of the features adds to a style's logit: with pooling and one layer
the logit is the mean of its map. The mean over all styles is taken from the maps, since what
speaks for all styles alike changes no probability. The original's tops have no such maps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from tqdm import tqdm

from training.architectures import ARCHITECTURES, build_features, scale_pixels
from training.calibrate import PaintingLine, Projection
from training.config import TrainConfig
from training.data import FixedBatches, look_ahead
from training.heads import LOGITS
from training.metrics import Floats


@dataclass(frozen=True, slots=True)
class Probed:
    """What the network says to pictures, before anything is fitted on it."""

    logits: Floats
    pooled: Floats
    """the mean of the features over all places: (pictures, channels)"""
    texture: Floats
    """mean and spread of what layers on the way say, for the line between paintings and
    photographs: (pictures, n); the pooled features where the architecture names no such layers
    """


def build_probe(classifier: keras.Model, config: TrainConfig, *, size_px: int) -> keras.Model:
    """Return a model: float32 RGB 0 to 255 -> its outputs, as `Probed` has them."""
    seen = _see(classifier, config, size_px)
    logits = classifier.get_layer("head")(seen.features)
    outputs = {"logits": logits, "pooled": seen.pooled, "texture": seen.texture}
    return keras.Model(seen.pixels, outputs)


def probe(model: keras.Model, batches: FixedBatches) -> Probed:
    """Ask a probe for all pictures, in their order."""
    rows = list(predictions(model, batches))
    return Probed(
        *(
            np.concatenate([np.asarray(row[name]) for row in rows]).astype(np.float64)
            for name in ("logits", "pooled", "texture")
        )
    )


def predictions(model: keras.Model, batches: FixedBatches) -> Iterator[Any]:
    """Yield the model's outputs for each batch, behind a progress bar."""
    shown = tqdm(look_ahead(batches), "answers", total=len(batches), unit="batch", disable=None)
    return (model.predict_on_batch(pictures) for pictures, _ in shown)


def build_answering(
    classifier: keras.Model,
    config: TrainConfig,
    *,
    size_px: int,
    temperature: float,
    projection: Projection,
    line: PaintingLine | None,
) -> keras.Model:
    """Return the graph: `pixels` (batch, size, size, 3) -> a dict of outputs.

    probabilities: (batch, styles); maps: (batch, styles, rows, columns), in units of calibrated
    logits; embedding: (batch, embedding_size); painting: (batch, 1), if there is a line.
    """
    seen = _see(classifier, config, size_px)
    head = classifier.get_layer("head")
    outputs, fitted = {}, {}
    if config.head == "gap":
        kernel, bias = (one / temperature for one in head.get_layer(LOGITS).get_weights())
        styles = kernel.shape[1]
        logits = layers.Dense(styles, name="calibrated")(seen.pooled)
        maps = layers.Conv2D(styles, 1, use_bias=False, name="evidence")(seen.features)
        outputs["maps"] = layers.Permute((3, 1, 2), name="maps")(maps)
        fitted["calibrated"] = [kernel, bias]
        fitted["evidence"] = [(kernel - kernel.mean(axis=1, keepdims=True))[np.newaxis, np.newaxis]]
    else:
        logits = layers.Rescaling(1 / temperature, name="calibrated")(head(seen.features))
    outputs["probabilities"] = layers.Softmax(name="probabilities")(logits)
    placed = layers.Dense(projection.matrix.shape[1], name="projection")(seen.pooled)
    fitted["projection"] = [projection.matrix, -projection.mean @ projection.matrix]
    outputs["embedding"] = layers.UnitNormalization(name="embedding")(placed)
    if line is not None:
        outputs["painting"] = layers.Dense(1, activation="sigmoid", name="painting")(seen.texture)
        fitted["painting"] = [line.weights[:, np.newaxis], np.array([line.bias])]
    model = keras.Model(seen.pixels, outputs, name="answering")
    for name, weights in fitted.items():
        model.get_layer(name).set_weights(weights)
    return model


@dataclass(frozen=True, slots=True)
class _Seen:
    """Tensors of one graph."""

    pixels: Any
    features: Any
    pooled: Any
    texture: Any


def _see(classifier: keras.Model, config: TrainConfig, size_px: int) -> _Seen:
    """Return what the classifier's backbone makes of pixels, in a graph of its own."""
    backbone = _backbone(classifier, config, size_px)
    wanted = ARCHITECTURES[config.architecture].texture
    inner = keras.Model(
        backbone.input, [backbone.output, *(backbone.get_layer(one).output for one in wanted)]
    )
    pixels = keras.Input(backbone.input_shape[1:], name="pixels")
    features, *textures = _as_list(inner(scale_pixels(config, pixels)))
    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    statistics = [one for texture in textures for one in _statistics(texture)]
    texture = layers.Concatenate(name="texture")(statistics) if statistics else pooled
    return _Seen(pixels, features, pooled, texture)


def _statistics(texture: Any) -> tuple[Any, Any]:
    """Return mean and standard deviation of each channel."""
    mean = ops.mean(texture, axis=(1, 2), keepdims=True)
    # not the mean square less the squared mean: where a channel hardly varies, that is all rounding
    variance = ops.mean(ops.square(texture - mean), axis=(1, 2))
    return ops.squeeze(mean, axis=(1, 2)), ops.sqrt(variance + 1e-6)


def _as_list(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _backbone(classifier: keras.Model, config: TrainConfig, size_px: int) -> keras.Model:
    blank = config.model_copy(update={"weights": None})
    # MobileNetV2 pads by its size, which is unknown where training takes crops: with a size here,
    # one that 32 does not divide would give another network than the one that was trained
    features = build_features(blank, size_px=None if config.head == "gap" else size_px)
    backbone = features.get_layer("backbone")
    backbone.set_weights(classifier.get_layer("backbone").get_weights())
    return backbone
