"""A run: what it keeps, and that a broken-off one ends as if it had never stopped."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.training.conftest import STYLES, make_raw, tiny_config
from training import train as steps
from training.architectures import ARCHITECTURES, Architecture
from training.config import OrganiseConfig, TrainConfig
from training.errors import TrainingError
from training.organise import organise
from training.train import Plan, load_classifier, load_run, read_history, train
from training.works import load_dataset

pytestmark = pytest.mark.slow


def build_small(**options: Any) -> keras.Model:
    """Return a backbone with all that has state: weights, batch norm and its running means."""
    pixels = keras.Input(options["input_shape"])
    features = keras.layers.Conv2D(8, 3, strides=2)(pixels)
    features = keras.layers.BatchNormalization()(features)
    return keras.Model(pixels, keras.layers.Conv2D(8, 3, activation="relu")(features))


@pytest.fixture(scope="module")
def small() -> Any:
    """A sixth architecture, so that a run costs no more than its compilation."""
    ARCHITECTURES["small"] = Architecture(build_small, lambda pixels: pixels / 255.0)
    yield "small"
    del ARCHITECTURES["small"]


@pytest.fixture(scope="module")
def unbroken(small: str, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    train(dataset, folder, tiny_config(architecture=small, epochs=3))
    return folder


def break_off_in_epoch(number: int, patch: pytest.MonkeyPatch) -> None:
    """Patched because a real Ctrl-C comes at no certain time."""

    def on_epoch_begin(self: Any, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == number:
            raise KeyboardInterrupt

    patch.setattr(steps._Keeper, "on_epoch_begin", on_epoch_begin)


@pytest.fixture(scope="module")
def resumed(small: str, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resumed")
    config = tiny_config(architecture=small, epochs=3)
    with pytest.MonkeyPatch.context() as patch:
        break_off_in_epoch(3, patch)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, folder, config)
    keras.utils.set_random_seed(7)  # another process would not have the first one's state either
    train(dataset, folder, config)
    return folder


def without_seconds(folder: Path) -> list[dict[str, float]]:
    return [row | {"seconds": 0.0} for row in read_history(folder)]


def test_a_resumed_run_has_the_history_of_an_unbroken_one(unbroken: Path, resumed: Path) -> None:
    assert without_seconds(resumed) == without_seconds(unbroken)
    assert load_run(resumed).best_epoch == load_run(unbroken).best_epoch


def test_a_resumed_run_has_the_weights_of_an_unbroken_one(unbroken: Path, resumed: Path) -> None:
    found, expected = (load_classifier(folder).get_weights() for folder in (resumed, unbroken))

    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_a_finished_run_keeps_plan_history_and_models_only(unbroken: Path) -> None:
    files = {path.name for path in unbroken.iterdir()}

    assert files == {"plan.json", "history.csv", "best.keras", "model.keras", "run.json"}


def test_the_run_keeps_what_it_takes_to_repeat_it(unbroken: Path, dataset: Path) -> None:
    plan = load_run(unbroken).plan

    assert plan.config == tiny_config(architecture="small", epochs=3)
    assert plan.fingerprint == load_dataset(dataset).fingerprint
    assert plan.pictures == {"train": 40, "validation": 16}
    assert {"python", "tensorflow", "keras", "numpy", "pillow"} <= set(plan.versions)


def test_the_classifier_gives_logits_for_whole_pictures(unbroken: Path) -> None:
    logits = np.asarray(load_classifier(unbroken)(np.zeros((2, 64, 64, 3), np.float32)))

    assert logits.shape == (2, 2)


def test_the_best_epoch_is_the_best_on_validation(unbroken: Path) -> None:
    rows = read_history(unbroken)

    best = rows[load_run(unbroken).best_epoch - 1]

    assert best["val_accuracy"] == max(row["val_accuracy"] for row in rows)


def test_a_finished_run_is_not_trained_again(unbroken: Path, dataset: Path) -> None:
    with pytest.raises(TrainingError, match="already finished"):
        train(dataset, unbroken, tiny_config(architecture="small", epochs=3))


def test_a_run_does_not_go_on_with_other_options(
    unbroken: Path, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_bytes((unbroken / "plan.json").read_bytes())
    (tmp_path / "checkpoint-0001.keras").touch()

    with pytest.raises(TrainingError, match="other options"):
        train(dataset, tmp_path, tiny_config(architecture="small", epochs=4))


def test_a_damaged_checkpoint_is_told_with_what_to_do(
    unbroken: Path, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_bytes((unbroken / "plan.json").read_bytes())
    (tmp_path / "checkpoint-0001.keras").write_text("no checkpoint")

    with pytest.raises(TrainingError, match="delete it"):
        train(dataset, tmp_path, tiny_config(architecture="small", epochs=3))


def test_wrong_options_can_be_put_right_in_the_same_folder(dataset: Path, tmp_path: Path) -> None:
    for name in ("alexnet", "lenet"):
        with pytest.raises(TrainingError, match=f"no architecture '{name}'"):
            train(dataset, tmp_path, tiny_config(architecture=name))

    plan = Plan.model_validate_json((tmp_path / "plan.json").read_bytes())
    assert plan.config.architecture == "lenet"


def test_crops_larger_than_the_pictures_are_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="65 px are larger"):
        train(dataset, tmp_path, tiny_config(crop_px=65))


def test_a_run_that_was_never_finished_is_told_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="goes on where it stopped"):
        load_run(tmp_path)


def test_a_picture_that_is_gone_is_one_clear_error(small: str, tmp_path: Path) -> None:
    raw = make_raw(tmp_path, dict.fromkeys(STYLES, 10))
    organise(raw, tmp_path / "dataset", OrganiseConfig(size_px=64, min_pictures_per_style=10))
    for picture in (tmp_path / "dataset" / "pictures").rglob("*.png"):
        picture.unlink()

    with pytest.raises(TrainingError, match="organise again"):
        train(tmp_path / "dataset", tmp_path / "run", tiny_config(architecture=small, epochs=1))


@pytest.mark.parametrize(
    ("weights", "kept"),
    [("imagenet", "imagenet"), (None, None), ("some.h5", Path("some.h5"))],
)
def test_a_plan_reads_back_the_weights_it_was_given(weights: Any, kept: Any) -> None:
    config = TrainConfig(weights=weights)

    assert config.weights == kept
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config
