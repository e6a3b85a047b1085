"""PNG: the chunks that its pixels need, and what the others say of colour and orientation."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from lambda_fn.contract.decoding.encoding import (
    HDR_TRANSFERS,
    PRIMARIES,
    SRGB,
    TRANSFERS,
    Encoding,
    is_sound,
)
from lambda_fn.contract.decoding.exif import read_orientation
from lambda_fn.contract.decoding.prepared import Prepared, join
from lambda_fn.contract.decoding.refusals import (
    MAX_PIXELS,
    is_no_picture,
    is_unusual,
    too_costly,
    too_many_pixels,
)

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Each chunk is a step in Python, here and in Pillow; writers make parts of 8 kB or more.
_MAX_CHUNKS: Final = 4_000
_LEAST_MEAN_BYTES: Final = 2_000
_MAX_UNPACKED_BYTES: Final = 320_000_000  # 100 megapixels of RGB, 80 with alpha
# colour type -> samples of a pixel
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_CRITICAL: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_READ: Final = frozenset({b"tRNS", b"eXIf", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"})
_MAX_PROFILE_BYTES: Final = 4_000_000
_MAX_READ_BYTES: Final = 8_000_000
_PARTS: Final = 100_000  # of one, as gAMA and cHRM count
_SRGB_GAMMA: Final = 45_455
_NEAR_GAMMA: Final = 2_300  # 5 %: what libpng takes for the same
_DEEP, _WITH_RGB = 16, 2


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of a PNG.

    Raises:
        PictureError: no picture, or one of too many chunks.
    """
    view = memoryview(data)
    kept: list[memoryview | bytes] = [SIGNATURE]
    said: dict[bytes, bytes] = {}
    name, end = b"", 0
    for name, start, end in _chunks(data):
        if name in _CRITICAL:
            kept.append(view[start:end])
        elif name in _READ and name not in said and end - start < _MAX_READ_BYTES:
            body = data[start + 8 : end - 4]
            if zlib.crc32(body, zlib.crc32(name)) == int.from_bytes(data[end - 4 : end], "big"):
                said[name] = body
                if name == b"tRNS":
                    kept.append(_chunk(name, _in_eight_bits(body, data)))
    if len(kept) < 2:
        raise is_no_picture()
    _refuse_costly(data)
    # after half a chunk of pixels it would be read as more of them, and hide that the end is gone
    if name != b"IEND" and not (name == b"IDAT" and end > len(data)):
        kept.append(_chunk(b"IEND", b""))
    encoding, profile = _colour(said)
    return Prepared(
        name="png",
        pillow="PNG",
        file=join(kept),
        orientation=read_orientation(said.get(b"eXIf", b"")),
        profile=profile,
        encoding=encoding,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk up to IEND."""
    place, count, most = len(SIGNATURE), 0, _MAX_CHUNKS + len(data) // _LEAST_MEAN_BYTES
    while place + 12 <= len(data):
        count += 1
        if count > most:
            raise too_costly(f"the PNG has more than {most:,} chunks")
        name = data[place + 4 : place + 8]
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        yield name, place, end
        if name == b"IEND":
            return
        place = end


def _refuse_costly(data: bytes) -> None:
    """Refuse a picture whose rows would unpack to too many bytes."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise is_no_picture()
    width, height, depth, colours = struct.unpack_from(">IIBB", data, 16)
    if width * height > MAX_PIXELS:
        raise too_many_pixels()
    unpacked = width * height * depth * _SAMPLES.get(colours, 4) // 8
    if unpacked > _MAX_UNPACKED_BYTES:
        raise too_costly(f"the PNG unpacks to {unpacked / 1e6:,.0f} MB")


def _chunk(name: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(body, zlib.crc32(name))
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def _in_eight_bits(transparent: bytes, data: bytes) -> bytes:
    """Return the colour that is transparent as Pillow sees it: of deep RGB it keeps 8 bits."""
    depth, colours = data[24], data[25]
    if depth != _DEEP or colours != _WITH_RGB or len(transparent) != 6:
        return transparent
    return bytes(part for high in transparent[::2] for part in (0, high))


def _colour(said: dict[bytes, bytes]) -> tuple[Encoding | None, bytes | None]:
    """Return what the values mean.

    cICP takes precedence over a profile, a profile over sRGB, and that over gAMA.
    Chromium does not look at cHRM where gAMA is missing.
    """
    if len(code := said.get(b"cICP", b"")) == 4:
        encoding = of_codes(code[0], code[1])
        if encoding is not None and code[2:] == b"\0\1":
            return encoding, None
    if b"iCCP" in said:
        return None, _unpack(said[b"iCCP"])
    if b"sRGB" in said or len(said.get(b"gAMA", b"")) != 4:
        return None, None
    return _of_gamma(int.from_bytes(said[b"gAMA"], "big"), said.get(b"cHRM", b"")), None


def of_codes(primaries: int, transfer: int) -> Encoding | None:
    """Return what two codes of ITU-T H.273 say; None where they say nothing that is known.

    Raises:
        UnreadablePictureError: the picture is HDR.
    """
    if transfer in HDR_TRANSFERS:
        raise is_unusual(
            f"this is an HDR picture ({HDR_TRANSFERS[transfer]}), and every screen shows it in "
            "another way"
        )
    if primaries not in PRIMARIES or transfer not in TRANSFERS:
        return None
    encoding = Encoding(transfer, chromaticities=PRIMARIES[primaries])
    return encoding if encoding != SRGB else None


def _of_gamma(gamma: int, chromaticities: bytes) -> Encoding | None:
    if gamma == 0:
        return None
    if len(chromaticities) == 32:
        white_x, white_y, *rest = (one / _PARTS for one in struct.unpack(">8I", chromaticities))
        given = (*rest, white_x, white_y)
        if is_sound(given):
            return Encoding(gamma=_PARTS / gamma, chromaticities=given)
    if abs(gamma - _SRGB_GAMMA) <= _NEAR_GAMMA:
        return None
    return Encoding(gamma=_PARTS / gamma)


def _unpack(body: bytes) -> bytes | None:
    _, _, packed = body.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _MAX_PROFILE_BYTES)
    except zlib.error:
        return None
