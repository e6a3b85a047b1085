"""A SQLite catalogue -> the small file that ships."""

from contextlib import closing
from pathlib import Path

from lambda_fn.catalogue.sqlite import SqliteWriter
from training.errors import TrainingError


def compact(file: Path, out: Path) -> int:
    """Write the works of a catalogue to a small file, and return how many there are.

    Raises:
        TrainingError: the catalogue is not there.
        CatalogueError: it is damaged or of another version.
    """
    if not file.is_file():
        raise TrainingError(f"there is no catalogue at {file}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with closing(SqliteWriter(file)) as catalogue:
        catalogue.write_compact(out)
        return catalogue.facts().works
