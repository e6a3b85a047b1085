"""Guards for every test: no account, no stray settings, no network but this machine."""

import os
import random
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

_LOOPBACK = ("127.", "::1", "localhost", "/")


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
