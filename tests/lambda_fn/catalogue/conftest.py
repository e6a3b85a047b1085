"""Every store behind the protocol of a catalogue, empty, for the tests of what all promise."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import CatalogueWriter


@pytest.fixture(params=["sqlite", "mongodb"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made: a file, or a database of a real server."""
    if request.param == "sqlite":
        return str(tmp_path / "catalogue.sqlite")
    uri: str = request.getfixturevalue("mongodb")
    return uri


@pytest.fixture
def catalogue(target: str) -> Iterator[CatalogueWriter]:
    with closing(open_writer(target)) as writer:
        writer.prepare()
        yield writer
