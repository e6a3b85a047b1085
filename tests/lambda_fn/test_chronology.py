"""When works were made: one ridge per WikiArt style, or the period that books give."""

from collections.abc import Mapping

import pytest

from lambda_fn.catalogue.stories import read_stories
from lambda_fn.chronology import draw_chronology
from lambda_fn.contract.styles import STYLES
from lambda_fn.schemas import Ridge

ALL = [name for style in STYLES for name in style.wikiart_styles]


def ridge(name: str, years: Mapping[int, int]) -> Ridge:
    """Return the ridge of a style whose works are of these years."""
    drawn = draw_chronology({name: years}, this_year=2026)
    return next(one for one in drawn.ridges if one.wikiart_style == name)


def spread(first: int, last: int) -> dict[int, int]:
    return dict.fromkeys(range(first, last + 1), 2)


def test_every_wikiart_style_has_a_ridge_on_one_axis() -> None:
    drawn = draw_chronology({"Cubism": spread(1907, 1920)}, this_year=2026)

    assert sorted(one.wikiart_style for one in drawn.ridges) == sorted(ALL)
    assert len(ALL) == 25
    assert drawn.bins == list(range(1400, 2020, 10))
    assert {len(one.counts) for one in drawn.ridges} == {62}
    assert {len(one.density) for one in drawn.ridges} == {62}


def test_works_are_counted_in_their_decade_and_2020_in_the_last() -> None:
    found = ridge("Pop Art", {1400: 1, 1409: 2, 1410: 4, 2019: 8, 2020: 16})

    assert found.counts[:2] == [3, 4]
    assert found.counts[-1] == 24
    assert found.works == sum(found.counts) == 31


def test_years_beyond_the_axis_are_works_without_a_place_on_it() -> None:
    found = ridge("Early Renaissance", {1310: 5, 1420: 30})

    assert found.works == 35
    assert sum(found.counts) == 30


@pytest.mark.parametrize("year", [0, 19, 1199, 2027, 18_930])
def test_a_year_that_cannot_be_is_not_counted(year: int) -> None:
    found = ridge("Cubism", {**spread(1907, 1920), year: 100})

    assert found.works == 28


def test_a_ridge_is_highest_where_most_works_are_and_reaches_one() -> None:
    found = ridge("Cubism", {1913: 40, 1885: 5, 1995: 5})

    assert max(found.density) == 1
    assert found.density.index(1) == (1910 - 1400) // 10
    assert min(found.density) >= 0
    assert found.source == "catalogue"


def test_a_few_revivals_do_not_blur_the_decades_of_a_style() -> None:
    found = ridge("Cubism", {**dict.fromkeys(range(1908, 1916), 50), 2005: 8})

    assert found.density[(1870 - 1400) // 10] < 0.01


def test_two_waves_have_a_valley_between_them() -> None:
    found = ridge("Realism", {1855: 100, 1995: 100})

    valley = found.density[(1920 - 1400) // 10]
    assert valley < 0.5 * found.density[(1850 - 1400) // 10]


def test_quantiles_are_years_of_works() -> None:
    found = ridge("Cubism", {1900: 1, 1910: 49, 1920: 49, 1999: 1})

    assert (found.first, found.median, found.last) == (1910, 1910, 1920)


@pytest.mark.parametrize(("works", "source"), [(19, "literature"), (20, "catalogue")])
def test_fewer_than_twenty_dated_works_draw_no_ridge(works: int, source: str) -> None:
    assert ridge("Surrealism", {1930: works}).source == source


def test_the_literature_gives_a_plateau_over_its_period() -> None:
    found = ridge("Surrealism", {1990: 3})

    period = read_stories()["surrealism"].period
    inside = found.density[(period.first - 1400) // 10 + 1 : (period.last - 1400) // 10 - 1]
    assert (found.first, found.median, found.last) == (period.first, None, period.last)
    assert found.works == 3
    assert min(inside) > 0.8
    assert found.density[0] == found.density[-1] == 0


def test_a_style_among_several_has_its_own_period_of_the_literature() -> None:
    found = ridge("Rococo", {})

    rococo = next(p for p in read_stories()["baroque"].parts if p.wikiart_style == "Rococo")
    assert (found.first, found.last) == (rococo.period.first, rococo.period.last)
    assert found.style == "baroque"


def test_ridges_come_by_their_first_year() -> None:
    years = {"Cubism": spread(1300, 1399), "Baroque": spread(1990, 2019)}

    ridges = draw_chronology(years, this_year=2026).ridges

    assert ridges[0].wikiart_style == "Cubism"
    assert ridges[-1].wikiart_style == "Baroque"
    assert [one.first for one in ridges] == sorted(one.first for one in ridges)


def test_the_ridge_is_that_of_the_report_on_a_dataset() -> None:
    """The service may not import training, whose method this is; a test may."""
    from training.exploration.chronology import density

    counts = {1850: 9, 1863: 30, 1870: 14, 1871: 3, 1889: 22, 1960: 4}
    years = [year for year, works in counts.items() for _ in range(works)]
    reference = density(years, this_year=2026)[:620].reshape(62, 10).mean(axis=1)

    found = ridge("Realism", counts).density

    assert found == pytest.approx((reference / reference.max()).tolist(), abs=1e-3)
