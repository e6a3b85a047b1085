"""Work that takes too long is answered in time, and keeps its thread for as long as it runs."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request
from starlette.types import Message

from lambda_fn.deadline import PicturePool, finish_in_time
from lambda_fn.errors import AbandonedError, BusyError, TooSlowError


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Hold work up until it is set; it is in the end, so that no thread stays behind."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    """Give a pool of one thread; it ends when nobody knows it any more."""
    return ThreadPoolExecutor(1)


def test_work_in_time_gives_its_result(pool: ThreadPoolExecutor) -> None:
    async def ask() -> str:
        return await finish_in_time(lambda: "cubism", pool=pool)

    assert asyncio.run(ask()) == "cubism"


def test_a_failure_of_the_work_stays_its_own(pool: ThreadPoolExecutor) -> None:
    async def ask() -> None:
        await finish_in_time(lambda: int("cubism"), pool=pool)

    with pytest.raises(ValueError, match="cubism"):
        asyncio.run(ask())


def test_work_that_is_late_is_refused_and_keeps_its_thread_until_it_is_done(
    gate: threading.Event, pool: ThreadPoolExecutor
) -> None:
    async def ask() -> tuple[bool, str]:
        with pytest.raises(TooSlowError):
            await finish_in_time(gate.wait, pool=pool, budget_s=0.05)
        next_one = asyncio.create_task(finish_in_time(lambda: "cubism", pool=pool, budget_s=10))
        _, waiting = await asyncio.wait([next_one], timeout=0.05)
        gate.set()
        return next_one in waiting, await next_one

    assert asyncio.run(ask()) == (True, "cubism")


def test_work_that_found_no_thread_in_time_never_begins(
    gate: threading.Event, pool: ThreadPoolExecutor
) -> None:
    begun: list[str] = []

    async def ask() -> None:
        first = asyncio.create_task(finish_in_time(gate.wait, pool=pool, budget_s=10))
        await asyncio.sleep(0)
        with pytest.raises(TooSlowError):
            await finish_in_time(lambda: begun.append("late"), pool=pool, budget_s=0.05)
        gate.set()
        await first
        await finish_in_time(lambda: None, pool=pool, budget_s=10)

    asyncio.run(ask())

    assert begun == []


def test_a_failure_that_comes_too_late_is_nobodys(
    gate: threading.Event, pool: ThreadPoolExecutor
) -> None:
    def fail_late() -> None:
        gate.wait()
        raise ValueError("late")

    async def ask() -> str:
        with pytest.raises(TooSlowError):
            await finish_in_time(fail_late, pool=pool, budget_s=0.05)
        gate.set()
        return await finish_in_time(lambda: "cubism", pool=pool, budget_s=10)

    assert asyncio.run(ask()) == "cubism"


def test_no_more_may_wait_than_are_done_in_time(gate: threading.Event) -> None:
    pool = PicturePool(1, max_waiting=2)
    at_work, *waiting = (pool.submit(gate.wait) for _ in range(3))

    with pytest.raises(BusyError):
        pool.submit(gate.wait)
    waiting[0].cancel()
    after = pool.submit(gate.wait)

    gate.set()
    assert at_work.result()
    assert after.result()


def test_work_of_a_sender_who_has_gone_never_begins(
    gate: threading.Event, pool: ThreadPoolExecutor
) -> None:
    begun: list[str] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def ask() -> None:
        first = asyncio.create_task(finish_in_time(gate.wait, pool=pool, budget_s=10))
        await asyncio.sleep(0)
        with pytest.raises(AbandonedError):
            await finish_in_time(
                lambda: begun.append("in vain"),
                pool=pool,
                request=Request({"type": "http"}, receive),
            )
        gate.set()
        await first
        await finish_in_time(lambda: None, pool=pool, budget_s=10)

    asyncio.run(ask())

    assert begun == []
