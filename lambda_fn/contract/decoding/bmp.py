"""BMP: run-length coded ones within bounds, and the profile of a fifth header."""

import io
import struct
from typing import Final

from lambda_fn.contract.decoding.prepared import Prepared
from lambda_fn.contract.decoding.refusals import is_no_picture, too_costly

# Pillow decodes runs in Python, a million in a second, and fills lines pixel by pixel
_MAX_RUN_BYTES: Final = 1_000_000
_MAX_RUN_PIXELS: Final = 8_000_000
_RUN_LENGTH_CODED: Final = (1, 2)
_INFO_BYTES, _FIFTH_HEADER_BYTES = 40, 124
_EMBEDDED: Final = b"DEBM"  # the letters are those of a number, the least significant first


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of a BMP.

    Raises:
        PictureError: no picture, or runs that would take too long.
    """
    if len(data) < 26:
        raise is_no_picture()
    offset, header = struct.unpack_from("<II", data, 10)
    if header >= _INFO_BYTES and len(data) >= 34:
        width, height, _, _, coding = struct.unpack_from("<iiHHI", data, 18)
        if coding in _RUN_LENGTH_CODED:
            size = len(data) - offset
            if size > _MAX_RUN_BYTES or width * abs(height) > _MAX_RUN_PIXELS:
                raise too_costly(
                    f"a run-length coded BMP may have {_MAX_RUN_BYTES // 1_000_000} MB and "
                    f"{_MAX_RUN_PIXELS // 1_000_000} megapixels"
                )
    return Prepared(name="bmp", pillow="BMP", file=io.BytesIO(data), profile=_profile(data, header))


def _profile(data: bytes, header: int) -> bytes | None:
    if header != _FIFTH_HEADER_BYTES or data[70:74] != _EMBEDDED or len(data) < 138:
        return None
    place, size = struct.unpack_from("<II", data, 14 + 112)
    return data[14 + place : 14 + place + size]
