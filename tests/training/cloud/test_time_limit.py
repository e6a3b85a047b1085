"""The time of a job is that of all its attempts."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.training.cloud.conftest import BUCKETS
from training.cloud.s3_folders import write_object
from training.cloud.time_limit import ending_after, seconds_left

RUNS = BUCKETS["runs"]
JOB = "0b71c6de-5a6b:3"


def begin(s3: Any, *, hours_ago: float) -> None:
    began = datetime.now(UTC) - timedelta(hours=hours_ago)
    write_object(s3, RUNS, f"checkpoints/.started/{JOB}", began.isoformat().encode())


def test_the_first_attempt_has_all_of_it(s3: Any) -> None:
    assert seconds_left(s3, RUNS, JOB, hours=8) == 8 * 3600


@pytest.mark.parametrize(("hours_ago", "left_h"), [(3, 5), (9, -1)])
def test_a_later_attempt_has_what_is_left(s3: Any, hours_ago: float, left_h: float) -> None:
    begin(s3, hours_ago=hours_ago)

    assert seconds_left(s3, RUNS, JOB, hours=8) == pytest.approx(left_h * 3600, abs=60)


def test_the_second_attempt_counts_from_the_first(s3: Any) -> None:
    seconds_left(s3, RUNS, JOB, hours=8)

    assert seconds_left(s3, RUNS, JOB, hours=8) < 8 * 3600


def test_what_is_no_job_of_batch_has_all_of_it_each_time(s3: Any) -> None:
    assert {seconds_left(s3, RUNS, "", hours=8) for _ in range(2)} == {8 * 3600}


def test_another_job_has_its_own_time(s3: Any) -> None:
    begin(s3, hours_ago=9)

    assert seconds_left(s3, RUNS, "another", hours=8) == 8 * 3600


def test_what_takes_too_long_is_left() -> None:
    left = threading.Event()

    with ending_after(0.01, left.set):
        assert left.wait(60)


def test_what_is_done_in_time_is_not_left() -> None:
    left = threading.Event()

    with ending_after(3_600, left.set):
        pass

    assert not left.is_set()
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
