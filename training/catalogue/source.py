"""A raw folder or a CSV -> works of the catalogue, each with its picture where one is at hand.

A work needs an artist, a title and one of our styles; the others are counted by reason. Its id is
its WikiArt path. Where that is unknown, or made from a garbled name, the id is made the same way
from artist and title, with a number where another work has it already, and the work has no links.
Works are taken in the order of their paths, so that the same source always gives the same ids.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slugify import slugify

from lambda_fn.catalogue.works import ID_PATTERN, Work
from training.catalogue.dates import likely_year, rights_of, years_of_artists
from training.catalogue.names import Artist, mend_name, unite_artists
from training.dataset.artists import is_unknown
from training.errors import TrainingError
from training.sources.importing import SkippedRowError, work_of
from training.sources.labelled_rows import TABLE, Row, rows_of_csv
from training.sources.raw_folder import WORKS_FILE, RawWork, filing_of, read_works

_NO_TITLE = frozenset({"", "unknown", "unknown title", "title unknown"})
_UNTITLED = "untitled"
_FILE_NAME_END = re.compile(r"(?<=.)( \d{4})?\(\d+\)$")  # such as `Mirth 1820(1)`: year and number


@dataclass(frozen=True, slots=True)
class SourceWork:
    """A work and the file of its picture, if it is there."""

    work: Work
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Source:
    """What a source holds: works by id, and how many others were left out for which reason."""

    works: Sequence[SourceWork]
    skipped: Counter[str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A work that has all it needs; `path` is WikiArt's, if it is known."""

    raw: RawWork
    artist: str
    path: str | None
    style: str
    wikiart_style: str
    year: int | None


def read_source(source: Path, *, pictures: Path | None = None) -> Source:
    """Return the works of a raw folder, of a CSV, or of a folder with a metadata.csv.

    pictures: where the paths of the pictures begin; by default in the folder of the source.

    Raises:
        TrainingError: it is none of these, or damaged.
    """
    found, skipped, folder = _read(source)
    drafts = []
    for raw in sorted(found, key=lambda one: one.id):
        draft = _draft(raw)
        if isinstance(draft, str):
            skipped[draft] += 1
        else:
            drafts.append(draft)
    works: dict[str, SourceWork] = {}
    for draft, work in zip(drafts, _works_of(drafts), strict=True):
        if work.id in works:
            skipped["same work twice"] += 1
        else:
            works[work.id] = SourceWork(work, _picture(pictures or folder, draft.raw))
    return Source([works[id_] for id_ in sorted(works)], skipped)


def leave_out(source: Source, artists: Collection[str]) -> Source:
    """Return the source without the works of these artists (slugs); they are counted as skipped."""
    kept = [one for one in source.works if one.work.artist_slug not in artists]
    asked = Counter({"left out as asked": len(source.works) - len(kept)})
    return Source(kept, source.skipped + asked)


def _read(source: Path) -> tuple[list[RawWork], Counter[str], Path]:
    """Return works, the reasons against others, and the folder of the pictures."""
    if (source / WORKS_FILE).is_file():
        return read_works(source), Counter(), source
    table = source / TABLE if source.is_dir() else source
    if not table.is_file():
        raise TrainingError(
            f"{source} holds no works: name a raw folder (of collect or import), a CSV, or a "
            f"folder with a {TABLE}"
        )
    skipped: Counter[str] = Counter()
    works = []
    for row in rows_of_csv(table):
        try:
            works.append(_work_of_row(row))
        except SkippedRowError as error:
            skipped[str(error)] += 1
    return works, skipped, table.parent


def _work_of_row(row: Row) -> RawWork:
    work = work_of(row)
    return work.model_copy(update={"title": row.get("title", ""), "picture": row["path"]})


def _draft(raw: RawWork) -> _Draft | str:
    """Return what can become a work, or why it cannot."""
    filing = filing_of(raw.wikiart_styles)
    if filing is None:
        return "other style"
    if is_unknown(raw.artist):
        return "artist unknown"
    if raw.artist_sure is False:
        return "artist unsure"
    artist = mend_name(raw.artist or "")
    # a path with a garbled name in it leads nowhere
    path = _wikiart_path(raw) if artist == raw.artist else None
    if not _is_title(raw.title, has_path=path is not None):
        return "title unknown"
    slug, wikiart_style = filing
    year = likely_year(raw.year, style=slug, path=path or "")
    return _Draft(raw, artist, path, slug, wikiart_style, year)


def _is_title(title: str, *, has_path: bool) -> bool:
    """WikiArt knows works that their artists left untitled; elsewhere the title is missing."""
    plain = title.strip().casefold()
    if plain == _UNTITLED:
        return has_path
    return plain not in _NO_TITLE and bool(slugify(plain))


def _wikiart_path(raw: RawWork) -> str | None:
    address = unquote(urlsplit(raw.page_url or "").path)
    path = "/".join(address.split("/")[-2:])
    return path if re.fullmatch(ID_PATTERN, path) else None


def _works_of(drafts: Sequence[_Draft]) -> Iterator[Work]:
    """Yield the work of each draft, in their order; ids may come twice where WikiArt has one."""
    artists = unite_artists(
        (one.artist, one.path.partition("/")[0] if one.path else None) for one in drafts
    )
    years = years_of_artists((artists[one.artist].slug, one.year) for one in drafts)
    taken = {one.path for one in drafts if one.path}
    for draft, year in zip(drafts, years, strict=True):
        artist = artists[draft.artist]
        id_ = draft.path or _new_id(draft.raw, artist, taken)
        taken.add(id_)
        yield _work(draft, id_, artist.name, year)


def _work(draft: _Draft, id_: str, artist: str, year: int | None) -> Work:
    raw = draft.raw
    has_links = draft.artist == raw.artist
    return Work(
        id=id_,
        title=_FILE_NAME_END.sub("", " ".join(raw.title.split())),
        artist=artist,
        style=draft.style,
        wikiart_style=draft.wikiart_style,
        year=year,
        genre=_genre(raw.genre),
        rights=rights_of(raw.rights, year),
        page_url=raw.page_url if has_links else None,
        image_url=raw.image_url if has_links else None,
    )


def _new_id(raw: RawWork, artist: Artist, taken: set[str]) -> str:
    base = f"{artist.slug}/{slugify(raw.title)}"
    others = (f"{base}-{number}" for number in count(2))
    return base if base not in taken else next(one for one in others if one not in taken)


def _genre(genre: str | None) -> str | None:
    return genre.replace("_", " ") if genre else None


def _picture(folder: Path, raw: RawWork) -> Path | None:
    file = folder / raw.picture if raw.picture else None
    return file if file is not None and file.is_file() else None
