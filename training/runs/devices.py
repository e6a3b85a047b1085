"""Where the numbers are computed: the CPU, or all graphics cards of the machine together."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import keras


def spread() -> AbstractContextManager[Any]:
    """Return the block in which models and optimisers are made, so that every card has them.

    Several cards share each batch by TensorFlow's MirroredStrategy. One card, or a CPU, needs none.
    """
    strategy = _strategy()
    return nullcontext() if strategy is None else strategy.scope()


def describe() -> str:
    """Return what the numbers are computed on, such as `2 x GPU`."""
    kinds = _kinds()
    return " + ".join(f"{kinds.count(kind)} x {kind}" for kind in sorted(set(kinds)))


def has_gpu() -> bool:
    """Return whether there is a graphics card to compute on."""
    return "GPU" in _kinds()


@cache
def _strategy() -> Any:
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    cards = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(cards) > 1 else None


def _kinds() -> list[str]:
    names = [name.split(":")[0].upper() for name in keras.distribution.list_devices()]
    return [name for name in names if name != "CPU"] or ["CPU"]
