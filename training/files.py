"""Files and folders that are either whole or absent: written under another name, then renamed."""

import csv
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from training.errors import TrainingError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well.

    The temporary name keeps the suffix, because Keras chooses the format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:  # a write does not know the name of its file
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV in UTF-8 with a heading."""
    with (
        whole_file(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


@contextmanager
def whole_folder(path: Path, *, is_replacing: bool) -> Iterator[Path]:
    """Yield a new folder beside `path`; give it that name when the block ends well.

    Raises:
        TrainingError: `path` exists, is not empty, and is not to be replaced.
    """
    refuse_to_overwrite(path, is_replacing=is_replacing)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    former = path.with_name(f".{path.name}.{os.getpid()}.old")
    temporary.mkdir()
    try:
        yield temporary
        if path.is_dir():
            path.rename(former)  # a folder cannot be replaced in one step
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if former.is_dir() and not path.is_dir():
            former.rename(path)
        shutil.rmtree(former, ignore_errors=True)


def refuse_to_overwrite(folder: Path, *, is_replacing: bool) -> None:
    """Check that a folder may be written: it is absent or empty, or is to be replaced.

    Raises:
        TrainingError: it may not.
    """
    if folder.is_dir() and (is_replacing or not any(folder.iterdir())):
        return
    if folder.exists():
        raise TrainingError(
            f"{folder} exists already, and a model folder never changes: name another one, or "
            "give --replace"
        )
