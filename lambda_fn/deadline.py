"""Work that takes too long is answered in time: the gateway would end it without an explanation."""

import asyncio
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

from lambda_fn.errors import TooSlowError

BUDGET_S: Final = 20.0
"""What one picture may take, its wait included; with the slowest start it stays below the 30 s of
the gateway."""

Result = TypeVar("Result")


async def finish_in_time(
    work: Callable[[], Result], *, slots: CapacityLimiter, budget_s: float = BUDGET_S
) -> Result:
    """Return what the work gives; it runs in a thread, as soon as there is a slot for it.

    A thread cannot be stopped: one that is late keeps its slot until it is done, because it keeps
    its memory as long. Work that has not begun by then never does.

    Raises:
        TooSlowError: it was not done within the budget.
    """
    is_late = threading.Event()
    task = asyncio.create_task(
        to_thread.run_sync(lambda: None if is_late.is_set() else work(), limiter=slots)
    )
    done, _ = await asyncio.wait([task], timeout=budget_s)
    if not done:
        is_late.set()
        task.add_done_callback(_forget)
        raise TooSlowError(
            "The picture took too long to read: try again in a few seconds, or shrink it; "
            "1,024 pixels on the longer side are plenty."
        )
    return task.result()  # type: ignore[return-value]  # None stands for work that was late


def _forget(task: "asyncio.Task[object]") -> None:
    """Take the result of late work, which nobody waits for any more."""
    if not task.cancelled():
        task.exception()
