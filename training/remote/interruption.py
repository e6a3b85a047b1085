"""The end of a machine: SIGTERM, or the notice two minutes before a Spot machine is taken away.

A thread waits for both, so that neither a long call of TensorFlow nor a lock of the main thread can
hold it up. It does what is left to do and ends the process as a kill would: every file of a run is
whole or absent at any moment, so that nothing has to be put in order.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Final

import httpx2 as httpx

METADATA: Final = "http://169.254.169.254"
"""where a machine of EC2 asks about itself"""

NOTICE_S: Final = 5.0
"""between two looks for a notice"""

_TOKEN_S: Final = "21600"  # noqa: S105 - how long the token is good for
_TIMEOUT_S: Final = 1.0


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


def hold_signals() -> None:
    """Let SIGTERM wait for `watch`. Threads inherit this: call it before any other is started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def watch(
    leave: Callable[[str], None], *, notice: Callable[[], bool], every_s: float = NOTICE_S
) -> None:
    """Call `leave` with what happened, in a thread, once the machine is about to go."""
    threading.Thread(target=_wait, args=(leave, notice, every_s), daemon=True).start()


def _wait(leave: Callable[[str], None], notice: Callable[[], bool], every_s: float) -> None:
    while True:
        if signal.sigtimedwait({signal.SIGTERM}, every_s) is not None:
            return leave("told to stop (SIGTERM)")
        if notice():
            return leave("this Spot machine will be taken away")


def end_process(code: int) -> None:
    """End at once: no thread is waited for."""
    os._exit(code)
