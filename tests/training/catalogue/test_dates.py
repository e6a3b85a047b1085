"""Years of works, years that only stand in titles, and what a year says about rights."""

from datetime import UTC, datetime

import pytest

from training.catalogue.dates import likely_year, rights_of, years_of_artists
from training.sources.raw_folder import Rights

THIS_YEAR = datetime.now(UTC).year


@pytest.mark.parametrize(
    ("year", "style", "path", "likely"),
    [
        (1913, "cubism", "juan-gris/guitar-1913", 1913),
        (1913, "cubism", "juan-gris/guitar", 1913),
        (None, "cubism", "juan-gris/guitar-1913", None),
        (1862, "naive-art", "grandma-moses/the-burning-of-troy-in-1862-1943", 1943),
        (1204, "romanticism", "gustave-dore/entry-in-1204-1877-2", 1877),
        (1840, "romanticism", "delacroix/constantinople-in-1204", 1840),
        (1204, "renaissance", "", None),
        (1807, "symbolism", "william-blake/paradise-lost-1807-2", 1807),
        (THIS_YEAR, "pop-art", "", THIS_YEAR),
        (THIS_YEAR + 1, "pop-art", "", None),
        (0, "baroque", "", None),
    ],
)
def test_a_year_is_that_of_the_work_and_possible_for_its_style(
    year: int | None, style: str, path: str, likely: int | None
) -> None:
    assert likely_year(year, style=style, path=path) == likely


def test_a_year_far_from_all_others_of_its_artist_is_not_believed() -> None:
    works = [("generalic", year) for year in (1854, 1954, 1956, None, 1985)] + [("gris", 1913)]

    assert years_of_artists(works) == [None, 1954, 1956, None, 1985, 1913]


def test_two_works_of_an_artist_have_no_middle_to_be_far_from() -> None:
    assert years_of_artists([("a", 1850), ("a", 1990)]) == [1850, 1990]


@pytest.mark.parametrize(
    ("given", "year", "rights"),
    [
        ("unknown", 1875, "public-domain"),
        ("unknown", 1876, "unknown"),
        ("unknown", None, "unknown"),
        ("copyright", 1500, "copyright"),
        ("public-domain", 2000, "public-domain"),
    ],
)
def test_a_work_of_1875_or_before_is_in_the_public_domain_unless_the_source_knows_better(
    given: Rights, year: int | None, rights: Rights
) -> None:
    assert rights_of(given, year) == rights
