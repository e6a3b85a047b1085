"""Copies of a work are found however they were saved; what only looks flat alike is kept."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance

from lambda_fn.contract.images import to_pixels
from tests.pictures import draw_picture, encode
from training.dataset.duplicates import MAX_BITS, Copy, Look, find_copies, look_at

SIZE_PX = 96


def see(picture: Image.Image, **options: int) -> Look:
    """Return the look of a picture that was saved as a JPEG."""
    data = encode(picture, "JPEG", **({"quality": 95} | options))
    return look_at(to_pixels(data, size_px=SIZE_PX).pixels.astype(np.uint8))


def half(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2))


def crush(picture: Image.Image) -> Image.Image:
    return Image.open(BytesIO(encode(picture, "JPEG", quality=30)))


def brighten(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.15)


def fade(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(0.8)).enhance(0.8)


def squash(picture: Image.Image) -> Image.Image:
    return picture.resize((200, 200))


@pytest.mark.parametrize("change", [half, crush, brighten, fade, squash])
def test_a_picture_that_was_saved_anew_is_a_near_copy(
    change: Callable[[Image.Image], Image.Image],
) -> None:
    picture = draw_picture(320, 240, seed=1)
    looks = {"a": see(picture), "b": see(change(picture)), "c": see(draw_picture(320, 240, seed=2))}

    assert find_copies(looks) == [Copy("b", "a", "near")]


def test_the_same_pixels_are_an_exact_copy() -> None:
    look = see(draw_picture(seed=1))

    assert find_copies({"b": look, "a": look, "c": look}) == [
        Copy("b", "a", "exact"),
        Copy("c", "a", "exact"),
    ]


def canvas(colour: str, *, line: int | None = None) -> Image.Image:
    """Return a flat picture, as a Minimalist might paint it, perhaps with a line."""
    picture = Image.new("RGB", (320, 240), colour)
    if line is not None:
        ImageDraw.Draw(picture).line((0, line, 320, line), fill="black", width=6)
    return picture


def test_flat_pictures_are_not_taken_for_copies_although_their_hashes_are_alike() -> None:
    looks = {
        "white": see(canvas("#f4f2ee")),
        "cream": see(canvas("#efe6d0")),
        "high": see(canvas("#f4f2ee", line=60)),
        "low": see(canvas("#f4f2ee", line=170)),
    }

    assert len({look.difference_hash for look in looks.values()}) == 1
    assert find_copies(looks) == []


def test_the_same_shapes_in_other_colours_are_another_work() -> None:
    red, green, blue = draw_picture(320, 240, seed=1).split()
    looks = {
        "a": see(Image.merge("RGB", (red, green, blue))),
        "b": see(Image.merge("RGB", (blue, red, green))),
    }

    assert find_copies(looks) == []


@settings(deadline=None)
@given(flipped=st.sets(st.integers(0, 63), max_size=20))
def test_candidates_are_exactly_those_whose_hashes_differ_in_few_bits(
    flipped: set[int],
) -> None:
    look = see(draw_picture(seed=1))
    other_hash = look.difference_hash
    for bit in flipped:
        other_hash ^= 1 << bit
    other = Look("other", other_hash, look.thumbnail)

    found = find_copies({"a": look, "b": other})

    assert bool(found) == (len(flipped) <= MAX_BITS)


def test_no_chain_of_small_steps_makes_a_copy() -> None:
    picture = np.asarray(draw_picture(96, 96, seed=1), np.float64)
    other = np.asarray(draw_picture(96, 96, seed=2), np.float64)
    looks = {
        f"{step:02d}": look_at((picture + step / 20 * (other - picture)).astype(np.uint8))
        for step in range(21)
    }

    copies = {copy.path: copy.original for copy in find_copies(looks)}

    assert copies
    assert not set(copies) & set(copies.values())
    assert len(looks) - len(copies) > 1  # a chain would have led from the first to the last


@pytest.fixture(scope="module")
def pairs() -> list[Look]:
    """The looks of three pictures, each saved well and badly."""
    return [
        see(draw_picture(320, 240, seed=number // 2), quality=95 - 30 * (number % 2))
        for number in range(6)
    ]


@settings(deadline=None)
@given(order=st.permutations([*range(6)]))
def test_the_first_by_path_stays_whatever_the_order(pairs: list[Look], order: list[int]) -> None:
    looks = {f"{n}": pairs[n] for n in order}

    copies = find_copies(looks)

    assert [(copy.path, copy.original) for copy in copies] == [("1", "0"), ("3", "2"), ("5", "4")]


@pytest.mark.data
def test_paintings_that_were_saved_anew_are_found_and_no_two_are_taken_for_one() -> None:
    paintings = Path(os.environ["ARTSTYLE_DATA"]) / "paintings"
    looks = {}
    for number, path in enumerate(sorted(paintings.glob("*/*.jpg"))[::50]):
        with Image.open(path) as picture:
            looks[f"{number} a"] = see(picture)
            looks[f"{number} b"] = see(half(picture), quality=60)

    copies = find_copies(looks)

    assert all(copy.path[:-2] == copy.original[:-2] for copy in copies)
    assert len(copies) > 0.98 * len(looks) / 2


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_pictures_have_no_copies(count: int) -> None:
    assert find_copies({str(n): see(draw_picture()) for n in range(count)}) == []
