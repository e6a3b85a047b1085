"""The graph that ships: pixels -> probabilities, maps, embedding, and whether it is a painting.

It is built around the backbone of a trained classifier; all else is linear and fitted already
(calibrate.py), so that one pass gives everything. A class-activation map (Zhou et al. 2016, arXiv
1512.04150) is what each place of the features adds to a style's logit: with pooling and one layer
the logit is the mean of its map. The mean over all styles is taken from the maps, since what
speaks for all styles alike changes no probability. With the head `levels` the maps of the levels
are brought to one size and added; what the mean training picture has at the same place counts as
nothing there (typical.py), so that a map shows where a picture differs from it. The original's tops
have no such maps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from training.config import ANY_SIZE, LEVELS, TrainConfig
from training.dataset.batches import FixedBatches, predictions
from training.evaluation.metrics import Floats
from training.model_folder.calibrate import PaintingLine, Projection
from training.model_folder.hidden_layer_maps import (
    OneMatrix,
    TwoMatrices,
    gated,
    gated_evidence,
    pack,
)
from training.model_folder.mean_maps import Typical, at_one_size, mean_over_pictures
from training.network.architectures import ARCHITECTURES, build_features, scale_pixels
from training.network.heads import HIDDEN, LOGITS, STANDARD


@dataclass(frozen=True, slots=True)
class Probed:
    """What the network says to pictures, before anything is fitted on it."""

    logits: Floats
    pooled: Floats
    """what the last layer takes: the mean of the features over all places, or what a hidden layer
    makes of it; for the original's tops, that mean: (pictures, channels)"""
    texture: Floats
    """mean and spread of what layers on the way say, for the line between paintings and
    photographs: (pictures, n); the pooled features where the architecture names no such layers
    """
    levels: tuple[Floats, ...] = ()
    """with the head `levels`, the mean picture at each place: (rows, columns, channels) of each"""


def build_probe(classifier: keras.Model, config: TrainConfig, *, size_px: int) -> keras.Model:
    """Return a model: float32 RGB 0 to 255 -> its outputs, as `Probed` has them."""
    seen = _see(classifier, config, size_px)
    head = classifier.get_layer("head")
    logits = head(_one_or_all(seen.features))
    pooled = seen.pooled
    if config.hidden_units:
        pooled = keras.Model(head.inputs, head.get_layer(HIDDEN).output)(seen.features)
    outputs = {"logits": logits, "pooled": pooled, "texture": seen.texture}
    if config.head == LEVELS:
        outputs |= mean_over_pictures(seen.features)
    return keras.Model(seen.pixels, outputs)


def probe(model: keras.Model, batches: FixedBatches) -> Probed:
    """Ask a probe for all pictures, in their order."""
    rows: dict[str, list[Any]] = {"logits": [], "pooled": [], "texture": []}
    sums: dict[str, Any] = {}
    for found in predictions(model, batches):
        for name, values in found.items():
            if name in rows:
                rows[name].append(np.asarray(values))
            else:  # a mean; to keep those of all batches would take gigabytes
                total = len(found["logits"]) * np.asarray(values[0], np.float64)
                sums[name] = sums.get(name, 0.0) + total
    logits, pooled, texture = (np.concatenate(one).astype(np.float64) for one in rows.values())
    levels = tuple(sums[name] / len(logits) for name in sorted(sums))
    return Probed(logits, pooled, texture, levels)


def build_answering(
    classifier: keras.Model,
    config: TrainConfig,
    *,
    size_px: int,
    temperature: float,
    projection: Projection,
    line: PaintingLine | None,
    typical: Sequence[Typical] = (),
    is_packed: bool = False,
) -> keras.Model:
    """Return the graph: `pixels` (batch, size, size, 3) -> a dict of outputs.

    probabilities: (batch, styles); maps: (batch, styles, rows, columns), in units of calibrated
    logits; embedding: (batch, embedding_size); painting: (batch, 1), if there is a line.
    typical: of each level, with the head `levels`; without, a map shows what all pictures share.
    is_packed: keep a hidden layer's matrix once, for the file that ships; the graph then has a
    layer of our own, which only this package can load.
    """
    seen = _see(classifier, config, size_px)
    head = classifier.get_layer("head")
    outputs: dict[str, Any] = {}
    fitted: dict[str, list[Any]] = {}
    last, scale = seen.pooled, 1.0
    if config.head in ANY_SIZE:
        wanted = _Wanted(head, config, temperature, typical, is_packed)
        explain = _gated if config.hidden_units else _linear
        last, maps, scale = explain(seen, wanted, fitted)
        logits = layers.Dense(len(fitted["calibrated"][1]), name="calibrated")(last)
        evidence = maps[0] if len(maps) == 1 else _added(maps)
        outputs["maps"] = layers.Permute((3, 1, 2), name="maps")(evidence)
    else:
        logits = layers.Rescaling(1 / temperature, name="calibrated")(
            head(_one_or_all(seen.features))
        )
    outputs["probabilities"] = layers.Softmax(name="probabilities")(logits)
    placed = layers.Dense(projection.matrix.shape[1], name="projection")(last)
    fitted["projection"] = [scale * projection.matrix, -projection.mean @ projection.matrix]
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
    features: list[Any]
    """of the last layer, or of all levels"""
    pooled: Any
    texture: Any


def _see(classifier: keras.Model, config: TrainConfig, size_px: int) -> _Seen:
    """Return what the classifier's backbone makes of pixels, in a graph of its own."""
    backbone = _backbone(classifier, config, size_px)
    wanted = ARCHITECTURES[config.architecture].texture
    taken = backbone.outputs
    inner = keras.Model(
        backbone.input, [*taken, *(backbone.get_layer(one).output for one in wanted)]
    )
    pixels = keras.Input((size_px, size_px, 3), name="pixels")
    said = _as_list(inner(scale_pixels(config, pixels)))
    features, textures = said[: len(taken)], said[len(taken) :]
    pooled = _pool(features, classifier.get_layer("head"), config)
    statistics = [one for texture in textures for one in _statistics(texture)]
    texture = layers.Concatenate(name="texture")(statistics) if statistics else pooled
    return _Seen(pixels, features, pooled, texture)


def _pool(features: list[Any], head: keras.Model, config: TrainConfig) -> Any:
    if config.head != LEVELS:
        return layers.GlobalAveragePooling2D(name="pool")(features[0])
    pool = keras.Model(head.inputs, head.get_layer(STANDARD).output, name="pool")
    return pool(features)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be explained, and how; see `build_answering`."""

    head: keras.Model
    config: TrainConfig
    temperature: float
    typical: Sequence[Typical]
    is_packed: bool

    @property
    def standard(self) -> tuple[Any, Any]:
        """What pooled features are lessened and divided by before the first layer."""
        if self.config.head != LEVELS:
            return 0.0, 1.0
        layer = self.head.get_layer(STANDARD)
        mean, variance = layer.get_weights()
        return mean, np.sqrt(variance + layer.epsilon)


_Explained = tuple[Any, list[Any], Any]
"""What the last layer takes, the maps of all levels, and the unit of the first."""


def _linear(seen: _Seen, wanted: _Wanted, fitted: dict[str, list[Any]]) -> _Explained:
    layer = wanted.head.get_layer(LOGITS)
    kernel, bias = (one / wanted.temperature for one in layer.get_weights())
    fitted["calibrated"] = [kernel, bias]
    return seen.pooled, _evidence(at_one_size(seen.features), wanted, kernel, fitted), 1.0


def _gated(seen: _Seen, wanted: _Wanted, fitted: dict[str, list[Any]]) -> _Explained:
    """With a hidden layer the unit is that of its matrix."""
    hidden, last = (wanted.head.get_layer(name).get_weights() for name in (HIDDEN, LOGITS))
    packed = pack(hidden, last, temperature=wanted.temperature)
    fitted["calibrated"] = [packed.kernel, packed.last_bias]
    matrix = (OneMatrix if wanted.is_packed else TwoMatrices)(*packed.matrix.shape)
    said, weights, nowhere = gated(seen.pooled, packed, matrix, fitted)
    places = at_one_size(seen.features)
    maps = gated_evidence(places, weights, nowhere, wanted.standard, wanted.typical, fitted)
    return said, maps, packed.scale[:, np.newaxis]


def _evidence(
    features: list[Any], wanted: _Wanted, kernel: Any, fitted: dict[str, list[Any]]
) -> list[Any]:
    """Return what each place of each level adds to each style: (batch, rows, columns, styles)."""
    mean, spread = wanted.standard
    weights = (kernel - kernel.mean(axis=1, keepdims=True)) / np.reshape(spread, (-1, 1))
    nothing = -np.sum(np.reshape(mean, (-1, 1)) * weights, axis=0)
    sizes = [one.shape[-1] for one in features]
    maps = []
    for number, part in enumerate(np.split(weights, np.cumsum(sizes)[:-1])):
        name = f"evidence_{number}"
        added = layers.Conv2D(kernel.shape[1], 1, name=name)(features[number])
        fitted[name] = [part[np.newaxis, np.newaxis], nothing / len(features)]
        if wanted.typical:
            usual = wanted.typical[number].added(part)
            added = added - usual.reshape(1, *added.shape[1:])
        maps.append(added)
    return maps


def _added(maps: list[Any]) -> Any:
    return layers.Add()([_resized(one, maps[-1]) for one in maps])


def _resized(evidence: Any, last: Any) -> Any:
    """Bring a map to twice the rows and columns of the last one, with its mean as it was."""
    rows, columns = ops.shape(last)[1], ops.shape(last)[2]
    resized = ops.image.resize(evidence, (2 * rows, 2 * columns), interpolation="bilinear")
    lost = ops.mean(evidence, axis=(1, 2), keepdims=True) - ops.mean(
        resized, axis=(1, 2), keepdims=True
    )
    return resized + lost


def _one_or_all(features: list[Any]) -> Any:
    return features if len(features) > 1 else features[0]


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
    is_of_crops = config.trains == "network" and config.head in ANY_SIZE
    features = build_features(blank, size_px=None if is_of_crops else size_px)
    backbone = features.get_layer("backbone")
    backbone.set_weights(classifier.get_layer("backbone").get_weights())
    return backbone
