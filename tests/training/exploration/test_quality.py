"""What is known about works is counted exactly."""

import pytest

from tests.training.works import make_work
from training.dataset.dataset_folder import Work
from training.exploration.quality import balances, by_style, overlap, quality, told_by_source


def in_part(path: str, part: str, **known: str) -> Work:
    return make_work(path, parts={"picture": part}, **known)


def test_styles_come_in_the_order_of_the_contract_without_those_that_have_no_works() -> None:
    works = [make_work("ukiyo-e/1.png"), make_work("cubism/1.png"), make_work("ukiyo-e/2.png")]

    groups = by_style(works)

    assert list(groups) == ["cubism", "ukiyo-e"]
    assert [work.path for work in groups["ukiyo-e"]] == ["ukiyo-e/1.png", "ukiyo-e/2.png"]


def test_gaps_are_counted() -> None:
    works = [
        make_work("cubism/1.png", artist="Juan Gris", title="Guitar", year=1913),
        make_work("cubism/2.png", artist="Juan Gris", title="Fruit"),
        make_work("cubism/3.png", artist="Marie Laurencin", year=1909),
        make_work("cubism/4.png", year=1910),
    ]

    found = quality(works, this_year=2020)

    assert found.pictures == 4
    assert found.unknown_artist == 1
    assert found.untitled == 2
    assert found.undated == 1
    assert found.artists == 2


@pytest.mark.parametrize(
    ("year", "count"), [(1199, 1), (1200, 0), (2020, 0), (2021, 1), (None, 0), (0, 1)]
)
def test_a_year_before_1200_or_after_this_one_is_implausible(year: int | None, count: int) -> None:
    found = quality([make_work("cubism/1.png", year=year)], this_year=2020)

    assert found.implausible_year == count


def test_sources_come_with_the_largest_first() -> None:
    sources = ("small", "large", "large", "large", "middle", "middle", "small", "large")
    works = [make_work(f"cubism/{n}.png", source=source) for n, source in enumerate(sources)]

    found = quality(works, this_year=2020)

    assert list(found.sources.items()) == [("large", 4), ("middle", 2), ("small", 2)]
    assert found.largest_source == "large"
    assert found.largest_source_share == 0.5


def test_spellings_of_an_artist_are_one() -> None:
    works = [
        make_work("renaissance/1.png", artist="Albrecht Dürer"),
        make_work("renaissance/2.png", artist="albrecht durer"),
        make_work("renaissance/3.png", artist="Jan van Eyck"),
    ]

    assert quality(works, this_year=2020).artists == 2


def test_balance_counts_each_part_and_weighs_the_training_part() -> None:
    works = [
        *(in_part(f"cubism/{n}.png", "train") for n in range(6)),
        *(in_part(f"ukiyo-e/{n}.png", "train") for n in range(2)),
        in_part("cubism/6.png", "validation"),
        in_part("cubism/7.png", "test"),
        in_part("ukiyo-e/8.png", "unused"),
    ]

    cubism, ukiyo_e = balances(works, "picture")

    assert (cubism.train, cubism.validation, cubism.test, cubism.unused) == (6, 1, 1, 0)
    assert (ukiyo_e.train, ukiyo_e.validation, ukiyo_e.test, ukiyo_e.unused) == (2, 0, 0, 1)
    assert cubism.weight == pytest.approx(8 / (2 * 6))
    assert ukiyo_e.weight == pytest.approx(8 / (2 * 2))
    assert cubism.listed == 8


def test_a_style_that_is_not_trained_on_has_no_weight_and_changes_no_other() -> None:
    works = [
        *(in_part(f"cubism/{n}.png", "train") for n in range(3)),
        in_part("baroque/1.png", "train"),
        in_part("ukiyo-e/1.png", "test"),
    ]

    weights = {one.style: one.weight for one in balances(works, "picture")}

    assert weights == {"baroque": 2.0, "cubism": pytest.approx(4 / 6), "ukiyo-e": None}


def test_overlap_is_the_share_of_test_pictures_whose_artist_is_in_training() -> None:
    works = [
        in_part("cubism/1.png", "train", artist="Juan Gris"),
        in_part("cubism/2.png", "validation", artist="Fernand Léger"),
        in_part("cubism/3.png", "test", artist="juan gris"),
        in_part("cubism/4.png", "test", artist="Juan Gris"),
        in_part("cubism/5.png", "test", artist="Fernand Léger"),
        in_part("cubism/6.png", "test", artist="Marie Laurencin"),
        in_part("cubism/7.png", "test"),
        in_part("cubism/8.png", "train"),
    ]

    found = overlap(works, "picture")

    assert (found.test, found.unknown_artist, found.in_training, found.artists) == (5, 1, 2, 1)
    assert found.share == pytest.approx(2 / 5)


def test_a_list_without_test_pictures_has_no_overlap() -> None:
    assert overlap([make_work("cubism/1.png", artist="Juan Gris")], "picture").share == 0


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (("a", "a", "b", "b"), 1.0),  # each style has a source of its own
        (("a", "b", "a", "b"), 0.0),  # each style comes from both alike
        (("a", "a", "a", "a"), 0.0),
    ],
)
def test_a_source_tells_as_much_as_it_leaves_open(sources: tuple[str, ...], told: float) -> None:
    paths = ("cubism/1.png", "cubism/2.png", "ukiyo-e/1.png", "ukiyo-e/2.png")
    works = [make_work(path, source=one) for path, one in zip(paths, sources, strict=True)]

    assert told_by_source(works) == pytest.approx(told)


def test_a_single_style_leaves_nothing_for_the_source_to_tell() -> None:
    works = [make_work("cubism/1.png", source="a"), make_work("cubism/2.png", source="b")]

    assert told_by_source(works) == 0
