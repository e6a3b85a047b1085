"""Which way is up, as EXIF says it: the one tag that is read, whatever else is broken."""

import struct
from typing import Final

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
_MAX_ENTRIES: Final = 1_000


def read_orientation(block: bytes) -> int:
    """Return the orientation from 1 to 8 of a block that begins as a TIFF does; 1 if there is none.

    Browsers take only a single number of 16 bits for one, and so does this.
    """
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return 1
    try:
        (place,) = struct.unpack_from(f"{order}I", block, 4)
        (entries,) = struct.unpack_from(f"{order}H", block, place)
        for number in range(min(entries, _MAX_ENTRIES)):
            tag, kind, count, value = struct.unpack_from(
                f"{order}HHIH", block, place + 2 + 12 * number
            )
            if (tag, kind, count) == (_ORIENTATION, _SHORT, 1):
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:  # it ends before what it points at
        return 1
    return 1
