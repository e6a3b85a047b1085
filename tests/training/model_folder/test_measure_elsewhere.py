"""Intervals that are drawn by place."""

import numpy as np
import pytest

from training.evaluation.metrics import bootstrap_share
from training.model_folder.measure_elsewhere import interval_over_groups


def test_an_interval_over_places_is_wider_where_pictures_of_a_place_are_alike() -> None:
    is_right = np.repeat(np.arange(20) % 2 == 0, 25)
    places = [f"place-{number}" for number in range(20) for _ in range(25)]

    by_place, by_picture = interval_over_groups(is_right, places), bootstrap_share(is_right)

    assert by_place[1] - by_place[0] > 3 * (by_picture[1] - by_picture[0])


def test_where_each_picture_is_its_own_place_it_is_the_interval_over_pictures() -> None:
    is_right = np.arange(400) % 4 > 0

    found = interval_over_groups(is_right, [str(number) for number in range(400)])

    assert found == pytest.approx(bootstrap_share(is_right), abs=0.015)
