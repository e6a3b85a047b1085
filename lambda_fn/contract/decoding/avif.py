"""AVIF: what its boxes say of colour; its EXIF turns nothing, the container itself does."""

import re
from typing import Final

from lambda_fn.contract.decoding.encoding import Encoding
from lambda_fn.contract.decoding.png import of_codes
from lambda_fn.contract.decoding.prepared import Prepared, join

# the boxes that matter lie at the beginning, before the pixels
_HEAD_BYTES: Final = 65_536
_NCLX: Final = re.compile(rb"colrnclx(....)", re.DOTALL)
_EXIF_ITEM: Final = re.compile(rb"infe.{8}(Exif)", re.DOTALL)
_HEIF_BRANDS: Final = (
    *(b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"),
    *(b"mif1", b"msf1"),
)
# what Chromium takes for sRGB's curve in a picture, though television's differs
LIKE_SRGB: Final = frozenset({1, 2, 6, 14, 15})
_UNKNOWN: Final = 2


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of an AVIF.

    Raises:
        PictureError: it is HDR, or HEIC that cannot be read.
    """
    if data[8:12] in _HEIF_BRANDS and b"avif" not in data[8:64]:
        from lambda_fn.contract.decoding import heic

        return heic.prepare(data)
    head = data[:_HEAD_BYTES]
    view = memoryview(data)
    pieces, place = list[memoryview | bytes](), 0
    for found in _EXIF_ITEM.finditer(head):
        # a broken EXIF would stop Pillow, and nothing in it is needed
        pieces += [view[place : found.start(1)], b"skip"]
        place = found.end(1)
    pieces.append(view[place:])
    return Prepared(name="avif", pillow="AVIF", file=join(pieces), encoding=_encoding(head))


def _encoding(head: bytes) -> Encoding | None:
    found = _NCLX.search(head)
    if found is None:
        return None
    primaries, transfer = (int.from_bytes(found[1][at : at + 2], "big") for at in (0, 2))
    return of_codes(
        1 if primaries == _UNKNOWN else primaries, 13 if transfer in LIKE_SRGB else transfer
    )
