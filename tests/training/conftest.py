"""A tiny dataset and a tiny finished run, made once; both are read only."""

import gc
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.made_once import made_once
from tests.pictures import paint_collection
from training.config import ImportConfig, OrganiseConfig, TrainConfig
from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work, load_works
from training.dataset.organise import organise
from training.files import write_table
from training.sources.importing import import_works

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

STYLES = ("cubism", "ukiyo-e")
SIZE_PX = 64
ARTISTS = {
    "cubism": ("Juan Gris", "Gris, Juan", "Georges Braque", ""),
    "ukiyo-e": ("Katsushika Hokusai", "K. Hokusai", "Utagawa Hiroshige", "Unknown artist"),
}
"""Those of the dataset `signed`, in turn: four painters in six spellings, and nobody."""


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


def make_raw(folder: Path, pictures: Mapping[str, int]) -> Path:
    """Paint so many pictures of each style and import them: ids are such as cubism/000.png."""
    import_works(paint_collection(folder / "source", pictures), folder / "raw", ImportConfig())
    return folder / "raw"


def make_work(path: str, style: str, artist: str = UNKNOWN_ARTIST, year: int | None = None) -> Work:
    """Return a work of which little is known."""
    return Work(
        path=path,
        style=style,
        wikiart_style=style,
        artist=artist,
        title="Untitled",
        year=year,
        rights="unknown",
        source="import",
        digest="",
        parts={},
    )


def works_of(pictures: Mapping[str, int]) -> list[Work]:
    """Return so many works of each style; their paths are such as cubism/0.jpg."""
    return [
        make_work(f"{style}/{number}.jpg", style)
        for style, count in pictures.items()
        for number in range(count)
    ]


def made_run(name: str, dataset: Path, config: TrainConfig) -> Path:
    """Return a finished run that is trained once; it is read only, as the dataset is."""
    from tests.training.small import registered
    from training.runs.run_folder import checkpoints
    from training.runs.train import train

    def make(folder: Path) -> None:
        run, epochs = folder / "run", folder / "epochs"
        epochs.mkdir()
        if config.trains == "head":  # it writes into the dataset
            own = Path(shutil.copytree(dataset, folder / "dataset"))
        else:
            own = dataset

        def keep() -> None:
            shutil.copy(checkpoints(run)[-1], epochs)

        with registered():
            train(own, run, config, after_epoch=keep)

    asked = f"{dataset} {config.model_dump_json()}"
    return made_once(f"{name}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}", make) / "run"


def epochs_of(run: Path) -> list[Any]:
    """Return the model of a run that was made once as it was after each epoch."""
    import keras

    return [keras.models.load_model(path) for path in sorted((run.parent / "epochs").iterdir())]


def _own(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what was made for all: steps keep features in a dataset, and figures in a run."""
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("own") / "copy"))


def _make_dataset(folder: Path) -> None:
    raw = make_raw(folder, dict.fromkeys(STYLES, 40))
    config = OrganiseConfig(
        size_px=SIZE_PX, min_pictures_per_style=10, test_share=0.3, validation_share=0.2
    )
    organise(raw, folder / "dataset", config, workers=1)
    lists = _write_more_lists(folder / "dataset")
    organise(raw, folder / "dataset", config.model_copy(update={"lists": lists}), workers=1)


def made_dataset() -> Path:
    """Return the folder that `dataset` is a copy of; for runs that are made once."""
    return made_once("collection", _make_dataset) / "dataset"


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _own(made_once("collection", _make_dataset) / "raw", tmp_path_factory)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _own(made_dataset(), tmp_path_factory)


def _write_more_lists(dataset: Path) -> Path:
    """Write two lists beside `picture`: one shares a few test pictures with it, one has none."""
    rows = [
        (
            work.path,
            "test" if number % 2 else "train",
            "test" if work.parts["picture"] == "train" else "train",
        )
        for number, work in enumerate(load_works(dataset))
    ]
    write_table(dataset / "lists.csv", ("path", "half", "seen"), rows)
    return dataset / "lists.csv"


def _make_signed(folder: Path) -> None:
    source = paint_collection(folder / "source", dict.fromkeys(STYLES, 32))
    rows = [
        (f"{style}/{number:03d}.png", style, artists[number % len(artists)])
        for style, artists in ARTISTS.items()
        for number in range(32)
    ]
    write_table(source / "metadata.csv", ("path", "style", "artist"), rows)
    import_works(source, folder / "raw", ImportConfig())
    config = OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10)
    organise(folder / "raw", folder / "dataset", config, workers=1)


def made_signed() -> Path:
    """Return the folder that `signed` is a copy of; for runs that are made once."""
    return made_once("signed", _make_signed) / "dataset"


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset whose works say who painted them; read only."""
    return _own(made_signed(), tmp_path_factory)


def made_teacher() -> Path:
    """Return a run on `signed` from which others may learn."""
    return made_run("teacher", made_signed(), tiny_config(architecture="small", epochs=1))


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the architecture of `small.py`; a step that builds it anew asks for `small` besides."""
    made = made_run("run", made_dataset(), tiny_config(architecture="small"))
    return _own(made, tmp_path_factory)


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """The name of the architecture of `small.py`, which the steps know as long as it is asked for.

    Imported here, as the tests without TensorFlow read this file, too.
    """
    from tests.training.small import registered

    with registered() as name:
        yield name


def _make_weights(folder: Path) -> None:
    import keras

    from tests.training.small import build_small

    keras.utils.set_random_seed(3)
    backbone = build_small(input_shape=(SIZE_PX, SIZE_PX, 3))
    backbone.save_weights(folder / "small.weights.h5")


def made_weights() -> Path:
    """Return weights for `small`: features of random ones are refused."""
    return made_once("weights", _make_weights) / "small.weights.h5"


@pytest.fixture(scope="module")
def weights(small: str) -> Path:
    """Weights for `small`, which is known then."""
    return made_weights()


def _forget_models() -> None:
    """Give back the memory of models, which refer to themselves and to each other."""
    if keras := sys.modules.get("keras"):
        keras.backend.clear_session(free_memory=False)
    gc.collect()


@pytest.fixture(scope="module", autouse=True)
def forget_models() -> Iterator[None]:
    yield
    _forget_models()
