"""Runs that several tests look at, each trained once; read only, as all that is made once."""

from pathlib import Path
from typing import Any

from tests.training.conftest import (
    SIZE_PX,
    made_dataset,
    made_run,
    made_signed,
    made_teacher,
    made_weights,
    tiny_config,
)
from training.config import TrainConfig
from training.recipes import load_recipe


def frozen_config(**changes: Any) -> TrainConfig:
    """Return the original's recipe with so little patience that it shows within a few epochs."""
    options: dict[str, Any] = {
        **load_recipe("original"),
        "architecture": "small",
        "weights": made_weights(),
        "head": "gap",
        "scaling": "own",
        "epochs": 12,
        "plateau_patience": 1,
        "stop_patience": 3,
        "stop_min_delta": 0.5,
    }
    return TrainConfig(**(options | changes))


def stopped() -> Path:
    """Return a run of `frozen_config` that its callbacks have slowed down and stopped."""
    return made_run("stopped", made_dataset(), frozen_config())


def frozen_mean() -> Path:
    """Return a run whose head is the mean of all epochs, as it has fewer than were asked for."""
    config = frozen_config(epochs=2, averaged_epochs=9)
    return made_run("frozen-mean", made_dataset(), config)


def hidden(*, agreement_weight: float = 0.0) -> Path:
    """Return a run of a hidden layer on kept levels."""
    config = frozen_config(
        head="levels",
        hidden_units=6,
        views=1,
        artist_weight=0.5,
        epochs=3,
        agreement_weight=agreement_weight,
    )
    return made_run("hidden", made_signed(), config)


def started_config(**options: Any) -> TrainConfig:
    """Return the options of a fine-tuning that begins with `hidden` and hardly moves."""
    fixed: dict[str, Any] = {
        "architecture": "small",
        "head": "levels",
        "hidden_units": 6,
        "start": hidden(),
        "crop_px": SIZE_PX,
        "fixed_statistics": True,
        "photograph_share": 0.3,
        "learning_rate": 1e-9,
        "epochs": 1,
    }
    return tiny_config(**fixed | options)


def started() -> Path:
    """Return a run of `started_config`."""
    return made_run("started", made_signed(), started_config())


def thawed() -> Path:
    """Return a run that names artists, too, and ends as a mean."""
    config = tiny_config(
        architecture="small",
        weights=made_weights(),
        epochs=4,
        averaged_epochs=2,
        artist_weight=0.5,
        artist_works=2,
    )
    return made_run("thawed", made_signed(), config)


def half_kept() -> Path:
    """Return a run that never trains the lower half, nor what batch normalisation has found."""
    options: dict[str, Any] = {
        "weights": made_weights(),
        "kept_share": 0.5,
        "fixed_statistics": True,
        "epochs": 1,
    }
    return made_run("half-kept", made_dataset(), tiny_config(architecture="small", **options))


def student() -> Path:
    """Return a run that hears layers on the way and learns from labels, artists and a teacher."""
    config = tiny_config(
        architecture="small",
        head="levels",
        weights=made_weights(),
        epochs=3,
        artist_weight=0.5,
        artist_works=2,
        teachers=(made_teacher(),),
    )
    return made_run("student", made_signed(), config)
