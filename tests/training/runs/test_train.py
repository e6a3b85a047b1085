"""A run: what it keeps, and which ones are refused."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import SIZE_PX, tiny_config
from training.config import TrainConfig
from training.dataset.dataset_folder import load_dataset
from training.errors import TrainingError
from training.runs.run_folder import load_run, read_history
from training.runs.train import load_classifier, train

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small")]


def test_a_finished_run_keeps_what_it_needs_only(run: Path) -> None:
    # in this process another test may have evaluated the same copy
    files = {path.name for path in run.iterdir()} - {"evaluation"}

    assert files == {
        "augmentation.png",
        "history.csv",
        "model.keras",
        "plan.json",
        "run.json",
        "tensorboard",
    }


def test_the_curves_are_written_for_tensorboard(run: Path) -> None:
    parts = {path.name for path in (run / "tensorboard").iterdir()}

    assert parts == {"train", "validation"}


def test_the_sheet_shows_pictures_and_their_variants(run: Path) -> None:
    with Image.open(run / "augmentation.png") as sheet:
        assert sheet.size == (8 * (64 + 4) + 4, 6 * (64 + 4) + 4)
        pixels = np.asarray(sheet.convert("RGB"), np.float32)

    stored, first_variant = pixels[4:68, 4:68], pixels[4:68, 72:136]
    assert np.abs(stored - first_variant).mean() > 1


def test_the_run_keeps_what_it_takes_to_repeat_it(run: Path, dataset: Path) -> None:
    plan = load_run(run).plan

    assert plan.config == tiny_config(architecture="small")
    assert plan.fingerprint == load_dataset(dataset).fingerprint
    assert plan.pictures == {"train": 40, "validation": 16}
    assert {"python", "tensorflow", "keras", "numpy", "pillow"} <= set(plan.versions)


def test_the_classifier_gives_logits_for_whole_pictures(run: Path) -> None:
    logits = np.asarray(load_classifier(run)(np.zeros((2, 64, 64, 3), np.float32)))

    assert logits.shape == (2, 2)


def test_the_best_epoch_is_the_best_on_validation(run: Path) -> None:
    rows = read_history(run)

    best = rows[load_run(run).best_epoch - 1]

    assert best["val_accuracy"] == max(row["val_accuracy"] for row in rows)


def test_a_finished_run_is_not_trained_again(run: Path, dataset: Path) -> None:
    with pytest.raises(TrainingError, match="already finished"):
        train(dataset, run, tiny_config(architecture="small"))


def test_a_run_does_not_go_on_with_other_options(run: Path, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes((run / "plan.json").read_bytes())
    (tmp_path / "checkpoint-0001.keras").touch()

    with pytest.raises(TrainingError, match="other options"):
        train(dataset, tmp_path, tiny_config(architecture="small", epochs=4))


def test_a_damaged_checkpoint_is_told_with_what_to_do(
    run: Path, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_bytes((run / "plan.json").read_bytes())
    (tmp_path / "checkpoint-0001.keras").write_text("no checkpoint")

    with pytest.raises(TrainingError, match="delete it"):
        train(dataset, tmp_path, tiny_config(architecture="small"))


def test_wrong_options_are_refused_before_anything_is_written(
    dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="no architecture 'alexnet'"):
        train(dataset, tmp_path / "run", tiny_config(architecture="alexnet"))

    assert not (tmp_path / "run").exists()


def test_crops_larger_than_the_pictures_are_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="65 px are larger"):
        train(dataset, tmp_path, tiny_config(crop_px=65))


def test_a_soft_view_that_is_no_smaller_than_the_pictures_is_refused(
    dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="lower soft_px"):
        train(dataset, tmp_path, TrainConfig(trains="head", soft_px=SIZE_PX))


def test_a_run_that_was_never_finished_is_told_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="goes on where it stopped"):
        load_run(tmp_path)


def test_a_picture_that_is_gone_is_one_clear_error(dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(dataset, tmp_path / "dataset")
    for picture in (tmp_path / "dataset" / "pictures").rglob("*.png"):
        picture.unlink()

    with pytest.raises(TrainingError, match="organise again"):
        train(tmp_path / "dataset", tmp_path / "run", tiny_config(architecture="small", epochs=1))


@pytest.mark.parametrize(
    ("weights", "kept"),
    [("imagenet", "imagenet"), (None, None), ("some.h5", Path("some.h5"))],
)
def test_a_plan_reads_back_the_weights_it_was_given(weights: Any, kept: Any) -> None:
    config = TrainConfig(weights=weights)

    assert config.weights == kept
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config
