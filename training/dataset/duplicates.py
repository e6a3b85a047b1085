"""The same work twice: exact copies, and near ones that were saved, shrunk or brightened anew.

A copy in the test part of what is in training is an answer told beforehand. Copies are looked for
in two steps. Candidates are pictures whose difference hash (64 bits that say whether the light
rises from one of 8 x 9 fields to the next; N. Krawetz, "Kind of Like That", hackerfactor.com, 2013)
differs in few bits. A hash that small is alike for many flat pictures, so a candidate counts only
if its colours correlate: 32 x 32 of them, less the mean of each channel.

The bounds were set on 14,223 paintings. Of 1,200 that were saved anew with JPEG quality 40, at a
half or a third of their size, 20 % darker, or with other contrast or colours, 99 % are found
(brightened by 20 %, which burns out the lights: 95 %), and no two works are taken for one. Among
the 14,223 themselves, rid of near copies before, 9 pairs are found; all 9 show one work twice.
Copies that are cropped by more than a hair, mirrored or without colour are mostly not found.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_BITS = 7  # so that two hashes have at least one of their 8 bytes in common
MIN_CORRELATION = 0.955
MIN_CONTRAST = 4.0  # grey levels; what is flatter shows little but the noise of its file
_SIDE_PX = 32
_CHUNK = 2048
Thumbnails = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """What copies are told by."""

    digest: str  # SHA-256 of the pixels, in hex
    difference_hash: int  # 64 bits
    thumbnail: bytes  # 32 x 32 RGB


@dataclass(frozen=True, slots=True)
class Copy:
    """`path` shows the same work as `original`, which comes before it and is no copy itself."""

    path: str
    original: str
    kind: Literal["exact", "near"]


def look_at(pixels: NDArray[np.uint8]) -> Look:
    """Return what tells copies of a picture; pixels: (side, side, 3), RGB."""
    image = Image.fromarray(pixels)
    light = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS))
    rises = light[:, 1:] > light[:, :-1]
    return Look(
        digest=sha256(pixels.tobytes()).hexdigest(),
        difference_hash=int.from_bytes(np.packbits(rises).tobytes(), "big"),
        thumbnail=image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX).tobytes(),
    )


def find_copies(looks: Mapping[str, Look], *, last: Collection[str] = ()) -> list[Copy]:
    """Return the pictures that are copies of one before them by path; their order is no matter.

    last: paths that come after all others, so that no other is a copy of theirs.

    A near copy is compared with what stays, never with another copy: no chain of small steps
    leads from one work to another.
    """
    paths = sorted(looks, key=lambda path: (path in last, path))
    first_of: dict[str, str] = {}
    for path in paths:
        first_of.setdefault(looks[path].digest, path)
    firsts = list(first_of.values())
    originals = ((path, first_of[looks[path].digest]) for path in paths)
    exact = [Copy(path, first, "exact") for path, first in originals if path != first]
    near: dict[str, Copy] = {}
    for earlier, later in _near_pairs([looks[path] for path in firsts]):
        path, original = firsts[later], firsts[earlier]
        if path not in near and original not in near:
            near[path] = Copy(path, original, "near")
    return exact + list(near.values())


def _near_pairs(looks: list[Look]) -> Iterator[tuple[int, int]]:
    """Yield places (earlier, later) that show the same work, ordered by the later, then earlier."""
    joined = b"".join(look.thumbnail for look in looks)
    thumbnails = np.frombuffer(joined, np.uint8).reshape(len(looks), _SIDE_PX**2, 3)
    hashes = np.array([look.difference_hash for look in looks], np.uint64)
    for start in range(0, len(pairs := _candidates(hashes, _not_flat(thumbnails))), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        earlier, later = (_standardise(thumbnails[places]) for places in chunk.T)
        correlations = np.mean(earlier * later, axis=(1, 2))
        yield from ((int(a), int(b)) for a, b in chunk[correlations >= MIN_CORRELATION])


def _not_flat(thumbnails: Thumbnails) -> NDArray[np.intp]:
    starts = range(0, len(thumbnails), _CHUNK)
    contrasts = [_centre(thumbnails[start : start + _CHUNK])[1] for start in starts]
    return np.flatnonzero(np.concatenate([*contrasts, np.empty(0)]) >= MIN_CONTRAST)


def _centre(thumbnails: Thumbnails) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the colours less the mean of each channel, and their deviations in grey levels."""
    colours = thumbnails.astype(np.float32)
    colours -= colours.mean(axis=1, keepdims=True)
    return colours, np.sqrt(np.mean(colours**2, axis=(1, 2)))


def _standardise(thumbnails: Thumbnails) -> NDArray[np.float32]:
    colours, contrasts = _centre(thumbnails)
    return colours / contrasts[:, None, None]


def _candidates(hashes: NDArray[np.uint64], places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return pairs (earlier, later) of these places whose hashes differ in few bits.

    Hashes that differ in at most 7 bits share a byte, so only those that do are compared: some
    4 % of all pairs. Without that, 120,000 pictures would make 7 thousand million.
    """
    found = [np.empty((0, 2), np.intp)]
    for byte in hashes[places].view(np.uint8).reshape(-1, 8).T:
        order = np.argsort(byte, kind="stable")
        for group in np.split(places[order], np.flatnonzero(np.diff(byte[order])) + 1):
            found += _close_pairs(hashes, group)
    earlier, later = np.concatenate(found).T
    in_order = np.unique(later * len(hashes) + earlier)
    return np.stack([in_order % len(hashes), in_order // len(hashes)], axis=1)


def _close_pairs(hashes: NDArray[np.uint64], group: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield the close pairs of a group of places in ascending order."""
    for start in range(0, len(group), _CHUNK // 8):
        rows = group[start : start + _CHUNK // 8]
        others = group[start:]
        bits = np.bitwise_count(hashes[rows][:, None] ^ hashes[others][None])
        row, other = np.nonzero(bits <= MAX_BITS)
        pairs = np.stack([rows[row], others[other]], axis=1)
        yield pairs[pairs[:, 0] < pairs[:, 1]]
