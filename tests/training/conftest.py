"""A tiny dataset and a tiny finished run, made once; both are read only."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import paint_collection
from training.config import ImportConfig, OrganiseConfig, TrainConfig
from training.files import write_table
from training.importing import import_works
from training.organise import organise
from training.works import UNKNOWN_ARTIST, Work, load_works

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


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_raw(tmp_path_factory.mktemp("collection"), dict.fromkeys(STYLES, 40))


@pytest.fixture(scope="session")
def dataset(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    config = OrganiseConfig(
        size_px=SIZE_PX, min_pictures_per_style=10, test_share=0.3, validation_share=0.2
    )
    organise(raw, folder, config)
    lists = _write_more_lists(folder)
    organise(raw, folder, config.model_copy(update={"lists": lists}))
    return folder


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


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset whose works say who painted them; read only."""
    folder = tmp_path_factory.mktemp("signed")
    source = paint_collection(folder / "source", dict.fromkeys(STYLES, 32))
    rows = [
        (f"{style}/{number:03d}.png", style, artists[number % len(artists)])
        for style, artists in ARTISTS.items()
        for number in range(32)
    ]
    write_table(source / "metadata.csv", ("path", "style", "artist"), rows)
    import_works(source, folder / "raw", ImportConfig())
    config = OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10)
    organise(folder / "raw", folder / "dataset", config)
    return folder / "dataset"


@pytest.fixture(scope="session")
def run(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the architecture of `small.py`; a step that builds it anew asks for `small` besides."""
    from tests.training.small import registered
    from training.train import train

    folder = tmp_path_factory.mktemp("run")
    with registered() as name:
        train(dataset, folder, tiny_config(architecture=name))
    return folder


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """The name of the architecture of `small.py`, which the steps know as long as it is asked for.

    Imported here, as the tests without TensorFlow read this file, too.
    """
    from tests.training.small import registered

    with registered() as name:
        yield name


@pytest.fixture(scope="module")
def weights(small: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights for `small`: the frozen recipe refuses to do without."""
    import keras

    from tests.training.small import build_small

    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("weights") / "small.weights.h5"
    build_small(input_shape=(SIZE_PX, SIZE_PX, 3)).save_weights(path)
    return path
