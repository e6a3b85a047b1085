"""Labelled pictures -> dataset/: known styles, named splits, the pixels that the service makes.

The source folder holds either `metadata.csv` (columns path, style, and what else is known) or one
folder per style, named by its slug or its name. A `splits.csv` beside it fixes the lists (a column
per list: train, validation, test or unused); without one a stratified list `picture` is made.

The dataset folder holds `config.json` from the start, `pictures/STYLE/NAME.png`, `works.csv` (path,
style, source and a column per list) and, written last, `dataset.json`. Pictures that are there are
kept, so that `config.json` says what decided their pixels: a folder made otherwise is refused.
"""

import csv
import hashlib
import json
import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import PIL
from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from lambda_fn.contract import images
from lambda_fn.contract.images import PictureError, to_pixels
from lambda_fn.contract.manifest import sha256_of
from lambda_fn.contract.styles import STYLES
from training.config import OrganiseConfig
from training.errors import TrainingError
from training.files import whole_file

PARTS = ("train", "validation", "test", "unused")
# what Pillow raises for one damaged PNG or another
_DAMAGES = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
_SLUG_BY_LABEL = {label: style.slug for style in STYLES for label in (style.slug, style.name)}


@dataclass(frozen=True, slots=True)
class Work:
    """One labelled picture; `parts` says in which part of which list it is."""

    path: str
    style: str
    source: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What became of one picture: why it was skipped (or nothing), and the hash of its pixels."""

    reason: str
    digest: bytes


class _Pixels(BaseModel):
    """All that decides the pixels of a stored picture, beside the picture itself."""

    model_config = ConfigDict(frozen=True)

    size_px: int
    pillow: str
    images_sha256: str  # of the file that defines to_pixels


class _Begun(BaseModel):
    """What `config.json` keeps from the start."""

    model_config = ConfigDict(frozen=True)

    config: OrganiseConfig
    pixels: _Pixels


class Dataset(BaseModel):
    """What `dataset.json` keeps: a dataset folder is whole when it is there."""

    model_config = ConfigDict(frozen=True)

    config: OrganiseConfig
    styles: tuple[str, ...]
    lists: tuple[str, ...]
    pictures: int
    skipped: dict[str, int]
    fingerprint: str


def organise(source: Path, target: Path, config: OrganiseConfig) -> Dataset:
    """Write the dataset folder `target`; pictures that are already there are not made again.

    Raises:
        TrainingError: nothing to organise, an unknown list, too many unreadable pictures, or a
            folder whose pictures were made otherwise.
    """
    _claim(target, config)
    labelled, skipped = _read_labels(source, config)
    works = _with_lists(source, labelled, config)
    stored = _convert_all(source, target, works, config)
    skipped.update(one.reason for one in stored if one.reason)
    unreadable = sum(bool(one.reason) for one in stored)
    if unreadable > config.max_unreadable_share * len(works):
        raise TrainingError(
            f"{unreadable} of {len(works)} pictures are unreadable, more than the "
            f"{config.max_unreadable_share:.1%} allowed: {dict(skipped)}"
        )
    kept = [(work, one) for work, one in zip(works, stored, strict=True) if not one.reason]
    return _write_index(target, kept, skipped, config)


def load_dataset(folder: Path) -> Dataset:
    """Read `dataset.json` of a finished dataset folder."""
    index = folder / "dataset.json"
    if not index.is_file():
        raise TrainingError(
            f"{folder} is no finished dataset (no dataset.json): run "
            f"`python -m training organise SOURCE {folder}` first"
        )
    return Dataset.model_validate_json(index.read_text("utf-8"))


def load_works(folder: Path) -> list[Work]:
    """Read `works.csv` of a dataset folder, in its order."""
    lists = load_dataset(folder).lists
    with (folder / "works.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        # by place, not by name: a list may be called like one of the first columns
        return [
            Work(path, style, origin, dict(zip(lists, parts, strict=True)))
            for path, style, origin, *parts in rows
        ]


def _claim(target: Path, config: OrganiseConfig) -> None:
    """Write `config.json`, unless pictures are there that would be made otherwise today."""
    pixels = _Pixels(
        size_px=config.size_px,
        pillow=PIL.__version__,
        images_sha256=sha256_of(Path(images.__file__)),
    )
    if (target / "pictures").is_dir():
        _refuse_other_pixels(target, pixels)
    with whole_file(target / "config.json") as file:
        file.write_text(_Begun(config=config, pixels=pixels).model_dump_json(indent=2), "utf-8")


def _refuse_other_pixels(target: Path, pixels: _Pixels) -> None:
    try:
        before = _Begun.model_validate_json((target / "config.json").read_bytes()).pixels
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"{target} holds pictures, but its config.json does not say what made them: name "
            "another folder"
        ) from error
    now = pixels.model_dump()
    changes = [
        f"{name} {value}, now {now[name]}"
        for name, value in before.model_dump().items()
        if value != now[name]
    ]
    if changes:
        raise TrainingError(
            f"{target} holds pictures that were made otherwise ({'; '.join(changes)}): name "
            "another folder"
        )


def _read_labels(source: Path, config: OrganiseConfig) -> tuple[list[Work], Counter[str]]:
    rows = _rows_of_csv(source) if (source / "metadata.csv").is_file() else _rows_of_folders(source)
    skipped: Counter[str] = Counter()
    works = []
    taken = set()
    for path, label, origin in sorted(rows):
        _refuse_outside(path)
        name = picture_path(Path(), path)
        if label not in _SLUG_BY_LABEL:
            skipped[f"unknown style: {label}"] += 1
        elif name in taken:
            skipped["same name as another picture"] += 1
        else:
            taken.add(name)
            works.append(Work(path, _SLUG_BY_LABEL[label], origin, {}))
    return _with_enough(source, works, skipped, config)


def _refuse_outside(path: str) -> None:
    """Refuse a path that would make us write outside of the dataset folder."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.name:
        raise TrainingError(f"metadata.csv has the path {path!r}: it must lie inside its folder")


def _with_enough(
    source: Path, works: list[Work], skipped: Counter[str], config: OrganiseConfig
) -> tuple[list[Work], Counter[str]]:
    counts = Counter(work.style for work in works)
    few = {slug for slug, count in counts.items() if count < config.min_pictures_per_style}
    skipped.update(f"style with too few pictures: {w.style}" for w in works if w.style in few)
    kept = [work for work in works if work.style not in few]
    if len({work.style for work in kept}) < 2:
        raise TrainingError(
            f"{source} has fewer than two styles with {config.min_pictures_per_style} pictures "
            f"each (found {dict(counts) or 'none'}): give more pictures, or lower --min-pictures"
        )
    return kept, skipped


def _rows_of_csv(source: Path) -> Iterable[tuple[str, str, str]]:
    with (source / "metadata.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"path", "style"} - set(reader.fieldnames or ())
        if missing:
            raise TrainingError(f"metadata.csv of {source} lacks columns: {sorted(missing)}")
        for row in reader:
            yield row["path"], row["style"], row.get("source") or "unknown"


def _rows_of_folders(source: Path) -> Iterable[tuple[str, str, str]]:
    if not source.is_dir():
        raise TrainingError(f"{source} is no folder: name one with a folder of pictures per style")
    for path in source.glob("*/*"):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(source).as_posix(), path.parent.name, "unknown"


def _with_lists(source: Path, works: list[Work], config: OrganiseConfig) -> list[Work]:
    lists = _fixed_lists(source / "splits.csv") or {"picture": split_by_picture(works, config)}
    return [
        replace(work, parts={name: parts.get(work.path, "unused") for name, parts in lists.items()})
        for work in works
    ]


def _fixed_lists(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in (rows[0] if rows else {}) if name != "path"]
    if rows and "path" not in rows[0]:
        raise TrainingError(f"{path} lacks the column path")
    unknown = {str(row[name]) for row in rows for name in names} - set(PARTS)
    if unknown:
        raise TrainingError(
            f"{path} has parts {sorted(unknown)}: only {', '.join(PARTS)} are known"
        )
    return {name: {row["path"]: row[name] for row in rows} for name in names}


def split_by_picture(works: Iterable[Work], config: OrganiseConfig) -> dict[str, str]:
    """Return path -> part, each style in the same shares; the order of the works does not matter.

    Raises:
        TrainingError: too few pictures of a style for the shares.
    """
    ordered = sorted(works, key=lambda work: work.path)
    rest, test = _split(ordered, config.test_share, config.seed)
    # validation comes out of what is left for training
    share = config.validation_share / (1 - config.test_share)
    train, validation = _split(rest, share, config.seed)
    parts = {"train": train, "validation": validation, "test": test}
    return {work.path: part for part, members in parts.items() for work in members}


def _split(works: list[Work], share: float, seed: int) -> tuple[list[Work], list[Work]]:
    styles = [work.style for work in works]
    try:
        first, second = train_test_split(works, test_size=share, stratify=styles, random_state=seed)
    except ValueError as error:
        raise TrainingError(
            f"{len(works)} pictures of {len(set(styles))} styles cannot be split ({error}): give "
            "more pictures, or other shares"
        ) from error
    return first, second


def _convert_all(
    source: Path, target: Path, works: list[Work], config: OrganiseConfig
) -> list[_Stored]:
    convert = partial(_convert, source, target, config.size_px)
    # threads will do: Pillow lets go of the interpreter while it decodes, resizes and packs
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        results = pool.map(convert, works)
        return list(tqdm(results, "organise", total=len(works), unit="picture", disable=None))
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for every picture


def picture_path(folder: Path, path: str) -> Path:
    """Return where a dataset folder keeps the picture of a work."""
    return (folder / "pictures" / path).with_suffix(".png")


def _convert(source: Path, target: Path, size_px: int, work: Work) -> _Stored:
    """Store one picture as PNG, unless it is there already and whole."""
    stored = picture_path(target, work.path)
    digest = _digest_of(stored, size_px)
    if digest is not None:
        return _Stored("", digest)
    try:
        picture = to_pixels((source / work.path).read_bytes(), size_px=size_px)
    except (OSError, PictureError) as error:
        return _Stored(type(error).__name__, b"")
    image = Image.fromarray(picture.pixels.astype(np.uint8))
    with whole_file(stored) as file:
        image.save(file, "PNG")
    return _Stored("", hashlib.sha256(image.tobytes()).digest())


def _digest_of(stored: Path, size_px: int) -> bytes | None:
    """Return the hash of a stored picture's pixels; None where it is missing or damaged."""
    try:
        with Image.open(stored) as checked:
            checked.verify()  # the checksums; the picture must be opened anew after it
        with Image.open(stored) as whole:
            if (whole.mode, whole.size) != ("RGB", (size_px, size_px)):
                return None
            return hashlib.sha256(whole.tobytes()).digest()
    except _DAMAGES:
        return None


def _write_index(
    target: Path,
    kept: list[tuple[Work, _Stored]],
    skipped: Counter[str],
    config: OrganiseConfig,
) -> Dataset:
    works = [work for work, _ in kept]
    lists = tuple(works[0].parts)
    (target / "dataset.json").unlink(missing_ok=True)  # it may not describe another works.csv
    with whole_file(target / "works.csv") as path, path.open("w", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["path", "style", "source", *lists])
        table.writerows(
            [work.path, work.style, work.source, *(work.parts[name] for name in lists)]
            for work in works
        )
    present = {work.style for work in works}
    dataset = Dataset(
        config=config,
        styles=tuple(style.slug for style in STYLES if style.slug in present),
        lists=lists,
        pictures=len(works),
        skipped=dict(sorted(skipped.items())),
        fingerprint=_fingerprint(target, [one for _, one in kept]),
    )
    with whole_file(target / "dataset.json") as path:
        path.write_text(json.dumps(dataset.model_dump(mode="json"), indent=2) + "\n", "utf-8")
    return dataset


def _fingerprint(target: Path, stored: list[_Stored]) -> str:
    """SHA-256 over names, labels, lists and pixels; how the PNGs are packed does not matter."""
    total = hashlib.sha256((target / "works.csv").read_bytes())
    for one in stored:
        total.update(one.digest)
    return total.hexdigest()
