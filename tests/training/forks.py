"""Processes of their own for code that needs TensorFlow, whose import alone takes five seconds.

A server imports everything once and starts nothing of it: no thread of TensorFlow, no device. Each
process is forked off it, and may be killed, told to stop, or choose its devices like a new one.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "tests.training.small",
        "tests.training.conftest",
        "training.cli.commands",
        "training.cloud.job_in_container",
    ]
)
_PATIENCE_S: Final = 600


class Forked:
    """A process that runs a function; what it writes, in either stream, is read line by line."""

    def __init__(
        self, run: Callable[..., object], *arguments: object, environment: Mapping[str, str]
    ) -> None:
        reading, writing = _CONTEXT.Pipe(duplex=False)
        surroundings = {**os.environ, **environment}
        self._process = _CONTEXT.Process(
            target=_run, args=(writing, surroundings, run, arguments), daemon=True
        )
        self._process.start()
        writing.close()
        self.output = os.fdopen(os.dup(reading.fileno()), encoding="utf-8", errors="replace")
        reading.close()

    def send_signal(self, how: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, how)

    def kill(self) -> None:
        self._process.kill()

    def finish(self) -> tuple[int, str]:
        """Wait for its end; return its exit code (minus a signal's number) and the rest it says."""
        with self.or_kill():
            rest = self.output.read()
            self._process.join(_PATIENCE_S)
        self.output.close()
        assert self._process.exitcode is not None
        return self._process.exitcode, rest

    @contextmanager
    def or_kill(self) -> Iterator[None]:
        """Leave no process behind where a test fails."""
        try:
            yield
        except BaseException:
            self.kill()
            self._process.join()
            self.output.close()
            raise


def fork(
    run: Callable[..., object], *arguments: object, environment: Mapping[str, str] | None = None
) -> Forked:
    """Start a function of a module in a process of its own, with this test's environment.

    environment: what is added to it.
    """
    return Forked(run, *arguments, environment=environment or {})


def _run(
    writing: Connection,
    surroundings: Mapping[str, str],
    run: Callable[..., object],
    arguments: tuple[Any, ...],
) -> None:
    os.environ.clear()
    os.environ.update(surroundings)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(writing.fileno(), stream.fileno())
    writing.close()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    run(*arguments)
