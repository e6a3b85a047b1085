"""WebP: the first frame and its profile. Its EXIF turns nothing, because browsers do not look."""

import struct
from typing import Final

from lambda_fn.contract.decoding.prepared import Prepared, join
from lambda_fn.contract.decoding.refusals import is_no_picture, too_costly

_MAX_CHUNKS: Final = 4_000
_MAX_PROFILE_BYTES: Final = 4_000_000
_EXTENDED, _PROFILE, _FRAME = b"VP8X", b"ICCP", b"ANMF"
_PIXELS: Final = frozenset({b"VP8 ", b"VP8L"})
_KEPT: Final = frozenset({*_PIXELS, b"ALPH", b"ANIM", _EXTENDED, _FRAME})
# of VP8X: only transparency and animation, because the other chunks are left out
_FLAGS: Final = 0x10 | 0x02


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of a WebP.

    Raises:
        PictureError: no picture, or one of too many chunks.
    """
    view, kept, profile = memoryview(data), list[memoryview | bytes](), None
    place, count = 12, 0
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while place + 8 <= end:
        count += 1
        if count > _MAX_CHUNKS:
            raise too_costly(f"the WebP has more than {_MAX_CHUNKS:,} chunks")
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        body = view[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
        if name == _PROFILE and profile is None and size <= _MAX_PROFILE_BYTES:
            profile = bytes(body)
        elif name == _EXTENDED and size >= 10:
            kept += [struct.pack("<4sI", name, size), bytes([body[0] & _FLAGS]), body[1:]]
            kept.append(b"\0" * (size % 2))
        elif name in _KEPT:
            kept += [struct.pack("<4sI", name, size), body, b"\0" * (size % 2)]
            if name in _PIXELS or name == _FRAME:
                break
    if not kept:
        raise is_no_picture()
    size = 4 + sum(len(piece) for piece in kept)
    file = join([struct.pack("<4sI4s", b"RIFF", size, b"WEBP"), *kept])
    return Prepared(name="webp", pillow="WEBP", file=file, profile=profile)
