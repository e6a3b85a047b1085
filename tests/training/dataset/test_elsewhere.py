"""The table of pictures from anywhere, and their pixels."""

from pathlib import Path

import numpy as np
import pytest

from lambda_fn.contract.images import to_pixels
from tests.pictures import paint_elsewhere
from training.dataset.elsewhere import OTHERS, PAINTINGS, read_elsewhere, read_squares, those
from training.errors import TrainingError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return paint_elsewhere(tmp_path / "elsewhere", ["realism", "cubism"], places=2)


def test_rows_are_told_apart_by_kind_and_part(folder: Path) -> None:
    pictures = read_elsewhere(folder)

    assert [one.style for one in those(pictures, PAINTINGS, "test")] == ["realism", "cubism"]
    assert {one.style for one in those(pictures, OTHERS, "train")} == {"chart", "photo"}
    assert {one.source for one in those(pictures, OTHERS, "train")} == {"place-0"}


def test_pixels_are_those_of_the_service_and_of_the_larger_file_where_asked(folder: Path) -> None:
    chosen = those(read_elsewhere(folder), PAINTINGS, "train")

    small, large = (
        list(read_squares(chosen, size_px=32, is_large=is_large)) for is_large in (False, True)
    )

    assert np.array_equal(small[0], to_pixels(chosen[0].file.read_bytes(), size_px=32).pixels)
    assert chosen[0].large is not None
    assert np.array_equal(large[0], to_pixels(chosen[0].large.read_bytes(), size_px=32).pixels)
    assert np.array_equal(small[1], large[1])  # it has no larger file


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (None, "has no metadata.csv"),
        ("path,style\na.jpg,realism\n", "lacks the columns kind, part, source"),
        ("path,style,kind,part,source\na.jpg,x,etchings,train,b\n", "has the kinds etchings"),
    ],
)
def test_a_table_that_says_too_little_is_refused(
    tmp_path: Path, table: str | None, reason: str
) -> None:
    if table is not None:
        (tmp_path / "metadata.csv").write_text(table, "utf-8")

    with pytest.raises(TrainingError, match=reason):
        read_elsewhere(tmp_path)


def test_a_picture_that_is_missing_is_named(folder: Path) -> None:
    chosen = those(read_elsewhere(folder), PAINTINGS, "train")
    chosen[0].file.unlink()

    with pytest.raises(TrainingError, match=chosen[0].file.name):
        list(read_squares(chosen, size_px=32))
