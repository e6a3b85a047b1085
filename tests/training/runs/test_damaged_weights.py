"""Weights that are no numbers: found by looking at them, since a loss may not show them.

A convolution that oneDNN fuses with its bias and ReLU turns NaN into 0 on processors with AMX.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.conftest import SIZE_PX, tiny_config
from tests.training.small import build_small
from training.config import TrainConfig
from training.errors import TrainingError
from training.network.architectures import build_features, has_finite_weights
from training.runs.find_rate import find_rate
from training.runs.train import train

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_weight_that_is_no_number_is_found(value: float) -> None:
    model = build_small(input_shape=(SIZE_PX, SIZE_PX, 3))
    sound = has_finite_weights(model)
    spoil(model, value)

    assert sound
    assert not has_finite_weights(model)


def test_a_weights_file_that_holds_them_is_refused(small: str, tmp_path: Path) -> None:
    config = tiny_config(architecture=small, weights=damaged_weights(tmp_path))

    with pytest.raises(TrainingError, match=r"nan\.weights\.h5 holds weights that are no numbers"):
        build_features(config, size_px=SIZE_PX)


@pytest.mark.parametrize(
    "step", [train, lambda *one: find_rate(*one, steps=10)], ids=["train", "find-rate"]
)
def test_a_step_that_is_given_them_leaves_no_result(
    step: Callable[[Path, Path, TrainConfig], object], small: str, dataset: Path, tmp_path: Path
) -> None:
    config = tiny_config(architecture=small, weights=damaged_weights(tmp_path))

    with pytest.raises(TrainingError, match="the file is damaged"):
        step(dataset, tmp_path / "new", config)

    assert not list((tmp_path / "new").glob("*.keras"))
    assert not list((tmp_path / "new").glob("rates.csv"))


def test_a_training_that_diverges_is_one_clear_error(
    small: str, dataset: Path, tmp_path: Path
) -> None:
    config = tiny_config(
        architecture=small, learning_rate=1e30, optimizer="sgd", schedule="constant"
    )

    with pytest.raises(TrainingError, match=r"diverged in epoch 1: .* lower learning rate"):
        train(dataset, tmp_path, config)

    assert not list(tmp_path.glob("*.keras"))


def spoil(model: keras.Model, value: float) -> None:
    """Put the value into one place of the first kernel."""
    first, *others = model.get_weights()
    first.flat[0] = value
    model.set_weights([first, *others])


def damaged_weights(folder: Path) -> Path:
    """Return a weights file of `small` with one weight that is no number."""
    backbone = build_small(input_shape=(SIZE_PX, SIZE_PX, 3))
    spoil(backbone, np.nan)
    backbone.save_weights(folder / "nan.weights.h5")
    return folder / "nan.weights.h5"
