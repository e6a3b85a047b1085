"""A process that answers many mixed requests keeps nothing of them; `make bench` sends 10,000."""

import pytest

from tests.bench.soak import SETTINGS, Report, soak
from tests.cloud.function import NOT_READ_ONLY, alone, can_be_read_only, start_here

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report() -> Report:
    return soak(start_here(settings=SETTINGS, within=alone()), requests=250, warm_up=100)


def test_every_request_gets_the_answer_it_should(report: Report) -> None:
    assert dict(report.surprises) == {}


def test_memory_does_not_grow(report: Report) -> None:
    assert report.growth_kb < 8_000


def test_files_and_threads_stay_as_many_as_they_were(report: Report) -> None:
    assert len(set(report.files)) == 1
    assert max(report.threads) <= min(report.threads) + 1  # an idle one may end


@pytest.mark.skipif(not can_be_read_only(), reason=NOT_READ_ONLY)
def test_nothing_is_left_in_tmp(report: Report) -> None:
    assert report.left_in_tmp == []
