"""The samples of unusual TIFFs: planes, deep and floating numbers, alpha beside grey and CMYK.

The bytes of a few strips or tiles at a time are unpacked by libtiff, as if they were grey pixels of
8 bits; what they mean is worked out here.
"""

import io
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lambda_fn.contract.decoding import tiff
from lambda_fn.contract.decoding.refusals import (
    ends_too_early,
    is_unread,
    is_unusual,
)
from lambda_fn.contract.decoding.tiff import Page

Samples = NDArray[Any]
Bytes = NDArray[np.uint8]
# none, LZW, Deflate (two numbers), PackBits, LZMA and Zstandard give back bytes; others pixels
_BYTEWISE: Final = frozenset({1, 5, 8, 32946, 32773, 34925, 50000})
_MODES: Final = {
    **{tiff.WHITE_IS_ZERO: "L", tiff.BLACK_IS_ZERO: "L", tiff.RGB: "RGB", tiff.PALETTE: "P"},
    **{tiff.CMYK: "CMYK", tiff.LAB: "LAB"},
}
_BAND_BYTES: Final = 16_000_000
_MAX_SEGMENT_BYTES: Final = 95_000_000  # Pillow takes them for pixels
_DIFFERENCE, _FLOATING = 2, 3
_UNSIGNED_BITS, _FLOAT_BITS = (8, 16, 32), (16, 32, 64)
_ASSOCIATED, _UNASSOCIATED = 1, 2
_TOLERANCE: Final = 0.01


def read_samples(page: Page) -> Image.Image:
    """Return the page as 8 bits per band: L, RGB, P, CMYK or LAB, on white where it has alpha.

    Raises:
        PictureError: a kind that is not read, values beyond black and white, or a cut file.
    """
    photometric, bits = page.number(tiff.PHOTOMETRIC), page.bits[0]
    is_float = tiff.FLOAT in page.numbers(tiff.SAMPLE_FORMAT)
    mode = _MODES.get(photometric)
    known = bits in (_FLOAT_BITS if is_float else _UNSIGNED_BITS) and len(set(page.bits)) == 1
    if photometric in (tiff.PALETTE, tiff.LAB):
        known = known and bits == 8 and not is_float
    if mode is None or not known or page.number(tiff.COMPRESSION, 1) not in _BYTEWISE:
        raise is_unread(page.kind)
    if page.samples < len(Image.new(mode, (1, 1)).getbands()):
        raise is_unread(page.kind)
    dtype = np.dtype(f"{page.order}{'f' if is_float else 'u'}{bits // 8}")
    out = Image.new(mode, (page.number(tiff.WIDTH), page.number(tiff.LENGTH)))
    most = 0.0
    for top, samples in _bands(page, dtype):
        most = max(most, float(samples.max(initial=0)))
        pixels = np.ascontiguousarray(_to_pixels(page, samples))
        band = Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
        out.paste(band, (0, top))
    if bits == 32 and not is_float and most < 2**16:
        raise is_unusual(
            "the TIFF uses almost nothing of its 32 bits, and where white is is unknown"
        )
    if mode == "P":
        out.putpalette(_palette(page))
    return out


def _palette(page: Page) -> bytes:
    colours = np.array(page.numbers(tiff.COLOUR_MAP))
    scale = 257 if colours.max(initial=0) > 255 else 1
    return (colours // scale).astype(np.uint8).reshape(3, -1).T.tobytes()


def _bands(page: Page, dtype: np.dtype[Any]) -> Iterator[tuple[int, Samples]]:
    """Yield the first row of some strips or tiles, and their samples (rows, columns, samples)."""
    width, height = page.number(tiff.WIDTH), page.number(tiff.LENGTH)
    wide, high = page.segment_size
    across, down = math.ceil(width / wide), math.ceil(height / high)
    samples = page.samples // page.planes
    row_bytes = across * wide * samples * dtype.itemsize
    if high * row_bytes > _MAX_SEGMENT_BYTES:
        raise is_unusual("a strip of the TIFF is too large")
    step = max(_BAND_BYTES // (high * row_bytes * page.planes), 1)
    for first in range(0, down, step):
        last = min(first + step, down)
        rows = min(last * high, height) - first * high
        planes = [
            _plane(
                page, dtype, slice((down * plane + first) * across, (down * plane + last) * across)
            )
            for plane in range(page.planes)
        ]
        yield first * high, np.concatenate(planes, axis=2)[:rows, :width]


def _plane(page: Page, dtype: np.dtype[Any], segments: slice) -> Samples:
    """Return some rows of strips or tiles of a plane, shape (rows, columns, its samples)."""
    wide, high = page.segment_size
    across = math.ceil(page.number(tiff.WIDTH) / wide)
    samples = page.samples // page.planes
    height = page.number(tiff.LENGTH)
    down = math.ceil(height / high)
    first = segments.start // across % down
    rows = (segments.stop - segments.start) // across * high
    if not page.is_tiled:
        rows = min(rows, height - first * high)  # the last strip ends with the picture
    unpacked = _unpack(page, segments, across * wide * samples * dtype.itemsize, rows)
    parts = unpacked.reshape(rows, across, wide * samples * dtype.itemsize)
    predictor = page.number(tiff.PREDICTOR, 1) if page.number(tiff.COMPRESSION, 1) != 1 else 1
    if predictor == _FLOATING:
        numbers = _undo_floating(parts, samples, dtype)
    else:
        numbers = parts.view(dtype).reshape(rows, across, wide, samples)
        if predictor == _DIFFERENCE:
            whole = numbers.view(dtype.str.replace("f", "u"))
            numbers = np.add.accumulate(whole, axis=2, dtype=np.dtype(f"u{dtype.itemsize}")).view(
                dtype.newbyteorder("=")
            )
    return numbers.reshape(rows, across * wide, samples)


def _undo_floating(parts: Bytes, samples: int, dtype: np.dtype[Any]) -> Samples:
    """Undo predictor 3 (Adobe's technical note 3): differences of bytes, the highest first."""
    rows, across, size = parts.shape
    steps = parts.reshape(rows, across, size // samples, samples)
    summed = np.add.accumulate(steps, axis=2, dtype=np.uint8).reshape(rows, across, size)
    bytes_ = summed.reshape(rows, across, dtype.itemsize, -1).swapaxes(2, 3)
    return (
        np.ascontiguousarray(bytes_)
        .view(dtype.newbyteorder(">"))
        .reshape(rows, across, -1, samples)
    )


def _unpack(page: Page, segments: slice, row_bytes: int, rows: int) -> Bytes:
    """Return the bytes of some strips or tiles, shape (rows, row_bytes)."""
    offsets = page.numbers(tiff.TILE_OFFSETS if page.is_tiled else tiff.STRIP_OFFSETS)[segments]
    sizes = page.numbers(tiff.TILE_BYTES if page.is_tiled else tiff.STRIP_BYTES)[segments]
    wide, high = page.segment_size
    if len(offsets) != segments.stop - segments.start:
        raise ends_too_early()
    if page.number(tiff.COMPRESSION, 1) == 1:
        return _join(page, offsets, row_bytes, rows)
    if len(sizes) < len(offsets):
        raise ends_too_early()
    body, places = bytearray(8), []
    for offset, size in zip(offsets, sizes, strict=False):
        places.append(len(body))
        body += page.data[offset : offset + size]
    tags = {
        tiff.WIDTH: tiff.pack(page.order, row_bytes),
        tiff.LENGTH: tiff.pack(page.order, rows),
        tiff.BITS: tiff.pack(page.order, 8),
        tiff.PHOTOMETRIC: tiff.pack(page.order, tiff.BLACK_IS_ZERO),
        tiff.SAMPLES: tiff.pack(page.order, 1),
        tiff.COMPRESSION: tiff.pack(page.order, page.number(tiff.COMPRESSION, 1)),
        tiff.FILL_ORDER: tiff.pack(page.order, page.number(tiff.FILL_ORDER, 1)),
    }
    if page.is_tiled:
        across = math.ceil(page.number(tiff.WIDTH) / wide)
        tags[tiff.TILE_WIDTH] = tiff.pack(page.order, row_bytes // across)
        tags[tiff.TILE_LENGTH] = tiff.pack(page.order, high)
        tags[tiff.TILE_OFFSETS] = tiff.pack(page.order, *places)
        tags[tiff.TILE_BYTES] = tiff.pack(page.order, *sizes)
    else:
        tags[tiff.ROWS_PER_STRIP] = tiff.pack(page.order, high)
        tags[tiff.STRIP_OFFSETS] = tiff.pack(page.order, *places)
        tags[tiff.STRIP_BYTES] = tiff.pack(page.order, *sizes)
    pieces = tiff.write_page(bytes(body), page.order, tags)
    with Image.open(io.BytesIO(b"".join(pieces)), formats=("TIFF",)) as image:
        return np.array(image)


def _join(page: Page, offsets: tuple[int, ...], row_bytes: int, rows: int) -> Bytes:
    """Return the bytes of strips or tiles that are not compressed, shape (rows, row_bytes)."""
    wide, high = page.segment_size
    across = math.ceil(page.number(tiff.WIDTH) / wide)
    width = row_bytes // across
    unpacked = np.empty((rows, across, width), np.uint8)
    for number, offset in enumerate(offsets):
        row, column = number // across * high, number % across
        left = min(high, rows - row)
        part = page.data[offset : offset + left * width]
        if len(part) < left * width:
            raise ends_too_early()
        unpacked[row : row + left, column] = np.frombuffer(part, np.uint8).reshape(left, width)
    if page.number(tiff.FILL_ORDER, 1) == 2:
        unpacked = np.packbits(np.unpackbits(unpacked, bitorder="little")).reshape(unpacked.shape)
    return unpacked.reshape(rows, row_bytes)


def _to_pixels(page: Page, samples: Samples) -> Bytes:
    """Return 8 bits per band, on white where one of the samples is alpha."""
    photometric = page.number(tiff.PHOTOMETRIC)
    scaled = _to_eight_bits(samples)
    bands = len(Image.new(_MODES[photometric], (1, 1)).getbands())
    colours, spare = scaled[..., :bands], scaled[..., bands:]
    if photometric == tiff.WHITE_IS_ZERO:
        colours = 255 - colours
    extra = page.numbers(tiff.EXTRA_SAMPLES)
    if not extra and photometric == tiff.RGB and page.samples == 4:
        extra = (_UNASSOCIATED,)  # as everybody reads it
    for number, kind in enumerate(extra[: spare.shape[2]]):
        if kind in (_ASSOCIATED, _UNASSOCIATED) and photometric not in (tiff.PALETTE, tiff.LAB):
            paper = 0 if photometric == tiff.CMYK else 255
            alpha = spare[..., number : number + 1].astype(np.uint16)
            return _on_paper(colours, alpha, paper=paper, is_multiplied=kind == _ASSOCIATED)
    return np.asarray(colours, dtype=np.uint8)


def _on_paper(
    colours: Bytes, alpha: NDArray[np.uint16], *, paper: int, is_multiplied: bool
) -> Bytes:
    shown = colours.astype(np.uint16)
    if not is_multiplied:
        shown = (shown * alpha + 127) // 255
    on_paper: Bytes = np.minimum(shown + paper * (255 - alpha) // 255, 255).astype(np.uint8)
    return on_paper


def _to_eight_bits(samples: Samples) -> Bytes:
    """Scale whole numbers by their bits, and floating ones from 0 to 1.

    Colours of 16 bits lose their lower half, as Pillow has it where it can read them; a single
    band is rounded, as `to_pixels` does with deep grey.
    """
    if samples.dtype.kind == "f":
        return _from_floats(samples)
    bits = 8 * samples.dtype.itemsize
    if bits == 8:
        return np.asarray(samples, np.uint8)
    if samples.shape[2] > 1:
        return np.asarray(samples >> (bits - 8), np.uint8)
    return np.asarray(np.rint(samples * (255 / (2**bits - 1))), np.uint8)


def _from_floats(samples: Samples) -> Bytes:
    low, high = float(samples.min()), float(samples.max())
    if not math.isfinite(low) or not math.isfinite(high):
        raise is_unusual("the picture holds values that are no numbers")
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        raise is_unusual(
            f"the TIFF holds decimals from {low:.4g} to {high:.4g}, where 0 is black and 1 is white"
        )
    return np.asarray(np.rint(np.clip(samples, 0, 1) * 255), np.uint8)
