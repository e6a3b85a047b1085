"""Datasets in the cloud: each picture once, by its content, and each set by its fingerprint.

    s3://DATASETS/objects/AB/ABCD...          a file, under the SHA-256 of its content
    s3://DATASETS/sets/FINGERPRINT/whole.json `PushedSet`; written last

A set that shares pictures with an earlier one sends the others only, and a push that was broken
off goes on where it was. What a set may be: a dataset of `organise`, with the fingerprint that its
runs keep, a raw folder, which the job organises itself, or any other folder of pictures.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tqdm import tqdm

from training.cloud.aws import clear_cloud_errors
from training.cloud.s3_folders import (
    MARKER,
    Listing,
    describe_file,
    download,
    read_object,
    refuse_damage,
    upload,
    write_object,
)
from training.dataset.dataset_folder import load_dataset, load_works
from training.dataset.picture_files import INDEX_FILE, PICTURES_FOLDER, TAR_FILE, stored_name
from training.errors import TrainingError
from training.files import whole_folder
from training.sources.raw_folder import WORKS_FILE

Kind = Literal["dataset", "raw", "folder"]

_OBJECTS: Final = "objects/"
_SETS: Final = "sets/"
_READERS: Final = 8
_MIN_DIGITS: Final = 6


class PushedSet(BaseModel):
    """What the marker of a set says.

    pictures: its works, or else its files. training: pictures to train on, by list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")
    pictures: int
    training: dict[str, int] = {}
    name: str
    listing: Listing


@dataclass(frozen=True, slots=True)
class Push:
    """What a push has to do: send files, by their keys, of `size` bytes together."""

    pushed: PushedSet
    missing: Mapping[str, Path]
    size: int


def describe_set(folder: Path) -> PushedSet:
    """Read a local folder: what kind of set it is, its fingerprint and its files.

    Raises:
        TrainingError: it holds nothing that can be pushed.
    """
    kind = _kind_of(folder)
    files = _FILES[kind](folder)
    if not files:
        raise TrainingError(f"{folder} holds no pictures: name a dataset or a raw folder")
    with ThreadPoolExecutor(_READERS) as pool:
        facts = pool.map(describe_file, files.values())
        shown = tqdm(facts, "read", len(files), unit="file", disable=None)
        listing = Listing(files=dict(zip(files, shown, strict=True)))
    is_dataset = kind == "dataset"
    return PushedSet(
        kind=kind,
        fingerprint=load_dataset(folder).fingerprint if is_dataset else _digest(listing),
        pictures=load_dataset(folder).pictures if is_dataset else len(files),
        training=_training(folder) if is_dataset else {},
        name=folder.resolve().name,
        listing=listing,
    )


def plan_push(s3: Any, bucket: str, folder: Path) -> Push:
    """Find out what of a folder is not in the cloud yet.

    Raises:
        TrainingError: nothing to push, or AWS failed.
    """
    pushed = describe_set(folder)
    there = _objects(s3, bucket)
    names = {
        facts.sha256: (name, facts.size)
        for name, facts in pushed.listing.files.items()
        if facts.sha256 not in there
    }
    missing = {_object_key(sha256): folder / name for sha256, (name, _) in names.items()}
    return Push(pushed, missing, sum(size for _, size in names.values()))


def push_set(s3: Any, bucket: str, push: Push) -> None:
    """Send what is missing, and say last that the set is whole.

    Raises:
        TrainingError: AWS failed; what arrived stays, and the next push sends the rest.
    """
    if push.missing:
        upload(s3, bucket, push.missing, what="push")
    key = _set_key(push.pushed.fingerprint)
    write_object(s3, bucket, key, push.pushed.model_dump_json().encode())


def push_file(s3: Any, bucket: str, path: Path) -> str:
    """Send one file, unless it is there already, and return its SHA-256."""
    facts = describe_file(path)
    if facts.sha256 not in _objects(s3, bucket, facts.sha256):
        upload(s3, bucket, {_object_key(facts.sha256): path}, what="push")
    return facts.sha256


def fetch_file(s3: Any, bucket: str, sha256: str, path: Path) -> None:
    """Fetch a file that was pushed alone, unless it is there."""
    if not path.is_file():
        temporary = path.with_name(f".{path.name}")
        download(s3, bucket, {temporary: _object_key(sha256)}, size=0, what="fetch")
        temporary.replace(path)


def fetch_set(s3: Any, bucket: str, fingerprint: str, folder: Path) -> PushedSet:
    """Fetch a set under a temporary name, check it, and give it its name.

    Raises:
        TrainingError: no such set, a damaged file, or AWS failed.
    """
    found = find_set(s3, bucket, fingerprint)
    if folder.is_dir():
        return found  # only whole folders have this name
    with whole_folder(folder, is_replacing=False) as temporary:
        files = {
            temporary / name: _object_key(facts.sha256)
            for name, facts in found.listing.files.items()
        }
        download(s3, bucket, files, size=found.listing.size, what="fetch the dataset")
        refuse_damage(temporary, found.listing, f"s3://{bucket}/{_OBJECTS.rstrip('/')}")
    return found


def find_set(s3: Any, bucket: str, fingerprint: str) -> PushedSet:
    """Return the set with this fingerprint, or with the only one that begins so.

    Raises:
        TrainingError: there is none, or more than one.
    """
    if len(fingerprint) < _MIN_DIGITS or set(fingerprint) - set("0123456789abcdef"):
        raise TrainingError(
            f"{fingerprint!r} is neither a folder nor the beginning of a fingerprint "
            f"(at least {_MIN_DIGITS} digits, which push tells)"
        )
    keys = _keys(s3, bucket, f"{_SETS}{fingerprint}")
    if len(keys) > 1:
        raise TrainingError(f"{len(keys)} datasets begin with {fingerprint}: give more digits")
    data = read_object(s3, bucket, keys[0]) if keys else None
    if data is None:
        raise TrainingError(
            f"no dataset {fingerprint[:12]} is in the cloud: `python -m training push DATASET` "
            "puts it there"
        )
    try:
        return PushedSet.model_validate_json(data)
    except ValidationError as error:
        raise TrainingError(
            f"s3://{bucket}/{keys[0]} is damaged: push the dataset again"
        ) from error


def _kind_of(folder: Path) -> Kind:
    if not folder.is_dir():
        raise TrainingError(f"{folder} is no folder")
    if (folder / "dataset.json").is_file():
        return "dataset"
    return "raw" if (folder / WORKS_FILE).is_file() else "folder"


def _training(folder: Path) -> dict[str, int]:
    works, lists = load_works(folder), load_dataset(folder).lists
    return {name: sum(work.parts[name] == "train" for work in works) for name in lists}


def _digest(listing: Listing) -> str:
    return hashlib.sha256(listing.model_dump_json().encode()).hexdigest()


def _files_of_dataset(folder: Path) -> Mapping[str, Path]:
    """Return what other steps read; other pictures and kept features are no part of a dataset."""
    format_ = load_dataset(folder).config.format
    names = ["dataset.json", "config.json", "works.csv"]
    if format_ == "tar":
        names += [TAR_FILE, INDEX_FILE]
    else:
        names += [f"{PICTURES_FOLDER}/{stored_name(one, format_)}" for one in load_works(folder)]
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise TrainingError(f"{folder / missing[0]} is missing: organise again")
    return {name: folder / name for name in names}


def _all_files(folder: Path) -> Mapping[str, Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = ((path.relative_to(folder), path) for path in found)
    return {
        name.as_posix(): path
        for name, path in names
        if not any(part.startswith(".") for part in name.parts)
    }


_FILES: Final[Mapping[Kind, Callable[[Path], Mapping[str, Path]]]] = {
    "dataset": _files_of_dataset,
    "raw": _all_files,
    "folder": _all_files,
}


def _objects(s3: Any, bucket: str, sha256: str = "") -> set[str]:
    prefix = _object_key(sha256) if sha256 else _OBJECTS
    return {key.rpartition("/")[2] for key in _keys(s3, bucket, prefix)}


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    with clear_cloud_errors(f"s3://{bucket}"):
        return list(_list(s3, bucket, prefix))


def _list(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for one in page.get("Contents", ()):
            yield one["Key"]


def _object_key(sha256: str) -> str:
    return f"{_OBJECTS}{sha256[:2]}/{sha256}"


def _set_key(fingerprint: str) -> str:
    return f"{_SETS}{fingerprint}/{MARKER}"
