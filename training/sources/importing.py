"""Labelled pictures of any collection -> raw/: one folder per style, or a CSV that names them.

A reviewed export of feedback is a collection, too: what is accepted comes in, and what was
rejected or taken back by its visitor since goes out of raw/ again.

A work's id is its path inside of the source, so that lists of paths (splits.csv) still fit. The
style goes first among the work's styles unless WikiArt's own ones already stand for it. Pictures
are hard-linked where source and raw folder share a disk, else copied; nothing is imported twice.
"""

import csv
import filecmp
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict
from tqdm import tqdm

from lambda_fn.catalogue.works import wikiart_image_url, wikiart_page_url
from lambda_fn.contract.images import PictureError
from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.config import ImportConfig
from training.errors import TrainingError
from training.files import whole_file
from training.sources.raw_folder import (
    PICTURES_FOLDER,
    RawFolder,
    RawWork,
    Rights,
    counts_by_reason,
    is_inside,
    open_raw,
    style_of,
    take_out_works,
    verify_picture,
)
from training.sources.visitor_works import VISITORS, is_reviewed, rows_of_review, withdrawn_works

_UNREADABLE = "unreadable: "
Row = Mapping[str, str]


class Imported(BaseModel):
    """What became of the rows; `skipped` counts by reason.

    taken_out: works that were there, and whose pictures visitors or reviewers want no longer.
    """

    model_config = ConfigDict(frozen=True)

    works: int
    new: int
    styles: int
    skipped: dict[str, int]
    taken_out: int = 0


class SkippedRowError(Exception):
    """A row cannot become a work; the message is the reason to count."""


def import_works(source: Path, raw: Path, config: ImportConfig) -> Imported:
    """Add every labelled picture of `source` to `raw`, unless it is there already.

    Raises:
        TrainingError: nothing to import, a CSV that is none, or too many unreadable pictures.
    """
    rows, skipped = _without_doubles(_read_rows(source, config))
    gone = withdrawn_works(source) if is_reviewed(source) else ()
    taken_out = take_out_works(raw, gone, source=VISITORS)
    if taken_out and not rows:
        return Imported(works=0, new=0, styles=0, skipped={}, taken_out=taken_out)
    with open_raw(raw) as folder:
        before = set(folder.works)
        works = []
        bar = tqdm(total=len(rows), desc="import", unit="picture", disable=None)
        for outcome in _import_all(source, raw, folder, rows):
            bar.update()
            if isinstance(outcome, str):
                skipped[outcome] += 1
            else:
                works.append(outcome)
        bar.close()
    _refuse_result(source, len(rows), skipped, config)
    return Imported(
        works=len(works),
        new=len({work.id for work in works} - before),
        styles=len({style_of(work.wikiart_styles) for work in works}),
        skipped=dict(skipped.most_common()),
        taken_out=taken_out,
    )


def _read_rows(source: Path, config: ImportConfig) -> list[Row]:
    if not source.is_dir():
        raise TrainingError(f"{source} is no folder: name one with a folder of pictures per style")
    if config.csv is None and is_reviewed(source):
        return list(rows_of_review(source))
    table = source / (config.csv or "metadata.csv")
    if config.csv is None and not table.is_file():
        return list(_rows_of_folders(source))
    return rows_of_csv(table)


def _rows_of_folders(source: Path) -> Iterator[Row]:
    for path in sorted(source.glob("*/**/*")):
        inside = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield {"path": inside.as_posix(), "style": inside.parts[0], "title": path.stem}


def rows_of_csv(table: Path) -> list[Row]:
    """Return the rows of a CSV of works.

    Raises:
        TrainingError: it is no CSV in UTF-8, or lacks a column.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            missing = {"path", "style"} - set(reader.fieldnames or ())
            # a row that is too long has the rest under None
            rows: list[Row] = [
                {name: value for name, value in row.items() if name} for row in reader
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{table} is no CSV in UTF-8: {error}") from error
    if missing:
        raise TrainingError(f"{table} lacks the columns {', '.join(sorted(missing))}")
    return rows


def _without_doubles(rows: list[Row]) -> tuple[list[Row], Counter[str]]:
    by_path = {row["path"]: row for row in reversed(rows)}
    doubles = len(rows) - len(by_path)
    skipped = Counter({"listed twice": doubles} if doubles else {})
    return list(reversed(by_path.values())), skipped


def _import_all(
    source: Path, raw: Path, folder: RawFolder, rows: Iterable[Row]
) -> Iterator[RawWork | str]:
    """Yield the work or the reason against it for each row, in their order."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from pool.map(partial(_import_one, source, raw, folder), rows)
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for every picture


def _import_one(source: Path, raw: Path, folder: RawFolder, row: Row) -> RawWork | str:
    try:
        work = work_of(row)
        stored = _store_picture(source / row["path"], raw, folder, work)
    except SkippedRowError as error:
        return str(error)
    folder.add(stored)
    return stored


def work_of(row: Row) -> RawWork:
    """Return the work that a row describes.

    Raises:
        SkippedRowError: it describes none.
    """
    path = row["path"]
    if not is_inside(path):
        raise SkippedRowError(f"{_UNREADABLE}path outside of its folder")
    wikiart_path = row.get("wikiart_path") or None
    artist = row.get("artist") or None
    return RawWork(
        id=path,
        title=row.get("title") or "Untitled",
        artist=artist,
        artist_slug=wikiart_path.split("/")[0] if wikiart_path else _slug(artist),
        year=int(row["year"]) if re.fullmatch(r"\d{1,4}", row.get("year", "")) else None,
        wikiart_styles=_styles_of(row),
        genre=row.get("genre") or None,
        image_url=wikiart_image_url(wikiart_path) if wikiart_path else None,
        page_url=wikiart_page_url(wikiart_path) if wikiart_path else None,
        rights=_rights_of(row),
        source=row.get("source") or "import",
        provenance=row.get("provenance") or None,
        picture=f"{PICTURES_FOLDER}/{path}",
    )


def _styles_of(row: Row) -> tuple[str, ...]:
    slug = style_of([row["style"]])
    if slug is None:
        raise SkippedRowError(f"unknown style: {row['style'] or 'none given'}")
    named = [part.strip() for part in re.split(r"[|,]", row.get("wikiart_style", ""))]
    styles = tuple(filter(None, named))
    return styles if style_of(styles) == slug else (STYLE_BY_SLUG[slug].name, *styles)


def _rights_of(row: Row) -> Rights:
    given: dict[str, Rights] = {one: one for one in get_args(Rights)}
    return given.get(row.get("rights", ""), "unknown")


def _slug(name: str | None) -> str | None:
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or None


def _store_picture(origin: Path, raw: Path, folder: RawFolder, work: RawWork) -> RawWork:
    """Return the work with the size of its picture, which is then in the raw folder."""
    known = folder.works.get(work.id)
    target = raw / f"{work.picture}"
    if not origin.is_file():
        raise SkippedRowError(f"{_UNREADABLE}no such file")
    origin = origin.resolve()
    if known is not None and target.is_file():
        if not filecmp.cmp(origin, target):
            raise SkippedRowError(f"{_UNREADABLE}its name is taken by another picture")
        return work.model_copy(update={"width": known.width, "height": known.height})
    try:
        picture = verify_picture(origin.read_bytes())
    except (OSError, PictureError) as error:
        raise SkippedRowError(f"{_UNREADABLE}{type(error).__name__}") from error
    with whole_file(target) as file:
        _link_or_copy(origin, file)
    return work.model_copy(update={"width": picture.width, "height": picture.height})


def _link_or_copy(origin: Path, target: Path) -> None:
    try:
        target.hardlink_to(origin)
    except OSError:  # another disk, or one that knows no links
        shutil.copy2(origin, target)


def _refuse_result(source: Path, rows: int, skipped: Counter[str], config: ImportConfig) -> None:
    unreadable = sum(count for why, count in skipped.items() if why.startswith(_UNREADABLE))
    reasons = counts_by_reason(skipped)
    if unreadable > config.max_unreadable_share * rows:
        raise TrainingError(
            f"{unreadable} of {rows} pictures cannot be imported, more than the "
            f"{config.max_unreadable_share:.0%} allowed ({reasons}); the others are kept"
        )
    if rows == 0 and is_reviewed(source):
        raise TrainingError(
            f"no picture in {source} is accepted: run `python -m training review {source}` first"
        )
    if rows == 0 or sum(skipped.values()) >= rows + skipped["listed twice"]:
        raise TrainingError(
            f"{source} has no picture of a known style ({reasons or 'no pictures'}): name a folder "
            "with a folder of pictures per style, or a CSV with the columns path and style"
        )
