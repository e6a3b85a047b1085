"""Bodies of up to 30 MB that are made to cost as much as they can; drawn by code, in seconds."""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from PIL import Image

from tests.pictures import draw_picture, encode, png_bomb
from tests.tiffs import write_tiff

BODY_BYTES: Final = 29_000_000


def _fill(part: bytes) -> bytes:
    return part * (BODY_BYTES // len(part))


def _chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@cache
def _plain(kind: str) -> bytes:
    return encode(draw_picture(), kind)


def _jpeg(between: bytes) -> bytes:
    return _plain("JPEG")[:2] + between + _plain("JPEG")[2:]


def _after_scan(between: bytes) -> bytes:
    data = _plain("JPEG")
    scan = data.rindex(b"\xff\xda")
    return data[:-2] + between + data[scan:]


def _png(between: bytes) -> bytes:
    return _plain("PNG")[:33] + between + _plain("PNG")[33:]


def _gif(between: bytes) -> bytes:
    data = _plain("GIF")
    start = 13 + (6 << (data[10] & 7))
    return data[:start] + between + data[start:]


def _webp(before: bytes = b"", behind: bytes = b"") -> bytes:
    data = _plain("WEBP")
    size = struct.pack("<I", len(data) - 8 + len(before) + len(behind))
    return data[:4] + size + data[8:12] + before + data[12:] + behind


def _bmp(width: int, height: int, runs: bytes) -> bytes:
    head = struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078)
    facts = (40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + head + struct.pack("<IiiHHIIIIII", *facts) + bytes(1024) + runs


def _tiff(rows: int, columns: int, bands: int, dtype: str, **tags: tuple[int, ...]) -> bytes:
    """Return a small TIFF whose tags say what a large one would."""
    sample = write_tiff(np.zeros((1, 1, bands), dtype), 2 if bands > 2 else 1, is_packed=True)
    with_size = {
        256: (columns,),
        257: (rows,),
        **{int(name[1:]): tag for name, tag in tags.items()},
    }
    return (
        write_tiff(
            np.zeros((1, 1, bands), dtype),
            2 if bands > 2 else 1,
            is_packed=True,
            tags={278: (rows,), **with_size},
        )
        + sample
    )


def _deep_png() -> bytes:
    data = bytearray(png_bomb(10_000, 10_000))
    data[24:26] = bytes([16, 6])
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


def _progressive() -> bytes:
    return encode(Image.new("RGB", (10_000, 10_000)), "JPEG", progressive=True, subsampling=0)


REFUSED: Final[dict[str, Callable[[], bytes]]] = {
    "jpeg of empty segments": lambda: _jpeg(_fill(b"\xff\xe5\0\2")),
    "jpeg of comments": lambda: _jpeg(_fill(b"\xff\xfe\0\3x")),
    "jpeg of tables": lambda: _jpeg(_fill(b"\xff\xdb\0\x43\0" + bytes(range(1, 65)))),
    "jpeg of comments between scans": lambda: _after_scan(_fill(b"\xff\xfe\0\2")),
    "jpeg of many pixels, progressive": _progressive,
    "png of empty chunks": lambda: _png(_fill(_chunk(b"teSt"))),
    "png of empty pixel chunks": lambda: _png(_fill(_chunk(b"IDAT"))),
    "png of texts": lambda: _png(_fill(_chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(900_000))))),
    "png of 16 bits": _deep_png,
    "gif of comments": lambda: _gif(b"!\xfe" + _fill(b"\1x") + b"\0"),
    "gif of rubbish": lambda: _gif(_fill(b"\0")),
    "gif of extensions": lambda: _gif(_fill(b"!\xf9\4\0\0\0\0\0")),
    "webp of empty chunks": lambda: _webp(before=_fill(b"abcd\0\0\0\0")),
    "bmp of runs": lambda: _bmp(2_000, 2_000, _fill(b"\1\0")),
    "bmp of long lines": lambda: _bmp(25_000_000, 4, b"\0\2\xff\xff" * 100),
    "tiff of one huge tile": lambda: _tiff(
        100, 100, 4, "u1", _322=(20_000,), _323=(20_000,), _324=(8,), _325=(8,), _273=(), _279=()
    ),
    "tiff of one huge strip": lambda: _tiff(10_000, 10_000, 3, "u2"),
    "tiff of too many strips": lambda: _tiff(100_000, 1_000, 1, "u1", _278=(1,)),
    "tiff of too many offsets": lambda: _tiff(100, 100, 1, "u1", _273=tuple(range(2_000_000))),
    "tiff of floats": lambda: _tiff(8_000, 10_000, 3, "f8", _278=(8,)),
}
"""name -> a body that is refused before a decoder sees it."""

READ: Final[dict[str, Callable[[], bytes]]] = {
    "jpeg of fill bytes": lambda: _jpeg(_fill(b"\xff")),
    "jpeg of restart markers": lambda: _jpeg(_fill(b"\xff\xd0")),
    "jpeg of large segments": lambda: _jpeg(_fill(b"\xff\xe1\xff\xff" + bytes(65_533))),
    "png of one large text": lambda: _png(_chunk(b"tEXt", b"x\0" + bytes(BODY_BYTES))),
    "webp of chunks behind": lambda: _webp(behind=_fill(b"abcd\0\0\0\0")),
    "bmp of runs within the limits": lambda: _bmp(
        2_000, 2_000, (b"\x0a\0" * 200 + b"\0\0") * 2_000
    ),
    "tiff of a strip per row": lambda: write_tiff(
        np.zeros((40_000, 20, 1), np.uint8), 1, rows_per_strip=1
    ),
    "tiff of many tiles": lambda: write_tiff(np.zeros((3_000, 3_000, 1), np.uint8), 1, tile_px=16),
}
"""name -> a body that is read, and within bounds."""

LARGE: Final[dict[str, Callable[[], bytes]]] = {
    "png of 80 MP with alpha": lambda: png_bomb(10_000, 8_000, is_rgba=True),
    "jpeg of 75 MP, progressive": lambda: encode(
        Image.new("RGB", (8_600, 8_600)), "JPEG", progressive=True
    ),
    "webp of 32 MP": lambda: encode(Image.new("RGB", (6_400, 5_000)), "WEBP", method=0),
    "avif of 32 MP": lambda: encode(Image.new("RGB", (6_400, 5_000)), "AVIF", speed=10),
    "gif of 100 MP": lambda: encode(Image.new("P", (10_000, 10_000)), "GIF"),
    "tiff of 40 MP in planes of 16 bits": lambda: write_tiff(
        np.zeros((6_400, 6_400, 3), np.uint16),
        2,
        is_planar=True,
        is_packed=True,
        rows_per_strip=64,
    ),
}
"""name -> the largest of a kind that is read; for measuring."""
