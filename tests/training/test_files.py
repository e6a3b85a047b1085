"""Files and folders are whole or absent."""

from pathlib import Path

import pytest

from training.errors import TrainingError
from training.files import whole_file, whole_folder


def break_off_file(target: Path) -> None:
    with whole_file(target) as path:
        path.write_text("half")
        raise KeyboardInterrupt


def break_off_folder(target: Path) -> None:
    with whole_folder(target, is_replacing=True) as folder:
        (folder / "half").touch()
        raise KeyboardInterrupt


def test_a_file_appears_when_its_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.txt"

    with whole_file(target) as path:
        path.write_text("text")
        is_there_too_early = target.exists()

    assert not is_there_too_early
    assert target.read_text() == "text"


def test_a_broken_block_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("former")

    with pytest.raises(KeyboardInterrupt):
        break_off_file(target)

    assert target.read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_name_keeps_the_suffix(tmp_path: Path) -> None:
    with whole_file(tmp_path / "model.keras") as path:
        path.touch()

        assert path.suffix == ".keras"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()

    with whole_folder(target, is_replacing=False) as folder:
        (folder / "file").touch()

    assert [path.name for path in target.iterdir()] == ["file"]


def test_a_folder_that_holds_something_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "file").touch()

    with pytest.raises(TrainingError, match="exists already"):
        whole_folder(tmp_path / "model", is_replacing=False).__enter__()


def test_a_file_in_the_place_of_the_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "model").touch()

    with pytest.raises(TrainingError, match="exists already"):
        whole_folder(tmp_path / "model", is_replacing=True).__enter__()


def test_a_broken_block_leaves_the_former_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "former").touch()

    with pytest.raises(KeyboardInterrupt):
        break_off_folder(target)

    assert list(tmp_path.iterdir()) == [target]
    assert [path.name for path in target.iterdir()] == ["former"]
