"""GIF: the first frame, and of the blocks before it only the one that says what is transparent."""

from typing import Final

from lambda_fn.contract.decoding.prepared import Prepared, join
from lambda_fn.contract.decoding.refusals import is_no_picture, too_costly

# each is a step in Python; a comment or profile of 500 kB has 2,000
_MAX_BLOCKS: Final = 10_000
_EXTENSION, _IMAGE, _CONTROL = 0x21, 0x2C, 0xF9
_HEADER_BYTES: Final = 13


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of a GIF.

    Raises:
        PictureError: no picture, or one with too many blocks before it.
    """
    if len(data) < _HEADER_BYTES:
        raise is_no_picture()
    flags = data[10]
    place = start = _HEADER_BYTES + ((2 << (flags & 7)) * 3 if flags & 128 else 0)
    control = b""
    blocks = 0
    while place < len(data) and data[place] != _IMAGE:
        begun, kind = place, data[place : place + 2]
        blocks += 1
        if kind[0] != _EXTENSION:
            place += 1  # as Pillow, which looks for the next that it knows
            if blocks > _MAX_BLOCKS:
                raise _too_many()
            continue
        place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
            blocks += 1
            if blocks > _MAX_BLOCKS:
                raise _too_many()
        place += 1
        if kind[1:] == bytes([_CONTROL]):
            control = data[begun:place]
    view = memoryview(data)
    pieces = (view[:start], memoryview(control), view[place:])
    return Prepared(name="gif", pillow="GIF", file=join(pieces))


def _too_many() -> Exception:
    return too_costly(f"the GIF has more than {_MAX_BLOCKS:,} blocks before its first picture")
