"""to_pixels: one definition of decoding, for every kind of file and every kind of damage."""

import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile

from lambda_fn.contract.images import (
    PictureError,
    TooManyPixelsError,
    TruncatedPictureError,
    UnreadablePictureError,
    to_pixels,
)
from tests.pictures import draw_picture, encode, paint, png_bomb

SIZE = 48
CORNERS = {
    "top left": (4, 4),
    "top right": (4, -5),
    "bottom left": (-5, 4),
    "bottom right": (-5, -5),
}
UPRIGHT = {
    "top left": (255, 0, 0),
    "top right": (0, 255, 0),
    "bottom left": (0, 0, 255),
    "bottom right": (255, 255, 255),
}


def corners(pixels: NDArray[np.float32]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(int(v) for v in pixels[at]) for name, at in CORNERS.items()}


def assert_looks_upright(pixels: NDArray[np.float32], *, tolerance: float = 12) -> None:
    for name, expected in UPRIGHT.items():
        assert np.abs(pixels[CORNERS[name]] - expected).max() <= tolerance, (name, corners(pixels))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 95}),
        ("TIFF", {}),
        ("BMP", {}),
        (
            "MPO",
            {
                "quality": 95,
                "subsampling": 0,
                "save_all": True,
                "append_images": [draw_picture(90, 60, seed=1)],
            },
        ),
    ],
)
def test_to_pixels_reads_every_supported_format(kind: str, options: dict[str, Any]) -> None:
    data = encode(draw_picture(90, 60), kind, **options)

    picture = to_pixels(data, size_px=SIZE)

    assert picture.format == kind.lower()
    assert (picture.width, picture.height) == (90, 60)
    assert_looks_upright(picture.pixels, tolerance=30 if kind == "AVIF" else 12)


def test_to_pixels_gives_whole_numbers_from_0_to_255_as_float32() -> None:
    picture = to_pixels(encode(draw_picture(500, 300)), size_px=SIZE)

    assert picture.pixels.shape == (SIZE, SIZE, 3)
    assert picture.pixels.dtype == np.float32
    assert np.array_equal(picture.pixels, np.clip(np.rint(picture.pixels), 0, 255))


def test_to_pixels_gives_the_same_for_its_own_output_stored_as_png() -> None:
    first = to_pixels(encode(draw_picture(500, 300)), size_px=SIZE).pixels
    stored = encode(Image.fromarray(first.astype(np.uint8)), "PNG")

    again = to_pixels(stored, size_px=SIZE).pixels

    assert np.array_equal(first, again)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "MPO", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "undo"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_to_pixels_turns_a_picture_upright(
    kind: str, orientation: int, undo: Image.Transpose | None
) -> None:
    upright = draw_picture(90, 60)
    stored = upright if undo is None else upright.transpose(undo)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation

    picture = to_pixels(encode(stored, kind, exif=exif), size_px=SIZE)

    assert (picture.width, picture.height) == (90, 60)
    assert_looks_upright(picture.pixels, tolerance=40)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I;16"])
def test_to_pixels_brings_every_mode_to_rgb(mode: str) -> None:
    kind = "TIFF"
    grey = draw_picture(60, 60).convert("L")
    image = (
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        if mode == "I;16"
        else draw_picture(60, 60).convert(mode, dither=Image.Dither.NONE)
    )

    picture = to_pixels(encode(image, kind), size_px=SIZE)

    expected = np.asarray(
        grey.convert("RGB") if mode in ("L", "LA", "I;16") else image.convert("RGB"), np.float32
    )
    assert np.abs(picture.pixels[5, 5] - expected[6, 6]).max() <= 2
    assert np.abs(picture.pixels[-5, -5] - expected[-6, -6]).max() <= 2


def test_to_pixels_scales_sixteen_bit_png_instead_of_clipping_it() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)

    pixels = to_pixels(encode(Image.fromarray(ramp), "PNG"), size_px=64).pixels

    assert 120 <= pixels[32, 32, 0] <= 135
    assert pixels.min() == 0
    assert pixels.max() == 255


def test_to_pixels_puts_the_transparent_level_of_a_sixteen_bit_png_on_white() -> None:
    image = Image.fromarray(np.full((64, 64), 500, np.uint16))

    pixels = to_pixels(encode(image, "PNG", transparency=500), size_px=64).pixels

    assert pixels.min() == 255


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_to_pixels_rejects_values_that_are_no_numbers(odd: float) -> None:
    image = Image.fromarray(np.full((8, 8), odd, np.float32))

    with pytest.raises(UnreadablePictureError, match="no numbers"):
        to_pixels(encode(image, "TIFF"), size_px=SIZE)


def test_to_pixels_puts_transparent_parts_on_white() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))

    pixels = to_pixels(encode(clear, "PNG"), size_px=SIZE).pixels

    assert pixels.min() == 255


def test_to_pixels_puts_a_transparent_palette_colour_on_white() -> None:
    palette = Image.new("P", (40, 40), 3)
    palette.putpalette([0, 0, 0] * 256)

    pixels = to_pixels(encode(palette, "GIF", transparency=3), size_px=SIZE).pixels

    assert pixels.min() == 255


def test_to_pixels_reads_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]

    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert tuple(to_pixels(data, size_px=SIZE).pixels[9, 9]) == (255, 0, 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3)])
def test_to_pixels_answers_tiny_and_narrow_pictures(shape: tuple[int, int]) -> None:
    picture = to_pixels(encode(Image.new("RGB", shape, "teal"), "PNG"), size_px=SIZE)

    assert (picture.width, picture.height) == shape
    assert np.ptp(picture.pixels.reshape(-1, 3), axis=0).max() == 0


def test_to_pixels_reads_a_photo_from_a_reduced_scale_much_like_in_full() -> None:
    image = draw_picture(2000, 1500)

    fast = to_pixels(encode(image, "JPEG", quality=95), size_px=SIZE).pixels
    full = to_pixels(encode(image, "PNG"), size_px=SIZE).pixels

    assert np.abs(fast - full).mean() < 2


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "I;16"])
@pytest.mark.parametrize("shape", [(1000, 700), (701, 1003), (3001, 50)])
def test_to_pixels_shrinks_a_large_picture_much_like_in_one_step(
    mode: str, shape: tuple[int, int]
) -> None:
    picture = draw_picture(*shape)
    image = picture.convert(mode) if mode != "I;16" else picture.convert("L")
    expected = np.asarray(
        image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BICUBIC), np.float32
    )
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)

    pixels = to_pixels(encode(image, "PNG"), size_px=SIZE).pixels

    assert np.abs(pixels - expected).mean() < 2


def test_to_pixels_goes_by_content_and_not_by_name() -> None:
    assert to_pixels(encode(draw_picture(), "PNG"), size_px=SIZE).format == "png"


def test_to_pixels_rejects_text() -> None:
    with pytest.raises(UnreadablePictureError, match="send JPEG"):
        to_pixels(b"This is no picture, whatever its name.", size_px=SIZE)


def test_to_pixels_names_heic_and_the_way_out() -> None:
    with pytest.raises(UnreadablePictureError, match=r"HEIC.*JPEG"):
        to_pixels(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64), size_px=SIZE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF"])
def test_to_pixels_rejects_a_picture_that_ends_too_early(kind: str) -> None:
    data = encode(draw_picture(400, 300), kind)

    with pytest.raises(PictureError):
        to_pixels(data[: len(data) // 2], size_px=SIZE)


def test_to_pixels_says_that_a_jpeg_is_truncated() -> None:
    data = encode(draw_picture(400, 300))

    with pytest.raises(TruncatedPictureError, match="send the whole file"):
        to_pixels(data[: len(data) // 2], size_px=SIZE)


@pytest.mark.parametrize("side", [10_001, 60_000])
def test_to_pixels_refuses_a_decompression_bomb_before_decoding(side: int) -> None:
    bomb = png_bomb(side, 10_000)

    with pytest.raises(TooManyPixelsError, match="100 megapixels"):
        to_pixels(bomb, size_px=SIZE)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_to_pixels_refuses_sooner_where_the_decoder_takes_more_memory(kind: str) -> None:
    data = pretend_to_be_large(kind)

    with pytest.raises(TooManyPixelsError, match="32 megapixels"):
        to_pixels(data, size_px=SIZE)


def pretend_to_be_large(kind: str) -> bytes:
    """Return a small picture whose header says 8000 x 6500: to encode so many takes a second."""
    if kind == "WEBP":
        data = bytearray(encode(Image.new("RGB", (80, 65)), kind, lossless=True))
        start = data.index(b"VP8L") + 9
        size = int.from_bytes(data[start : start + 4], "little")
        assert (size & 0x3FFF, size >> 14 & 0x3FFF) == (79, 64)
        size = size >> 28 << 28 | 6_499 << 14 | 7_999
        data[start : start + 4] = size.to_bytes(4, "little")
    else:
        data = bytearray(encode(Image.new("RGB", (80, 65)), kind))
        start = data.index(b"ispe") + 8
        assert data[start : start + 8] == struct.pack(">II", 80, 65)
        data[start : start + 8] = struct.pack(">II", 8_000, 6_500)
    assert Image.open(BytesIO(data)).size == (8_000, 6_500)
    return bytes(data)


def test_to_pixels_refuses_a_jpeg_that_repeats_its_pixels_over_and_over() -> None:
    data = encode(Image.new("L", (8_000, 8_000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")

    with pytest.raises(TooManyPixelsError, match="too many scans"):
        to_pixels(data[:-2] + 100 * data[last:-2] + data[-2:], size_px=SIZE)


def test_to_pixels_reads_an_ordinary_progressive_jpeg_in_full_size() -> None:
    data = encode(draw_picture(500, 400).resize((5_000, 4_000), 0), "JPEG", progressive=True)

    assert to_pixels(data, size_px=SIZE).width == 5_000


def test_to_pixels_decodes_a_photo_at_a_reduced_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[tuple[int, int]] = []
    load = JpegImageFile.load

    def load_and_tell(self: JpegImageFile) -> Any:
        loaded.append(self.size)
        return load(self)

    monkeypatch.setattr(JpegImageFile, "load", load_and_tell)
    picture = to_pixels(encode(draw_picture(4_000, 3_000)), size_px=160)

    assert loaded[0] == (500, 375)  # an eighth; still twice the wanted 160
    assert (picture.width, picture.height) == (4_000, 3_000)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_to_pixels_holds_the_largest_picture_once(tmp_path: Path) -> None:
    largest = tmp_path / "largest.png"
    largest.write_bytes(png_bomb(10_000, 8_000, is_rgba=True))
    program = (
        "import sys, pathlib; from lambda_fn.contract.images import to_pixels\n"
        "to_pixels(pathlib.Path(sys.argv[1]).read_bytes(), size_px=160)\n"
        "print(pathlib.Path('/proc/self/status').read_text())"
    )

    result = subprocess.run(
        [sys.executable, "-c", program, largest], capture_output=True, text=True, check=True
    )

    peak_kib = int(result.stdout.partition("VmHWM:")[2].split()[0])
    assert peak_kib < 600 * 1024  # 320 MB are the decoded picture itself


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow remarks on damage it skips
@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"]),
    cut=st.floats(0, 1),
    noise=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20),
)
def test_to_pixels_raises_nothing_but_its_own_errors_on_damage(
    kind: str, cut: float, noise: list[tuple[float, int]]
) -> None:
    data = bytearray(encode(draw_picture(40, 30), kind))
    for place, value in noise:
        data[int(place * (len(data) - 1))] = value

    try:
        pixels = to_pixels(bytes(data[: int(cut * len(data))]), size_px=SIZE).pixels
    except PictureError:
        return

    assert np.isfinite(pixels).all()


@pytest.mark.parametrize("kept", [90, 200, 1000, 3000])
def test_a_png_that_is_cut_in_its_pixels_is_said_to_end_too_early(kept: int) -> None:
    whole = encode(paint("cubism", seed=0), "PNG")

    with pytest.raises(TruncatedPictureError, match="ends too early"):
        to_pixels(whole[:kept], size_px=32)
