"""Raw pictures -> stored squares, on several processes; what is there and whole is kept.

Processes, not threads: Pillow lets go of the interpreter while it decodes and packs, but what is
left for Python to do is enough to keep a second thread waiting.
"""

import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lambda_fn.contract.images import PictureError, to_pixels
from training.dataset.duplicates import Look, look_at
from training.dataset.picture_files import ENCODINGS, Packed, decode, encode
from training.errors import TrainingError
from training.files import whole_file

_CHUNK = 4  # pictures; at Ctrl-C, so many of each process are still finished
_WORTH_A_PROCESS = 64  # pictures; fewer are converted sooner than it is started


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to convert: the raw file, where its square goes, and where a tar has it."""

    origin: Path
    target: Path
    packed: Packed | None


@dataclass(frozen=True, slots=True)
class Square:
    """A stored picture, or why there is none."""

    look: Look | None
    reason: str = ""


def convert_all(jobs: Sequence[Job], *, size_px: int, format_: str, workers: int) -> list[Square]:
    """Convert pictures, and return what became of them, in their order.

    Raises:
        TrainingError: a process was killed.
        OSError: a square cannot be written.
    """
    convert = partial(_convert, size_px=size_px, format_=format_)
    workers = min(workers, math.ceil(len(jobs) / _WORTH_A_PROCESS))
    try:
        with _mapping(workers) as map_:
            squares = map_(convert, jobs)
            bar = tqdm(squares, "organise", total=len(jobs), unit="picture", disable=None)
            return list(bar)
    except BrokenProcessPool as error:
        raise TrainingError(
            "a process that converts pictures was killed, perhaps for want of memory: run the "
            "same command again with fewer --workers"
        ) from error


@contextmanager
def _mapping(workers: int) -> Iterator[Callable[..., Iterator[Square]]]:
    """Yield a `map` that runs on so many processes; one is this one."""
    if workers <= 1:
        yield map
        return
    # a fork would take over locks that threads of some library hold
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_leave_with_parent)

    def map_(convert: Callable[[Job], Square], jobs: Sequence[Job]) -> Iterator[Square]:
        with _without_interrupt():  # handing out the jobs is what starts the processes
            return pool.map(convert, jobs, chunksize=_CHUNK)

    try:
        yield map_
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for every picture


@contextmanager
def _without_interrupt() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started meanwhile: one line of the parent is enough."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # children inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_with_parent() -> None:
    """End this process when its parent is killed; it would wait for work forever."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _convert(job: Job, *, size_px: int, format_: str) -> Square:
    stored = _stored_look(job, size_px)
    if stored is not None:
        return Square(stored)
    try:
        picture = to_pixels(job.origin.read_bytes(), size_px=size_px)
    except (OSError, PictureError) as error:
        return Square(None, type(error).__name__)
    pixels = picture.pixels.astype(np.uint8)
    encoding = ENCODINGS[format_]
    data = encode(pixels, encoding)
    with whole_file(job.target) as file:
        file.write_bytes(data)
    return Square(look_at(pixels if encoding.is_exact else decode(data, size_px=size_px)))


def _stored_look(job: Job, size_px: int) -> Look | None:
    """Return the look of a square that is stored already; None where it is missing or damaged."""
    for stored in (job.target, job.packed):
        try:
            if stored is not None:
                return look_at(decode(stored.read_bytes(), size_px=size_px))
        except (OSError, ValueError):  # then it is made anew
            continue
    return None
