"""The end of a machine: SIGTERM, or the notice two minutes before a Spot machine is taken away.

A thread waits for both, so that neither a long call of TensorFlow nor a lock of the main thread can
hold it up. It does what is left to do and ends the process as a kill would: every file of a run is
whole or absent at any moment, so that nothing has to be put in order.
"""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx2 as httpx

METADATA: Final = "http://169.254.169.254"
"""where a machine of EC2 asks about itself"""

NOTICE_S: Final = 5.0
"""between two looks for a notice"""

_TOKEN_S: Final = "21600"  # noqa: S105 - how long the token is good for
_TIMEOUT_S: Final = 1.0
_ENOUGH: Final = b"\0"  # no signal has this number


class SpotNotice:
    """Asks a machine of EC2 whether it will be taken away; elsewhere the answer is no."""

    def __init__(self, metadata: str = METADATA) -> None:
        self._http = httpx.Client(base_url=metadata, timeout=_TIMEOUT_S, trust_env=False)
        self._token: str | None = None

    def is_there(self) -> bool:
        """Return whether the notice was given. A machine that does not answer has given none."""
        try:
            answer = self._ask()
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._token = None  # too old
                answer = self._ask()
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def _ask(self) -> httpx.Response:
        if self._token is None:
            headers = {"X-aws-ec2-metadata-token-ttl-seconds": _TOKEN_S}
            self._token = self._http.put("/latest/api/token", headers=headers).text
        headers = {"X-aws-ec2-metadata-token": self._token}
        return self._http.get("/latest/meta-data/spot/instance-action", headers=headers)


@contextmanager
def watching(
    leave: Callable[[str], None], *, notice: Callable[[], bool], every_s: float = NOTICE_S
) -> Iterator[None]:
    """Call `leave` with what happened, in a thread, when the machine is about to go.

    Only the main thread may begin this. Python's own handler would wait for that thread; the pipe
    is written to at once, whichever thread the signal reaches.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    thread = threading.Thread(target=_wait, args=(heard, leave, notice, every_s), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, before)
        os.write(told, _ENOUGH)
        thread.join()
        os.close(told)
        os.close(heard)


def _wait(
    heard: int, leave: Callable[[str], None], notice: Callable[[], bool], every_s: float
) -> None:
    while True:
        if select.select([heard], [], [], every_s)[0]:
            numbers = os.read(heard, 64)
            if signal.SIGTERM in numbers:
                return leave("told to stop (SIGTERM)")
            if _ENOUGH[0] in numbers:
                return None
        elif notice():
            return leave("this Spot machine will be taken away")


def end_process(code: int) -> None:
    """End at once: no thread is waited for."""
    os._exit(code)
