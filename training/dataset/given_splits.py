"""Lists that somebody fixed: a CSV with the column path and, for each list, a column of parts."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.config import OrganiseConfig
from training.dataset.dataset_folder import PARTS, Work
from training.dataset.splits import Parts, with_validation
from training.errors import TrainingError


def read_lists(path: Path) -> dict[str, Parts]:
    """Return the lists of a CSV by their names: path -> part.

    Raises:
        TrainingError: it is no such CSV, has an unknown part or names a path twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restval="", strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path} is no CSV in UTF-8: {error}") from error
    names = [name for name in (rows[0] if rows else {}) if name and name != "path"]
    if not names or "path" not in rows[0]:
        raise TrainingError(
            f"{path} has no lists: it needs a column path, and one column of parts per list"
        )
    _refuse_contents(path, rows, names)
    return {name: {row["path"]: row[name] for row in rows} for name in names}


def _refuse_contents(path: Path, rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> None:
    unknown = sorted({row[name] for row in rows for name in names} - set(PARTS))
    if unknown:
        raise TrainingError(f"{path} has parts {unknown}: only {', '.join(PARTS)} are known")
    ((most, count),) = Counter(row["path"] for row in rows).most_common(1)
    if count > 1:
        raise TrainingError(f"{path} names the path {most!r} {count} times: once is right")


def fit_list(
    name: str, parts: Mapping[str, str], works: Sequence[Work], config: OrganiseConfig
) -> Parts:
    """Return the part of each work in a fixed list; without a validation part, one is drawn.

    Raises:
        TrainingError: it names none of the works, or lacks pictures for a validation part.
    """
    fitted = {work.path: parts.get(work.path, "unused") for work in works}
    if set(fitted.values()) <= {"unused"}:
        raise TrainingError(
            f"list {name!r} uses none of the {len(works)} works: its paths must be the ids in "
            f"works.jsonl, such as {works[0].path!r}"
        )
    if "validation" in parts.values():
        return fitted
    try:
        return with_validation(works, fitted, config)
    except TrainingError as error:
        raise TrainingError(f"list {name!r} has no validation part, and {error}") from error
