"""Folders <-> S3, whole or absent: all files first, and last a marker that lists them.

    s3://BUCKET/PREFIX/PATH         a file of the folder, for each
    s3://BUCKET/PREFIX/whole.json   `Listing`; written last, so that a folder is whole when it is
                                    there

Files travel by boto3's own transfer manager: in parts and many at a time, each request tried again
by the client. What arrives is checked against the marker.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self

import tenacity
from boto3.s3.transfer import ProgressCallbackInvoker, TransferConfig, create_transfer_manager
from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from tqdm import tqdm

from lambda_fn.contract.manifest import sha256_of
from training.cloud.aws import CloudError, clear_cloud_errors
from training.errors import TrainingError
from training.files import refuse_to_overwrite, whole_folder

MARKER: Final = "whole.json"
_TRANSFERS: Final = 16
_MISSING: Final = ("NoSuchKey", "404", "NotFound")


class FileFacts(BaseModel):
    """What the marker says about a file; size in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Listing(BaseModel):
    """All files of a folder, by their paths in it (`a/b.csv`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: dict[str, FileFacts]

    @field_validator("files")
    @classmethod
    def _stay_inside(cls, files: dict[str, FileFacts]) -> dict[str, FileFacts]:
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or str(path) != name or name == MARKER:
                raise ValueError(f"{name!r} is no path inside of a folder")
        return files

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(one.size for one in self.files.values())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a folder is in S3."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, address: str) -> Self:
        """Return the place of an address such as `s3://BUCKET/runs/first`.

        Raises:
            TrainingError: it is none.
        """
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        if not address.startswith("s3://") or not bucket or not prefix.strip("/"):
            raise TrainingError(f"{address!r} is no folder in S3: expected s3://BUCKET/FOLDER")
        return cls(bucket, prefix.strip("/"))

    def key(self, name: str) -> str:
        """Return the key of a file of the folder."""
        return f"{self.prefix}/{name}"

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def list_files(folder: Path) -> Listing:
    """Return what the marker of a local folder would say; hidden files are left out."""
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_hidden(path.relative_to(folder))
    }
    return Listing(files={name: describe_file(path) for name, path in paths.items()})


def describe_file(path: Path) -> FileFacts:
    """Return size and SHA-256 of a file."""
    return FileFacts(size=path.stat().st_size, sha256=sha256_of(path))


def put_folder(s3: Any, folder: Path, place: Place, *, is_replacing: bool = False) -> Listing:
    """Put a folder to S3; hidden files stay behind. The same folder again sends nothing.

    is_replacing: whatever folder is there is overwritten; meanwhile readers find none.

    Raises:
        TrainingError: nothing to put, another folder is there, or AWS failed.
    """
    listing = list_files(folder)
    if not listing.files:
        raise TrainingError(f"{folder} holds no file")
    there = find_listing(s3, place)
    if there is not None and is_replacing:
        put_listing(s3, place, Listing(files={}))  # no folder is there while its files change
    elif there == listing:
        return listing
    elif there is not None:
        raise TrainingError(f"{place} exists already and holds another folder: name another one")
    files = {place.key(name): folder / name for name in listing.files}
    upload(s3, place.bucket, files, what=f"put {folder.name}")
    put_listing(s3, place, listing)
    return listing


def fetch_folder(s3: Any, place: Place, folder: Path, *, is_replacing: bool = False) -> Listing:
    """Fetch a whole folder from S3 under a temporary name, check it, and give it its name.

    Raises:
        TrainingError: it is not there, not whole or damaged, `folder` may not be written, or AWS
            failed.
    """
    refuse_to_overwrite(folder, is_replacing=is_replacing)
    listing = find_listing(s3, place)
    if listing is None:
        raise TrainingError(f"{place} is no whole folder (it has no {MARKER}): put it there first")
    with whole_folder(folder, is_replacing=is_replacing) as temporary:
        files = {temporary / name: place.key(name) for name in listing.files}
        download(s3, place.bucket, files, size=listing.size, what=f"fetch {folder.name}")
        refuse_damage(temporary, listing, str(place))
    return listing


def refuse_damage(folder: Path, listing: Listing, where: str) -> None:
    """Check that what was fetched is what the marker says.

    Raises:
        TrainingError: a file is another one.
    """
    for name, facts in listing.files.items():
        if describe_file(folder / name) != facts:
            raise TrainingError(f"{where}/{name} is not what {MARKER} says: put it there again")


def find_listing(s3: Any, place: Place) -> Listing | None:
    """Return the marker of a folder, or None where there is no whole one.

    Raises:
        TrainingError: the marker is damaged, or AWS failed.
    """
    data = read_object(s3, place.bucket, place.key(MARKER))
    if data is None:
        return None
    try:
        listing = Listing.model_validate_json(data)
        return listing if listing.files else None
    except ValidationError as error:
        raise TrainingError(
            f"{place}/{MARKER} is damaged or of another version of this program"
        ) from error


def put_listing(s3: Any, place: Place, listing: Listing) -> None:
    """Write the marker of a folder whose files are all there."""
    write_object(s3, place.bucket, place.key(MARKER), listing.model_dump_json().encode())


def read_object(s3: Any, bucket: str, key: str) -> bytes | None:
    """Return a small object, or None where there is none."""
    try:
        with clear_cloud_errors(f"s3://{bucket}/{key}"):
            return _read_body(s3, bucket, key)
    except CloudError as error:
        if error.code in _MISSING:
            return None
        raise


@tenacity.retry(
    # the client tries a request again, but not the reading of its answer
    retry=tenacity.retry_if_exception_type(
        (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
    ),
    wait=tenacity.wait_random_exponential(max=5),
    stop=tenacity.stop_after_attempt(8),
    reraise=True,
)
def _read_body(s3: Any, bucket: str, key: str) -> bytes:
    data: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return data


def write_object(s3: Any, bucket: str, key: str, data: bytes) -> None:
    """Write a small object."""
    with clear_cloud_errors(f"s3://{bucket}/{key}"):
        s3.put_object(Bucket=bucket, Key=key, Body=data)


def upload(s3: Any, bucket: str, files: Mapping[str, Path], *, what: str) -> None:
    """Send files, by their keys, many at a time.

    Raises:
        TrainingError: one of them could not be sent; the others may be there.
    """
    size = sum(path.stat().st_size for path in files.values())
    with _transfers(s3, f"s3://{bucket}", size, what) as (manager, progress):
        _finish(
            manager.upload(str(path), bucket, key, subscribers=progress)
            for key, path in files.items()
        )


def download(s3: Any, bucket: str, files: Mapping[Path, str], *, size: int, what: str) -> None:
    """Fetch into each file the object of its key, many at a time; folders are made.

    Raises:
        TrainingError: one of them could not be fetched.
    """
    for folder in {path.parent for path in files}:
        folder.mkdir(parents=True, exist_ok=True)
    with _transfers(s3, f"s3://{bucket}", size, what) as (manager, progress):
        _finish(
            manager.download(bucket, key, str(path), subscribers=progress)
            for path, key in files.items()
        )


def _finish(futures: Iterable[Any]) -> None:
    for future in list(futures):
        future.result()


@contextmanager
def _transfers(s3: Any, where: str, size: int, what: str) -> Iterator[tuple[Any, list[Any]]]:
    """Yield a transfer manager, and what shows its progress in bytes."""
    config = TransferConfig(max_concurrency=_TRANSFERS, preferred_transfer_client="classic")
    with (
        clear_cloud_errors(where),
        tqdm(total=size, desc=what, unit="B", unit_scale=True, disable=None) as bar,
        create_transfer_manager(s3, config) as manager,
    ):
        yield manager, [ProgressCallbackInvoker(bar.update)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
