"""The chronology: which styles, in which order, and a density that is one."""

from collections.abc import Iterable

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from tests.training.works import make_work
from training.dataset.dataset_folder import Work
from training.exploration.chronology import YEARS, bandwidth, chronology, density

THIS_YEAR = 2020


def dated(wikiart_style: str, years: Iterable[int | None]) -> list[Work]:
    return [
        make_work(f"cubism/{wikiart_style}-{n}.png", wikiart_style=wikiart_style, year=year)
        for n, year in enumerate(years)
    ]


def spread_years(middle: int, spread: float, count: int = 200) -> list[int]:
    years = np.random.default_rng(7).normal(middle, spread, count)
    return [round(year) for year in years]


@pytest.mark.parametrize(
    "years",
    [
        spread_years(1650, 30),
        [1890] * 20,
        [1500, *[1910] * 30],
        [2020] * 25,
    ],
    ids=["spread", "one year", "a slip", "this year"],
)
def test_density_is_never_negative_and_sums_to_one(years: list[int]) -> None:
    result = density(years, this_year=THIS_YEAR)

    assert result.shape == YEARS.shape
    assert (result >= 0).all()
    assert result.sum() == pytest.approx(1, abs=0.001)


def test_density_is_scipys_with_the_same_bandwidth() -> None:
    years = spread_years(1700, 25)
    scale = bandwidth(years) / np.std(years, ddof=1)

    result = density(years, this_year=THIS_YEAR)

    assert result == pytest.approx(gaussian_kde(years, bw_method=scale)(YEARS), abs=2e-5)


def test_works_outside_of_the_axis_take_their_share_with_them() -> None:
    result = density([1250] * 10 + [1700] * 30, this_year=THIS_YEAR)

    assert result.sum() == pytest.approx(0.75, abs=0.001)


def test_a_few_revivals_do_not_widen_the_bandwidth() -> None:
    years = spread_years(1700, 20)

    assert bandwidth([*years, 1990, 1995, 2000]) == pytest.approx(bandwidth(years), rel=0.05)


def test_the_bandwidth_smooths_rounded_dates_at_least() -> None:
    assert bandwidth([1910] * 1000) == 3


def test_quantiles_are_years_of_works_in_order() -> None:
    years = spread_years(1800, 40, 101)

    (ridge,) = chronology(dated("Romanticism", years), this_year=THIS_YEAR).ridges

    assert ridge.works == 101
    assert list(ridge.quantiles) == sorted(ridge.quantiles)
    assert set(ridge.quantiles) <= set(years)
    assert ridge.quantiles[0] == min(years)
    assert ridge.quantiles[2] == sorted(years)[50]
    assert ridge.quantiles[4] == max(years)


def test_ridges_are_ordered_by_their_2_percent_quantile() -> None:
    works = [
        *dated("Late", [1950] * 30),
        *dated("Long", [1600] * 2 + [1990] * 28),  # begins first, though most of it is late
        *dated("Early", [1601] * 30),
    ]

    result = chronology(works, this_year=THIS_YEAR)

    assert [ridge.style for ridge in result.ridges] == ["Long", "Early", "Late"]


def test_styles_with_few_dated_works_are_left_out_and_named() -> None:
    works = [
        *dated("Enough", [1900] * 20),
        *dated("Few", [1900] * 19 + [None] * 50),
        *dated("Undated", [None] * 40),
        *dated("Impossible", [19] * 40),
    ]

    result = chronology(works, this_year=THIS_YEAR)

    assert [ridge.style for ridge in result.ridges] == ["Enough"]
    assert result.left_out == {"Few": 19, "Impossible": 0, "Undated": 0}


def test_of_many_styles_those_with_the_most_dated_works_are_drawn() -> None:
    works = [work for n in range(27) for work in dated(f"Style {n:02}", [1900] * (20 + n))]

    result = chronology(works, this_year=THIS_YEAR)

    assert len(result.ridges) == 25
    assert result.left_out == {"Style 01": 21, "Style 00": 20}


def test_the_order_of_the_works_does_not_matter() -> None:
    works = [*dated("One", spread_years(1700, 20)), *dated("Two", spread_years(1700, 20))]

    forth = chronology(works, this_year=THIS_YEAR)
    back = chronology(works[::-1], this_year=THIS_YEAR)

    assert [ridge.style for ridge in forth.ridges] == [ridge.style for ridge in back.ridges]
    assert np.array_equal(forth.ridges[0].density, back.ridges[0].density)
