"""runs/NAME/ as the other steps read it: the plan from the start, the history, the outcome.

    plan.json        all that decides the outcome, from the start
    history.csv      a row per whole epoch
    checkpoint-N     while it trains: all that is needed to go on after epoch N
    model.keras      the best classifier, in float32
    run.json         `Run`; written last, so that a run is whole when it is there

Nothing here imports TensorFlow.
"""

import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from training.config import TrainConfig
from training.dataset.dataset_folder import load_dataset
from training.errors import TrainingError

CLASSIFIER_FILE = "model.keras"
"""float32 RGB 0 to 255 -> logits"""
HISTORY = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
_FORMERLY: Final = {"fine-tune": "network", "frozen": "head"}
_Model = TypeVar("_Model", bound=BaseModel)


def with_names_of_today(config: Any) -> Any:
    """Return kept options under today's names: what is `trains` was `recipe` in former runs.

    What is no mapping is returned as it is.
    """
    if not isinstance(config, Mapping) or "recipe" not in config:
        return config
    rest = {name: value for name, value in config.items() if name != "recipe"}
    return rest | {"trains": _FORMERLY.get(str(config["recipe"]))}


class Plan(BaseModel):
    """What `plan.json` keeps from the start: all that decides the outcome of the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: TrainConfig
    styles: tuple[str, ...]
    size_px: int
    fingerprint: str
    pictures: dict[str, int]
    shapes: dict[str, tuple[int, ...]]
    """of one picture, and of what the head takes"""
    weights_sha256: str | None
    teachers_sha256: tuple[str, ...] = ()
    start_sha256: str | None = None
    callbacks: tuple[str, ...]
    commit: str
    versions: dict[str, str]
    device: str
    started: datetime
    note: str = ""

    @field_validator("config", mode="before")
    @classmethod
    def _read_former_names(cls, config: Any) -> Any:
        return with_names_of_today(config)


class Run(BaseModel):
    """What `run.json` keeps: a run folder is whole when it is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Plan
    best_epoch: int
    epochs: int
    """done; fewer than planned where it stopped early"""
    stopped_early: bool
    finished: datetime
    seconds: float
    """of all epochs, without those that were broken off"""


def load_run(folder: Path) -> Run:
    """Read `run.json` of a finished run.

    Raises:
        TrainingError: it is not finished, or was made by another version.
    """
    marker = folder / "run.json"
    if not marker.is_file():
        raise TrainingError(
            f"{folder} is no finished run: run `python -m training train DATASET {folder}` "
            "(it goes on where it stopped)"
        )
    return read_json(Run, marker)


def load_plan(folder: Path) -> Plan:
    """Read `plan.json` of a run that was begun.

    Raises:
        TrainingError: there is none, or it was made by another version.
    """
    path = folder / "plan.json"
    if not path.is_file():
        raise TrainingError(f"{folder} is no run folder: it has no plan.json")
    return read_json(Plan, path)


def load_run_on(dataset_folder: Path, run_folder: Path) -> Run:
    """Return a finished run after checking that it was trained on this dataset.

    Raises:
        TrainingError: no finished run, or another dataset.
    """
    run = load_run(run_folder)
    require_dataset(dataset_folder, run_folder, run.plan)
    return run


def require_dataset(dataset_folder: Path, run_folder: Path, plan: Plan) -> None:
    """Check that a run belongs to a dataset.

    Raises:
        TrainingError: it was trained on another one.
    """
    found = load_dataset(dataset_folder).fingerprint
    if found != plan.fingerprint:
        raise TrainingError(
            f"{run_folder} was trained on another dataset (fingerprint {plan.fingerprint[:12]}) "
            f"than {dataset_folder} ({found[:12]})"
        )


def read_history(folder: Path) -> list[dict[str, float]]:
    """Return one row per finished epoch."""
    path = folder / "history.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a run that is not finished; one, or two after a kill."""
    return sorted(folder.glob("checkpoint-*.keras"))


def epochs_done(folder: Path) -> int:
    """Return after which epoch a run that is not finished goes on."""
    found = checkpoints(folder)
    return int(found[-1].stem.rsplit("-", 1)[1]) if found else 0


def read_json(kind: type[_Model], path: Path) -> _Model:
    """Read a file of a run folder.

    Raises:
        TrainingError: another version wrote it.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise TrainingError(
            f"{path} is damaged or of another version of this program: train anew, or use the "
            "version that wrote it"
        ) from error
