"""Colours: what a file says of them, as littleCMS and Chromium have it."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from lambda_fn.contract.images import Pixels, UnreadablePictureError, to_pixels
from tests.pictures import draw_picture, encode
from tests.profiles import matrix_profile

SIZE = 64
P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
PROPHOTO = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
REC2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def read(data: bytes) -> Pixels:
    return to_pixels(data, size_px=SIZE).pixels


def convert_whole(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture in sRGB, converted by littleCMS in full size."""
    opened = ImageCms.ImageCmsProfile(BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, opened, target, outputMode="RGB")
    assert converted is not None
    return converted


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("colours", [P3, PROPHOTO, REC2020, ADOBE])
@pytest.mark.parametrize("shape", [(50, 40), (900, 700)])
def test_a_picture_is_converted_by_its_profile(
    kind: str, colours: tuple[float, ...], shape: tuple[int, int]
) -> None:
    profile = matrix_profile(colours, gamma=1.8)
    data = encode(draw_picture(*shape), kind, icc_profile=profile)
    with Image.open(BytesIO(data)) as stored:
        expected = read(encode(convert_whole(stored.convert("RGB"), profile), "PNG"))

    assert np.abs(read(data) - read(encode(draw_picture(*shape), "PNG"))).mean() > 4
    assert np.abs(read(data) - expected).mean() < 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("is_of_grey", [True, False])
def test_a_grey_picture_is_converted_by_a_profile_of_grey_or_of_colours(
    kind: str, is_of_grey: bool
) -> None:
    profile = matrix_profile(None if is_of_grey else P3, gamma=1.0)
    image = Image.new("L", (40, 40), 64)

    pixels = read(encode(image, kind, icc_profile=profile))

    assert np.abs(pixels - 137).max() <= 1  # sRGB's value for a quarter of the light


def test_a_profile_of_srgb_changes_no_pixel() -> None:
    image = draw_picture(300, 200)

    assert np.array_equal(
        read(encode(image, "PNG", icc_profile=SRGB_PROFILE)), read(encode(image, "PNG"))
    )


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        SRGB_PROFILE[:200],
        matrix_profile(None, gamma=1.0),  # of grey
        matrix_profile(P3, gamma=1.0).replace(b"RGB XYZ ", b"CMYKXYZ "),
        matrix_profile(P3, gamma=1.0, brightness=0.1),  # white would be dark grey
        bytes(5_000_000),
    ],
)
def test_a_broken_absurd_or_foreign_profile_is_ignored(profile: bytes) -> None:
    image = draw_picture()

    pixels = read(encode(image, "TIFF", icc_profile=profile))

    assert np.array_equal(pixels, read(encode(image, "TIFF")))


def chunk(name: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def png_with(colour: tuple[int, int, int], *chunks: bytes) -> bytes:
    data = encode(Image.new("RGB", (4, 4), colour), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


GAMMA_1 = chunk(b"gAMA", struct.pack(">I", 100_000))
GAMMA_045 = chunk(b"gAMA", struct.pack(">I", 45_455))
CHROMATICITIES = chunk(
    b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
)


def cicp(primaries: int, transfer: int, range_: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, 0, range_]))


# what Chromium 156 draws of a picture of one colour, (200, 100, 50)
@pytest.mark.parametrize(
    ("chunks", "shown"),
    [
        ([GAMMA_1], (229, 168, 122)),
        ([GAMMA_045], (200, 100, 50)),
        ([chunk(b"gAMA", struct.pack(">I", 0))], (200, 100, 50)),
        ([GAMMA_1, chunk(b"sRGB", b"\0")], (200, 100, 50)),
        ([CHROMATICITIES], (200, 100, 50)),
        ([GAMMA_045, CHROMATICITIES], (216, 93, 24)),
        ([GAMMA_1, cicp(12, 13)], (215, 93, 31)),
        ([cicp(9, 1)], (239, 63, 5)),
        ([cicp(1, 1)], (197, 91, 39)),
        ([cicp(1, 8)], (229, 168, 122)),
        ([cicp(12, 13, 0)], (200, 100, 50)),
        ([cicp(2, 2)], (200, 100, 50)),
        ([GAMMA_045[:-1] + b"\0", CHROMATICITIES], (200, 100, 50)),
    ],
)
def test_a_png_is_shown_as_in_a_browser(chunks: list[bytes], shown: tuple[int, int, int]) -> None:
    assert np.abs(read(png_with((200, 100, 50), *chunks))[9, 9] - shown).max() <= 1


@pytest.mark.parametrize(
    ("codes", "shown"),
    [
        ((1, 13), (200, 100, 50)),
        ((12, 13), (215, 93, 31)),
        ((12, 2), (215, 93, 31)),
        ((9, 1), (241, 76, 29)),
        ((1, 1), (200, 100, 50)),
        ((1, 4), (201, 100, 46)),
        ((1, 5), (189, 76, 26)),
        ((1, 7), (206, 115, 68)),
        ((1, 8), (229, 168, 122)),
        ((1, 17), (200, 87, 34)),
        ((2, 2), (200, 100, 50)),
        ((4, 4), (233, 93, 22)),
        ((5, 5), (192, 76, 27)),
        ((6, 6), (196, 102, 49)),
        ((11, 17), (212, 78, 0)),
    ],
)
def test_an_avif_is_shown_as_in_a_browser(
    codes: tuple[int, int], shown: tuple[int, int, int]
) -> None:
    assert np.abs(read(avif_with(*codes))[9, 9] - shown).max() <= 3


def avif_with(primaries: int, transfer: int) -> bytes:
    image = Image.new("RGB", (4, 4), (200, 100, 50))
    data = bytearray(encode(image, "AVIF", quality=100, subsampling="4:4:4"))
    struct.pack_into(">HH", data, data.index(b"colrnclx") + 8, primaries, transfer)
    return bytes(data)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused_with_the_reason(transfer: int, name: str) -> None:
    for data in (png_with((200, 100, 50), cicp(9, transfer)), avif_with(9, transfer)):
        with pytest.raises(UnreadablePictureError, match=f"HDR picture \\({name}\\)"):
            read(data)


def test_cmyk_is_converted_by_its_profile() -> None:
    inks: NDArray[np.uint8] = np.zeros((40, 40, 4), np.uint8)
    inks[..., 0] = 255
    image = Image.frombytes("CMYK", (40, 40), inks.tobytes())
    profile = matrix_profile(None, gamma=1.0, is_cmyk=True)

    pixels = read(encode(image, "TIFF", icc_profile=profile))

    assert np.abs(pixels - read(encode(convert_whole(image, profile), "PNG"))).max() <= 2
    assert np.abs(pixels - read(encode(image, "TIFF"))).max() > 20


def test_a_profile_that_png_cannot_unpack_is_ignored() -> None:
    data = png_with((200, 100, 50), chunk(b"iCCP", b"x\0\0no zlib"))

    assert tuple(read(data)[9, 9]) == (200, 100, 50)
