"""Where a rehearsal cannot be, it says why, and what would help."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cloud.machine import MachineError, home_of_rehearsals, prepare


def test_who_is_not_root_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(MachineError, match="run it as root"):
        prepare()


def test_a_machine_without_tools_and_apt_is_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(MachineError, match=r"it needs buildah, podman, .*install them"):
        prepare()


def test_what_is_made_is_kept_where_one_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))

    assert home_of_rehearsals() == tmp_path
