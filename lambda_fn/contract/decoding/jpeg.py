"""JPEG: its segments within bounds, without those that no pixel needs (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from lambda_fn.contract.decoding.exif import read_orientation
from lambda_fn.contract.decoding.prepared import Prepared, join
from lambda_fn.contract.decoding.refusals import (
    MAX_PIXELS,
    ends_too_early,
    is_no_picture,
    too_costly,
    too_many_pixels,
)

MAX_MISSING_ROWS: Final = 0.2
"""The share of a picture that may be missing at its lower end."""

# Every segment costs a step in Python, here and in Pillow. The largest that were seen in the wild
# have some 600, of a depth map in 64 kB each.
_MAX_SEGMENTS: Final = 4_000
# a progressive JPEG may name its pixels again in every scan: a few kilobytes can take minutes
_MAX_SCANNED_PIXELS: Final = 12 * MAX_PIXELS
_MAX_COEFFICIENT_BYTES: Final = 320_000_000
# a marker is no stuffed 0xFF00, no fill byte, and none of those that stand alone (RST, TEM, SOI)
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _ENDS, _COMMENT, _EXIF, _ICC_OR_MPF = 0xDA, 0xD9, 0xFE, 0xE1, 0xE2
# JFIF and Adobe's say what the components are
_DROPPED: Final = frozenset({*range(0xE1, 0xEE), 0xEF, _COMMENT})
_ICC: Final = b"ICC_PROFILE\0"
_MISSING_LEVELS: Final = (127, 129)


@dataclass(slots=True)
class _Found:
    """What the segments said."""

    kept: list[memoryview | bytes] = field(default_factory=lambda: [_START])
    exif: bytes = b""
    profile_parts: dict[int, bytes] = field(default_factory=dict)
    is_mpo: bool = False
    frame: bytes = b""
    is_progressive: bool = False
    scans: list[bytes] = field(default_factory=list)
    has_end: bool = False


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of a JPEG.

    Raises:
        PictureError: no picture, or one that would cost too much.
    """
    found = _walk(data)
    _refuse_costly(found)
    if not found.has_end:
        found.kept.append(_END)
        _refuse_coarse(found)
    parts = found.profile_parts
    return Prepared(
        name="mpo" if found.is_mpo else "jpeg",
        pillow="JPEG",
        file=join(found.kept),
        orientation=read_orientation(found.exif),
        profile=b"".join(parts[number] for number in sorted(parts)) or None,
        is_cut=not found.has_end,
    )


def refuse_missing(image: Image.Image) -> None:
    """Refuse a decoded picture that was cut off too early.

    The decoder fills blocks that never came with its middle grey.

    Raises:
        TruncatedPictureError: more than `MAX_MISSING_ROWS` of its rows are missing.
    """
    low, high = _MISSING_LEVELS
    limit = int(image.height * (1 - MAX_MISSING_ROWS))
    lower = np.asarray(image.crop((0, limit, image.width, image.height)))
    # nearly the whole lower part is grey, and the row above it, too
    above = np.asarray(image.crop((0, max(limit - 1, 0), image.width, max(limit, 1))))
    if all(((part >= low) & (part <= high)).all() for part in (lower, above)):
        raise ends_too_early()


def _walk(data: bytes) -> _Found:
    found = _Found()
    view = memoryview(data)
    for marker, start, end in _segments(data):
        body = view[start + 4 : end]
        if marker == _SCAN:
            if not found.scans:
                found.kept.append(view[start:])
            found.scans.append(bytes(body))
        elif marker == _ENDS:
            found.has_end = bool(found.scans)
        elif not found.scans:
            _note(found, marker, bytes(body))
            if marker not in _DROPPED:
                found.kept.append(view[start:end])
    if not found.frame or not found.scans:
        raise is_no_picture()
    return found


def _note(found: _Found, marker: int, body: bytes) -> None:
    if marker in _FRAMES:
        found.frame, found.is_progressive = body, marker in _PROGRESSIVE
    elif marker == _EXIF and not found.exif and body.startswith(b"Exif\0"):
        found.exif = body
    elif marker == _ICC_OR_MPF and body.startswith(_ICC) and len(body) > 14:
        found.profile_parts[body[12]] = body[14:]
    elif marker == _ICC_OR_MPF and body.startswith(b"MPF\0"):
        found.is_mpo = True


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the end of the picture."""
    place, count = 2, 0
    while match := _MARKER.search(data, place):
        count += 1
        if count > _MAX_SEGMENTS:
            raise too_costly(f"the JPEG has more than {_MAX_SEGMENTS:,} segments")
        marker, start = match[1][0], match.start()
        if marker == _ENDS:
            yield marker, start, start + 2
            return
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        place = start + 2 + max(length, 2)
        yield marker, start, place


def _refuse_costly(found: _Found) -> None:
    frame = found.frame
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise is_no_picture()
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise too_many_pixels()
    scans = len(found.scans)
    if pixels * scans > _MAX_SCANNED_PIXELS:
        raise too_costly("the picture repeats its pixels in too many scans")
    if found.is_progressive or scans > 1:
        if coefficient_bytes(frame) > _MAX_COEFFICIENT_BYTES:
            raise too_costly("a progressive JPEG of this size takes too much memory")


def coefficient_bytes(frame: bytes) -> int:
    """Return what the decoder holds of a picture in several scans; frame: the body of its SOF."""
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    factors = [frame[7 + 3 * number] for number in range(frame[5])]
    most_x = max((one >> 4 for one in factors), default=1) or 1
    most_y = max((one & 15 for one in factors), default=1) or 1
    share = sum((one >> 4) * (one & 15) for one in factors) / (most_x * most_y)
    return int(2 * width * height * share)


def _refuse_coarse(found: _Found) -> None:
    """Refuse a cut progressive JPEG that lacks more than the last refinement.

    Every frequency of its first component must have come once, in a scan that is whole.
    """
    if not found.is_progressive:
        return
    first, seen = found.frame[6], set[int]()
    for scan in found.scans[:-1]:
        components = scan[0] if scan else 0
        names = scan[1 : 1 + 2 * components : 2]
        if first in names and len(scan) >= 3 + 2 * components:
            low, high = scan[1 + 2 * components], scan[2 + 2 * components]
            seen.update(range(low, high + 1))
    if not seen.issuperset(range(64)):
        raise ends_too_early()
