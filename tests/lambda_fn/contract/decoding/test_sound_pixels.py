"""Sound pixels are answered, whatever is wrong beside them; and EXIF alone says which way is up."""

import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from lambda_fn.contract.decoding.exif import read_orientation
from lambda_fn.contract.images import (
    Pixels,
    TruncatedPictureError,
    UnreadablePictureError,
    to_pixels,
)
from tests.pictures import draw_picture, encode

SIZE = 64
BROKEN_EXIF = b"II*\0\xff\xff\xff\x7f"
XMP_TURNED = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def read(data: bytes) -> Pixels:
    return to_pixels(data, size_px=SIZE).pixels


def chunk(name: bytes, body: bytes, *, has_sound_crc: bool = True) -> bytes:
    crc = zlib.crc32(name + body) ^ (not has_sound_crc)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def png_with(*chunks: bytes) -> bytes:
    data = encode(draw_picture(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"eXIf", BROKEN_EXIF),
        chunk(b"eXIf", b""),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(3_000_000))),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(3_000_000))),
        chunk(b"tEXt", b"Comment\0" + b"x" * 2_000_000),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\nno number\n")),
        chunk(b"tIME", b"too short", has_sound_crc=False),
        chunk(b"tRNS", bytes(6), has_sound_crc=False),
        chunk(b"pHYs", b"x"),
        chunk(b"cHRM", b"x") + chunk(b"gAMA", b"x") + chunk(b"sRGB", b"") + chunk(b"cICP", b""),
        chunk(b"acTL", b"") + chunk(b"fcTL", b""),
    ],
)
def test_a_png_is_read_whatever_its_other_chunks_are(extra: bytes) -> None:
    assert np.array_equal(read(png_with(extra)), read(png_with()))


def test_a_png_without_its_last_chunk_is_read() -> None:
    data = png_with()

    assert np.array_equal(read(data[:-12]), read(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exif", [BROKEN_EXIF, b"", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\x05"])
def test_broken_exif_hides_no_picture(kind: str, exif: bytes) -> None:
    plain = encode(draw_picture(), kind, quality=90)

    assert np.array_equal(read(encode(draw_picture(), kind, quality=90, exif=exif)), read(plain))


def test_broken_exif_hides_no_avif() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "an ordinary camera"
    data = encode(draw_picture(), "AVIF", exif=exif)
    block = exif.tobytes().removeprefix(b"Exif\0\0")

    assert block in data
    broken = data.replace(block, BROKEN_EXIF.ljust(len(block), b"\xff"))

    assert np.array_equal(read(broken), read(encode(draw_picture(), "AVIF")))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF"])
def test_xmp_turns_no_picture(kind: str) -> None:
    options = {"tiffinfo": {700: XMP_TURNED}} if kind == "TIFF" else {"xmp": XMP_TURNED}
    data = encode(draw_picture(), kind, **options)

    assert XMP_TURNED in data
    assert np.array_equal(read(data), read(encode(draw_picture(), kind)))


def test_exif_turns_no_webp_because_no_browser_does() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = encode(draw_picture(90, 60), "WEBP", exif=exif)

    picture = to_pixels(data, size_px=SIZE)

    assert (picture.width, picture.height) == (90, 60)
    assert np.array_equal(picture.pixels, read(encode(draw_picture(90, 60), "WEBP")))


@pytest.mark.parametrize(("kind", "count", "value"), [(3, 1, 6), (4, 1, 6), (3, 2, 6), (3, 1, 9)])
def test_an_orientation_is_one_number_of_16_bits(kind: int, count: int, value: int) -> None:
    block = b"II*\0" + struct.pack("<IHHHIH", 8, 1, 0x0112, kind, count, value)

    assert read_orientation(block) == (6 if (kind, count, value) == (3, 1, 6) else 1)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_without_its_last_two_bytes_is_the_same_picture(options: dict[str, int]) -> None:
    data = encode(draw_picture(300, 200), "JPEG", **options)

    assert np.abs(read(data[:-2]) - read(data)).mean() < 0.1


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(("share", "is_read"), [(0.05, True), (0.15, True), (0.3, False)])
def test_a_jpeg_may_lack_a_fifth_of_its_rows(mode: str, share: float, is_read: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (640, 480, 3), np.uint8)
    data = encode(Image.fromarray(noise).convert(mode), "JPEG", quality=80)
    cut = data[: int(len(data) * (1 - share))]

    if not is_read:
        with pytest.raises(TruncatedPictureError, match="send the whole file"):
            read(cut)
        return

    pixels, whole = read(cut), read(data)
    kept = int(SIZE * (1 - share)) - 4
    assert np.abs(pixels[:kept] - whole[:kept]).mean() < 2
    assert np.ptp(pixels[-1]) <= 1  # the middle grey of the decoder


def test_a_progressive_jpeg_may_lack_its_last_refinement_and_no_more() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
    data = encode(Image.fromarray(noise).resize((400, 600)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")

    assert np.abs(read(data[: last + 500]) - read(data)).mean() < 4
    with pytest.raises(TruncatedPictureError):
        read(data[: len(data) // 3])


def test_a_jpeg_is_read_in_spite_of_rubbish_between_its_segments() -> None:
    data = encode(draw_picture())

    assert np.array_equal(read(data[:2] + b"\0rubbish\xff\xff\xff" + data[2:]), read(data))


def test_a_transparent_colour_of_16_bits_is_found_in_8() -> None:
    rows = b"".join(b"\0" + 8 * struct.pack(">3H", 0x1234, 0x5678, 0x9ABC) for _ in range(8))
    parts = (
        chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)),
        chunk(b"tRNS", struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)),
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    )

    assert read(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).min() == 255


def test_an_empty_file_of_a_format_is_no_picture() -> None:
    for head in (b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"BM", b"RIFF1234WEBP"):
        with pytest.raises(UnreadablePictureError):
            read(head)
