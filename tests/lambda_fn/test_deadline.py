"""Work that takes too long is answered in time, and keeps its slot for as long as it runs."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from anyio import CapacityLimiter

from lambda_fn.deadline import finish_in_time
from lambda_fn.errors import TooSlowError


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold work up until it is set; it is in the end, so that no thread stays behind."""
    gate = threading.Event()
    yield gate
    gate.set()


def test_work_in_time_gives_its_result() -> None:
    async def ask() -> str:
        return await finish_in_time(lambda: "cubism", slots=CapacityLimiter(1))

    assert asyncio.run(ask()) == "cubism"


def test_a_failure_of_the_work_stays_its_own() -> None:
    async def ask() -> None:
        await finish_in_time(lambda: int("cubism"), slots=CapacityLimiter(1))

    with pytest.raises(ValueError, match="cubism"):
        asyncio.run(ask())


def test_work_that_is_late_is_refused_and_keeps_its_slot_until_it_is_done(
    gate: threading.Event,
) -> None:
    async def ask() -> tuple[int, int]:
        slots = CapacityLimiter(1)
        with pytest.raises(TooSlowError):
            await finish_in_time(gate.wait, slots=slots, budget_s=0.05)
        meanwhile = slots.borrowed_tokens
        gate.set()
        await finish_in_time(lambda: None, slots=slots, budget_s=10)
        return meanwhile, slots.borrowed_tokens

    assert asyncio.run(ask()) == (1, 0)


def test_work_that_found_no_slot_in_time_never_begins(gate: threading.Event) -> None:
    begun: list[str] = []

    async def ask() -> None:
        slots = CapacityLimiter(1)
        first = asyncio.create_task(finish_in_time(gate.wait, slots=slots, budget_s=10))
        await asyncio.sleep(0)
        with pytest.raises(TooSlowError):
            await finish_in_time(lambda: begun.append("late"), slots=slots, budget_s=0.05)
        gate.set()
        await first
        await finish_in_time(lambda: None, slots=slots, budget_s=10)

    asyncio.run(ask())

    assert begun == []
