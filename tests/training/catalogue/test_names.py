"""One name for each artist, and the name that stood there before it was garbled."""

import pytest

from training.catalogue.names import Artist, mend_name, unite_artists


@pytest.mark.parametrize(
    ("garbled", "name"),
    [
        ("Arnold Bã¶cklin", "Arnold Böcklin"),
        ("Eugã¨ne Grasset", "Eugène Grasset"),
        ("Joaquã\xadn Sorolla", "Joaquín Sorolla"),
        ("grΓö£╨│Γö¼╨╣goire Michonze", "Grégoire Michonze"),
        ("Mestre ataΓö£╨│Γö¼╨╜de", "Mestre Ataíde"),
        ("Georges Lacombeâ", "Georges Lacombe"),
    ],
)
def test_a_name_that_was_read_in_the_wrong_code_page_is_mended(garbled: str, name: str) -> None:
    assert mend_name(garbled) == name


@pytest.mark.parametrize(
    "name",
    ["Albrecht Dürer", "Jean-François Millet", "Joan Miró", "João Vaz", "葛飾北斎", "M. H. Maxy"],
)
def test_a_name_that_is_right_stays(name: str) -> None:
    assert mend_name(name) == name


def test_all_spellings_get_the_most_frequent_one() -> None:
    works = [("Durer, Albrecht", None), ("Albrecht Dürer", None), ("Albrecht Dürer", None)]

    united = unite_artists(works)

    assert united["Durer, Albrecht"] == united["Albrecht Dürer"]
    assert united["Albrecht Dürer"] == Artist("Albrecht Dürer", "albrecht-durer")


def test_of_two_spellings_alike_the_first_of_the_alphabet_is_taken() -> None:
    united = unite_artists([("Gris, Juan", None), ("Juan Gris", None)])

    assert {artist.name for artist in united.values()} == {"Gris, Juan"}


def test_an_artist_has_the_slug_of_their_wikiart_page() -> None:
    united = unite_artists([("James McNeill Whistler", None), ("James Mcneill Whistler", "whis")])

    assert {artist.slug for artist in united.values()} == {"whis"}
