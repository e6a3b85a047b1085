"""What every store of works promises, SQLite and a real MongoDB alike."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from lambda_fn.catalogue.neighbours import quantise
from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import (
    Artist,
    Catalogue,
    CatalogueWriter,
    Facts,
    Filters,
    ImageCheck,
    Stored,
    StyleCount,
    Work,
    search_words,
)
from tests.works_of_art import make_work, make_works

DAY = "2026-11-24T00:00:00+00:00"
NEXT_DAY = "2026-11-25T00:00:00+00:00"


def ids(works: Sequence[Work]) -> list[str]:
    return [work.id for work in works]


def pages(catalogue: Catalogue, filters: Filters, *, limit: int) -> Iterator[Work]:
    """Yield all works of a search, page by page."""
    after = ""
    while page := catalogue.find(filters, limit=limit, after=after):
        yield from page
        after = page[-1].id


def vector(seed: int) -> bytes:
    row = np.random.default_rng(seed).normal(size=(1, 8)).astype(np.float32)
    return quantise(row / np.linalg.norm(row)).tobytes()


class TestFilling:
    def test_a_new_catalogue_is_empty(self, catalogue: CatalogueWriter) -> None:
        assert catalogue.facts() == Facts(works=0, embedding_model=None)
        assert catalogue.find(Filters(), limit=10) == []
        assert catalogue.counts() == {}
        assert catalogue.years() == {}

    def test_a_work_comes_back_as_it_was_given(self, catalogue: CatalogueWriter) -> None:
        works = make_works(60)

        catalogue.store(works)

        assert catalogue.find(Filters(), limit=100) == works

    @pytest.mark.parametrize(
        "facts",
        [
            {"page_url": None, "image_url": None},
            {"page_url": "https://example.org/p", "image_url": "https://example.org/i.png"},
            {"year": None, "genre": None, "palette": ()},
            {"year": 0},
            {"year": -500},
            {"genre": ""},
            {"palette": ("#000000",)},
            {"title": ""},
            {"title": 'It\'s "a" $title*; DROP TABLE works; -- \\ % _ \x00 ∅ 🖼'},
        ],
    )
    def test_rare_facts_are_kept(self, catalogue: CatalogueWriter, facts: dict[str, Any]) -> None:
        work = make_work(**facts)

        catalogue.store([work])

        assert catalogue.get([work.id]) == {work.id: work}

    def test_storing_again_changes_nothing(self, catalogue: CatalogueWriter) -> None:
        works = make_works(30)

        first, second = catalogue.store(works), catalogue.store(works)

        assert (first, second) == (Stored(new=30), Stored(same=30))
        assert catalogue.find(Filters(), limit=100) == works

    def test_preparing_again_keeps_what_is_there(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work()])

        catalogue.prepare()

        assert catalogue.facts().works == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"title": "The Japanese bridge"},
            {"artist": "Oscar-Claude Monet"},
            {"style": "realism"},
            {"year": None},
            {"genre": "landscape"},
            {"rights": "unknown"},
            {"page_url": None},
            {"image_url": "https://example.org/other.jpg"},
            {"palette": ("#123456",)},
        ],
    )
    def test_a_changed_fact_replaces_the_old_one(
        self, catalogue: CatalogueWriter, change: dict[str, Any]
    ) -> None:
        old, new = make_work(), make_work(**change)
        catalogue.store([old])

        stored = catalogue.store([new])

        assert stored == Stored(changed=1)
        assert catalogue.get([new.id]) == {new.id: new}

    def test_a_batch_is_counted_by_what_it_did(self, catalogue: CatalogueWriter) -> None:
        a, b, c = make_work("a/a"), make_work("b/b"), make_work("c/c")
        catalogue.store([a, b])

        stored = catalogue.store([a, replace(b, title="Other"), c])

        assert stored == Stored(new=1, changed=1, same=1)

    def test_the_last_of_the_same_work_in_a_batch_counts(self, catalogue: CatalogueWriter) -> None:
        first, last = make_work(title="First"), make_work(title="Last")

        stored = catalogue.store([first, first, last])

        assert stored == Stored(new=1, changed=1, same=1)
        assert catalogue.find(Filters(), limit=10) == [last]

    def test_an_empty_batch_is_no_mistake(self, catalogue: CatalogueWriter) -> None:
        catalogue.mark_images([])

        assert catalogue.store([]) == Stored()

    def test_a_palette_is_kept_where_the_new_facts_have_none(
        self, catalogue: CatalogueWriter
    ) -> None:
        known = make_work(palette=("#112233", "#445566"))
        catalogue.store([known])

        same = catalogue.store([replace(known, palette=())])
        changed = catalogue.store([replace(known, palette=(), title="Nymphéas")])

        assert (same, changed) == (Stored(same=1), Stored(changed=1))
        assert catalogue.get([known.id])[known.id] == replace(known, title="Nymphéas")

    def test_a_search_forgets_the_words_of_an_old_title(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work(title="Water lilies", artist="Monet")])

        catalogue.store([make_work(title="The bridge", artist="Claude")])

        found = {
            word: len(catalogue.find(Filters(words=(word,)), limit=9))
            for word in ("water", "lilies", "monet", "bridge", "claude")
        }
        assert found == {"water": 0, "lilies": 0, "monet": 0, "bridge": 1, "claude": 1}

    def test_threads_fill_without_loss_or_doubles(self, catalogue: CatalogueWriter) -> None:
        works = make_works(120)
        batches = [works[start : start + 30] for start in range(0, 120, 15)]

        with ThreadPoolExecutor(4) as pool:
            stored = list(pool.map(catalogue.store, batches))

        assert sum(one.new + one.same for one in stored) == sum(len(batch) for batch in batches)
        assert list(pages(catalogue, Filters(), limit=50)) == works

    def test_another_object_sees_what_was_stored(
        self, catalogue: CatalogueWriter, target: str
    ) -> None:
        catalogue.store([make_work()])

        with closing(open_writer(target)) as other:
            works = other.facts().works

        assert works == 1


class TestFinding:
    def test_works_come_in_the_order_of_their_ids(self, catalogue: CatalogueWriter) -> None:
        # "-" comes before "/", so a longer name of an artist comes before the shorter
        in_order = ["a-b/x", "a/x", "a/x-1", "a/x1", "a0/x", "b/a"]
        catalogue.store([make_work(one) for one in reversed(in_order)])

        assert ids(catalogue.find(Filters(), limit=10)) == in_order

    @pytest.mark.parametrize("limit", [1, 7, 40, 100])
    def test_pages_hold_each_work_once(self, catalogue: CatalogueWriter, limit: int) -> None:
        works = make_works(40)
        catalogue.store(works)

        assert list(pages(catalogue, Filters(), limit=limit)) == works

    def test_works_that_come_in_meanwhile_shift_no_page(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work(one) for one in ("b/b", "d/d", "f/f")])
        first = catalogue.find(Filters(), limit=2)

        catalogue.store([make_work(one) for one in ("a/a", "c/c", "e/e")])
        second = catalogue.find(Filters(), limit=2, after=first[-1].id)

        assert (ids(first), ids(second)) == (["b/b", "d/d"], ["e/e", "f/f"])

    def test_the_ids_of_a_style_are_those_of_its_works_in_order(
        self, catalogue: CatalogueWriter
    ) -> None:
        works = make_works(40)
        catalogue.store(works)

        assert catalogue.ids("cubism") == [one.id for one in works if one.style == "cubism"]
        assert catalogue.ids("nothing") == []

    @pytest.mark.parametrize("after", ["b/b", "b/az", "b/b\x00", "b"])
    def test_a_page_may_start_after_an_id_that_is_not_there(
        self, catalogue: CatalogueWriter, after: str
    ) -> None:
        catalogue.store([make_work("a/a"), make_work("b/bb"), make_work("c/c")])

        assert ids(catalogue.find(Filters(), limit=1, after=after)) == ["b/bb"]

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_page_of_nothing_is_empty(self, catalogue: CatalogueWriter, limit: int) -> None:
        catalogue.store([make_work()])

        assert list(catalogue.find(Filters(), limit=limit)) == []
        assert list(catalogue.sample("impressionism", size=limit)) == []
        assert list(catalogue.artists("impressionism", limit=limit)) == []

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            (Filters(style="cubism"), {"braque/jug", "braque/violin"}),
            (Filters(artist="braque"), {"braque/jug", "braque/violin", "braque/late"}),
            (Filters(artist="braque-son"), {"braque-son/jug"}),
            (Filters(first_year=1912), {"braque/violin", "braque/late"}),
            (Filters(last_year=1911), {"braque/jug"}),
            (Filters(first_year=1911, last_year=1912), {"braque/jug", "braque/violin"}),
            (Filters(first_year=1911, last_year=1911), {"braque/jug"}),
            (Filters(first_year=1950, last_year=1900), set()),
            (Filters(rights="copyright"), {"braque/late", "braque-son/jug"}),
            (Filters(words=("jug",)), {"braque/jug", "braque-son/jug"}),
            (Filters(words=("jug", "georges")), {"braque/jug"}),
            (Filters(words=("jug",), artist="braque"), {"braque/jug"}),
            (
                Filters(style="cubism", first_year=1912, rights="public-domain", words=("vio",)),
                {"braque/violin"},
            ),
            (Filters(style="expressionism", rights="public-domain"), set()),
            (Filters(style="no-style"), set()),
            (Filters(artist="nobody"), set()),
        ],
    )
    def test_filters_narrow_alone_and_together(
        self, catalogue: CatalogueWriter, filters: Filters, found: set[str]
    ) -> None:
        cubist = {"artist": "Georges Braque", "style": "cubism"}
        late = {"artist": "Georges Braque", "style": "expressionism", "rights": "copyright"}
        catalogue.store(
            [
                make_work("braque/jug", year=1911, **cubist),
                make_work("braque/violin", year=1912, **cubist),
                make_work("braque/late", year=1955, **late),
                make_work("braque-son/jug", year=None, **{**late, "artist": "Another"}),
            ]
        )

        assert set(ids(catalogue.find(filters, limit=10))) == found

    @pytest.mark.parametrize(
        "search",
        ["Édouard", "edouard", "EDOUARD MANET", "ed", "man", "cafe", "Café: concert", "concert m"],
    )
    def test_words_are_found_without_accents_case_and_ends(
        self, catalogue: CatalogueWriter, search: str
    ) -> None:
        catalogue.store(
            [
                make_work("edouard-manet/a", title="Le Café-Concert", artist="Édouard Manet"),
                make_work("other/b", title="Boats", artist="Nobody"),
            ]
        )

        found = catalogue.find(Filters(words=search_words(search)), limit=10)

        assert ids(found) == ["edouard-manet/a"]

    @pytest.mark.parametrize("search", ["anet", "concerts", "manet boats", "cafeconcert"])
    def test_words_must_begin_a_word(self, catalogue: CatalogueWriter, search: str) -> None:
        catalogue.store([make_work(title="Le Café-Concert", artist="Édouard Manet")])

        assert catalogue.find(Filters(words=search_words(search)), limit=10) == []

    @pytest.mark.parametrize(
        ("title", "search"),
        [
            ("北斎 神奈川沖浪裏", "神奈川"),
            ("Черный квадрат", "КВАДРАТ"),
            ("Die Straße", "STRASSE"),
            ("Composition №5", "no5"),
            ("Ꭰꭰ", "ꭰ"),
            ("İstanbul", "istanbul"),
            ("Untitled \u2460\u2461", "12"),
        ],
    )
    def test_words_of_every_script_are_found(
        self, catalogue: CatalogueWriter, title: str, search: str
    ) -> None:
        work = make_work(title=title)
        catalogue.store([work])

        assert catalogue.find(Filters(words=search_words(search)), limit=10) == [work]

    @pytest.mark.parametrize(
        "word",
        [
            *('"', "'", '"water" OR "x', "water*", "*", "NEAR(water lilies)", "water AND lilies"),
            *("words:water", "^water", "-water", "$gt", '{"$gt": ""}', ".*", "w.ter", "(?i)water"),
            *("[a-z]", "(", "\\", "water\\", "\x00", "water\x00", "", " ", "water lilies", "_"),
            *("'; DROP TABLE works; --", "%", "w_ter", "\ud800", "wa\u0301ter"),
        ],
    )
    def test_what_is_no_word_finds_nothing(self, catalogue: CatalogueWriter, word: str) -> None:
        catalogue.store([make_work(title="Water lilies")])

        assert list(catalogue.find(Filters(words=(word,)), limit=10)) == []
        assert catalogue.facts().works == 1

    @pytest.mark.parametrize("word", ["or", "and", "not", "near", "null", "true", "select"])
    def test_words_of_query_languages_are_words(
        self, catalogue: CatalogueWriter, word: str
    ) -> None:
        work = make_work(title=f"{word} anything")
        catalogue.store([work, make_work("x/x", title="Other", artist="X")])

        assert catalogue.find(Filters(words=(word,)), limit=10) == [work]

    def test_a_word_of_any_length_is_answered(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work(title="a" * 20_000), make_work("x/x", title="aa")])

        found = catalogue.find(Filters(words=("a" * 10_000,)), limit=10)

        assert ids(found) == [make_work().id]

    @pytest.mark.parametrize(
        "slug", ['{"$gt": ""}', "$gt", "' OR '1'='1", "", "cubism\x00", "Cubism", "a/b", "\ud800"]
    )
    def test_what_is_no_slug_finds_nothing(self, catalogue: CatalogueWriter, slug: str) -> None:
        catalogue.store([make_work(style="cubism")])

        assert list(catalogue.find(Filters(style=slug), limit=10)) == []
        assert list(catalogue.find(Filters(artist=slug), limit=10)) == []

    def test_get_gives_the_works_that_are_there(self, catalogue: CatalogueWriter) -> None:
        works = make_works(5)
        catalogue.store(works)

        asked = [works[3].id, "nobody/nothing", works[0].id, works[3].id, "no id", "$gt", "\x00"]

        assert catalogue.get(asked) == {works[0].id: works[0], works[3].id: works[3]}
        assert catalogue.get([]) == {}

    def test_get_takes_thousands_of_ids(self, catalogue: CatalogueWriter) -> None:
        work = make_work()
        catalogue.store([work])

        found = catalogue.get([*(f"nobody/{number}" for number in range(5000)), work.id])

        assert found == {work.id: work}

    def test_threads_read_while_another_fills(self, catalogue: CatalogueWriter) -> None:
        works = make_works(200)
        catalogue.store(works[:50])

        def read(_: int) -> bool:
            return ids(catalogue.find(Filters(), limit=50)) == sorted(
                ids(catalogue.find(Filters(), limit=50))
            )

        with ThreadPoolExecutor(6) as pool:
            filling = pool.submit(
                lambda: [catalogue.store(works[at : at + 10]) for at in range(50, 200, 10)]
            )
            answers = list(pool.map(read, range(40)))

        assert all(answers)
        assert len(filling.result()) == 15
        assert catalogue.facts().works == 200


class TestSummaries:
    def test_counts_tell_works_dated_works_and_artists(self, catalogue: CatalogueWriter) -> None:
        catalogue.store(
            [
                make_work("a/1", year=1900),
                make_work("a/2", year=None),
                make_work("b/1", year=0),
                make_work("c/1", style="cubism", year=None),
            ]
        )

        assert catalogue.counts() == {
            "impressionism": StyleCount(works=3, dated=2, artists=2),
            "cubism": StyleCount(works=1, dated=0, artists=1),
        }

    def test_counts_follow_a_work_that_changes_its_style(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work()])

        catalogue.store([make_work(style="realism")])

        assert catalogue.counts() == {"realism": StyleCount(works=1, dated=1, artists=1)}

    def test_artists_with_the_most_works_come_first(self, catalogue: CatalogueWriter) -> None:
        slugs = ["b"] * 3 + ["d"] * 2 + ["c"] * 2 + ["a"]
        catalogue.store(
            [make_work(f"{slug}/{n}", artist=slug.upper()) for n, slug in enumerate(slugs)]
            + [make_work("a/cubist", style="cubism"), make_work("a/other", style="cubism")]
        )

        assert catalogue.artists("impressionism", limit=3) == [
            Artist("b", "B", 3),
            Artist("c", "C", 2),
            Artist("d", "D", 2),
        ]
        assert catalogue.artists("no-style", limit=3) == []

    def test_artists_leave_out_the_unknown(self, catalogue: CatalogueWriter) -> None:
        catalogue.store(
            [
                make_work("unknown/1", artist="Unknown"),
                make_work("unknown/2", artist="Unknown"),
                make_work("claude-monet/1", artist="Claude Monet"),
            ]
        )

        artists = catalogue.artists("impressionism", limit=3)

        assert artists == [Artist("claude-monet", "Claude Monet", 1)]
        assert catalogue.counts()["impressionism"] == StyleCount(works=3, dated=3, artists=1)

    def test_an_artist_written_in_two_ways_is_one(self, catalogue: CatalogueWriter) -> None:
        catalogue.store(
            [
                make_work("r-b-kitaj/1", artist="R. B. Kitaj"),
                make_work("r-b-kitaj/2", artist="R B Kitaj"),
                make_work("r-b-kitaj/3", artist="R. B. Kitaj"),
            ]
        )

        assert catalogue.artists("impressionism", limit=9) == [Artist("r-b-kitaj", "R B Kitaj", 3)]

    def test_years_count_the_dated_works_of_each_wikiart_style(
        self, catalogue: CatalogueWriter
    ) -> None:
        catalogue.store(
            [
                make_work("a/1", wikiart_style="Rococo", year=1750),
                make_work("a/2", wikiart_style="Rococo", year=1750),
                make_work("a/3", wikiart_style="Rococo", year=1760),
                make_work("a/4", wikiart_style="Baroque", year=1650),
                make_work("a/5", wikiart_style="Baroque", year=None),
                make_work("a/6", wikiart_style="Minimalism", year=None),
            ]
        )

        assert catalogue.years() == {"Rococo": {1750: 2, 1760: 1}, "Baroque": {1650: 1}}

    @pytest.mark.parametrize(("size", "drawn"), [(1, 1), (15, 15), (30, 30), (100, 30)])
    def test_a_sample_is_of_different_works_of_the_style(
        self, catalogue: CatalogueWriter, size: int, drawn: int
    ) -> None:
        works = [make_work(f"a/{number}") for number in range(30)]
        catalogue.store([*works, *(make_work(f"b/{n}", style="cubism") for n in range(30))])

        sample = catalogue.sample("impressionism", size=size)

        assert len(sample) == len(set(ids(sample))) == drawn
        assert set(sample) <= set(works)

    def test_a_sample_of_a_style_without_works_is_empty(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work()])

        assert list(catalogue.sample("cubism", size=15)) == []

    def test_samples_are_drawn_anew_and_reach_every_work(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work(f"a/{number}") for number in range(20)])

        samples = [ids(catalogue.sample("impressionism", size=5)) for _ in range(60)]

        drawn = Counter(one for sample in samples for one in sample)
        assert len(drawn) == 20  # a work is missed with a chance of 20 * 0.75 ** 60, a millionth
        assert len({tuple(sample) for sample in samples}) > 1
        assert any(sample != sorted(sample) for sample in samples)


class TestImages:
    def test_all_pictures_are_unchecked_at_first(self, catalogue: CatalogueWriter) -> None:
        works = make_works(1100)
        catalogue.store([*works, make_work("zz/none", image_url=None)])

        unchecked = list(catalogue.unchecked_images(before=DAY))

        assert unchecked == [(work.id, work.image_url) for work in works]

    def test_a_picture_that_is_not_there_loses_its_address(
        self, catalogue: CatalogueWriter
    ) -> None:
        here, gone = make_work("a/here"), make_work("a/gone")
        catalogue.store([here, gone])

        catalogue.mark_images([ImageCheck("a/here", True, DAY), ImageCheck("a/gone", False, DAY)])

        expected = [replace(gone, image_url=None), here]
        assert catalogue.find(Filters(), limit=9) == expected
        assert sorted(catalogue.sample("impressionism", size=9), key=lambda one: one.id) == expected
        assert list(catalogue.get(["a/gone"]).values()) == expected[:1]

    def test_a_picture_that_is_there_again_gets_its_address_back(
        self, catalogue: CatalogueWriter
    ) -> None:
        work = make_work()
        catalogue.store([work])
        catalogue.mark_images([ImageCheck(work.id, False, DAY)])

        catalogue.mark_images([ImageCheck(work.id, True, NEXT_DAY)])

        assert catalogue.find(Filters(), limit=9) == [work]

    def test_a_check_is_due_again_after_a_while(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work("a/here"), make_work("a/gone"), make_work("a/new")])
        catalogue.mark_images([ImageCheck("a/here", True, DAY), ImageCheck("a/gone", False, DAY)])

        due_today = [one for one, _ in catalogue.unchecked_images(before=DAY)]
        due_tomorrow = [one for one, _ in catalogue.unchecked_images(before=NEXT_DAY)]

        assert due_today == ["a/new"]
        assert due_tomorrow == ["a/gone", "a/here", "a/new"]

    def test_checks_may_be_kept_while_the_unchecked_are_read(
        self, catalogue: CatalogueWriter
    ) -> None:
        catalogue.store(make_works(700))

        unchecked = iter(catalogue.unchecked_images(before=DAY))
        while batch := list(islice(unchecked, 90)):
            catalogue.mark_images([ImageCheck(work_id, True, DAY) for work_id, _ in batch])

        assert list(catalogue.unchecked_images(before=DAY)) == []

    def test_storing_the_same_facts_keeps_a_check(self, catalogue: CatalogueWriter) -> None:
        work = make_work()
        catalogue.store([work])
        catalogue.mark_images([ImageCheck(work.id, False, DAY)])

        stored = [catalogue.store([work]), catalogue.store([replace(work, title="Other")])]

        assert stored == [Stored(same=1), Stored(changed=1)]
        assert list(catalogue.unchecked_images(before=DAY)) == []
        assert catalogue.get([work.id])[work.id].image_url is None

    def test_a_changed_address_is_to_be_checked_again(self, catalogue: CatalogueWriter) -> None:
        work = make_work()
        catalogue.store([work])
        catalogue.mark_images([ImageCheck(work.id, False, DAY)])

        moved = replace(work, image_url="https://example.org/moved.jpg")
        catalogue.store([moved])

        assert list(catalogue.unchecked_images(before=DAY)) == [(work.id, moved.image_url)]
        assert catalogue.get([work.id]) == {work.id: moved}

    def test_a_check_of_an_unknown_work_makes_none(self, catalogue: CatalogueWriter) -> None:
        catalogue.mark_images([ImageCheck("nobody/nothing", True, DAY)])

        assert catalogue.facts().works == 0


class TestEmbeddings:
    def test_the_model_of_the_embeddings_is_known(self, catalogue: CatalogueWriter) -> None:
        catalogue.store([make_work()])

        catalogue.embed({make_work().id: vector(1)}, model="model-1")

        assert catalogue.facts() == Facts(works=1, embedding_model="model-1")

    def test_embeddings_change_no_work(self, catalogue: CatalogueWriter) -> None:
        works = make_works(5)
        catalogue.store(works)

        catalogue.embed({work.id: vector(1) for work in works}, model="model-1")

        assert catalogue.find(Filters(), limit=9) == works
        assert catalogue.store(works) == Stored(same=5)

    def test_an_embedding_of_an_unknown_work_makes_none(self, catalogue: CatalogueWriter) -> None:
        catalogue.embed({"nobody/nothing": vector(1)}, model="model-1")

        assert catalogue.facts() == Facts(works=0, embedding_model="model-1")

    def test_a_model_is_kept_even_if_it_has_no_embeddings_yet(
        self, catalogue: CatalogueWriter
    ) -> None:
        catalogue.embed({}, model="model-1")

        assert catalogue.facts().embedding_model == "model-1"


def test_a_deadline_lets_answers_pass_that_come_in_time(catalogue: CatalogueWriter) -> None:
    catalogue.store([make_work()])

    with catalogue.deadline(10):
        found = catalogue.find(Filters(), limit=1)

    assert found == [make_work()]
