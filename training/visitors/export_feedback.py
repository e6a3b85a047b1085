"""Feedback -> a folder to review: what visitors said, and the pictures that they ticked to give.

The same export again brings what is new and takes away what is no longer in the store, so that a
picture that was deleted there goes here, too. Decisions stay.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from tqdm import tqdm

from lambda_fn.catalogue.works import Feedback
from lambda_fn.contract.images import PictureError
from training.errors import TrainingError
from training.files import whole_file, write_table
from training.sources.raw_folder import verify_picture
from training.sources.visitor_reviews import (
    FEEDBACK_FILE,
    PICTURES_FOLDER,
    Review,
    read_review,
    write_review,
)

_COLUMNS = (
    *("id", "received", "model", "predicted", "predicted_probability"),
    *("said", "said_probability", "agrees", "picture", "probabilities"),
)
_DIGEST_LETTERS = 16
_SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in the folder now; `skipped` counts by reason pictures that are not."""

    said: tuple[Feedback, ...]
    """without the pictures, by the time it came in"""
    pictures: int
    new: int
    removed: int
    skipped: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Gift:
    """Feedback, less its picture, which is at `path` inside of the folder or was left out."""

    feedback: Feedback
    path: str
    is_new: bool
    skipped: str


def export_feedback(feedback: Iterable[Feedback], folder: Path) -> Exported:
    """Write all feedback to a folder, and what waits for a decision to its review.csv.

    Raises:
        TrainingError: the folder holds something else, or pictures while nobody said anything: then
            the store is likely to be another one, and all would be taken away.
    """
    _claim(folder)
    reviews = {one.picture: one for one in read_review(folder)}
    rejected = {path for path, one in reviews.items() if one.decision == "reject"}
    bar = tqdm(feedback, "export", unit="word", disable=None)
    gifts = [_store(folder, one, rejected) for one in bar]
    if not gifts and (held := _pictures_in(folder)):
        raise TrainingError(
            f"there is no feedback at all, but {folder} has pictures of it ({len(held)}): look at "
            f"the store's name; if all of it was deleted there, delete {folder}, too"
        )
    write_table(folder / FEEDBACK_FILE, _COLUMNS, map(_row_of, gifts))
    present = {gift.path: gift.feedback for gift in gifts if gift.path}
    write_review(folder, _merge(reviews, present))
    return Exported(
        said=tuple(gift.feedback for gift in gifts),
        pictures=len(present),
        new=sum(gift.is_new for gift in gifts),
        removed=_remove_others(folder, set(present)),
        skipped=dict(Counter(gift.skipped for gift in gifts if gift.skipped).most_common()),
    )


def without_pictures(feedback: Iterable[Feedback]) -> tuple[Feedback, ...]:
    """Return what was said; pictures are large, and a store may hold many."""
    return tuple(replace(one, picture=None) for one in feedback)


def _claim(folder: Path) -> None:
    """Make sure that the folder is for this alone, as what it holds may be deleted."""
    if (folder / FEEDBACK_FILE).is_file():
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TrainingError(f"{folder} holds something else: name an empty folder or a new one")
    write_table(folder / FEEDBACK_FILE, _COLUMNS, ())


def _store(folder: Path, one: Feedback, rejected: set[str]) -> _Gift:
    said = replace(one, picture=None)
    if one.picture is None:
        return _Gift(said, path="", is_new=False, skipped="")
    try:
        suffix = _SUFFIXES[verify_picture(one.picture).format]
    except (PictureError, KeyError):
        return _Gift(said, path="", is_new=False, skipped="unreadable")
    path = f"{PICTURES_FOLDER}/{_name(one.id, one.picture)}{suffix}"
    if path in rejected:
        return _Gift(said, path="", is_new=False, skipped="rejected")
    is_new = not (folder / path).is_file()
    if is_new:
        with whole_file(folder / path) as file:
            file.write_bytes(one.picture)
    return _Gift(said, path=path, is_new=is_new, skipped="")


def _name(id_: str, picture: bytes) -> str:
    """Return a name that cannot lead out of the folder, and is another for another picture."""
    digest = sha256(picture).hexdigest()[:_DIGEST_LETTERS]
    return f"{quote(id_, safe='').replace('.', '%2E')}-{digest}"


def _row_of(gift: _Gift) -> tuple[object, ...]:
    one = gift.feedback
    return (
        *(one.id, one.received, one.model, one.predicted, one.probabilities.get(one.predicted, "")),
        *(one.said, one.probabilities.get(one.said, "")),
        "yes" if one.said == one.predicted else "no",
        gift.path,
        json.dumps(dict(one.probabilities), sort_keys=True),
    )


def _merge(reviews: dict[str, Review], present: dict[str, Feedback]) -> Iterator[Review]:
    """Yield what was decided as it was decided, and for the rest what visitors say now."""
    decided = {path: one for path, one in reviews.items() if one.decision}
    yield from decided.values()
    for path, one in present.items():
        if path not in decided:
            yield Review(path, one.received, one.model, one.predicted, one.said)


def _pictures_in(folder: Path) -> list[Path]:
    return [path for path in (folder / PICTURES_FOLDER).glob("*") if path.is_file()]


def _remove_others(folder: Path, present: set[str]) -> int:
    files = _pictures_in(folder)
    others = [one for one in files if one.relative_to(folder).as_posix() not in present]
    for one in others:
        one.unlink()
    return len(others)
