"""Artist, title and year are read from names of files as WikiArt's downloads have them."""

import os

import pytest

from training.sources.file_names import NamedWork, read_file_name


@pytest.mark.parametrize(
    ("name", "artist", "title", "year"),
    [
        (
            "vincent-van-gogh_the-starry-night-1889.jpg",
            "Vincent van Gogh",
            "The starry night",
            1889,
        ),
        ("vincent-van-gogh_the-starry-night.jpg", "Vincent van Gogh", "The starry night", None),
        ("vincent-van-gogh_digger-1882(1).jpg", "Vincent van Gogh", "Digger", 1882),
        ("vincent-van-gogh_digger-1882-3.jpg", "Vincent van Gogh", "Digger", 1882),
        ("vincent-van-gogh_digger-1882.jpg!Large.jpg", "Vincent van Gogh", "Digger", 1882),
        ("Cubism/juan-gris_guitar-1913-1914.JPG", "Juan Gris", "Guitar", 1913),
        ("titian_venus-of-urbino.jpg", "Titian", "Venus of urbino", None),
        ("hans-holbein-the-younger_x-y.png", "Hans Holbein the Younger", "X y", None),
        ("jan-brueghel-ii_flowers.jpg", "Jan Brueghel II", "Flowers", None),
        ("gustave-dore_don-quixote-51.jpg", "Gustave Dore", "Don quixote 51", None),
        ("kazimir-malevich_room-1023.jpg", "Kazimir Malevich", "Room 1023", None),
        ("clyfford-still_1953.jpg", "Clyfford Still", "1953", None),
        ("claude-monet_not_detected_212144.jpg", "Claude Monet", None, None),
        ("sandro-botticelli_-1490.jpg", "Sandro Botticelli", None, 1490),
        ("van-gogh_12.jpg", "Van Gogh", None, None),
    ],
)
def test_a_name_tells_artist_title_and_year(
    name: str, artist: str, title: str | None, year: int | None
) -> None:
    assert read_file_name(name) == NamedWork(artist, title, year)


@pytest.mark.parametrize(
    ("name", "artist", "title"),
    [
        ("arnold-bã¶cklin_triton-and-nereid.jpg", "Arnold Böcklin", "Triton and nereid"),
        ("albrecht-d├╝rer_melencolia.jpg", "Albrecht Dürer", "Melencolia"),
        ("francisco-de-zurbar#U00e1n_agnus-dei.jpg", "Francisco de Zurbarán", "Agnus dei"),
        ("edgar-degas_l-e\u0301toile.jpg", "Edgar Degas", "L étoile"),
        (os.fsdecode("eugène-atget_le-café.jpg".encode("latin-1")), "Eugène Atget", "Le café"),
    ],
)
def test_letters_that_an_archive_garbled_are_mended(name: str, artist: str, title: str) -> None:
    named = read_file_name(name)

    assert named is not None
    assert (named.artist, named.title) == (artist, title)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_0012.jpg",
        "img_my-holiday-1999.jpg",
        "cubism_guitar-1913.jpg",
        "art-nouveau_poster-1900.jpg",
        "action-painting_no-5.jpg",
        "Vincent_van_Gogh_12.jpg",
        "juan-gris_my guitar.jpg",
        "raphael_12.jpg",
        "a_b-c-1900.jpg",
        "guitar-1913.jpg",
        "_guitar-1913.jpg",
        "juan-gris_.jpg",
        "00012.jpg",
    ],
)
def test_a_name_that_only_looks_alike_says_nothing(name: str) -> None:
    assert read_file_name(name) is None
