"""Starts the real service with the released model, for the tests and the screenshot."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
_START_TIMEOUT_S = 60
_END_TIMEOUT_S = 60
_ADDRESS = re.compile(r"http://\S+")


@contextmanager
def running_server(**environment: str) -> Iterator[str]:
    """Give the address of a server that takes connections; end it afterwards.

    environment: variables that it gets beside those of this process.

    The server listens before it says its address, so a connection waits instead of failing.

    Raises:
        RuntimeError: it did not start; with everything it said.
    """
    with TemporaryDirectory() as folder:
        yield from _serve(Path(folder) / "feedback.sqlite", environment)


def _serve(feedback: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run the service; what visitors say goes to a file that nobody keeps."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("ARTSTYLE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "lambda_fn", "serve", "--port", "0"],
        cwd=ROOT,
        env=others | {"ARTSTYLE_FEEDBACK": str(feedback)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    is_up = threading.Event()
    reader = threading.Thread(target=_listen, args=(process, said, is_up), daemon=True)
    reader.start()
    try:
        is_up.wait(_START_TIMEOUT_S)
        found = _ADDRESS.search("".join(said))
        if found is None:
            raise RuntimeError(f"the server did not start; it said: {''.join(said) or 'nothing'}")
        yield found.group()
    finally:
        process.terminate()
        process.wait(_END_TIMEOUT_S)
        reader.join(_END_TIMEOUT_S)
        if process.stdout is not None:
            process.stdout.close()


def _listen(process: "subprocess.Popen[str]", said: list[str], is_up: threading.Event) -> None:
    """Read until the end, so that the server never waits for a full pipe."""
    if process.stdout is None:
        raise RuntimeError("the server was started without a pipe")
    for line in process.stdout:
        said.append(line)
        if _ADDRESS.search(line):
            is_up.set()
    is_up.set()
