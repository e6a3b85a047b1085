"""Contact sheets show works of different artists, their very pixels, and captions that fit."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.pictures import draw_picture
from tests.training.works import make_work
from training.dataset.dataset_folder import Work
from training.exploration.contact_sheets import (
    SIDE_PX,
    Sheet,
    choose,
    draw_sheet,
    maker_of,
    title_of,
)

LEFT_PX = 240  # of the first picture


def pixels(*, seed: int = 0, side_px: int = SIDE_PX) -> NDArray[np.uint8]:
    return np.asarray(draw_picture(side_px, side_px, seed=seed))


def draw(path: Path, *works: Work, side_px: int = SIDE_PX) -> NDArray[np.uint8]:
    """Draw a sheet and return it."""
    sheet = Sheet(path / "sheet.png", "Naïve Art (Primitivism)", "3 pictures", works)
    draw_sheet(sheet, [pixels(seed=n, side_px=side_px) for n in range(len(works))])
    with Image.open(sheet.path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def test_the_works_chosen_are_by_different_artists() -> None:
    works = [make_work(f"cubism/{n}.png", artist=artist) for n, artist in enumerate("aaaaaaaabc")]

    chosen = choose(works, 3, seed=1)

    assert {work.artist for work in chosen} == {"a", "b", "c"}


@pytest.mark.parametrize("artists", ["aaab", ["UNKNOWN"] * 4, ["UNKNOWN", "UNKNOWN", "a", "a"]])
def test_too_few_artists_give_several_works_each(artists: list[str]) -> None:
    works = [make_work(f"cubism/{n}.png", artist=artist) for n, artist in enumerate(artists)]

    assert len({work.path for work in choose(works, 3, seed=1)}) == 3


def test_known_artists_come_before_unknown_ones() -> None:
    works = [make_work(f"cubism/{n}.png") for n in range(20)]
    known = make_work("cubism/known.png", artist="Juan Gris")

    assert choose([*works, known], 3, seed=1)[0] == known


def test_fewer_works_than_wanted_are_all_chosen() -> None:
    works = [make_work("cubism/1.png"), make_work("cubism/2.png")]

    assert sorted(work.path for work in choose(works, 3, seed=1)) == [w.path for w in works]


def test_the_seed_chooses_and_the_order_of_the_works_does_not() -> None:
    works = [make_work(f"cubism/{n}.png", artist=str(n)) for n in range(50)]

    first = choose(works, 3, seed=1)

    assert choose(works[::-1], 3, seed=1) == first
    assert choose(works, 3, seed=2) != first


def test_pixels_are_shown_untouched(tmp_path: Path) -> None:
    sheet = draw(tmp_path, make_work("cubism/1.png"))

    assert np.array_equal(sheet[:SIDE_PX, LEFT_PX : LEFT_PX + SIDE_PX], pixels())


@pytest.mark.parametrize("side_px", [64, 300])
def test_pictures_of_another_size_fill_the_same_square(tmp_path: Path, side_px: int) -> None:
    works = (make_work("cubism/1.png"), make_work("cubism/2.png"))

    assert draw(tmp_path, *works, side_px=side_px).shape == draw(tmp_path, *works).shape


@pytest.mark.parametrize(
    "text",
    ["WWWW " * 60, "W" * 300, "$1 bill, $2", "富嶽三十六景", "two\nlines\x00"],
    ids=["long", "one word", "dollars", "letters that the font lacks", "control characters"],
)
def test_any_caption_stays_below_its_picture(tmp_path: Path, text: str) -> None:
    sheet = draw(
        tmp_path,
        make_work("cubism/1.png", title=text, artist=text, year=1913),
        make_work("cubism/2.png"),
    )
    plain = draw(tmp_path, make_work("cubism/1.png"), make_work("cubism/2.png"))

    right = LEFT_PX + SIDE_PX + 2  # letters may lean over by a pixel
    assert np.array_equal(sheet[:, right:], plain[:, right:])
    assert np.array_equal(sheet[:SIDE_PX], plain[:SIDE_PX])


@pytest.mark.parametrize(
    ("known", "title", "maker"),
    [
        (
            {"title": "La  Japonaise\n", "artist": "Claude Monet", "year": 1876},
            "La Japonaise",
            "Claude Monet, 1876",
        ),
        ({"artist": "Claude Monet"}, "(no title)", "Claude Monet"),
        ({"year": 1876}, "(no title)", "unknown artist, 1876"),
    ],
)
def test_captions_say_what_is_known(known: dict[str, str | int], title: str, maker: str) -> None:
    work = make_work("impressionism/1.png", **known)

    assert (title_of(work), maker_of(work)) == (title, maker)
