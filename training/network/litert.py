"""The answering graph -> a LiteRT file: `pixels` [1, size, size, 3] -> its outputs by name.

With float16 the weights take half the room; they are widened when the file is loaded, and all is
computed in float32. With int8 the weights take a quarter of it and most is computed in int8, by
ranges that a few pictures show (Jacob et al. 2017, arXiv 1712.05877); only the softmax stays in
float32, because in int8 its probabilities would come in steps of 1/256 and not sum to 1.
"""

import warnings
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Precision = Literal["float32", "float16", "int8"]


def convert(
    answering: keras.Model,
    *,
    size_px: int,
    precision: Precision,
    calibration: NDArray[np.float32] | None = None,
) -> bytes:
    """Return the file.

    calibration: float32 (pictures, size_px, size_px, 3), 0 to 255; needed for int8 only.
    """
    graph = tf.Module()
    # saved by name: TensorFlow does not find the variables inside a Keras 3 model, and a graph
    # without them converts without complaint into one that answers nan
    graph.weights = [variable.value for variable in answering.variables]

    def answer(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs: dict[str, tf.Tensor] = answering(pixels, training=False)
        return outputs

    shape = tf.TensorSpec((1, size_px, size_px, 3), tf.float32, name="pixels")
    signature = tf.function(answer, input_signature=[shape])
    with TemporaryDirectory() as folder:
        tf.saved_model.save(graph, folder, signatures={"serving_default": signature})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if precision == "int8":
            if calibration is None:
                raise ValueError("int8 needs calibration pictures")
            return _quantise(converter, calibration)
        if precision == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def _quantise(converter: Any, calibration: NDArray[np.float32]) -> bytes:
    def show() -> Iterator[list[NDArray[np.float32]]]:
        return ([picture[np.newaxis]] for picture in calibration)

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = show
    # the only door to leaving single operations in float32
    with warnings.catch_warnings():
        # TensorFlow warns of an interpreter of its own that it makes here
        warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter", UserWarning)
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=converter,
            debug_dataset=show,
            debug_options=tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=["SOFTMAX"]),
        )
        return bytes(debugger.get_nondebug_quantized_model())
