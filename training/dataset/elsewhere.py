"""Pictures from anywhere, in a folder with a metadata.csv: what a model is measured and warned by.

The columns are `path`, `kind` (paintings, photos-of-paintings or not-paintings), `style` (a slug;
of a picture that is no painting, what it is), `part` (train or test), `source` (the place that it
comes from; no place may be in both parts) and, optionally, `large` (the same picture in a larger
file).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.images import PictureError, to_pixels
from training.errors import TrainingError
from training.sources.labelled_rows import rows_of_csv

Kind = Literal["paintings", "photos-of-paintings", "not-paintings"]
PAINTINGS, PHOTOGRAPHS, OTHERS = get_args(Kind)


@dataclass(frozen=True, slots=True)
class ElsewherePicture:
    """One row; `large` is None where there is no larger file."""

    file: Path
    kind: Kind
    style: str
    part: str
    source: str
    large: Path | None


def read_elsewhere(folder: Path) -> list[ElsewherePicture]:
    """Return the rows of the folder's metadata.csv, in their order.

    Raises:
        TrainingError: no such CSV, a column that is missing, or an unknown kind.
    """
    table = folder / "metadata.csv"
    if not table.is_file():
        raise TrainingError(f"{folder} has no metadata.csv that says what its pictures are")
    rows = rows_of_csv(table)
    missing = {"kind", "part", "source"} - set(rows[0] if rows else ())
    if missing:
        raise TrainingError(f"{table} lacks the columns {', '.join(sorted(missing))}")
    unknown = sorted({row["kind"] for row in rows} - set(get_args(Kind)))
    if unknown:
        raise TrainingError(
            f"{table} has the kinds {', '.join(unknown)}: known are {', '.join(get_args(Kind))}"
        )
    return [
        ElsewherePicture(
            folder / row["path"],
            row["kind"],  # type: ignore[arg-type] # checked above
            row["style"],
            row["part"],
            row["source"] or row["path"],
            folder / row["large"] if row.get("large") else None,
        )
        for row in rows
    ]


def read_squares(
    pictures: Sequence[ElsewherePicture], *, size_px: int, is_large: bool = False
) -> Iterator[NDArray[np.float32]]:
    """Yield the pixels of each as the service sees them: (size_px, size_px, 3), 0 to 255.

    Raises:
        TrainingError: one is missing or cannot be read.
    """
    for picture in pictures:
        file = picture.large if is_large and picture.large else picture.file
        try:
            yield to_pixels(file.read_bytes(), size_px=size_px).pixels
        except (OSError, PictureError) as error:
            raise TrainingError(f"{file} cannot be read: {error}") from error


def those(pictures: Sequence[ElsewherePicture], kind: Kind, part: str) -> list[ElsewherePicture]:
    """Return the pictures of one kind and part."""
    return [one for one in pictures if (one.kind, one.part) == (kind, part)]
