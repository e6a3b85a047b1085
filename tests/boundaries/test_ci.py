"""CI runs the rehearsal where there is time for it, and never fails because there was none."""

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"


@pytest.fixture
def make(tmp_path: Path) -> Path:
    """What is called in the place of `make`: it notes its goal, and ends as it is told."""
    command = tmp_path / "make"
    command.write_text('#!/bin/sh\necho "make $1"\n[ "$1" = test ] || exit "$REHEARSAL_ENDS"\n')
    command.chmod(0o755)
    return command


def run_ci(make: Path, *, rehearsal_ends: int, minutes_gone: int) -> tuple[int, str]:
    """Return the status of CI and what it says."""
    told = {
        "PATH": f"{make.parent}:{os.environ['PATH']}",
        "REHEARSAL_ENDS": str(rehearsal_ends),
        "SECONDS": str(minutes_gone * 60),  # since which bash counts
    }
    result = subprocess.run(
        [RUN], env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout


@pytest.mark.parametrize("ends", [0, 2])
def test_ci_ends_as_the_rehearsal_does(make: Path, ends: int) -> None:
    status, said = run_ci(make, rehearsal_ends=ends, minutes_gone=30)

    assert status == ends
    assert said == "make test\nmake rehearse\n"


def test_ci_leaves_the_rehearsal_out_when_it_would_come_too_late(make: Path) -> None:
    status, said = run_ci(make, rehearsal_ends=2, minutes_gone=33)

    assert status == 0
    assert "make rehearse\n" not in said
    assert "no rehearsal: the tests took 33 minutes" in said


def test_a_rehearsal_that_took_too_long_is_no_failure(make: Path) -> None:
    status, said = run_ci(make, rehearsal_ends=124, minutes_gone=0)

    assert status == 0
    assert "the rehearsal was ended after 38 minutes" in said
