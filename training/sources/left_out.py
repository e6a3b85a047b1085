"""What an import left out and why: by folder, file by file, and in two CSVs in raw/.

    left-out-folders.csv    a row per folder and reason, with counts
    left-out-files.csv      a row per file that cannot be read, is missing, or is named twice

Each import writes the rows of its own source anew and leaves those of other sources as they are.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from training.errors import TrainingError
from training.files import write_table
from training.sources.garbled import decode_path

FOLDERS_FILE: Final = "left-out-folders.csv"
FILES_FILE: Final = "left-out-files.csv"
TOP: Final = "."
"""The folder of files that lie in none."""


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file of a source that did not become a work."""

    path: str
    """inside of the source"""
    reason: str
    has_style: bool = True
    """False: its style is not known here, which is the folder's matter and not the file's"""


@dataclass(frozen=True, slots=True)
class LeftOutFolder:
    """How many pictures of a folder were left out, by reason."""

    folder: str
    pictures: int
    """all that it has, or that a list names there"""
    reasons: Mapping[str, int]

    def __str__(self) -> str:
        """Return a line for people."""
        count = sum(self.reasons.values())
        share = f"all {count:,}" if count == self.pictures else f"{count:,} of {self.pictures:,}"
        reasons = [
            reason if len(self.reasons) == 1 else f"{many:,} {reason}"
            for reason, many in self.reasons.items()
        ]
        return f"{self.folder}: {share} left out, {'; '.join(reasons)}"


def by_folder(paths: Iterable[str], left_out: Iterable[LeftOutFile]) -> tuple[LeftOutFolder, ...]:
    """Count what was left out of these paths, ordered by folder; reasons with the largest first."""
    pictures = Counter(map(_folder_of, paths))
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for one in left_out:
        reasons[_folder_of(one.path)][one.reason] += 1
    return tuple(
        LeftOutFolder(folder, pictures[folder], dict(counts.most_common()))
        for folder, counts in sorted(reasons.items())
    )


def write_left_out(
    raw: Path, source: Path, folders: Iterable[LeftOutFolder], files: Iterable[LeftOutFile]
) -> None:
    """Write the two CSVs of a raw folder; one that would be empty is taken away.

    Raises:
        TrainingError: a CSV that is there cannot be understood.
    """
    name = decode_path(str(source.resolve()))
    of_folders = [
        (one.folder, str(count), str(one.pictures), reason)
        for one in folders
        for reason, count in one.reasons.items()
    ]
    of_files = [(decode_path(one.path), one.reason) for one in files if one.has_style]
    _write(raw / FOLDERS_FILE, name, ["folder", "left_out", "pictures", "reason"], of_folders)
    _write(raw / FILES_FILE, name, ["path", "reason"], of_files)


def _write(
    file: Path, source: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]
) -> None:
    header = ["source", *columns]
    others = [row for row in _read(file, header) if row[0] != source]
    kept = [*others, *([source, *row] for row in rows)]
    if kept:
        write_table(file, header, kept)
    else:
        file.unlink(missing_ok=True)


def _read(file: Path, header: Sequence[str]) -> list[list[str]]:
    if not file.is_file():
        return []
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            first, *rows = csv.reader(stream, strict=True)
    except (ValueError, csv.Error) as error:
        raise TrainingError(f"{file} is damaged ({error}): delete it and import again") from error
    if first != list(header):
        raise TrainingError(f"{file} has other columns than import writes: delete it")
    return rows


def _folder_of(path: str) -> str:
    parts = PurePosixPath(decode_path(path)).parts
    return parts[0] if len(parts) > 1 else TOP
