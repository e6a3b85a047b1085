"""Stored pictures come back whatever the format, and one that does not is told apart."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from lambda_fn.contract.images import to_pixels
from tests.training.conftest import make_raw
from training.config import OrganiseConfig
from training.dataset.dataset_folder import load_dataset, load_works
from training.dataset.organise import organise
from training.dataset.picture_files import open_store
from training.errors import TrainingError

FORMATS = ("png", "jpeg", "tar")


@pytest.fixture(scope="module")
def small_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_raw(tmp_path_factory.mktemp("small"), {"cubism": 10, "ukiyo-e": 10})


def make_dataset(raw: Path, folder: Path, format_: str) -> Path:
    config = OrganiseConfig.model_validate(
        {"size_px": 64, "min_pictures_per_style": 5, "format": format_}
    )
    organise(raw, folder, config)
    return folder


@pytest.mark.parametrize("format_", ["png", "tar"])
def test_exact_formats_hold_the_pixels_that_the_service_makes(
    small_raw: Path, tmp_path: Path, format_: str
) -> None:
    store = open_store(make_dataset(small_raw, tmp_path / format_, format_))

    for work in load_works(tmp_path / format_):
        data = (small_raw / "pictures" / work.path).read_bytes()
        pixels = store.read(work.path)
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, to_pixels(data, size_px=64).pixels)


def test_jpeg_holds_nearly_the_pixels_that_the_service_makes(
    small_raw: Path, tmp_path: Path
) -> None:
    store = open_store(make_dataset(small_raw, tmp_path / "jpeg", "jpeg"))

    for work in load_works(tmp_path / "jpeg"):
        data = (small_raw / "pictures" / work.path).read_bytes()
        difference = store.read(work.path) - to_pixels(data, size_px=64).pixels
        assert 0 < np.abs(difference).mean() < 3


def test_a_tar_of_the_same_pixels_has_the_same_fingerprint(small_raw: Path, tmp_path: Path) -> None:
    files, packed, lossy = (
        load_dataset(make_dataset(small_raw, tmp_path / format_, format_)).fingerprint
        for format_ in ("png", "tar", "jpeg")
    )

    assert files == packed != lossy


def test_a_tar_takes_the_place_of_the_single_files(small_raw: Path, tmp_path: Path) -> None:
    make_dataset(small_raw, tmp_path, "tar")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json",
        "dataset.json",
        "pictures.csv",
        "pictures.tar",
        "works.csv",
    ]


def test_organising_again_keeps_the_tar(small_raw: Path, tmp_path: Path) -> None:
    make_dataset(small_raw, tmp_path, "tar")
    first = load_dataset(tmp_path)
    before = (tmp_path / "pictures.tar").stat()

    make_dataset(small_raw, tmp_path, "tar")

    assert load_dataset(tmp_path) == first
    assert (tmp_path / "pictures.tar").stat().st_ino == before.st_ino


def cut_tar(folder: Path) -> None:
    data = (folder / "pictures.tar").read_bytes()
    (folder / "pictures.tar").write_bytes(data[:-20_000])


def spoil_tar(folder: Path) -> None:
    with (folder / "pictures.csv").open(encoding="utf-8", newline="") as file:
        offset = int(list(csv.reader(file))[5][1])
    with (folder / "pictures.tar").open("r+b") as tar:
        tar.seek(offset + 100)
        tar.write(b"spoilt")


@pytest.mark.parametrize("damage", [cut_tar, spoil_tar])
def test_organising_again_mends_a_damaged_tar(
    small_raw: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    make_dataset(small_raw, tmp_path, "tar")
    first, whole = load_dataset(tmp_path), (tmp_path / "pictures.tar").read_bytes()
    damage(tmp_path)

    make_dataset(small_raw, tmp_path, "tar")

    assert load_dataset(tmp_path) == first
    assert (tmp_path / "pictures.tar").read_bytes() == whole


@pytest.mark.parametrize("format_", FORMATS)
def test_many_threads_may_read_at_once(small_raw: Path, tmp_path: Path, format_: str) -> None:
    store = open_store(make_dataset(small_raw, tmp_path, format_))
    paths = [work.path for work in load_works(tmp_path)]
    alone = [store.read(path) for path in paths]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(store.read, paths * 10))

    assert all(np.array_equal(a, b) for a, b in zip(together, alone * 10, strict=True))


def remove(picture: Path) -> None:
    picture.unlink()


def cut(picture: Path) -> None:
    picture.write_bytes(picture.read_bytes()[:-40])


def flip(picture: Path) -> None:
    data = bytearray(picture.read_bytes())
    data[len(data) // 2] ^= 1
    picture.write_bytes(data)


@pytest.mark.parametrize("damage", [remove, cut, flip])
def test_a_picture_that_is_missing_or_damaged_is_one_clear_error(
    small_raw: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store = open_store(make_dataset(small_raw, tmp_path, "png"))
    damage(tmp_path / "pictures" / "cubism" / "000.png")

    with pytest.raises(TrainingError, match=r"cubism/000\.png .* organise again"):
        store.read("cubism/000.png")


def test_a_spoilt_picture_of_a_tar_is_one_clear_error(small_raw: Path, tmp_path: Path) -> None:
    store = open_store(make_dataset(small_raw, tmp_path, "tar"))
    spoil_tar(tmp_path)

    with pytest.raises(TrainingError, match=r"cubism/004\.png .* organise again"):
        store.read("cubism/004.png")


def test_a_picture_that_the_index_lacks_is_one_clear_error(small_raw: Path, tmp_path: Path) -> None:
    make_dataset(small_raw, tmp_path, "tar")
    rows = (tmp_path / "pictures.csv").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "pictures.csv").write_text("".join(rows[:-1]), "utf-8")

    with pytest.raises(TrainingError, match=r"ukiyo-e/009\.png .* organise again"):
        open_store(tmp_path).read("ukiyo-e/009.png")


@pytest.mark.parametrize("name", ["pictures.tar", "pictures.csv"])
def test_a_tar_without_its_other_half_is_one_clear_error(
    small_raw: Path, tmp_path: Path, name: str
) -> None:
    make_dataset(small_raw, tmp_path, "tar")
    (tmp_path / name).unlink()

    with pytest.raises(TrainingError, match=rf"{name} is missing.* organise again"):
        open_store(tmp_path)


def test_a_work_that_the_dataset_does_not_have_is_refused(small_raw: Path, tmp_path: Path) -> None:
    store = open_store(make_dataset(small_raw, tmp_path, "png"))

    with pytest.raises(TrainingError, match=r"no work '\.\./secret\.png'"):
        store.read("../secret.png")


def test_a_store_that_is_forgotten_closes_its_tar(small_raw: Path, tmp_path: Path) -> None:
    make_dataset(small_raw, tmp_path, "tar")
    before = psutil.Process().num_fds()

    store = open_store(tmp_path)
    opened = psutil.Process().num_fds()
    del store

    assert opened == before + 1
    assert psutil.Process().num_fds() == before
