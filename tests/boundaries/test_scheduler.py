"""The tests are spread by the names of their files, so these must be those that there are."""

from pathlib import Path

import pytest

from tests import scheduler

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", [*scheduler._LONGEST, *scheduler._WAITING])
def test_every_name_of_the_scheduler_is_there(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize(
    ("file", "is_computing"),
    [
        ("tests/training/runs/test_train.py", True),
        ("tests/training/sources/test_collect.py", False),
        ("tests/web/test_page.py", False),
    ],
)
def test_files_that_compute_are_told_from_those_that_wait(file: str, is_computing: bool) -> None:
    assert scheduler.computes(file) == is_computing
