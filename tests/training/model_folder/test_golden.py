"""The pictures that every exported model answers."""

import numpy as np
import pytest

from training.model_folder.golden import draw_golden

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size_px", [32, 160, 299])
def test_six_different_pictures_of_the_wanted_size_are_drawn(size_px: int) -> None:
    pictures = draw_golden(size_px)

    assert pictures.shape == (6, size_px, size_px, 3)
    assert pictures.dtype == np.uint8
    assert len({picture.tobytes() for picture in pictures}) == 6


def test_drawing_again_gives_the_same_pictures() -> None:
    assert np.array_equal(draw_golden(64), draw_golden(64))
