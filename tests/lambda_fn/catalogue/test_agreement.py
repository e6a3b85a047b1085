"""Both stores answer as a plain list of works would, whatever the works and the question are."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import (
    RIGHTS,
    UNKNOWN_ARTIST,
    Artist,
    CatalogueWriter,
    Filters,
    StyleCount,
    Work,
    search_words,
)

pytestmark = pytest.mark.slow
# few values, so that works share them, and letters whose case, accents and parts are peculiar
SLUGS = st.sampled_from(["a", "a-b", "ab", "b", "b-1", UNKNOWN_ARTIST])
IDS = st.builds("{}/{}".format, SLUGS, st.sampled_from(["a", "a-1", "a1", "b"]))
STYLES = st.sampled_from(["cubism", "ukiyo-e", "realism"])
YEARS = st.sampled_from([1500, 1850, 1851, 1900, 2000])
LETTERS = "aAbÀß\u0301\ufb01\ufb00\u0131İΣς\u2116²½५\u13a0\uab70ǆ愛🖼 -_.'\"*$\\(\x00"
TEXTS = st.text(LETTERS, max_size=8) | st.text(max_size=5)
WORKS = st.builds(
    Work,
    id=IDS,
    title=TEXTS,
    artist=TEXTS,
    style=STYLES,
    wikiart_style=st.sampled_from(["Rococo", "Naïve Art (Primitivism)"]),
    year=st.none() | YEARS,
    genre=st.none() | st.just("portrait"),
    rights=st.sampled_from(RIGHTS),
    page_url=st.none() | st.just("https://example.org/"),
    palette=st.lists(st.from_regex("#[0-9a-f]{6}", fullmatch=True), max_size=5).map(tuple),
)
MANY_WORKS = st.lists(WORKS, max_size=15, unique_by=lambda work: work.id)
FILTERS = st.builds(
    Filters,
    words=TEXTS.map(lambda text: search_words(text)[:2]),
    style=st.none() | STYLES,
    artist=st.none() | SLUGS,
    first_year=st.none() | YEARS,
    last_year=st.none() | YEARS,
    rights=st.none() | st.sampled_from(RIGHTS),
)
PROPERTY = settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def stores(tmp_path: Path, mongodb: str) -> Iterator["Stores"]:
    with (
        pymongo.MongoClient[dict[str, Any]](mongodb) as client,
        closing(open_writer(mongodb)) as by_server,
    ):
        yield Stores(tmp_path, by_server, client)


class Stores:
    """The two stores, which can be filled again and again."""

    def __init__(
        self,
        folder: Path,
        by_server: CatalogueWriter,
        client: pymongo.MongoClient[dict[str, Any]],
    ) -> None:
        self._folder = folder
        self._by_server = by_server
        self._client = client
        self._number = 0

    def fill(self, stack: ExitStack, *batches: Sequence[Work]) -> list[CatalogueWriter]:
        """Return both with nothing but the works of the batches."""
        self._number += 1
        self._client.get_default_database()["works"].delete_many({})
        file = str(self._folder / f"{self._number}.sqlite")
        writers = [stack.enter_context(closing(open_writer(file))), self._by_server]
        for writer in writers:
            for batch in batches:
                writer.store(batch)
        return writers


def passes(work: Work, filters: Filters) -> bool:
    words = search_words(f"{work.title} {work.artist}")
    year = work.year
    return (
        all(any(word.startswith(begin) for word in words) for begin in filters.words)
        and filters.style in (None, work.style)
        and filters.artist in (None, work.artist_slug)
        and filters.rights in (None, work.rights)
        and (filters.first_year is None or (year is not None and year >= filters.first_year))
        and (filters.last_year is None or (year is not None and year <= filters.last_year))
    )


def count(works: Sequence[Work]) -> Mapping[str, StyleCount]:
    styles = defaultdict(list)
    for work in works:
        styles[work.style].append(work)
    return {
        style: StyleCount(
            len(ones),
            sum(work.year is not None for work in ones),
            len({work.artist_slug for work in ones} - {UNKNOWN_ARTIST}),
        )
        for style, ones in styles.items()
    }


def rank(works: Sequence[Work], style: str) -> list[Artist]:
    names = defaultdict(list)
    for work in works:
        if work.style == style and work.artist_slug != UNKNOWN_ARTIST:
            names[work.artist_slug].append(work.artist)
    artists = [Artist(slug, min(ones), len(ones)) for slug, ones in names.items()]
    return sorted(artists, key=lambda artist: (-artist.works, artist.slug))


@PROPERTY
@given(works=MANY_WORKS, filters=FILTERS, after=st.just("") | IDS, limit=st.integers(1, 20))
def test_a_search_finds_what_passes_in_the_order_of_ids(
    stores: Stores, works: list[Work], filters: Filters, after: str, limit: int
) -> None:
    in_order = sorted(works, key=lambda work: work.id)
    expected = [work for work in in_order if work.id > after and passes(work, filters)][:limit]

    with ExitStack() as stack:
        found = [
            list(store.find(filters, limit=limit, after=after))
            for store in stores.fill(stack, works)
        ]

    assert found == [expected, expected]


@PROPERTY
@given(works=MANY_WORKS, style=STYLES, limit=st.integers(1, 5))
def test_summaries_count_the_works(
    stores: Stores, works: list[Work], style: str, limit: int
) -> None:
    years: dict[str, dict[int, int]] = {}
    for (name, year), number in Counter((one.wikiart_style, one.year) for one in works).items():
        if year is not None:
            years.setdefault(name, {})[year] = number
    expected = (count(works), rank(works, style)[:limit], years)

    with ExitStack() as stack:
        answers = [
            (store.counts(), list(store.artists(style, limit=limit)), store.years())
            for store in stores.fill(stack, works)
        ]

    assert answers == [expected, expected]


@PROPERTY
@given(first=MANY_WORKS, second=st.lists(WORKS, max_size=15), filters=FILTERS)
def test_works_stored_again_leave_nothing_of_the_old_behind(
    stores: Stores, first: list[Work], second: list[Work], filters: Filters
) -> None:
    with ExitStack() as stack:
        by_file, by_server = stores.fill(stack, first, second)

        assert by_file.find(filters, limit=50) == by_server.find(filters, limit=50)
        assert all(passes(work, filters) for work in by_file.find(filters, limit=50))
        assert by_file.store(second) == by_server.store(second)
        assert by_file.counts() == by_server.counts()
