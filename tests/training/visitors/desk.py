"""The review as a person starts it: a process of its own, ended with Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.web.steps import ROOT

_PATIENCE_S = 60


@dataclass
class Sitting:
    """Where the page is, and afterwards how the command ended."""

    address: str
    last_line: str = ""
    exit_code: int | None = None


@contextmanager
def sitting(folder: Path, *, ends_with: int = signal.SIGINT) -> Iterator[Sitting]:
    """Run `python -m training review` on a folder, and end it with a signal: Ctrl-C by default."""
    process = subprocess.Popen(
        [sys.executable, "-m", "training", "review", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            now = Sitting(process.stdout.readline().split()[2])
            yield now
            process.send_signal(ends_with)
            now.last_line = process.communicate(timeout=_PATIENCE_S)[0]
            now.exit_code = process.returncode
        finally:
            process.kill()
