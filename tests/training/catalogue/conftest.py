"""Stores to fill."""

from pathlib import Path

import pytest


@pytest.fixture
def target(tmp_path: Path) -> str:
    return str(tmp_path / "works.sqlite")


@pytest.fixture
def other_target(tmp_path: Path) -> str:
    return str(tmp_path / "other.sqlite")
