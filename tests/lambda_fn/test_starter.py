"""The starter catalogue that ships: facts about works, whole, small, and no picture among them."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lambda_fn.catalogue.sqlite import SCHEMA, SqliteCatalogue, open_sqlite
from lambda_fn.catalogue.works import (
    ID_PATTERN,
    PALETTE_SIZE,
    Filters,
    Work,
    wikiart_image_url,
    wikiart_page_url,
)
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.model import load_model

FOLDER = Path(__file__).parents[2] / "lambda_fn"
STARTER = FOLDER / "catalogue" / "starter.sqlite"
COUNTS = {
    "abstract-art": 1039,
    "art-nouveau": 1127,
    "baroque": 1127,
    "conceptual-art": 5,
    "cubism": 1169,
    "expressionism": 0,
    "impressionism": 1296,
    "minimalism": 1019,
    "naive-art": 1028,
    "neo-expressionism": 6,
    "neoclassicism": 19,
    "pop-art": 1129,
    "realism": 309,
    "renaissance": 300,
    "romanticism": 1033,
    "surrealism": 25,
    "symbolism": 1194,
    "ukiyo-e": 1152,
}


@pytest.fixture(scope="module")
def starter() -> Iterator[SqliteCatalogue]:
    with closing(open_sqlite(STARTER)) as opened:
        yield opened


@pytest.fixture(scope="module")
def works(starter: SqliteCatalogue) -> list[Work]:
    return [*starter.find(Filters(), limit=100_000)]


def test_it_has_so_many_works_of_each_style(starter: SqliteCatalogue, works: list[Work]) -> None:
    counts = starter.counts()

    assert {slug: count.works for slug, count in counts.items()} == {
        slug: count for slug, count in COUNTS.items() if count
    }
    assert Counter(work.style for work in works) == Counter(COUNTS)


def test_each_style_that_the_model_knows_has_enough_works_to_show(
    starter: SqliteCatalogue,
) -> None:
    counts = starter.counts()

    for slug in load_model(FOLDER / "release").manifest.styles:
        if COUNTS[slug]:  # nobody knows who painted the Expressionism in the data
            assert len(starter.sample(slug, size=15)) == 15
            assert len(starter.artists(slug, limit=3)) == 3
            assert counts[slug].dated > 100


def test_every_work_has_an_id_a_title_an_artist_and_five_colours(works: list[Work]) -> None:
    assert len({work.id for work in works}) == len(works) == sum(COUNTS.values())
    for work in works:
        assert re.fullmatch(ID_PATTERN, work.id)
        assert work.title.strip()
        assert work.artist.strip()
        assert len(work.palette) == PALETTE_SIZE


def test_every_work_is_filed_under_a_name_of_its_style(works: list[Work]) -> None:
    for work in works:
        style = STYLE_BY_SLUG[work.style]
        assert work.wikiart_style in (style.name, *style.wikiart_styles)


def test_links_are_those_of_wikiart_or_none(works: list[Work]) -> None:
    for work in works:
        links = (work.page_url, work.image_url)
        assert links in [(None, None), (wikiart_page_url(work.id), wikiart_image_url(work.id))]


def test_no_name_is_garbled(works: list[Work]) -> None:
    assert [w.artist for w in works if re.search(r"[ãâ][^a-z]|[\u2500-\u257f]", w.artist)] == []


def test_only_works_of_1875_or_before_are_called_public_domain(works: list[Work]) -> None:
    free = {work.id for work in works if work.rights == "public-domain"}

    assert free == {work.id for work in works if work.year is not None and work.year <= 1875}


def test_it_is_small_and_holds_no_picture(works: list[Work]) -> None:
    data = STARTER.read_bytes()
    with closing(sqlite3.connect(f"file:{STARTER}?mode=ro", uri=True)) as connection:
        (largest,) = connection.execute("SELECT max(length(palette)) FROM works").fetchone()
        (embeddings,) = connection.execute("SELECT count(*) FROM embeddings").fetchone()

    assert len(data) < 4_000_000
    assert largest == 3 * PALETTE_SIZE
    assert embeddings == 0
    assert not re.search(rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP", data)


def test_it_was_made_for_this_version_and_reading_leaves_no_trace(tmp_path: Path) -> None:
    before = STARTER.read_bytes()
    with closing(open_sqlite(STARTER)) as opened:
        found = opened.find(Filters(words=("hokusai",)), limit=1)
    with closing(sqlite3.connect(f"file:{STARTER}?mode=ro", uri=True)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()

    assert version == SCHEMA
    assert [work.artist for work in found] == ["Katsushika Hokusai"]
    assert STARTER.read_bytes() == before
    assert not [
        path for path in STARTER.parent.iterdir() if path.name.startswith("starter.sqlite-")
    ]
