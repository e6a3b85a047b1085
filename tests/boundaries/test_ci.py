"""CI runs the tests and the rehearsal, always both, and fails where either does."""

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"


@pytest.fixture
def make(tmp_path: Path) -> Path:
    """What is called in the place of `make`: it notes its goal, and ends as it is told."""
    command = tmp_path / "make"
    command.write_text('#!/bin/sh\necho "make $1"\n[ "$1" = "$FAILS" ] && exit 2\nexit 0\n')
    command.chmod(0o755)
    return command


@pytest.mark.parametrize(("fails", "ends"), [("", 0), ("test", 2), ("rehearse", 2)])
def test_ci_runs_both_and_fails_where_either_does(make: Path, fails: str, ends: int) -> None:
    told = {"PATH": f"{make.parent}:{os.environ['PATH']}", "FAILS": fails}

    result = subprocess.run(
        [RUN], env={**os.environ, **told}, capture_output=True, text=True, check=False
    )

    said = [line for line in result.stdout.splitlines() if " took " not in line]
    assert said == ["make test", "make rehearse"]
    assert result.returncode == ends
