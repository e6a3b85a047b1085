"""Guards for every test: no account, no stray settings, no network but this machine."""

import os
import random
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import numpy as np
import pymongo
import pytest

from tests.mongod import run_mongod

_LOOPBACK = ("127.", "::1", "localhost", "/")
_LONGEST = (
    "training/remote/test_job.py",
    "training/test_train.py",
    "training/test_release.py",
    "training/test_backends.py",
    "training/test_export.py",
    "training/test_architectures.py",
    "training/test_answering.py",
    "training/test_devices.py",
    "training/test_pipeline.py",
    "training/test_evaluate.py",
    "training/test_cli.py",
    "training/test_features.py",
    "training/test_find_rate.py",
    "training/test_compare.py",
    "training/",
)
"""Files that take minutes, of `make test`: its processes take whole files in the order of the
tests, and one that begins such a file last would be waited for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path.relative_to(Path(__file__).parent).as_posix()))


def _place(file: str) -> int:
    return next((n for n, name in enumerate(_LONGEST) if file.startswith(name)), len(_LONGEST))


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
    """Forget every ARTSTYLE_ variable but the one that names the tests' paintings."""
    for name in [name for name in os.environ if name.startswith("ARTSTYLE_")]:
        if name != "ARTSTYLE_DATA":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """Address of moto's server, as strict as S3 with the forms of a browser."""
    from tests.cloud.post_policy import serve_aws  # moto takes a second to import

    with serve_aws() as address:
        yield address


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of an empty AWS; every client that a test makes talks to it."""
    httpx.post(f"{aws_server}/moto-api/reset")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    return aws_server


@pytest.fixture(scope="session")
def mongodb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URI of a real server: the one in MONGODB_TEST_URI, or one that runs for the tests only."""
    if given := os.environ.get("MONGODB_TEST_URI"):
        yield given
        return
    with run_mongod(tmp_path_factory.mktemp("mongod")) as server:
        yield server.uri


@pytest.fixture
def mongodb(mongodb_server: str) -> Iterator[str]:
    """URI that names an empty database, which goes when the test ends."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield urlsplit(mongodb_server)._replace(path=f"/{name}").geturl()
    with pymongo.MongoClient[dict[str, Any]](mongodb_server) as client:
        # a database goes with its last collection; dropping it as a whole takes 0.1 s more
        for collection in client[name].list_collection_names():
            client[name].drop_collection(collection)
