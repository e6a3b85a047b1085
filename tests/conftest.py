"""Guards for every test: no account, no stray settings, no network but this machine."""

import os
import random
import re
import socket
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import numpy as np
import pymongo
import pytest

from tests.mongod import drop_collections, folder_in_memory, run_mongod
from tests.scheduler import PER_PROCESSOR, TwoPools

_LOOPBACK = ("127.", "::1", "localhost", "/")
_KEPT = ("ARTSTYLE_DATA", "ARTSTYLE_THREADS")
"""Settings that tests may be given: where the paintings are, and how many threads a model has."""


def pytest_xdist_auto_num_workers() -> int:
    """Return the workers of `-n auto`."""
    return PER_PROCESSOR * len(os.sched_getaffinity(0))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TwoPools:
    return TwoPools(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of which no test would run: importing TensorFlow takes seconds."""
    left_out = re.findall(r"not (\w+)", config.option.markexpr)
    if collection_path.suffix != ".py" or not left_out:
        return None
    text = collection_path.read_text("utf-8")
    marks = re.search(r"^pytestmark = .*?\n\n", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"pytest\.mark\.(\w+)", marks.group()) if marks else []
    return True if set(named) & set(left_out) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("ARTSTYLE_DATA"):
        return
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason="ARTSTYLE_DATA names no paintings"))


@pytest.fixture(scope="session", autouse=True)
def guard_session() -> Iterator[None]:
    """Clear the settings before the fixtures of modules are made, which may read them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        clear_settings(monkeypatch)
        yield


@pytest.fixture(autouse=True)
def guard_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_settings(monkeypatch)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_REGION", raising=False)


@pytest.fixture(autouse=True)
def guard_seeds() -> None:
    random.seed(0)
    np.random.seed(0)


@pytest.fixture(autouse=True)
def guard_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else str(address)
        if not str(host).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


def clear_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget every ARTSTYLE_ variable that is not meant for the tests."""
    for name in [name for name in os.environ if name.startswith("ARTSTYLE_")]:
        if name not in _KEPT:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """Address of moto's server, as strict as S3 with the forms of a browser."""
    from botocore.loaders import JSONFileLoader

    from tests.cloud.post_policy import serve_aws  # moto takes a second to import

    parse = cache(JSONFileLoader().load_file)
    with serve_aws() as address, pytest.MonkeyPatch.context() as monkeypatch:
        # a patch: every session parses anew what AWS says about its services, megabytes of JSON
        monkeypatch.setattr(JSONFileLoader, "load_file", lambda _, path: parse(path))
        yield address


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of an empty AWS; every client that a test makes talks to it."""
    httpx.post(f"{aws_server}/moto-api/reset")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    return aws_server


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """URI of a real server: the one in MONGODB_TEST_URI, or one that runs for the tests only."""
    if given := os.environ.get("MONGODB_TEST_URI"):
        yield given
        return
    with folder_in_memory() as folder, run_mongod(folder) as server:
        yield server.uri


@pytest.fixture
def mongodb(mongodb_server: str) -> Iterator[str]:
    """URI that names an empty database, which goes when the test ends."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield urlsplit(mongodb_server)._replace(path=f"/{name}").geturl()
    with pymongo.MongoClient[dict[str, Any]](mongodb_server) as client:
        drop_collections(client, name)
