"""dataset/ as the other steps read it: what was made how, and which work is in which part.

    config.json     what decided the pixels, from the start
    pictures/       STYLE/NAME.png (or .jpg), the squares; pictures.tar and its index instead
    works.csv       a row per work: the columns of `Work`, then one per list
    dataset.json    `Dataset`; written last, so that a folder is whole when it is there

Pictures that works.csv does not name (copies, say) are no part of the dataset: they are kept so
that organising again need not make them again.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lambda_fn.contract.manifest import sha256_of
from training.config import OrganiseConfig
from training.errors import TrainingError
from training.files import write_table

VERSION: Final = 2
PARTS = ("train", "validation", "test", "unused")
UNKNOWN_ARTIST = "UNKNOWN"
_FACTS = ("path", "style", "wikiart_style", "artist", "title", "year", "rights", "source", "digest")
_SUFFIX = re.compile(r"\.(jpe?g|png|gif|webp|avif|tiff?|bmp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Work:
    """One labelled picture; `parts` says in which part of which list it is."""

    path: str  # the id of the raw work: unique, and the same whatever its style
    style: str  # slug
    wikiart_style: str
    artist: str  # as the source spells it, or UNKNOWN
    title: str
    year: int | None
    rights: str
    source: str
    digest: str  # SHA-256 of the stored pixels, in hex
    parts: Mapping[str, str]

    @property
    def name(self) -> str:
        """Where its picture is among those of the dataset, less the suffix: STYLE/..."""
        return f"{self.style}/{_SUFFIX.sub('', self.path.removeprefix(f'{self.style}/'))}"


class Dataset(BaseModel):
    """What `dataset.json` keeps. `skipped` counts by reason what is in raw/ but not here."""

    model_config = ConfigDict(frozen=True)

    version: Literal[2]
    config: OrganiseConfig
    styles: tuple[str, ...]  # slugs, in the order of STYLES
    lists: tuple[str, ...]
    pictures: int
    unknown_artists: int  # works whose artist is UNKNOWN
    undated: int
    duplicates: dict[str, int]  # left out as copies: "exact" and "near"
    disagreeing_duplicates: int  # of these, how many were filed under another style
    skipped: dict[str, int]
    fingerprint: str  # SHA-256 of works.csv, which holds labels, lists and the pixels' digests


def load_dataset(folder: Path) -> Dataset:
    """Read `dataset.json` of a finished dataset folder.

    Raises:
        TrainingError: it is not finished, or another version made it.
    """
    index = folder / "dataset.json"
    if not index.is_file():
        raise TrainingError(
            f"{folder} is no finished dataset (no dataset.json): run "
            f"`python -m training organise RAW {folder}` first"
        )
    try:
        return Dataset.model_validate_json(index.read_bytes())
    except ValidationError as error:
        raise TrainingError(
            f"{index} is damaged or of another version (this one reads version {VERSION}): "
            "organise again, into another folder"
        ) from error


def load_works(folder: Path) -> list[Work]:
    """Read `works.csv` of a finished dataset folder, ordered by path.

    Raises:
        TrainingError: the dataset is not finished, or works.csv is not the one it was made with.
    """
    dataset = load_dataset(folder)
    table = folder / "works.csv"
    if not table.is_file() or sha256_of(table) != dataset.fingerprint:
        raise TrainingError(
            f"{table} is missing or not what dataset.json was made with: organise again"
        )
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [_work_of(row, dataset.lists) for row in rows]


def write_works(folder: Path, works: Iterable[Work], lists: Sequence[str]) -> str:
    """Write `works.csv` and return the fingerprint of the dataset."""
    rows = ([*_facts_of(work), *(work.parts[name] for name in lists)] for work in works)
    write_table(folder / "works.csv", [*_FACTS, *lists], rows)
    return sha256_of(folder / "works.csv")


def _facts_of(work: Work) -> list[object]:
    year = "" if work.year is None else work.year
    facts = (work.path, work.style, work.wikiart_style, work.artist, work.title, year)
    return [*facts, work.rights, work.source, work.digest]


def _work_of(row: list[str], lists: Sequence[str]) -> Work:
    # by place, not by name: a list may be called like one of the first columns
    path, style, wikiart_style, artist, title, year, rights, source, digest, *parts = row
    return Work(
        path=path,
        style=style,
        wikiart_style=wikiart_style,
        artist=artist,
        title=title,
        year=int(year) if year else None,
        rights=rights,
        source=source,
        digest=digest,
        parts=dict(zip(lists, parts, strict=True)),
    )
