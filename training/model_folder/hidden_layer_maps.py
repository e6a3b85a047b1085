"""A hidden ReLU layer in the graph that ships, and what each channel adds to the logits behind it.

For a given picture a ReLU network is linear: the units that are off add nothing, the others add
their inputs times their weights (Montúfar et al. 2014, arXiv 1402.1869). So the maps of a hidden
layer are as exact as those of a single one: first the weights of this picture, then each place's
features times these. Both products take the layer's matrix, the largest one behind the backbone.
It is rounded to int8, each unit by its own range, and `PackedMatrix` keeps it once; the built-in
layers, which any Keras loads, keep it twice and give the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from training.model_folder.mean_maps import Typical

Array = NDArray[np.float32]
FORWARD, BACKWARD, PACKED = "hidden_forward", "hidden_backward", "hidden_packed"
_LARGEST = 127


@dataclass(frozen=True, slots=True)
class Layers:
    """A hidden layer and the last one, its scale moved into the last: ReLU lets scales through."""

    matrix: NDArray[np.int8]
    """(channels, units)"""
    bias: Array
    """(units,), in units of the matrix"""
    kernel: Array
    """(units, styles)"""
    last_bias: Array
    """(styles,)"""
    scale: Array
    """(units,): what the matrix was divided by"""

    @property
    def centred(self) -> Array:
        """The kernel less what speaks for all styles alike."""
        return np.asarray(self.kernel - self.kernel.mean(axis=1, keepdims=True))


def pack(hidden: list[Array], last: list[Array], *, temperature: float) -> Layers:
    """Round a hidden layer's (kernel, bias) to int8, and calibrate the last layer's."""
    (matrix, bias), (kernel, last_bias) = hidden, last
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / _LARGEST
    return Layers(
        np.rint(matrix / scale).astype(np.int8),
        (bias / scale).astype(np.float32),
        (scale[:, np.newaxis] * kernel / temperature).astype(np.float32),
        (last_bias / temperature).astype(np.float32),
        scale.astype(np.float32),
    )


class Matrix(Protocol):
    """The hidden layer's matrix, in a graph."""

    def forward(self, standard: Any) -> Any:
        """Take (batch, channels), give (batch, units)."""

    def backward(self, shares: Any) -> Any:
        """Take (batch, styles, units), give (batch, styles, channels)."""

    def fitted(self, matrix: NDArray[np.int8]) -> dict[str, list[Any]]:
        """Return the weights of its layers by their names."""


class TwoMatrices:
    """Layers of Keras' own, one for each way."""

    def __init__(self, channels: int, units: int) -> None:
        self._forward = layers.Dense(units, use_bias=False, name=FORWARD)
        self._backward = layers.Dense(channels, use_bias=False, name=BACKWARD)

    def forward(self, standard: Any) -> Any:
        """Take (batch, channels), give (batch, units)."""
        return self._forward(standard)

    def backward(self, shares: Any) -> Any:
        """Take (batch, styles, units), give (batch, styles, channels)."""
        return self._backward(shares)

    def fitted(self, matrix: NDArray[np.int8]) -> dict[str, list[Any]]:
        """Return the weights of its layers by their names."""
        return {FORWARD: [matrix.astype(np.float32)], BACKWARD: [matrix.T.astype(np.float32)]}


class OneMatrix:
    """One layer for both ways, for a converter that would store each way's matrix apart."""

    def __init__(self, channels: int, units: int) -> None:
        self._packed = PackedMatrix(channels, units, name=PACKED)
        self._wide: Any = None

    def forward(self, standard: Any) -> Any:
        """Take (batch, channels), give (batch, units)."""
        self._wide = self._packed(standard)
        # a sum over rows: for a product LiteRT would turn the matrix round in every pass
        return ops.sum(ops.expand_dims(standard, 2) * self._wide, axis=1)

    def backward(self, shares: Any) -> Any:
        """Take (batch, styles, units), give (batch, styles, channels); after `forward`."""
        channels, units = self._wide.shape
        flat = ops.matmul(ops.reshape(shares, (-1, units)), ops.transpose(self._wide))
        return ops.reshape(flat, (-1, shares.shape[1], channels))

    def fitted(self, matrix: NDArray[np.int8]) -> dict[str, list[Any]]:
        """Return the weights of its layers by their names."""
        return {PACKED: [matrix]}


class PackedMatrix(layers.Layer):  # type: ignore[misc] # Keras has no types
    """A matrix of int8, widened whenever it is asked for: whatever it is given, it gives that."""

    def __init__(self, rows: int, columns: int, **options: Any) -> None:
        super().__init__(**options)
        self._matrix = self.add_weight(
            shape=(rows, columns), dtype="int8", initializer="zeros", trainable=False
        )

    def call(self, _: Any) -> Any:
        """Return the matrix in float32: (rows, columns)."""
        return ops.cast(self._matrix, "float32")

    def compute_output_spec(self, _: Any) -> Any:
        """Return the shape of the matrix, which does not depend on what is given."""
        return keras.KerasTensor(self._matrix.shape, "float32")


def gated(
    standard: Any, packed: Layers, matrix: Matrix, fitted: dict[str, list[Any]]
) -> tuple[Any, Any, Any]:
    """Return what the hidden layer says, weights of this picture and what no place adds.

    standard: pooled features on one scale, (batch, channels). What the layer says, (batch, units),
    is in units of its matrix. The weights are (batch, styles, channels); weights times `standard`
    plus the third, (batch, styles), are the logits less the last bias and less what speaks for all
    styles alike.
    """
    styles = packed.kernel.shape[1]
    hidden = ops.relu(matrix.forward(standard) + packed.bias)
    is_on = ops.cast(hidden > 0, "float32")
    shares = ops.expand_dims(is_on, 1) * packed.centred.T
    nowhere = layers.Dense(styles, use_bias=False, name="nowhere")(is_on)
    fitted |= matrix.fitted(packed.matrix)
    fitted["nowhere"] = [packed.bias[:, np.newaxis] * packed.centred]
    return hidden, matrix.backward(shares), nowhere


def gated_evidence(
    features: list[Any],
    weights: Any,
    nowhere: Any,
    standard: tuple[Array, Array],
    typical: Sequence[Typical],
    fitted: dict[str, list[Any]],
) -> list[Any]:
    """Return what each place of each level adds to each style: (batch, rows, columns, styles).

    standard: mean and spread of the pooled features. What no place adds is shared by all.
    typical: what of each level counts as nothing, if that is known.
    """
    mean, spread = standard
    weights = weights / spread
    nothing = nowhere - ops.sum(weights * mean, axis=2)
    nothing = ops.reshape(nothing, (-1, 1, 1, weights.shape[1])) / len(features)
    ends = np.cumsum([one.shape[-1] for one in features])[:-1].tolist()
    maps = []
    for number, part in enumerate(ops.split(weights, ends, axis=2)):
        _, rows, columns, channels = features[number].shape
        flat = ops.reshape(features[number], (-1, rows * columns, channels))
        added = ops.matmul(flat, ops.transpose(part, (0, 2, 1)))
        if typical:
            usual = typical[number].added_by(part, number, fitted)
            added = added - ops.transpose(usual, (0, 2, 1))
        maps.append(ops.reshape(added, (-1, rows, columns, weights.shape[1])) + nothing)
    return maps
