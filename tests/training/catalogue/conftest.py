"""Stores to fill: a file, or a database of a real MongoDB."""

from pathlib import Path

import pytest


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store: a file, or what the parameter `mongodb` asks for."""
    if getattr(request, "param", "sqlite") == "mongodb":
        return str(request.getfixturevalue("mongodb"))
    return str(tmp_path / "works.sqlite")
