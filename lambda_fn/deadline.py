"""Work that takes too long is answered in time: the gateway would end it without an explanation."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, TypeVar

from lambda_fn.errors import TooSlowError

BUDGET_S: Final = 20.0
"""What one picture may take, its wait included; with the slowest start it stays below the 30 s of
the gateway."""

Result = TypeVar("Result")


async def finish_in_time(
    work: Callable[[], Result], *, pool: Executor, budget_s: float = BUDGET_S
) -> Result:
    """Return what the work gives; it runs in a thread of the pool, as soon as one is free.

    A thread cannot be stopped: one that is late stays busy until it is done, because it keeps its
    memory as long. Work that has not begun by then never does.

    Raises:
        TooSlowError: it was not done within the budget.
    """
    begun = pool.submit(work)
    task = asyncio.wrap_future(begun)
    done, _ = await asyncio.wait([task], timeout=budget_s)
    if not done:
        # at once: the loop would hand a task's cancellation on later, when a thread may be free
        begun.cancel()
        task.cancel()
        raise TooSlowError(
            "The picture took too long to read: try again in a few seconds, or shrink it; "
            "1,024 pixels on the longer side are plenty."
        )
    return task.result()
