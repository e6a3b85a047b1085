"""A reviewed export -> rows for import; and which part of a list the pictures of visitors are in.

Visitors' pictures are for training only. They are no sample of anything: they come mostly where
the model was wrong, often of works that everybody knows, and their labels are two people's word.
So no list tests or validates on them, and a list is drawn or taken over as if they were not there:
its validation and test parts stay the same, and figures before and after stay comparable. Who
painted them is unknown, so they are unused in a list that keeps artists apart.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from training.sources.visitor_reviews import (
    FEEDBACK_FILE,
    REVIEW_FILE,
    Review,
    read_review,
    read_table,
    require_export,
)

VISITORS: Final = "visitors"
"""The source of their works."""


def is_reviewed(folder: Path) -> bool:
    """Return whether a folder is an export of feedback with a review.csv."""
    return all((folder / name).is_file() for name in (FEEDBACK_FILE, REVIEW_FILE))


def rows_of_review(folder: Path) -> list[dict[str, str]]:
    """Return a row for each accepted picture that its visitor still gives, as import takes them.

    Raises:
        TrainingError: a table cannot be understood.
    """
    given = _given(folder)
    return [_row_of(one) for one in read_review(folder) if _is_taken(one, given)]


def withdrawn_works(folder: Path) -> list[str]:
    """Return the ids of works that must not be in raw/: rejected, or taken back by the visitor.

    Raises:
        TrainingError: a table cannot be understood.
    """
    given = _given(folder)
    return [one.picture for one in read_review(folder) if not _is_taken(one, given)]


def _given(folder: Path) -> set[str]:
    require_export(folder)
    return {row.get("picture", "") for row in read_table(folder / FEEDBACK_FILE)}


def _is_taken(one: Review, given: set[str]) -> bool:
    return one.decision == "accept" and one.picture in given


def _row_of(one: Review) -> dict[str, str]:
    return {
        "path": one.picture,
        "style": one.label,
        "title": f"Picture of a visitor, {one.received[:10]}",
        "source": VISITORS,
        "rights": "unknown",  # they gave it for training, and nobody asked who made it
        "provenance": "; ".join(_provenance_of(one)),
    }


def _provenance_of(one: Review) -> Iterator[str]:
    yield f"model={one.model}"
    yield f"predicted={one.predicted}"
    yield f"said={one.said}"
    yield f"received={one.received}"
    yield f"decision={'accepted' if one.label == one.said else 'corrected'}"
    yield f"reviewed={one.reviewed or 'by hand'}"
