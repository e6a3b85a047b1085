"""A sixth architecture that costs no more than its compilation, and the command line with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import keras

from training.architectures import ARCHITECTURES, Architecture

NAME = "small"
LEVEL = "early"


def build_small(**options: Any) -> keras.Model:
    """Return a backbone with all that has state: weights, batch norm and its running means."""
    pixels = keras.Input(options["input_shape"])
    features = keras.layers.Conv2D(8, 3, strides=4, name=LEVEL)(pixels)
    features = keras.layers.BatchNormalization()(features)
    features = keras.layers.Conv2D(8, 3, activation="relu")(features)
    return keras.Model(pixels, features, name=options.get("name"))


@contextmanager
def registered() -> Iterator[str]:
    """Let the steps know the architecture; yields its name. Blocks may lie within each other."""
    small = Architecture(build_small, lambda pixels: pixels / 255.0, levels=(LEVEL,))
    with patch.dict(ARCHITECTURES, {NAME: small}):
        yield NAME


def main() -> None:
    """Run the command line; for processes of their own."""
    from training.cli import cli

    with registered():
        cli()
