"""Stores to fill: a file, and a database of a real MongoDB."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pymongo
import pytest

from tests.mongod import run_mongod


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server: that of MONGODB_TEST_URI, or one of this run."""
    given = os.environ.get("MONGODB_TEST_URI")
    with ExitStack() as stack:
        yield given or stack.enter_context(run_mongod(tmp_path_factory.mktemp("mongod"))).uri


@pytest.fixture
def make_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Return addresses of new stores of a kind; its databases are dropped in the end."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield lambda name: str(tmp_path / f"{name}.sqlite")
        return
    address = request.getfixturevalue("mongodb")
    run = f"test_{uuid4().hex[:12]}"
    yield lambda name: urlunsplit(urlsplit(address)._replace(path=f"/{run}_{name}"))
    with pymongo.MongoClient[dict[str, object]](address) as client:
        for name in client.list_database_names():
            if name.startswith(run):
                client.drop_database(name)


@pytest.fixture
def target(make_target: Callable[[str], str]) -> str:
    return make_target("works")


@pytest.fixture
def other_target(make_target: Callable[[str], str]) -> str:
    return make_target("other")
