"""Pictures that are no paintings: two halves, the same whatever their order and names."""

from pathlib import Path

import numpy as np
import pytest

from tests.pictures import take_photographs
from training.dataset.batches import FixedBatches
from training.dataset.photographs import load_photographs
from training.errors import TrainingError

pytestmark = pytest.mark.slow


def sums(batches: FixedBatches) -> set[float]:
    return {
        float(picture.sum()) for number in range(len(batches)) for picture in batches[number][0]
    }


def test_no_photograph_is_in_both_halves_and_none_is_lost(tmp_path: Path) -> None:
    fitting, held_out = load_photographs(take_photographs(tmp_path / "a", 40), size_px=32)

    assert not sums(fitting) & sums(held_out)
    assert len(sums(fitting)) + len(sums(held_out)) == 40
    assert len(sums(fitting)) == pytest.approx(20, abs=8)


def test_a_renamed_photograph_stays_in_its_half(tmp_path: Path) -> None:
    first, _ = load_photographs(take_photographs(tmp_path / "a", 40), size_px=32)
    second, _ = load_photographs(take_photographs(tmp_path / "b", 40, prefix="x"), size_px=32)

    assert sums(first) == sums(second)


def test_photographs_come_as_the_service_sees_them(tmp_path: Path) -> None:
    _, held_out = load_photographs(take_photographs(tmp_path / "a", 40), size_px=32)

    pictures, _ = held_out[0]
    assert pictures.shape == (1, 32, 32, 3)
    assert pictures.dtype == np.float32


def test_what_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    folder = take_photographs(tmp_path / "a", 40)
    (folder / "notes.txt").write_text("no picture")

    halves = load_photographs(folder, size_px=32)

    assert sum(len(sums(half)) for half in halves) == 40


def test_too_few_photographs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="4 photographs"):
        load_photographs(take_photographs(tmp_path / "a", 4), size_px=32)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing"):
        load_photographs(tmp_path / "nothing", size_px=32)
