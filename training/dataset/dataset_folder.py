"""dataset/ as the other steps read it: what was made how, and which work is in which part.

    config.json     what decided the pixels, from the start
    pictures/       STYLE/NAME.png (or .jpg), the squares; pictures.tar and its index instead
    works.csv       a row per work: the columns of `Work`, then one per list, such as `list_artist`
    dataset.json    `Dataset`; written last, so that a folder is whole when it is there

Pictures that works.csv does not name (copies, say) are no part of the dataset: they are kept so
that organising again need not make them again.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from training.config import OrganiseConfig
from training.errors import TrainingError
from training.files import write_table

VERSION: Final = 2
PARTS = ("train", "validation", "test", "unused")
UNKNOWN_ARTIST = "UNKNOWN"
_DECIDING = tuple("path style wikiart_style artist title year rights source digest".split())
_FACTS = (*_DECIDING, "artist_sure", "group")
_LIST = "list_"  # a list may be called like a fact: `artist` is one, and so is the list by artist
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
    artist_sure: bool | None = None  # None: the source does not say
    group: str = ""  # the artist with all spellings united, as the source has it

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
    fingerprint: str  # of labels, lists and the pixels' digests; see `fingerprint_of`


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
    works = _read_works(table, dataset.lists) if table.is_file() else []
    if fingerprint_of(works, dataset.lists) != dataset.fingerprint:
        raise TrainingError(
            f"{table} is missing or not what dataset.json was made with: organise again"
        )
    return works


def write_works(folder: Path, works: Sequence[Work], lists: Sequence[str]) -> str:
    """Write `works.csv` and return the fingerprint of the dataset."""
    header = [*_FACTS, *(f"{_LIST}{name}" for name in lists)]
    rows = (
        [*_deciding(work), _said(work.artist_sure), work.group, *_parts(work, lists)]
        for work in works
    )
    write_table(folder / "works.csv", header, rows)
    return fingerprint_of(works, lists)


def fingerprint_of(works: Iterable[Work], lists: Sequence[str]) -> str:
    """Return the SHA-256, in hex, of all that decides what a model learns and is asked.

    It is that of works.csv as it once was, with two columns called `artist` where a list has that
    name: models that were trained before know their datasets by it.
    """
    text = StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*_DECIDING, *lists])
    table.writerows([*_deciding(work), *_parts(work, lists)] for work in works)
    return hashlib.sha256(text.getvalue().encode("utf-8")).hexdigest()


def _deciding(work: Work) -> list[object]:
    year = "" if work.year is None else work.year
    facts = (work.path, work.style, work.wikiart_style, work.artist, work.title, year)
    return [*facts, work.rights, work.source, work.digest]


def _parts(work: Work, lists: Sequence[str]) -> list[str]:
    return [work.parts[name] for name in lists]


def _said(value: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[value]


def _read_works(table: Path, lists: Sequence[str]) -> list[Work]:
    """Return the works of a table, or none where it is damaged."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
            is_old = header == [*_DECIDING, *lists]
            return [_work_of(row, lists, facts=_DECIDING if is_old else _FACTS) for row in rows]
    except (ValueError, KeyError, csv.Error):
        return []


def _work_of(row: Sequence[str], lists: Sequence[str], *, facts: Sequence[str]) -> Work:
    # by place, not by name: before the lists were marked, one could be called like a fact
    known = dict(zip(facts, row, strict=False))
    return Work(
        path=known["path"],
        style=known["style"],
        wikiart_style=known["wikiart_style"],
        artist=known["artist"],
        title=known["title"],
        year=int(known["year"]) if known["year"] else None,
        rights=known["rights"],
        source=known["source"],
        digest=known["digest"],
        parts=dict(zip(lists, row[len(facts) :], strict=True)),
        artist_sure={"yes": True, "no": False}.get(known.get("artist_sure", "")),
        group=known.get("group", ""),
    )
