"""Makes sources of works: a CSV with drawn pictures beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.pictures import paint
from training.files import write_table

Row = Mapping[str, str]


def one_row(number: int = 1, **changes: str) -> Row:
    """Return a row of which everything is known."""
    known = {
        "path": f"cubism/{number:05d}.png",
        "style": "cubism",
        "wikiart_style": "Cubism",
        "artist": "Juan Gris",
        "artist_sure": "yes",
        "title": f"Guitar {number}",
        "year": "1913",
        "genre": "still_life",
        "wikiart_path": f"juan-gris/guitar-{number}",
    }
    return known | changes


def write_source(folder: Path, rows: Sequence[Row], *, has_pictures: bool = True) -> Path:
    """Write a metadata.csv and draw the pictures that it names; returns the CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, path in enumerate(sorted({row["path"] for row in rows}) if has_pictures else ()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        paint("cubism", seed=place).save(folder / path)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = [[row.get(column, "") for column in columns] for row in rows]
    write_table(folder / "metadata.csv", columns, table)
    return folder / "metadata.csv"
