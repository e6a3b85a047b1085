"""What lies in S3 about models: the folder that is served, and the history of those before it.

The client of S3 is imported only where an address is asked for: a start with the model inside the
image neither needs it nor waits for it.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError

from lambda_fn.contract.history import ModelChange, ModelHistory
from lambda_fn.contract.manifest import MANIFEST_FILE, ModelManifest, sha256_of
from lambda_fn.runtime import ModelError, ModelFolderError

SCHEME: Final = "s3://"
_ADDRESS: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^/\s]+(?:/[^/\s]+)*)/?")
_FILE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_TIMEOUT_S: Final = 5
_FETCHES: Final = 4
_AGE_S: Final = 60.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class S3Place:
    """An object, or what objects of one folder begin with."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, address: str) -> Self:
        """Read `s3://BUCKET/KEY`.

        Raises:
            ValueError: it is none.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise ValueError("an address in S3 must look like s3://BUCKET/models/ID")
        return cls(found[1], found[2])

    def __str__(self) -> str:
        """Return the address."""
        return f"{SCHEME}{self.bucket}/{self.key}"

    @property
    def local(self) -> Path:
        """Where the folder lies on this machine once it was fetched; of this user alone."""
        from tempfile import gettempdir

        name = f"{self.key.rpartition('/')[2]}-{hashlib.sha256(str(self).encode()).hexdigest()[:8]}"
        return Path(gettempdir()) / f"style-your-art-{os.getuid()}" / name


def fetch_model(source: S3Place) -> Path:
    """Bring a model folder here, unless it is here; every file is what its manifest says.

    Raises:
        ModelFolderError: it is not there, may not be read, or is damaged, and which part of it.
    """
    target = source.local
    _make_private(target.parent)
    target.mkdir(exist_ok=True)
    with _translating(source):
        read = _reader(source)
        told = read(MANIFEST_FILE)
        files = _files_of(told, source)
        missing = [name for name, digest in files.items() if not _is_there(target / name, digest)]
        with ThreadPoolExecutor(_FETCHES) as pool:
            for name, data in zip(missing, pool.map(read, missing), strict=True):
                if hashlib.sha256(data).hexdigest() != files[name]:
                    raise ModelFolderError(
                        f"{source}/{name} is damaged: it is not the file that was exported; put "
                        "another model live, or the whole folder there again under another id"
                    )
                _write(target / name, data)
    _write(target / MANIFEST_FILE, told)
    return target


class HistoryReader:
    """Reads the history at most once a minute; what fails is logged, and none is shown.

    While a change is under way it is read for each request: the version that is about to go live
    is asked before the history says so, and would otherwise not know of itself for a minute.
    """

    def __init__(self, place: S3Place, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._clock = clock
        self._ends_at = float("-inf")
        self._found: list[ModelChange] | None = None

    def __call__(self) -> list[ModelChange] | None:
        """Return the changes, the oldest first; None where they cannot be read."""
        if self._clock() >= self._ends_at:
            history = self._read()
            if history is None or history.open is None:
                self._ends_at = self._clock() + _AGE_S
            self._found = None if history is None else history.live
        return self._found

    def _read(self) -> ModelHistory | None:
        try:
            with _translating(self._place):
                try:
                    found = _get(self._client, self._place.bucket, self._place.key)
                except self._client.exceptions.NoSuchKey:
                    return ModelHistory()  # nothing was promoted yet
            return ModelHistory.model_validate_json(found)
        except (ModelError, ValidationError) as error:
            logger.warning("the history of models cannot be read: %s", error)
            return None

    @cached_property
    def _client(self) -> Any:
        return _make_client()


def _reader(folder: S3Place) -> Callable[[str], bytes]:
    client = _make_client()
    return lambda name: _get(client, folder.bucket, f"{folder.key}/{name}")


def _get(client: Any, bucket: str, key: str) -> bytes:
    with client.get_object(Bucket=bucket, Key=key)["Body"] as body:
        return bytes(body.read())


def _make_client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_TIMEOUT_S,
        read_timeout=_TIMEOUT_S,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    # a session of its own: several threads may get here, and the shared one is not made for that
    return boto3.Session().client("s3", config=config)


@contextmanager
def _translating(place: S3Place) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        raise ModelFolderError(
            f"no model in {place} ({code}): ARTSTYLE_MODEL must name a folder that `python -m "
            "training promote` wrote and that may be read from here"
        ) from error
    except BotoCoreError as error:
        raise ModelFolderError(
            f"S3 does not give {place} ({type(error).__name__}: {error}): see to the credentials, "
            "the region and the network"
        ) from error


def _files_of(manifest: bytes, source: S3Place) -> dict[str, str]:
    try:
        files = ModelManifest.model_validate_json(manifest).files
    except ValidationError as error:
        raise ModelFolderError(
            f"{source}/{MANIFEST_FILE} does not fit this version: {error}"
        ) from error
    for name in files:
        if not _FILE.fullmatch(name):
            raise ModelFolderError(f"{source}/{MANIFEST_FILE} names {name!r}, which is no file")
    return files


def _make_private(folder: Path) -> None:
    """Make a folder that nobody else can write to: what lies there is run."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022 or folder.is_symlink():
        raise ModelFolderError(f"{folder} belongs to somebody else: remove it")


def _is_there(file: Path, digest: str) -> bool:
    return file.is_file() and sha256_of(file) == digest


def _write(file: Path, data: bytes) -> None:
    """Write a file that is either whole or absent, whoever else fetches the same."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(file)
