"""A Lambda function on this machine: environments of a process each, started when they are needed,
ended when they fail.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from tests.cloud.runtime_api import FunctionError, RuntimeApi, ThrottledError, to_payload

ROOT: Final = Path(__file__).parents[2]
HANDLER: Final = "lambda_fn.handler.handler"
"""What the image runs: CMD of its Dockerfile."""
READ_ONLY: Final = (
    *("unshare", "--mount", "sh", "-euc"),
    "mount --make-rprivate / && mount -o remount,bind,ro / && mount -t tmpfs tmpfs /tmp "
    '&& exec "$@"',
    "sh",
)
"""Runs a command as Lambda does: nothing can be written but /tmp, which is empty. Needs root."""
NOT_READ_ONLY: Final = "needs root, unshare, and a project that does not lie in /tmp"
_INIT_TIMEOUT_S: Final = 60
_STOP_TIMEOUT_S: Final = 10

Start = Callable[[str, int], "subprocess.Popen[bytes]"]
"""Starts a process that serves the API at this address; the number is the environment's."""


@cache
def can_be_read_only() -> bool:
    """Tell whether `READ_ONLY` can run this project here."""
    command = [*READ_ONLY, sys.executable, "-c", "import lambda_fn"]
    try:
        # not where this project lies below /tmp itself, which is empty then
        return subprocess.run(command, capture_output=True, cwd=ROOT).returncode == 0
    except OSError:
        return False


def alone() -> tuple[str, ...]:
    """Return what gives a process a /tmp of its own, as Lambda does; nothing where that cannot be.

    What others leave in this machine's /tmp says nothing.
    """
    return READ_ONLY if can_be_read_only() else ()


def start_here(
    handler: str = HANDLER,
    *,
    settings: Mapping[str, str] | None = None,
    memory_mib: int = 1769,
    within: Sequence[str] = (),
    is_quiet: bool = False,
) -> Start:
    """Return what starts the real runtime client in this Python.

    settings: variables of the function, beside those that Lambda sets; no other ARTSTYLE_ ones.
    within: a command that runs the one after it, such as `READ_ONLY`.
    is_quiet: throw away what would be its log.
    """

    def start(address: str, number: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*within, sys.executable, "-m", "awslambdaric", handler],
            cwd=ROOT,
            env=lambda_variables(address, handler, memory_mib) | dict(settings or {}),
            stdout=subprocess.DEVNULL if is_quiet else None,
            stderr=subprocess.DEVNULL if is_quiet else None,
        )

    return start


def lambda_variables(address: str, handler: str, memory_mib: int) -> dict[str, str]:
    """Return this process's variables without ours, and those that Lambda sets."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ARTSTYLE_")}
    return ours | {
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "style-your-art",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mib),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/style-your-art",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/24/[$LATEST]0",
        "AWS_REGION": "eu-west-1",
        "_HANDLER": handler,
    }


class Environment:
    """One process and its Runtime API; it ends with the first failure that Lambda ends it for."""

    def __init__(self, start: Start, number: int, *, timeout_s: float) -> None:
        self._exits = ExitStack()
        self.api = self._exits.enter_context(RuntimeApi(timeout_s=timeout_s))
        self.process = start(self.api.address, number)
        self._watch = threading.Thread(target=self._report_exit, daemon=True)
        self._watch.start()

    @property
    def is_alive(self) -> bool:
        """Whether it may be asked again."""
        return self.process.poll() is None and self.api.init_error is None

    def wait(self, timeout_s: float = _INIT_TIMEOUT_S) -> Self:
        """Wait until it has started.

        Raises:
            FunctionError: it cannot start, and why.
        """
        if not self.api.is_initialised.wait(timeout_s):
            raise FunctionError({"errorType": "Sandbox.Timedout", "errorMessage": "init"})
        if self.api.init_error is not None:
            raise self.api.init_error
        return self

    def invoke(self, payload: bytes) -> Any:
        """Return what the function answers to an event as it travels.

        Raises:
            FunctionError: why there is no answer.
        """
        try:
            return self.api.invoke(payload)
        except FunctionError as error:
            if error.kind == "Sandbox.Timedout":
                self.close()
            elif error.kind == "Function.ResponseSizeTooLarge":
                self._watch.join(_STOP_TIMEOUT_S)  # the client gives up by itself
            raise

    def close(self) -> None:
        """End the process as Lambda does, without asking."""
        self.process.kill()
        self._watch.join(_STOP_TIMEOUT_S)
        self._exits.close()

    def _report_exit(self) -> None:
        status = self.process.wait()
        message = f"Error: Runtime exited with error: exit status {status}"
        facts = {"errorType": "Runtime.ExitError", "errorMessage": message}
        if not self.api.is_initialised.is_set():
            self.api.init_error = FunctionError(facts)
            self.api.is_initialised.set()
        self.api.fail("Runtime.ExitError", message)


class Function:
    """A function with at most `concurrency` environments.

    patience_s: how long an event waits for one that is free. Lambda refuses it at once; a page that
    is tried out on this machine would rather wait than start a dozen processes.
    """

    def __init__(
        self,
        start: Start | None = None,
        *,
        concurrency: int = 1,
        timeout_s: float = 29.0,
        patience_s: float = 0.0,
    ) -> None:
        self._start = start or start_here()
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._free: queue.LifoQueue[Environment | None] = queue.LifoQueue()
        self._made = 0
        self.environments: list[Environment] = []
        for _ in range(concurrency):
            self._free.put(None)  # a place in which none was started yet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for environment in self.environments:
            environment.close()

    def invoke(self, event: object) -> Any:
        """Return what the function answers; start an environment if that is needed.

        Raises:
            InvokeError: why there is no answer.
        """
        payload = to_payload(event)
        place = self._take()
        try:
            if place is None or not place.is_alive:
                place = self._renew(place)
            return place.wait().invoke(payload)
        finally:
            self._free.put(place)

    def _take(self) -> Environment | None:
        try:
            return self._free.get(timeout=self._patience_s or None, block=self._patience_s > 0)
        except queue.Empty:
            raise ThrottledError("Rate Exceeded.") from None

    def _renew(self, old: Environment | None) -> Environment:
        if old is not None:
            old.close()
            self.environments.remove(old)
        self._made += 1
        new = Environment(self._start, self._made, timeout_s=self._timeout_s)
        self.environments.append(new)
        return new
