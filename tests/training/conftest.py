"""A tiny dataset and a tiny finished run, made once; both are read only."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import paint_collection
from training.config import OrganiseConfig, TrainConfig
from training.organise import organise

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

STYLES = ("cubism", "ukiyo-e")
SIZE_PX = 64


def tiny_config(**changes: Any) -> TrainConfig:
    """Return options with which a run takes seconds."""
    options: dict[str, Any] = {
        "weights": None,
        "epochs": 2,
        "batch_size": 8,
        "crop_px": 48,
        "warmup_epochs": 0.5,
        "learning_rate": 1e-3,
        "batch_norm_momentum": 0.5,  # a few steps are all it has
    }
    return TrainConfig(**(options | changes))


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paint_collection(tmp_path_factory.mktemp("source"), dict.fromkeys(STYLES, 40))


@pytest.fixture(scope="session")
def dataset(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    config = OrganiseConfig(
        size_px=SIZE_PX, min_pictures_per_style=10, test_share=0.3, validation_share=0.2
    )
    organise(source, folder, config)
    return folder


@pytest.fixture(scope="session")
def run(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training.train import train

    folder = tmp_path_factory.mktemp("run")
    train(dataset, folder, tiny_config())
    return folder
