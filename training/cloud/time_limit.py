"""How long a job may take: all its attempts together, from the first one's beginning.

Batch limits each attempt, and a job has ten of them; so the job itself notes when it began:

    s3://RUNS/checkpoints/.started/JOB   the time, in ISO 8601

It goes with the checkpoints, by the bucket's own rule. A job that is submitted anew has another id,
and its whole time again.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from training.cloud.s3_folders import read_object, write_object


def seconds_left(s3: Any, runs: str, job: str, *, hours: float) -> float:
    """Return how long a job may still go on; negative, if it should have ended.

    runs: the bucket. job: its id, the same in each attempt, or empty where there is only one.
    hours: what it may take in all.
    """
    if not job:
        return hours * 3600
    key, now = f"checkpoints/.started/{job}", datetime.now(UTC)
    noted = read_object(s3, runs, key)
    if noted is None:
        write_object(s3, runs, key, now.isoformat().encode())
        return hours * 3600
    return hours * 3600 - (now - datetime.fromisoformat(noted.decode())).total_seconds()


@contextmanager
def ending_after(seconds: float, leave: Callable[[], None]) -> Iterator[None]:
    """Call `leave`, in a thread, if the block takes longer than so many seconds."""
    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
