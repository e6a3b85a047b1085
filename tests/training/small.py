"""A sixth architecture that costs no more than its compilation, and the command line with it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import keras

from training.network.architectures import ARCHITECTURES, Architecture

NAME = "small"
LEVELS = ("early", "late")


def build_small(**options: Any) -> keras.Model:
    """Return a backbone with all that has state: weights, batch norm and its running means."""
    return _build(1, **options)


def build_coarse(**options: Any) -> keras.Model:
    """Return one whose features are few: the tops of the original grow with their number."""
    return _build(4, **options)


def _build(strides: int, **options: Any) -> keras.Model:
    pixels = keras.Input(options["input_shape"])
    features = keras.layers.Conv2D(8, 3, strides=4, name=LEVELS[0])(pixels)
    features = keras.layers.BatchNormalization()(features)
    features = keras.layers.Conv2D(8, 3, strides=strides, activation="relu", name=LEVELS[1])(
        features
    )
    return keras.Model(pixels, features, name=options.get("name"))


@contextmanager
def registered(
    name: str = NAME,
    build: Callable[..., keras.Model] = build_small,
    levels: tuple[str, ...] = LEVELS,
) -> Iterator[str]:
    """Let the steps know the architecture; yields its name. Blocks may lie within each other."""
    made = Architecture(build, lambda pixels: pixels / 255.0, levels=levels)
    with patch.dict(ARCHITECTURES, {name: made}):
        yield name


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of this process or others, and end the process."""
    from training.cli.commands import cli

    with registered():
        cli(arguments)
