"""Labelled pictures of any collection -> raw/: one folder per style, or a CSV that names them.

A reviewed export of feedback is a collection, too: what is accepted comes in, and what was
rejected or taken back by its visitor since goes out of raw/ again.

A work's id is its path inside of the source, so that lists of paths (splits.csv) still fit. The
style goes first among the work's styles unless WikiArt's own ones already stand for it. Pictures
are hard-linked where source and raw folder share a disk, else copied; nothing is imported twice.
"""

import filecmp
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict
from tqdm import tqdm

from lambda_fn.catalogue.works import wikiart_image_url, wikiart_page_url
from lambda_fn.contract.images import PictureError
from training.config import ImportConfig
from training.errors import TrainingError
from training.files import whole_file
from training.sources.garbled import decode_path
from training.sources.labelled_rows import IN_NO_FOLDER, Row, loose_pictures, read_rows
from training.sources.left_out import (
    FILES_FILE,
    LeftOutFile,
    LeftOutFolder,
    by_folder,
    write_left_out,
)
from training.sources.raw_folder import (
    PICTURES_FOLDER,
    RawFolder,
    RawWork,
    Rights,
    counts_by_reason,
    filing_of,
    is_inside,
    open_raw,
    style_of,
    take_out_works,
    verify_picture,
)
from training.sources.visitor_works import VISITORS, is_reviewed, rows_of_review, withdrawn_works
from training.sources.wikiart_downloads import known_style, why_left_out

_UNREADABLE = "unreadable: "


class Imported(BaseModel):
    """What became of the rows; `skipped` counts by reason, `folders` by folder and reason.

    taken_out: works that were there, and whose pictures visitors or reviewers want no longer.
    """

    model_config = ConfigDict(frozen=True)

    works: int
    new: int
    styles: int
    skipped: dict[str, int]
    folders: tuple[LeftOutFolder, ...] = ()
    taken_out: int = 0


class SkippedRowError(Exception):
    """A row cannot become a work; the message is the reason to count."""


class UnknownStyleError(SkippedRowError):
    """Its style is none of ours."""


def import_works(source: Path, raw: Path, config: ImportConfig) -> Imported:
    """Add every labelled picture of `source` to `raw`, unless it is there already.

    What is left out is counted by reason and by folder, and named in two CSVs beside the works
    (see left_out.py).

    Raises:
        TrainingError: nothing to import, a CSV that is none, or too many unreadable pictures.
    """
    listed = _read_rows(source, config)
    names = () if config.csv or is_reviewed(source) else loose_pictures(source)
    loose = [LeftOutFile(name, IN_NO_FOLDER) for name in names]
    rows, doubles = _without_doubles(listed)
    gone = withdrawn_works(source) if is_reviewed(source) else ()
    taken_out = take_out_works(raw, gone, source=VISITORS)
    if taken_out and not rows:
        return Imported(works=0, new=0, styles=0, skipped={}, taken_out=taken_out)
    with open_raw(raw) as folder:
        before = set(folder.works)
        works, refused = _sort_out(rows, _import_all(source, raw, folder, rows))
        left_out = [*doubles, *loose, *refused]
        paths = [*(row["path"] for row in listed), *(one.path for one in loose)]
        folders = by_folder(paths, left_out)
        write_left_out(raw, source, folders, left_out)
    skipped = Counter(one.reason for one in left_out)
    _refuse_result(source, len(rows), skipped, config, is_empty=not works)
    return Imported(
        works=len(works),
        new=len({work.id for work in works} - before),
        styles=len({style_of(work.wikiart_styles) for work in works}),
        skipped=dict(skipped.most_common()),
        folders=folders,
        taken_out=taken_out,
    )


def _read_rows(source: Path, config: ImportConfig) -> list[Row]:
    if not source.is_dir():
        raise TrainingError(f"{source} is no folder: name one with a folder of pictures per style")
    if config.csv is None and is_reviewed(source):
        return list(rows_of_review(source))
    return read_rows(source, None if config.csv is None else source / config.csv)


def _without_doubles(rows: list[Row]) -> tuple[list[Row], list[LeftOutFile]]:
    by_path = {row["path"]: row for row in reversed(rows)}
    counts = Counter(row["path"] for row in rows)
    doubles = [
        LeftOutFile(path, "listed twice")
        for path, count in counts.items()
        for _ in range(count - 1)
    ]
    return list(reversed(by_path.values())), doubles


def _sort_out(
    rows: list[Row], outcomes: Iterable[RawWork | LeftOutFile]
) -> tuple[list[RawWork], list[LeftOutFile]]:
    works: list[RawWork] = []
    left_out: list[LeftOutFile] = []
    for outcome in tqdm(outcomes, "import", len(rows), unit="picture", disable=None):
        if isinstance(outcome, LeftOutFile):
            left_out.append(outcome)
        else:
            works.append(outcome)
    return works, left_out


def _import_all(
    source: Path, raw: Path, folder: RawFolder, rows: Iterable[Row]
) -> Iterator[RawWork | LeftOutFile]:
    """Yield the work or the reason against it for each row, in their order."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from pool.map(partial(_import_one, source, raw, folder), rows)
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for every picture


def _import_one(source: Path, raw: Path, folder: RawFolder, row: Row) -> RawWork | LeftOutFile:
    try:
        work = work_of(row)
        stored = _store_picture(source / row["path"], raw, folder, work)
    except SkippedRowError as error:
        return LeftOutFile(
            row["path"], str(error), has_style=not isinstance(error, UnknownStyleError)
        )
    folder.add(stored)
    return stored


def work_of(row: Row) -> RawWork:
    """Return the work that a row describes.

    Raises:
        SkippedRowError: it describes none.
    """
    path = decode_path(row["path"])
    if not is_inside(path):
        raise SkippedRowError(f"{_UNREADABLE}path outside of its folder")
    wikiart_path = row.get("wikiart_path") or None
    artist = row.get("artist") or None
    return RawWork(
        id=path,
        title=row.get("title") or "Untitled",
        artist=artist,
        artist_sure={"yes": True, "no": False}.get(row.get("artist_sure", "")),
        artist_slug=wikiart_path.split("/")[0] if wikiart_path else _slug(artist),
        group=row.get("group") or None,
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
    filing = filing_of([known_style(row["style"]) or ""])
    if filing is None:
        raise UnknownStyleError(why_left_out(row["style"]))
    slug, name = filing
    named = [part.strip() for part in re.split(r"[|,]", row.get("wikiart_style", ""))]
    styles = tuple(filter(None, named))
    if style_of(styles) == slug:
        return styles
    finer = () if style_of([row["style"]]) else (row["style"].replace("_", " "),)
    return (name, *finer, *styles)


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


def _refuse_result(
    source: Path, rows: int, skipped: Counter[str], config: ImportConfig, *, is_empty: bool
) -> None:
    unreadable = sum(count for why, count in skipped.items() if why.startswith(_UNREADABLE))
    reasons = counts_by_reason(skipped)
    if unreadable > config.max_unreadable_share * rows:
        raise TrainingError(
            f"{unreadable} of {rows} pictures cannot be imported, more than the "
            f"{config.max_unreadable_share:.0%} allowed ({reasons}; {FILES_FILE} names them); the "
            "others are kept"
        )
    if rows == 0 and is_reviewed(source):
        raise TrainingError(
            f"no picture in {source} is accepted: run `python -m training review {source}` first"
        )
    if is_empty:
        raise TrainingError(
            f"{source} has no picture of a known style ({reasons or 'no pictures'}): name a folder "
            "with a folder of pictures per style, or a CSV with the columns path and style"
        )
