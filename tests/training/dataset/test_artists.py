"""Spellings of one artist are one artist; names that only look alike are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.dataset.artists import is_unknown, unite_spellings

PEOPLE = ["Claude Monet", "Édouard Manet", "Katsushika Hokusai", "Georgia O'Keeffe"]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Claude Monet", "claude MONET", "Monet, Claude", "Claude Monet (1840-1926)"),
        ("Albrecht Dürer", "Albrecht Durer"),
        ("Jean-François Millet", "Jean Francois Millet"),
        ("Georgia O'Keeffe", "Georgia O\N{RIGHT SINGLE QUOTATION MARK}Keeffe", "Georgia OKeeffe"),
        ("Katsushika Hokusai", "Hokusai Katsushika"),
        ("Peder Severin Krøyer", "Peder Severin Kroyer"),
        ("J. M. W. Turner", "J.M.W. Turner", "Joseph Mallord William Turner"),
        ("C. Monet", "Monet, C.", "Claude Monet"),
    ],
)
def test_spellings_of_one_artist_share_a_key(spellings: tuple[str, ...]) -> None:
    assert len(set(unite_spellings(spellings).values())) == 1


@pytest.mark.parametrize(
    "artists",
    [
        ("Claude Monet", "Édouard Manet"),
        ("Pieter Bruegel the Elder", "Pieter Bruegel the Younger"),
        ("Paul Klee", "Paul Signac"),
        ("C. Monet", "Camille Pissarro"),
        ("A. B.", "Albert Bierstadt"),
    ],
)
def test_different_artists_keep_different_keys(artists: tuple[str, ...]) -> None:
    assert len(set(unite_spellings(artists).values())) == len(artists)


def test_initials_that_fit_two_artists_join_neither() -> None:
    artists = ("P. Bruegel", "Pieter Bruegel the Elder", "Pieter Bruegel the Younger")

    assert len(set(unite_spellings(artists).values())) == 3


@pytest.mark.parametrize("artist", [None, "", " ", "?", "UNKNOWN", "Unknown Artist", "anonymous"])
def test_a_name_that_says_nothing_is_unknown(artist: str | None) -> None:
    assert is_unknown(artist)


@pytest.mark.parametrize("artist", [*PEOPLE, "Master of the Unknown"])
def test_a_name_is_not_unknown(artist: str) -> None:
    assert not is_unknown(artist)


@settings(deadline=None)
@given(st.lists(st.text("ab .,é", min_size=1), unique=True))
def test_keys_do_not_depend_on_the_order_of_the_names(artists: list[str]) -> None:
    assert unite_spellings(artists) == unite_spellings(reversed(artists))
