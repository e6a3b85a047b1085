"""Writes the unusual TIFFs of the tests, sample by sample, because no library at hand does."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
_FORMATS = {"u": 1, "i": 2, "f": 3}


def write_tiff(
    samples: Samples,
    photometric: int,
    *,
    order: str = "<",
    is_planar: bool = False,
    extra: tuple[int, ...] = (),
    is_packed: bool = False,
    has_differences: bool = False,
    rows_per_strip: int | None = None,
    tile_px: int | None = None,
    tags: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    """Return a TIFF of samples of shape (rows, columns, samples), in strips or square tiles.

    is_packed: compressed by Deflate, has_differences: by predictor 2 before.
    """
    rows, columns, count = samples.shape
    bits = 8 * samples.dtype.itemsize
    values: dict[int, tuple[int, ...]] = {
        256: (columns,),
        257: (rows,),
        258: (bits,) * count,
        259: (8 if is_packed else 1,),
        262: (photometric,),
        277: (count,),
        284: (2 if is_planar else 1,),
        317: (2 if has_differences else 1,),
        339: (_FORMATS[samples.dtype.kind],) * count,
    }
    if extra:
        values[338] = extra
    planes = [samples[..., number : number + 1] for number in range(count)]
    parts: list[bytes] = []
    for plane in planes if is_planar else [samples]:
        for part in _cut(plane, rows_per_strip or rows, tile_px):
            if has_differences:
                part = np.concatenate([part[:, :1], np.diff(part, axis=1)], axis=1)
            packed = part.astype(part.dtype.newbyteorder("<" if order == "<" else ">")).tobytes()
            parts.append(zlib.compress(packed) if is_packed else packed)
    places, sizes = (273, 279) if tile_px is None else (324, 325)
    if tile_px is None:
        values[278] = (rows_per_strip or rows,)
    else:
        values |= {322: (tile_px,), 323: (tile_px,)}
    starts = np.cumsum([8, *map(len, parts)])[:-1]
    values |= {places: tuple(map(int, starts)), sizes: tuple(map(len, parts))}
    return _file(values | (tags or {}), b"".join(parts), order)


def _cut(plane: Samples, rows: int, tile_px: int | None) -> list[Samples]:
    if tile_px is None:
        return [plane[top : top + rows] for top in range(0, len(plane), rows)]
    down, across = (-size % tile_px for size in plane.shape[:2])
    padded = np.pad(plane, ((0, down), (0, across), (0, 0)))
    return [
        padded[top : top + tile_px, left : left + tile_px]
        for top in range(0, padded.shape[0], tile_px)
        for left in range(0, padded.shape[1], tile_px)
    ]


def _file(values: dict[int, tuple[int, ...]], body: bytes, order: str) -> bytes:
    body += bytes(len(body) % 2)
    start = 8 + len(body)
    behind, entries = b"", b""
    end = start + 2 + 12 * len(values) + 4
    for tag, numbers in sorted(values.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        place = packed if len(numbers) == 1 else struct.pack(f"{order}I", end + len(behind))
        behind += b"" if len(numbers) == 1 else packed
        entries += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + place
    mark = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    return mark + body + struct.pack(f"{order}H", len(values)) + entries + bytes(4) + behind
