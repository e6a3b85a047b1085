"""WikiArt -> raw/: artists, their works, details and pictures; goes on where it was stopped.

Beside works.jsonl and pictures/ the raw folder keeps `lists/`, the answers that name artists and
works, so that going on asks for nothing twice; delete it to look for new works. Every work that
was looked at is kept, those of other styles too, but without a picture: asking for another style
later needs no details again. A work that failed is asked for again by the next call.
`collected.json` says with which options the folder was filled last, and what was left out.
"""

import difflib
import json
import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from tqdm import tqdm

from training.config import CollectConfig
from training.errors import TrainingError
from training.files import whole_file
from training.sources.raw_folder import (
    PICTURES_FOLDER,
    RawFolder,
    RawWork,
    Rights,
    counts_by_reason,
    has_style,
    open_raw,
    wikiart_styles_of,
)
from training.sources.wikiart import (
    ARTISTS,
    LISTED_WORKS,
    NO_ADDRESS,
    Artist,
    ListedWork,
    RequestFailedError,
    WikiArt,
)

_T = TypeVar("_T")
_R = TypeVar("_R")
_SUFFIXES = {"jpeg": ".jpg", "tiff": ".tif"}


class Collected(BaseModel):
    """What became of the works that were asked for; `skipped` and `failed` count by reason."""

    model_config = ConfigDict(frozen=True)

    artists: int
    works: int
    pictures: int
    new: int
    skipped: dict[str, int]
    failed: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A work as the lists name it, with what only they say about it."""

    artist: Artist
    rights: Rights
    work: ListedWork


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one work; `error` came up at `stage`."""

    is_new: bool = False
    has_picture: bool = False
    skipped: str = ""
    stage: str = ""
    error: RequestFailedError | None = None


def collect(raw: Path, config: CollectConfig) -> Collected:
    """Bring every work that the config asks for into `raw`, unless it is there already.

    Raises:
        TrainingError: nothing matches, the site is down or refuses, or too many works failed.
    """
    styles = wanted_styles(config)
    with open_raw(raw) as folder, WikiArt(config) as site:
        collection = _Collection(raw, folder, site, config=config, styles=styles)
        collection.run()
        done = collection.result()
    with whole_file(raw / "collected.json") as path:
        report = {"config": config.model_dump(mode="json"), "result": done.model_dump()}
        path.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    _refuse_failures(done, config)
    return done


class _Collection:
    """One run: counts what happens to each work and stops when the site seems to be down."""

    def __init__(
        self,
        raw: Path,
        folder: RawFolder,
        site: WikiArt,
        *,
        config: CollectConfig,
        styles: frozenset[str] | None,
    ) -> None:
        self._raw = raw
        self._folder = folder
        self._site = site
        self._config = config
        self._styles = styles
        self._artists = 0
        self._works = 0
        self._pictures = 0
        self._new = 0
        self._skipped: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._failures_in_a_row = 0

    def run(self) -> None:
        """Go through the works, a few at a time, in the order of the lists."""
        config = self._config
        artists = choose_artists(self._site, self._raw, config, is_keeping=True)
        is_limited_by_style = self._styles is not None and config.limit is not None
        pool = ThreadPoolExecutor(config.connections)
        bar: tqdm[Any] = tqdm(desc="collect", unit="work", disable=None)
        try:
            entries = self._entries(artists, bar)
            if not is_limited_by_style:
                entries = islice(entries, config.limit)
            # whether a work counts for the limit is known only when its style is
            width = 1 if is_limited_by_style else 2 * config.connections
            for outcome in in_order(pool, self._collect_one, entries, width=width):
                self._count(outcome)
                bar.update()
                if self._works == config.limit:
                    break
        finally:
            self._site.stop()
            pool.shutdown(cancel_futures=True)
            bar.close()

    def result(self) -> Collected:
        """Return the counts so far."""
        return Collected(
            artists=self._artists,
            works=self._works,
            pictures=self._pictures,
            new=self._new,
            skipped=dict(self._skipped.most_common()),
            failed=dict(self._failed.most_common()),
        )

    def _entries(self, artists: dict[Artist, Rights], bar: "tqdm[Any]") -> Iterator[_Entry]:
        """Name every work once, artist by artist."""
        seen: set[str] = set()
        for number, (artist, rights) in enumerate(artists.items(), 1):
            try:
                works = works_of(self._site, self._raw, artist)
            except RequestFailedError as error:
                self._fail("list of works", error)
                continue
            self._artists += 1
            new = [work for work in works if work.id not in seen]
            seen.update(work.id for work in new)
            expected = math.ceil(len(seen) * len(artists) / number)
            bar.total = min(expected, self._config.limit or expected)
            for work in new:
                yield _Entry(artist, rights, work)

    def _collect_one(self, entry: _Entry) -> _Outcome:
        known = self._folder.works.get(entry.work.id)
        try:
            work = known or _describe(self._site, entry)
        except RequestFailedError as error:
            return _Outcome(stage="details", error=error)
        if self._styles is not None and not has_style(work, self._styles):
            self._folder.add(work)
            return _Outcome(skipped="other style")
        if self._folder.has_picture(work) or not self._config.has_pictures:
            self._folder.add(work)
            return _Outcome(is_new=known is None, has_picture=self._folder.has_picture(work))
        return self._collect_picture(work)

    def _collect_picture(self, work: RawWork) -> _Outcome:
        try:
            whole = _with_picture(self._site, self._raw, work)
        except RequestFailedError as error:
            self._folder.add(work.model_copy(update={"picture": None}))
            return _Outcome(stage="picture", error=error)
        self._folder.add(whole)
        return _Outcome(is_new=True, has_picture=True)

    def _count(self, outcome: _Outcome) -> None:
        if outcome.error:
            self._fail(outcome.stage, outcome.error)
            return
        self._failures_in_a_row = 0
        if outcome.skipped:
            self._skipped[outcome.skipped] += 1
        else:
            self._works += 1
            self._pictures += outcome.has_picture
            self._new += outcome.is_new

    def _fail(self, stage: str, error: RequestFailedError) -> None:
        reason = f"{stage}: {error.reason}"
        self._failed[reason] += 1
        self._failures_in_a_row += not error.is_about_one_work
        if self._failures_in_a_row >= self._config.max_failures_in_a_row:
            raise TrainingError(
                f"{self._failures_in_a_row} requests in a row failed, the last with {reason}: "
                f"{self._config.base_url} seems to be down or to block us; the same command goes "
                "on from here later"
            )


def in_order(
    pool: Executor, function: Callable[[_T], _R], items: Iterable[_T], *, width: int
) -> Iterator[_R]:
    """Like `pool.map`, but takes from `items` only as many as are being worked on."""
    running: deque[Future[_R]] = deque()
    for item in items:
        running.append(pool.submit(function, item))
        if len(running) >= width:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def _refuse_failures(done: Collected, config: CollectConfig) -> None:
    failed = sum(done.failed.values())
    tried = failed + done.works + sum(done.skipped.values())
    if failed > config.max_failed_share * tried:
        raise TrainingError(
            f"{failed} of {tried} works failed, more than the {config.max_failed_share:.0%} "
            f"allowed ({counts_by_reason(done.failed)}); the others are kept: run the same command "
            "again for the rest"
        )


def wanted_styles(config: CollectConfig) -> frozenset[str] | None:
    """Return the styles to keep, or None for all.

    Raises:
        TrainingError: a style is unknown.
    """
    if not config.styles:
        return None
    wanted: frozenset[str] = frozenset()
    for label in config.styles:
        styles = wikiart_styles_of(label)
        if styles is None:
            raise TrainingError(
                f"no style {label!r}: name one of WikiArt's that we learn, such as 'Rococo', or "
                "one of ours, such as 'art-nouveau'"
            )
        wanted |= styles
    return wanted


def artist_lists(raw: Path, config: CollectConfig) -> dict[Rights, Path]:
    """Return where the lists of artists that are needed are kept, by what they say of rights."""
    kinds: tuple[Rights, ...] = ("public-domain", "copyright")
    needed = kinds[:1] if config.is_public_domain_only else kinds
    return {kind: raw / "lists" / f"{kind}.json" for kind in needed}


def choose_artists(
    site: WikiArt, raw: Path, config: CollectConfig, *, is_keeping: bool
) -> dict[Artist, Rights]:
    """Return the artists to go through, by slug; who stands in both lists is public domain.

    Raises:
        TrainingError: the site does not name its artists, or none matches.
    """
    rights: dict[str, tuple[Artist, Rights]] = {}
    for kind, path in artist_lists(raw, config).items():
        ask = partial(site.artists, is_public_domain=kind == "public-domain")
        try:
            found = _listed(path, ARTISTS, ask, is_keeping=is_keeping)
        except RequestFailedError as error:
            raise TrainingError(
                f"{config.base_url} does not name its artists ({error.reason}): it may be down, "
                "block us or have changed; try again later"
            ) from error
        for artist in found:
            rights.setdefault(artist.slug, (artist, kind))
    slugs = _only(rights, config) if config.only else set(rights)
    return dict(rights[slug] for slug in sorted(slugs))


def _only(artists: dict[str, tuple[Artist, Rights]], config: CollectConfig) -> set[str]:
    by_name = {artist.name.casefold(): slug for slug, (artist, _) in artists.items()}
    by_name |= {slug.casefold(): slug for slug in artists}
    for name in config.only:
        if name.casefold() not in by_name:
            near = [one for one in by_name if name.casefold() in one][:3]
            near = near or difflib.get_close_matches(name.casefold(), by_name, 3)
            hint = f"did you mean {', '.join(near)}?" if near else "names and slugs are understood"
            kind = "public-domain artist" if config.is_public_domain_only else "artist"
            raise TrainingError(f"{config.base_url} has no {kind} {name!r}: {hint}")
    return {by_name[name.casefold()] for name in config.only}


def works_of(
    site: WikiArt, raw: Path, artist: Artist, *, is_keeping: bool = True
) -> list[ListedWork]:
    """Return an artist's works from the list that was kept, or ask for it.

    Raises:
        RequestFailedError: the site did not answer as it should.
    """
    ask = partial(site.works_of, artist)
    return _listed(list_path(raw, artist), LISTED_WORKS, ask, is_keeping=is_keeping)


def list_path(raw: Path, artist: Artist) -> Path:
    """Return where the list of an artist's works is kept."""
    return raw / "lists" / "works" / f"{_file_name(artist.slug)}.json"


def _file_name(slug: str) -> str:
    """Return a name that stays in its folder, another one for every slug."""
    return quote(slug, safe="").replace(".", "%2E")


def _listed(
    path: Path, shape: TypeAdapter[list[_T]], ask: Callable[[], list[_T]], *, is_keeping: bool
) -> list[_T]:
    """Read a list that was kept, or ask for it."""
    try:
        return shape.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        found = ask()
    if is_keeping:
        with whole_file(path) as file:
            file.write_bytes(shape.dump_json(found, by_alias=True))
    return found


def _describe(site: WikiArt, entry: _Entry) -> RawWork:
    details = site.details(entry.work)
    artist = entry.artist
    return RawWork(
        id=details.id,
        title=details.title or "Untitled",
        artist=details.artist or artist.name,
        artist_slug=artist.slug,
        year=details.known_year,
        wikiart_styles=details.styles,
        genre=details.genre,
        width=details.width,
        height=details.height,
        image_url=details.image_url,
        page_url=site.page_url(artist.slug, details.slug) if details.slug else None,
        rights=entry.rights,
    )


def _with_picture(site: WikiArt, raw: Path, work: RawWork) -> RawWork:
    if work.image_url is None:
        raise RequestFailedError(NO_ADDRESS)
    data, picture = site.picture(work.image_url)
    suffix = _SUFFIXES.get(picture.format, f".{picture.format}")
    path = f"{PICTURES_FOLDER}/{_file_name(work.artist_slug or '')}/{work.id}{suffix}"
    with whole_file(raw / path) as file:
        file.write_bytes(data)
    stored = {"picture": path, "width": picture.width, "height": picture.height}
    return work.model_copy(update=stored)
