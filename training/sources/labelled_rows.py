"""Pictures with their styles, one row each: out of folders, a CSV, or a class list.

FOLDER/STYLE/...        a folder per style; what the file names say of artist, title and year
metadata.csv            a CSV with a heading, the columns `path` and `style` among others
style_train.csv         a class list: `STYLE/FILE,NUMBER` in each line and no heading; beside it
style_class.txt         what the numbers stand for, `NUMBER NAME` in each line
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from training.errors import TrainingError
from training.sources.file_names import read_file_name
from training.sources.garbled import decode_path

Row = Mapping[str, str]
TABLE: Final = "metadata.csv"
OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("file", "filename", "file_name"),
    "style": ("style_name", "class"),
}
"""Columns that a CSV must have, and what else they may be called."""
IN_NO_FOLDER: Final = "in no folder of a style"
_SUFFIXES = frozenset(".jpg .jpeg .png .gif .webp .avif .tif .tiff .bmp".split())


def read_rows(source: Path, table: Path | None) -> list[Row]:
    """Return the rows of a folder of labelled pictures.

    table: its CSV or class list; None for its metadata.csv or, without one, for folders of styles.
    Where a row says nothing of artist, title and year, the name of its file may.

    Raises:
        TrainingError: a CSV that cannot be understood.
    """
    if table is None and not (source / TABLE).is_file():
        return [_with_file_name(row) for row in _rows_of_folders(source)]
    table = table or source / TABLE
    rows = _rows_of_class_list(table) if _is_class_list(table) else rows_of_csv(table)
    return [_with_file_name(row) for row in rows]


def _rows_of_folders(source: Path) -> Iterator[Row]:
    for path in sorted(source.glob("*/**/*")):
        inside = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            title = decode_path(path.stem)
            yield {"path": inside.as_posix(), "style": inside.parts[0], "title": title}


def loose_pictures(source: Path) -> list[str]:
    """Return the names of pictures that lie in no folder, where folders say what the style is."""
    if (source / TABLE).is_file():
        return []
    names = (path.name for path in source.iterdir() if path.suffix.lower() in _SUFFIXES)
    return sorted(name for name in names if not name.startswith("."))


def rows_of_csv(table: Path) -> list[Row]:
    """Return the rows of a CSV of works.

    Raises:
        TrainingError: it is no CSV in UTF-8, or lacks a column.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            names = _names_of_columns(table, list(reader.fieldnames or ()))
            # a row that is too long has the rest under None
            return [{names[name]: value for name, value in row.items() if name} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{table} is no CSV in UTF-8: {error}") from error


def _names_of_columns(table: Path, columns: list[str]) -> dict[str, str]:
    """Return what we call each column of a CSV; most are called so already."""
    doubles = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubles:
        raise TrainingError(f"{table} has the column {doubles[0]} twice: which one counts?")
    names = {name: name for name in columns}
    for ours, others in OTHER_NAMES.items():
        theirs = next((name for name in others if name in names), None)
        if ours not in names and theirs is not None:
            names[theirs] = ours
    if missing := OTHER_NAMES.keys() - set(names.values()):
        raise TrainingError(f"{table} lacks the columns {', '.join(sorted(missing))}")
    return names


def _is_class_list(table: Path) -> bool:
    with table.open("rb") as file:
        first = file.readline().rstrip()
    return re.fullmatch(rb'.+\.\w+"?,\s*\d+', first) is not None


def _rows_of_class_list(table: Path) -> list[Row]:
    names = _class_names(table)
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file, strict=True) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{table} is no CSV in UTF-8: {error}") from error
    unknown = sorted({line[-1] for line in lines if line[-1].strip() not in names})
    if unknown:
        raise TrainingError(
            f"{table} has the classes {', '.join(unknown)}, which {_classes_beside(table)} does "
            "not name"
        )
    # a comma in a file's name is not quoted there
    return [{"path": ",".join(path), "style": names[label.strip()]} for *path, label in lines]


def _class_names(table: Path) -> dict[str, str]:
    file = _classes_beside(table)
    if not file.is_file():
        raise TrainingError(
            f"{table} names classes by numbers: {file} must say what they stand for, `0 Cubism` "
            "and so on, a class in each line"
        )
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise TrainingError(f"{file} is no text in UTF-8: {error}") from error
    names = {}
    for number, line in enumerate(lines, 1):
        found = re.fullmatch(r"(\d+)[\s,]+(\S.*)", line.strip())
        if found:
            names[found[1]] = found[2]
        elif line.strip():
            raise TrainingError(f"{file}, line {number}: {line!r} is not as `0 Cubism`")
    return names


def _classes_beside(table: Path) -> Path:
    """Return the file that explains the numbers: style_class.txt for style_train.csv."""
    return table.with_name(f"{table.stem.rpartition('_')[0] or table.stem}_class.txt")


def _with_file_name(row: Row) -> Row:
    given = row.get("title", "") not in ("", decode_path(Path(row["path"]).stem))
    if given or row.get("artist") or row.get("year"):
        return row
    named = read_file_name(row["path"])
    if named is None:
        return row
    title, year = named.title or "", "" if named.year is None else str(named.year)
    return {**row, "artist": named.artist, "title": title, "year": year}
