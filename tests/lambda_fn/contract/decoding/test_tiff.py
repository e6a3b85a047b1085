"""TIFF: every kind of sample gives the picture, or is refused with its reason."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lambda_fn.contract.images import PictureError, Pixels, UnreadablePictureError, to_pixels
from tests.pictures import draw_picture, encode
from tests.tiffs import write_tiff

RGB8 = np.asarray(draw_picture(50, 40))
GREY8 = np.asarray(draw_picture(50, 40).convert("L"))[..., None]
SIZE = 64


def deep(pixels: NDArray[np.uint8], dtype: str) -> NDArray[Any]:
    """Return 8-bit pixels in another type, white as its largest number, or as 1.0."""
    wanted = np.dtype(dtype)
    if wanted.kind == "f":
        return np.asarray(pixels / 255, wanted)
    whole = pixels.astype(np.uint64) * ((2 ** (8 * wanted.itemsize) - 1) // 255)
    return np.asarray(whole, wanted)


def read(data: bytes) -> Pixels:
    return to_pixels(data, size_px=SIZE).pixels


def look(pixels: NDArray[np.uint8]) -> Pixels:
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return read(encode(image, "PNG"))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f2", "f4", "f8"])
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"rows_per_strip": 7},
        {"tile_px": 16},
        {"is_packed": True, "rows_per_strip": 7},
        {"is_packed": True, "tile_px": 32},
    ],
)
def test_rgb_of_every_depth_and_layout_gives_the_picture(
    order: str, dtype: str, is_planar: bool, layout: dict[str, Any]
) -> None:
    data = write_tiff(deep(RGB8, dtype), 2, order=order, is_planar=is_planar, **layout)

    assert np.abs(read(data) - look(RGB8)).max() <= 1


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4"])
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("tile_px", [None, 16])
def test_differences_of_samples_are_added_up(
    dtype: str, is_planar: bool, tile_px: int | None
) -> None:
    data = write_tiff(
        deep(RGB8, dtype),
        2,
        is_planar=is_planar,
        is_packed=True,
        has_differences=True,
        tile_px=tile_px,
    )

    assert np.abs(read(data) - look(RGB8)).max() <= 1


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f4"])
def test_grey_where_white_is_zero_is_no_negative(order: str, dtype: str) -> None:
    data = write_tiff(deep(255 - GREY8, dtype), 0, order=order)

    assert np.abs(read(data) - look(GREY8)).max() <= 1


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize(("photometric", "kind"), [(0, 2), (1, 1), (1, 2)])
@pytest.mark.parametrize("is_planar", [False, True])
def test_grey_with_alpha_lies_on_white(
    dtype: str, photometric: int, is_planar: bool, kind: int
) -> None:
    grey, alpha = np.full((8, 8, 1), 100, np.uint8), np.full((8, 8, 1), 128, np.uint8)
    shown = 50 if kind == 1 else 100  # half of 100 is in the file already
    stored = np.full_like(grey, shown if photometric == 1 else 255 - shown)
    samples = np.concatenate([deep(stored, dtype), deep(alpha, dtype)], axis=2)
    data = write_tiff(samples, photometric, is_planar=is_planar, extra=(kind,))

    assert np.abs(read(data) - 177).max() <= 1  # 50 + 127


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("kind", [1, 2])
def test_colours_with_alpha_lie_on_white(dtype: str, is_planar: bool, kind: int) -> None:
    colour = np.array([100, 200, 40]) // (2 if kind == 1 else 1)
    samples = np.empty((8, 8, 4), np.uint8)
    samples[:] = [*colour, 128]

    data = write_tiff(deep(samples, dtype), 2, is_planar=is_planar, extra=(kind,))

    assert np.abs(read(data) - [177, 227, 147]).max() <= 1


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("extra", [(), (0,), (1,), (2,)])
def test_cmyk_gives_the_same_in_planes_and_with_alpha(
    dtype: str, is_planar: bool, extra: tuple[int, ...]
) -> None:
    inks = np.asarray(draw_picture(50, 40).convert("CMYK"))
    samples = np.concatenate([inks, np.full((40, 50, len(extra)), 255, np.uint8)], axis=2)

    data = write_tiff(deep(samples, dtype), 5, is_planar=is_planar, extra=extra)

    assert np.abs(read(data) - look(RGB8)).max() <= 1


@pytest.mark.parametrize("is_planar", [False, True])
def test_lab_gives_the_same_in_planes(is_planar: bool) -> None:
    samples = np.empty((8, 8, 3), np.uint8)
    samples[:] = [128, 30, 256 - 40]

    pixels = read(write_tiff(samples, 8, is_planar=is_planar))

    assert np.abs(pixels - read(write_tiff(samples, 8))).max() == 0
    assert np.ptp(pixels[0, 0]) > 40


@pytest.mark.parametrize("scale", [1, 257])
@pytest.mark.parametrize("is_planar", [False, True])
def test_a_palette_counts_up_to_255_or_65535(scale: int, is_planar: bool) -> None:
    palette = draw_picture(50, 40).quantize(200)
    colours = np.zeros((256, 3), np.int64)
    given = np.array(palette.getpalette()).reshape(-1, 3)
    colours[: len(given)] = given
    numbers = tuple(int(one) for one in scale * colours.T.reshape(-1))

    data = write_tiff(np.asarray(palette)[..., None], 3, is_planar=is_planar, tags={320: numbers})

    assert np.abs(read(data) - look(np.asarray(palette.convert("RGB")))).max() == 0


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4"])
def test_signed_numbers_are_refused_with_the_reason(dtype: str) -> None:
    with pytest.raises(UnreadablePictureError, match="signed numbers"):
        read(write_tiff((GREY8 // 4).astype(dtype), 1))


@pytest.mark.parametrize("factor", [255.0, -1.0, 65535.0])
def test_decimals_beyond_black_and_white_are_refused_with_the_reason(factor: float) -> None:
    with pytest.raises(UnreadablePictureError, match="decimals from"):
        read(write_tiff(factor * deep(RGB8, "f4"), 2))


def test_wide_numbers_that_only_use_16_bits_are_refused_with_the_reason() -> None:
    with pytest.raises(UnreadablePictureError, match="almost nothing of its 32 bits"):
        read(write_tiff(deep(RGB8, "u2").astype(np.uint32), 2))


def test_other_inks_than_cmyk_are_refused_with_the_reason() -> None:
    with pytest.raises(UnreadablePictureError, match="inks other than"):
        read(write_tiff(np.zeros((8, 8, 4), np.uint8), 5, tags={332: (2,)}))


def test_coarse_colours_without_compression_are_refused_with_the_reason() -> None:
    with pytest.raises(UnreadablePictureError, match="coarser colours"):
        read(write_tiff(np.zeros((8, 8, 3), np.uint8), 6))


def test_an_unknown_kind_is_refused_with_what_it_is() -> None:
    with pytest.raises(UnreadablePictureError, match=r"photometric 32844.*16/16/16 bits"):
        read(write_tiff(deep(RGB8, "u2"), 32844, is_planar=True))


@pytest.mark.parametrize("layout", [{}, {"rows_per_strip": 7}])
def test_deep_samples_that_end_too_early_are_refused(layout: dict[str, Any]) -> None:
    data = write_tiff(deep(RGB8, "u2"), 2, is_planar=True, tags={273: (8,)}, **layout)

    with pytest.raises(PictureError):
        read(data)


def test_grey_of_12_bits_is_as_bright_as_it_says() -> None:
    data = write_tiff(np.full((8, 12, 1), 0, np.uint8), 1, tags={256: (8,), 258: (12,)})
    pairs = bytes([0x80, 0x08, 0x00]) * 32  # 0x800 and 0x800

    pixels = read(data[:8] + pairs + data[8 + len(pairs) :])

    assert np.abs(pixels - 128).max() <= 1
