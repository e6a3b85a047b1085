"""Work that takes too long is answered in time: the gateway would end it without an explanation."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from starlette.requests import Request

from lambda_fn.errors import AbandonedError, BusyError, TooSlowError

BUDGET_S: Final = 20.0
"""What one picture may take, its wait included; with the slowest start it stays below the 30 s of
the gateway."""
MAX_WAITING: Final = 32
"""Pictures that may wait for a thread; ordinary ones are done in a second."""

Result = TypeVar("Result")


class PicturePool(ThreadPoolExecutor):
    """Threads that decode pictures, and a queue of at most `max_waiting` before them."""

    def __init__(self, threads: int, *, max_waiting: int = MAX_WAITING) -> None:
        super().__init__(threads, "picture")
        self._max_waiting = max_waiting
        self._waiting: list[Future[Any]] = []
        self._lock = threading.Lock()

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have a thread do it as soon as one is free.

        Raises:
            BusyError: too many wait already.
        """
        with self._lock:
            self._waiting = [one for one in self._waiting if not (one.running() or one.done())]
            if len(self._waiting) >= self._max_waiting:
                raise BusyError("Too many pictures are waiting: try again in a few seconds.")
            future = super().submit(fn, *args, **kwargs)
            self._waiting.append(future)
        return future


async def finish_in_time(
    work: Callable[[], Result],
    *,
    pool: Executor,
    budget_s: float = BUDGET_S,
    request: Request | None = None,
) -> Result:
    """Return what the work gives; it runs in a thread of the pool, as soon as one is free.

    A thread cannot be stopped: one that is late stays busy until it is done, because it keeps its
    memory as long. Work that has not begun by then never does, nor does that of a sender who has
    gone.

    request: whose body was read; its sender is listened to while the work waits and runs.

    Raises:
        TooSlowError: it was not done within the budget.
        AbandonedError: the sender went away.
        BusyError: too many wait already.
    """
    begun = pool.submit(work)
    task = asyncio.wrap_future(begun)
    gone = asyncio.ensure_future(_wait_until_gone(request))
    try:
        ends: set[asyncio.Future[Any]] = {task, gone}
        await asyncio.wait(ends, timeout=budget_s, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise _too_slow() if not gone.done() else AbandonedError("The sender has gone.")
    finally:
        # at once: the loop would hand a task's cancellation on later, when a thread may be free
        begun.cancel()
        task.cancel()
        gone.cancel()


async def _wait_until_gone(request: Request | None) -> None:
    if request is None:
        await asyncio.Event().wait()
        return
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _too_slow() -> TooSlowError:
    return TooSlowError(
        "The picture took too long to read: try again in a few seconds, or shrink it; "
        "1,024 pixels on the longer side are plenty."
    )
