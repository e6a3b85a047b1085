"""What a test asks of an answer, and how long it waits for what happens in a thread."""

import time
from collections.abc import Callable

import httpx2 as httpx


def assert_error(response: httpx.Response, status: int, code: str) -> str:
    """Check the one error body; return its message."""
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == code
    message = str(body["error"]["message"])
    assert "Traceback" not in message
    assert message.endswith(".")
    return message


def eventually(is_so: Callable[[], bool], *, timeout_s: float = 60.0) -> bool:
    """Return whether it becomes so in time; a busy machine is no failure."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(0.005)
    return False
