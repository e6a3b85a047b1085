from typing import Any

import pytest

from tests.infra.synthesis import ABSENT, fits

FOUND = {"a": 1, "b": {"c": "d", "e": [1, {"f": 2, "g": 3}]}}


@pytest.mark.parametrize(
    "wanted", [{}, {"a": 1}, {"b": {"c": "d"}}, {"b": {"e": [1, {"f": 2}]}}, {"z": ABSENT}]
)
def test_a_part_of_an_object_is_enough(wanted: dict[str, Any]) -> None:
    assert fits(FOUND, wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"a": 2},
        {"a": True},
        {"a": "1"},
        {"a": ABSENT},
        {"z": None},
        {"b": []},
        {"b": {"e": [1]}},
        {"b": {"e": [{"f": 2}, 1]}},
        {"b": {"e": [1, {"f": 2, "h": 1}]}},
    ],
)
def test_what_differs_or_is_missing_does_not_fit(wanted: dict[str, Any]) -> None:
    assert not fits(FOUND, wanted)
