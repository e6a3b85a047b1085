"""The folder of a feedback export, and what a person decided about each picture in it.

    feedback.csv    all that visitors said
    visitors/       the pictures that they gave, named by the answer and by their content
    review.csv      a row per picture; `decision` and `style` are the reviewer's

The page and a text editor write the same review.csv. A picture is named by its content, so that
another one that comes in later for the same answer is another one to decide about. A row that is
decided stays even when its picture goes: it says what has to go elsewhere, too.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, cast, get_args

from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.errors import TrainingError
from training.files import write_table
from training.sources.raw_folder import is_inside, style_of

FEEDBACK_FILE: Final = "feedback.csv"
PICTURES_FOLDER: Final = "visitors"
REVIEW_FILE: Final = "review.csv"
Decision = Literal["accept", "reject", ""]


@dataclass(frozen=True, slots=True)
class Review:
    """A picture that a visitor gave, what was said about it, and what a person decided."""

    picture: str
    """path inside of the folder"""
    received: str
    model: str
    predicted: str
    """slug"""
    said: str
    """slug"""
    decision: Decision = ""
    style: str = ""
    """slug; empty: what the visitor said"""
    reviewed: str = ""
    """UTC, ISO 8601; empty where the row was decided by hand"""

    @property
    def label(self) -> str:
        """The slug of the style that it is taken for, if it is."""
        return self.style or self.said


_COLUMNS: Final = tuple(field.name for field in fields(Review))


def read_table(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV by the names of its columns.

    Raises:
        TrainingError: it is no CSV in UTF-8.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as table:
            reader = csv.DictReader(table, restval="", strict=True)
            return [{name: text for name, text in row.items() if name} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{file} is no CSV in UTF-8: {error}") from error


def require_export(folder: Path) -> None:
    """Check that a folder is one that feedback was exported to.

    Raises:
        TrainingError: it is not.
    """
    if not (folder / FEEDBACK_FILE).is_file():
        raise TrainingError(
            f"{folder} holds no feedback (no {FEEDBACK_FILE}): run `python -m training feedback "
            f"STORE --export {folder}` first"
        )


def read_review(folder: Path) -> list[Review]:
    """Return what review.csv says, in its order; nothing where there is none.

    Raises:
        TrainingError: a row cannot be understood.
    """
    file = folder / REVIEW_FILE
    rows = read_table(file) if file.is_file() else []
    missing = set(_COLUMNS) - set(rows[0]) if rows else ()
    if missing:
        raise TrainingError(
            f"{file} lacks the columns {', '.join(sorted(missing))}: it has to keep its heading, "
            "with commas between the columns"
        )
    return [_review_of(row, f"{file}, row {number}") for number, row in enumerate(rows, 2)]


def _review_of(row: dict[str, str], where: str) -> Review:
    facts = {name: row[name].strip() for name in _COLUMNS}
    decision = facts.pop("decision").casefold()
    if decision not in get_args(Decision):
        raise TrainingError(
            f"{where}: the decision is {decision!r}; it is accept or reject, or empty as long as "
            "nobody has decided"
        )
    if not is_inside(facts["picture"]):
        raise TrainingError(f"{where}: {facts['picture']!r} is no path inside of the folder")
    style = facts.pop("style")
    slug = style_of([style])
    if style and slug is None:
        raise TrainingError(
            f"{where}: the style is {style!r}; it is one of {', '.join(STYLE_BY_SLUG)}, or empty "
            "for what the visitor said"
        )
    return Review(**facts, decision=cast(Decision, decision), style=slug or "")


def write_review(folder: Path, reviews: Iterable[Review]) -> None:
    """Write review.csv, ordered by the time the pictures came in."""
    ordered = sorted(reviews, key=lambda one: (one.received, one.picture))
    write_table(folder / REVIEW_FILE, _COLUMNS, map(astuple, ordered))


def decide(folder: Path, picture: str, decision: Decision, style: str = "") -> None:
    """Keep a decision about a picture; style: a slug, where the visitor's word is not right.

    Raises:
        TrainingError: review.csv cannot be understood.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds") if decision else ""
    reviews = [
        replace(one, decision=decision, style=style, reviewed=now)
        if one.picture == picture
        else one
        for one in read_review(folder)
    ]
    write_review(folder, reviews)


def remove_rejected(folder: Path) -> int:
    """Delete the pictures that are rejected from the folder; return how many were there."""
    rejected = [folder / one.picture for one in read_review(folder) if one.decision == "reject"]
    present = [path for path in rejected if path.is_file()]
    for path in present:
        path.unlink()
    return len(present)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pictures were decided how."""

    accepted: int
    """as what the visitor said"""
    corrected: int
    """accepted as another style"""
    rejected: int
    undecided: int


def tally(reviews: Sequence[Review]) -> Tally:
    """Count decisions."""
    accepted = [one for one in reviews if one.decision == "accept"]
    corrected = sum(one.label != one.said for one in accepted)
    rejected = sum(one.decision == "reject" for one in reviews)
    return Tally(
        accepted=len(accepted) - corrected,
        corrected=corrected,
        rejected=rejected,
        undecided=len(reviews) - len(accepted) - rejected,
    )
