"""dataset/ + config -> runs/NAME/: a trained model, its history and what it takes to repeat it.

The run folder holds `plan.json` from the start, `history.csv` and a checkpoint per epoch while
it trains, and `model.keras` and, written last, `run.json` when it is done. A run that was broken
off goes on at its last whole epoch, with the pictures that it would have seen there.
"""

import csv
import json
import os
import platform
import shutil
import subprocess
import time
import zipfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from pydantic import BaseModel, ConfigDict

from training.architectures import build_classifier
from training.augment import build_augmentation
from training.config import TrainConfig
from training.data import Part, fixed_batches, load_part, training_batches
from training.errors import TrainingError
from training.files import whole_file
from training.works import Dataset, load_dataset

_RANDOM_STATE = "random_state.json"  # in the archive that a .keras file is
_HISTORY = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


class Plan(BaseModel):
    """What `plan.json` keeps from the start: all that decides the outcome of the run."""

    model_config = ConfigDict(frozen=True)

    config: TrainConfig
    styles: tuple[str, ...]
    size_px: int
    fingerprint: str
    pictures: dict[str, int]
    commit: str
    versions: dict[str, str]


class Run(BaseModel):
    """What `run.json` keeps: a run folder is whole when it is there."""

    model_config = ConfigDict(frozen=True)

    plan: Plan
    best_epoch: int
    finished: datetime
    seconds: float


def train(dataset_folder: Path, run_folder: Path, config: TrainConfig) -> Run:
    """Train until `config.epochs`, or go on where an earlier call was broken off.

    Raises:
        TrainingError: the run folder belongs to other options, or the dataset does not fit.
    """
    if (run_folder / "run.json").is_file():
        raise TrainingError(f"{run_folder} is already finished: name another run folder")
    dataset = load_dataset(dataset_folder)
    parts = {
        part: load_part(dataset_folder, split=config.split, part=part)
        for part in ("train", "validation")
    }
    _refuse_enlarging(config, dataset)
    plan = _claim(run_folder, _plan(config, dataset, parts))
    try:
        _fit(run_folder, parts, config, styles=len(dataset.styles))
    except (tf.errors.NotFoundError, tf.errors.InvalidArgumentError) as error:
        first = str(error.message).splitlines()[0]
        raise TrainingError(
            f"a picture of {dataset_folder} is missing or damaged, organise again ({first})"
        ) from error
    return _conclude(run_folder, plan)


def load_run(folder: Path) -> Run:
    """Read `run.json` of a finished run."""
    marker = folder / "run.json"
    if not marker.is_file():
        raise TrainingError(
            f"{folder} is no finished run: run `python -m training train DATASET {folder}` "
            "(it goes on where it stopped)"
        )
    return Run.model_validate_json(marker.read_text("utf-8"))


def load_classifier(folder: Path) -> keras.Model:
    """Return the finished run's model: float32 RGB 0 to 255 -> logits (batch, styles)."""
    load_run(folder)
    return keras.models.load_model(folder / "model.keras", compile=False)


def read_history(folder: Path) -> list[dict[str, float]]:
    """Return one row per finished epoch."""
    path = folder / "history.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Saves the best model, the history and a checkpoint after every epoch, in this order.

    The number in the checkpoint's name says how many epochs it has seen; rows of the history
    beyond it belong to an epoch that is done again.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._started = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = {name: float(value) for name, value in (logs or {}).items()} | {
            "epoch": epoch + 1,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": round(time.monotonic() - self._started, 1),
        }
        rows = [*read_history(self._folder)[:epoch], row]
        if row["val_accuracy"] >= max(one["val_accuracy"] for one in rows):
            with whole_file(self._folder / "best.keras") as path:
                self.model.get_layer(index=-1).save(path)
        with (
            whole_file(self._folder / "history.csv") as path,
            path.open("w", encoding="utf-8") as file,
        ):
            table = csv.DictWriter(file, _HISTORY, lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        with whole_file(self._folder / f"checkpoint-{epoch + 1:04d}.keras") as path:
            self.model.save(path)
            _append_random_state(path, self.model)
        for old in _checkpoints(self._folder)[:-1]:
            old.unlink()


def _refuse_enlarging(config: TrainConfig, dataset: Dataset) -> None:
    if config.crop_px > dataset.config.size_px:
        raise TrainingError(
            f"crops of {config.crop_px} px are larger than the pictures of the dataset "
            f"({dataset.config.size_px} px): lower --crop, or organise with a larger --size"
        )


def _fit(folder: Path, parts: dict[str, Part], config: TrainConfig, *, styles: int) -> None:
    keras.utils.set_random_seed(config.seed)
    model, first_epoch = _restore_or_build(folder, config, styles)
    batches, steps = training_batches(
        parts["train"], config, styles=styles, first_epoch=first_epoch
    )
    if first_epoch == 0:
        _compile(model, config, steps)
    model.fit(
        batches,
        validation_data=fixed_batches(
            parts["validation"], styles=styles, batch_size=config.batch_size
        ),
        steps_per_epoch=steps,
        initial_epoch=first_epoch,
        epochs=config.epochs,
        callbacks=[_Keeper(folder)],
        shuffle=False,  # the stream is shuffled already
        verbose="auto" if os.isatty(1) else 2,
    )


def _plan(config: TrainConfig, dataset: Dataset, parts: dict[str, Part]) -> Plan:
    return Plan(
        config=config,
        styles=dataset.styles,
        size_px=dataset.config.size_px,
        fingerprint=dataset.fingerprint,
        pictures={part: len(members.labels) for part, members in parts.items()},
        commit=_commit(),
        versions={
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            **{name: version(name) for name in ("keras", "numpy", "pillow")},
        },
    )


def _claim(folder: Path, plan: Plan) -> Plan:
    """Write the plan, or return the one that the folder was begun with if it fits.

    Before the first checkpoint nothing would be lost, so that wrong options can be put right.
    """
    path = folder / "plan.json"
    if not path.is_file() or not _checkpoints(folder):
        with whole_file(path) as file:
            file.write_text(plan.model_dump_json(indent=2) + "\n", "utf-8")
        return plan
    begun = Plan.model_validate_json(path.read_text("utf-8"))
    if (begun.config, begun.fingerprint) != (plan.config, plan.fingerprint):
        raise TrainingError(
            f"{folder} was begun with other options or another dataset (see plan.json): give the "
            "same ones to go on, or name another run folder"
        )
    return begun


def _restore_or_build(folder: Path, config: TrainConfig, styles: int) -> tuple[keras.Model, int]:
    checkpoints = _checkpoints(folder)
    if checkpoints:
        last = checkpoints[-1]
        try:
            model = keras.models.load_model(last)
            _restore_random_state(last, model)
            return model, int(last.stem.rsplit("-", 1)[1])
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            raise TrainingError(f"{last} is damaged ({error}): delete it to begin anew") from error
    classifier = build_classifier(
        config.architecture,
        styles=styles,
        weights=config.weights,
        dropout=config.dropout,
        batch_norm_momentum=config.batch_norm_momentum,
    )
    return keras.Sequential([build_augmentation(config), classifier]), 0


def _append_random_state(checkpoint: Path, model: keras.Model) -> None:
    """Put the state of crops, colours and dropout into the file: Keras saves all but that."""
    states = [np.asarray(one.value).tolist() for one in _random_states(model)]
    with zipfile.ZipFile(checkpoint, "a") as archive:
        archive.writestr(_RANDOM_STATE, json.dumps(states))


def _restore_random_state(checkpoint: Path, model: keras.Model) -> None:
    with zipfile.ZipFile(checkpoint) as archive:
        if _RANDOM_STATE not in archive.namelist():
            return  # written before there was one; going on with other crops is no error
        states = json.loads(archive.read(_RANDOM_STATE))
    for variable, state in zip(_random_states(model), states, strict=True):
        variable.assign(state)


def _random_states(model: keras.Model) -> list[keras.Variable]:
    return [one for one in model.variables if one.path.endswith("seed_generator_state")]


def _compile(model: keras.Model, config: TrainConfig, steps: int) -> None:
    warmup = int(config.warmup_epochs * steps)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(config.epochs * steps - warmup, 1),
            warmup_target=config.learning_rate,
            warmup_steps=warmup,
        ),
        weight_decay=config.weight_decay,
        global_clipnorm=1.0,
    )
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=config.label_smoothing
        ),
        metrics=["accuracy"],
    )


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.keras"))


def _conclude(folder: Path, plan: Plan) -> Run:
    history = read_history(folder)
    # the later one of equals, as it is kept in best.keras
    best = max(history, key=lambda row: (row["val_accuracy"], row["epoch"]))
    run = Run(
        plan=plan,
        best_epoch=int(best["epoch"]),
        finished=datetime.now(UTC),
        seconds=sum(row["seconds"] for row in history),
    )
    with whole_file(folder / "model.keras") as path:
        shutil.copyfile(folder / "best.keras", path)
    with whole_file(folder / "run.json") as path:
        path.write_text(run.model_dump_json(indent=2) + "\n", "utf-8")
    for checkpoint in _checkpoints(folder):
        checkpoint.unlink()
    return run


def _commit() -> str:
    root = Path(__file__).parent.parent
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        result = subprocess.run(  # noqa: S603 - every word of the command stands above
            command, cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()
