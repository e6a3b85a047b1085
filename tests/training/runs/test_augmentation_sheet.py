"""The sheet of augmented pictures shows what is stored, and what training makes of it."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.training.conftest import SIZE_PX, tiny_config
from training.dataset.batches import Part, load_part
from training.runs.augmentation_sheet import PICTURES, VARIANTS, draw_sheet

pytestmark = pytest.mark.slow

GAP_PX = 4
CELL_PX = SIZE_PX + GAP_PX


@pytest.fixture(scope="module")
def part(dataset: Path) -> Part:
    return load_part(dataset, split="picture", part="train")


def draw(path: Path, part: Part, *, seed: int = 42) -> NDArray[np.uint8]:
    """Draw a sheet and return its pixels."""
    draw_sheet(path / "new" / "sheet.png", part, tiny_config(seed=seed))
    with Image.open(path / "new" / "sheet.png") as sheet:
        assert (sheet.format, sheet.mode) == ("PNG", "RGB")
        return np.asarray(sheet)


def column(sheet: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """Return the pictures of a column: (rows, side, side, 3)."""
    left = GAP_PX + number * CELL_PX
    tops = range(GAP_PX, len(sheet) - SIZE_PX, CELL_PX)
    return np.stack([sheet[top : top + SIZE_PX, left : left + SIZE_PX] for top in tops])


def test_the_first_column_shows_pictures_of_the_whole_part_as_they_are_stored(
    part: Part, tmp_path: Path
) -> None:
    sheet = draw(tmp_path, part)

    places = np.linspace(0, len(part.names) - 1, PICTURES).astype(int)
    assert np.array_equal(column(sheet, 0), part.read(places))


def test_every_variant_is_another_one(part: Part, tmp_path: Path) -> None:
    sheet = draw(tmp_path, part)

    columns = [column(sheet, number).astype(np.float32) for number in range(VARIANTS + 1)]
    distances = [
        np.abs(one - other).mean() for n, one in enumerate(columns) for other in columns[:n]
    ]
    assert min(distances) > 1


def test_a_small_part_has_a_row_per_picture(part: Part, tmp_path: Path) -> None:
    sheet = draw(tmp_path, part.take([0, 1]))

    assert sheet.shape == (2 * CELL_PX + GAP_PX, (VARIANTS + 1) * CELL_PX + GAP_PX, 3)


def test_the_seed_decides_the_variants(part: Part, tmp_path: Path) -> None:
    first, same, other = (draw(tmp_path, part, seed=seed) for seed in (1, 1, 2))

    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
