"""How much `collect` would still ask for: works, requests, time and bytes, from a few requests."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from training.config import CollectConfig
from training.errors import TrainingError
from training.sources.collect import (
    artist_lists,
    choose_artists,
    list_path,
    wanted_styles,
    works_of,
)
from training.sources.raw_folder import WORKS_FILE, RawWork, has_style, read_works
from training.sources.wikiart import Artist, ListedWork, RequestFailedError, WikiArt

_SAMPLED_ARTISTS = 5
_SAMPLED_PICTURES = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is still to do; an upper bound where only some styles are asked for."""

    artists: int
    works: int
    pictures: int
    requests: int
    seconds: float
    picture_bytes: int | None


@dataclass(frozen=True, slots=True)
class _Amount:
    """Works that a list names, and how many more those of the lists not seen may name."""

    listed: tuple[ListedWork, ...]
    unlisted: int

    def up_to(self, limit: int | None) -> "_Amount":
        if limit is None:
            return self
        return _Amount(self.listed[:limit], min(self.unlisted, max(limit - len(self.listed), 0)))


def estimate(raw: Path, config: CollectConfig) -> Estimate:
    """Say what `collect` would still do, judging by the lists of a few artists; writes nothing.

    Raises:
        TrainingError: nothing matches, or the site is down or refuses.
    """
    styles = wanted_styles(config)
    known = {work.id: work for work in read_works(raw)} if (raw / WORKS_FILE).is_file() else {}
    with WikiArt(config) as site:
        artists = list(choose_artists(site, raw, config, is_keeping=False))
        lists = _sample(site, raw, artists, limit=config.limit)
        every = _amount(lists, artists)
        # a work's style is known only from its details
        looked_at = every if styles else every.up_to(config.limit)
        described = [work for work in looked_at.listed if work.id in known]
        works = len(looked_at.listed) - len(described) + looked_at.unlisted
        kept = every.up_to(config.limit)
        done = [work for work in kept.listed if _is_done(raw, known.get(work.id), styles)]
        pictures = len(kept.listed) - len(done) + kept.unlisted if config.has_pictures else 0
        kept_lists = [*artist_lists(raw, config).values(), *(list_path(raw, one) for one in lists)]
        asked = sum(not path.is_file() for path in kept_lists)
        share = looked_at.unlisted / max(every.unlisted, 1)
        requests = asked + math.ceil((len(artists) - len(lists)) * share) + works + pictures
        return Estimate(
            artists=len(artists),
            works=works,
            pictures=pictures,
            requests=requests,
            seconds=requests * config.window_s / config.requests_per_window,
            picture_bytes=_picture_bytes(site, kept.listed, pictures),
        )


def _is_done(raw: Path, work: RawWork | None, styles: frozenset[str] | None) -> bool:
    if work is None:
        return False
    is_other = styles is not None and not has_style(work, styles)
    return is_other or (work.picture is not None and (raw / work.picture).is_file())


def _sample(
    site: WikiArt, raw: Path, artists: list[Artist], *, limit: int | None
) -> dict[Artist, list[ListedWork]]:
    """Return the lists that are kept, and of the others a few: spread, or the first to a limit."""
    kept = [artist for artist in artists if list_path(raw, artist).is_file()]
    others = [artist for artist in artists if artist not in set(kept)]
    step = 1 if limit else max(len(others) // _SAMPLED_ARTISTS, 1)
    lists: dict[Artist, list[ListedWork]] = {}
    try:
        for artist in [*kept, *others[::step][:_SAMPLED_ARTISTS]]:
            if limit and sum(map(len, lists.values())) >= limit:
                break
            lists[artist] = works_of(site, raw, artist, is_keeping=False)
    except RequestFailedError as error:
        raise TrainingError(f"the list of an artist's works failed: {error.reason}") from error
    return lists


def _amount(lists: dict[Artist, list[ListedWork]], artists: list[Artist]) -> _Amount:
    listed = {work.id: work for works in lists.values() for work in works}
    mean = len(listed) / max(len(lists), 1)
    return _Amount(tuple(listed.values()), round(mean * (len(artists) - len(lists))))


def _picture_bytes(site: WikiArt, works: Iterable[ListedWork], pictures: int) -> int | None:
    """Return the bytes of so many pictures like these, from the sizes of a few."""
    if not pictures:
        return 0
    addresses = [work.image_url for work in works if work.image_url]
    step = max(len(addresses) // _SAMPLED_PICTURES, 1)
    sampled = addresses[::step][:_SAMPLED_PICTURES]
    sizes = [size for url in sampled if (size := site.picture_bytes(url)) is not None]
    return round(sum(sizes) / len(sizes) * pictures) if sizes else None
