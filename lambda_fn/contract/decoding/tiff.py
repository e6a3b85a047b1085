"""TIFF: the first page's tags within bounds, and which of two readers its samples get.

What Pillow reads rightly it gets, with the tags that pixels need and no others. The rest (samples
in planes, deep, floating, with alpha in unusual places) is read by `tiff_samples`.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lambda_fn.contract.decoding.prepared import Prepared, join
from lambda_fn.contract.decoding.refusals import (
    MAX_PIXELS,
    is_no_picture,
    is_unusual,
    too_costly,
    too_many_pixels,
)

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, PLANAR = 273, 277, 278, 279, 284
PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = (
    317,
    320,
    322,
    323,
    324,
    325,
)
EXTRA_SAMPLES, SAMPLE_FORMAT, FILL_ORDER, ORIENTATION, INK_SET, PROFILE = (
    338,
    339,
    266,
    274,
    332,
    34675,
)
_FOR_PILLOW: Final = frozenset(
    {
        WIDTH,
        LENGTH,
        BITS,
        COMPRESSION,
        PHOTOMETRIC,
        STRIP_OFFSETS,
        SAMPLES,
        ROWS_PER_STRIP,
        STRIP_BYTES,
    }
    | {PLANAR, PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES}
    | {EXTRA_SAMPLES, SAMPLE_FORMAT, FILL_ORDER}
    # of fax and JPEG, and what YCbCr means
    | {292, 293, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532}
)
_READ: Final = _FOR_PILLOW | {ORIENTATION, INK_SET, PROFILE}
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
UNSIGNED, SIGNED, FLOAT, UNDEFINED = 1, 2, 3, 4
_OLD_JPEG: Final = 6
_BANDS: Final = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, LAB: 3}
# bytes of a value, by its type (TIFF 6.0, BigTIFF)
_SIZES: Final = {
    **{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4},
    **{10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8},
}
_LETTERS: Final = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    8: "h",
    9: "i",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
_MAX_ENTRIES: Final = 2_000
# Strips and tiles are steps in Python: scans have one strip per row, 30,000 of them
MAX_SEGMENTS: Final = 40_000
_MAX_VALUES_BYTES: Final = 4_000_000
_MAX_DECODED_BYTES: Final = 500_000_000
_MAX_SPARE_BYTES: Final = 64_000_000
_MAX_OWN_BYTES: Final = 250_000_000
# for each tile that is not compressed Pillow reads 64 kB
_MAX_RAW_TILES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """The first page. values: tag -> its type of TIFF and its values, packed as in the file."""

    data: bytes
    order: str
    is_big: bool
    values: Mapping[int, tuple[int, bytes]] = field(repr=False)

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the whole numbers of a tag; none where it is missing or holds something else."""
        kind, packed = self.values.get(tag, (0, b""))
        letter = _LETTERS.get(kind)
        if letter is None:
            return ()
        return struct.unpack(f"{self.order}{len(packed) // _SIZES[kind]}{letter}", packed)

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first whole number of a tag."""
        found = self.numbers(tag)
        return found[0] if found else default

    @property
    def bits(self) -> tuple[int, ...]:
        """Bits of each sample."""
        given = self.numbers(BITS) or (1,)
        return given * self.samples if len(given) == 1 else given[: self.samples]

    @property
    def samples(self) -> int:
        """Samples of each pixel, extra ones included."""
        is_old_jpeg = self.number(COMPRESSION, 1) in (_OLD_JPEG, 7)
        usual = 3 if is_old_jpeg and self.number(PHOTOMETRIC) in (RGB, YCBCR) else 1
        return self.number(SAMPLES, usual)

    @property
    def kind(self) -> str:
        """What it is, for people."""
        sizes = "/".join(map(str, self.bits))
        return (
            f"photometric {self.number(PHOTOMETRIC)}, {sizes} bits, "
            f"compression {self.number(COMPRESSION, 1)}"
        )

    @property
    def planes(self) -> int:
        """How many times the picture is there, with a part of its samples each."""
        return self.samples if self.number(PLANAR, 1) == 2 else 1

    @property
    def is_tiled(self) -> bool:
        """Whether its parts are tiles rather than strips."""
        return STRIP_OFFSETS not in self.values and TILE_OFFSETS in self.values

    @property
    def segment_size(self) -> tuple[int, int]:
        """Width and height of a strip or tile in pixels."""
        if self.is_tiled:
            return self.number(TILE_WIDTH), self.number(TILE_LENGTH)
        height = self.number(LENGTH)
        return self.number(WIDTH), min(self.number(ROWS_PER_STRIP) or height, height)


def prepare(data: bytes) -> Prepared:
    """Return what Pillow needs of a TIFF, or its pixels.

    Raises:
        PictureError: no picture, a kind that is not read, or one that would cost too much.
    """
    page = _read_page(data)
    width, height = page.number(WIDTH), page.number(LENGTH)
    if width <= 0 or height <= 0 or not 1 <= page.samples <= 16:
        raise is_no_picture()
    if width * height > MAX_PIXELS:
        raise too_many_pixels()
    _refuse_unread(page)
    has_own_reader = _needs_own_reader(page)
    _refuse_costly(page, has_own_reader=has_own_reader)
    orientation = page.number(ORIENTATION, 1)
    profile = page.values.get(PROFILE, (0, b""))[1] or None
    if has_own_reader:
        from lambda_fn.contract.decoding.tiff_samples import read_samples

        image = read_samples(page)
        return Prepared(name="tiff", image=image, orientation=orientation, profile=profile)
    return Prepared(
        name="tiff",
        pillow="TIFF",
        file=join(_pieces_for_pillow(page)),
        orientation=orientation,
        profile=profile,
        levels=_levels(page),
        palette=_palette(page),
        kind=page.kind,
    )


def write_page(
    data: bytes,
    order: str,
    tags: Mapping[int, tuple[int, bytes]],
    *,
    is_big: bool = False,
    body_bytes: int | None = None,
) -> tuple[memoryview | bytes, ...]:
    """Return the pieces of a TIFF with the bytes of `data`, but these tags alone.

    body_bytes: how many lie before the tags, where another body is put in place of `data`.
    """
    length = len(data) if body_bytes is None else body_bytes
    sign, entry_form, place_size = ("+", "HHQ", 8) if is_big else ("*", "HHI", 4)
    head_size = 16 if is_big else 8
    mark = {"<": b"II", ">": b"MM"}[order]
    padding = bytes(-length % 8)
    start = max(length, head_size) + len(padding)
    count = struct.pack(f"{order}{'Q' if is_big else 'H'}", len(tags))
    size = len(count) + (12 + 8 * is_big) * len(tags) + place_size
    entries, behind = b"", b""
    for tag, (kind, packed) in sorted(tags.items()):
        entries += struct.pack(order + entry_form, tag, kind, len(packed) // _SIZES[kind])
        if len(packed) <= place_size:
            entries += packed.ljust(place_size, b"\0")
        else:
            entries += struct.pack(f"{order}{'Q' if is_big else 'I'}", start + size + len(behind))
            behind += packed + bytes(-len(packed) % 8)
    version = struct.pack(f"{order}H", ord(sign))
    if is_big:
        head = mark + version + struct.pack(f"{order}HHQ", 8, 0, start)
    else:
        head = mark + version + struct.pack(f"{order}I", start)
    return head, memoryview(data)[head_size:], padding, count, entries, bytes(place_size), behind


def pack(order: str, *numbers: int) -> tuple[int, bytes]:
    """Return a tag's value of whole numbers of 32 bits."""
    return 4, struct.pack(f"{order}{len(numbers)}I", *numbers)


def _read_page(data: bytes) -> Page:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise is_no_picture()
    try:
        # some writers have the second half of the mark the wrong way round
        is_big = 43 in (data[2], data[3])
        (place,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
        return Page(data, order, is_big, _read_entries(data, order, place, is_big=is_big))
    except (struct.error, IndexError) as error:
        raise is_no_picture() from error


def _read_entries(
    data: bytes, order: str, place: int, *, is_big: bool
) -> dict[int, tuple[int, bytes]]:
    count_form, entry_form, size = ("Q", "HHQ", 20) if is_big else ("H", "HHI", 12)
    (entries,) = struct.unpack_from(order + count_form, data, place)
    if entries > _MAX_ENTRIES:
        raise too_costly(f"the TIFF has more than {_MAX_ENTRIES:,} tags")
    place += struct.calcsize(count_form)
    values: dict[int, tuple[int, bytes]] = {}
    for at in range(place, place + entries * size, size):
        tag, kind, count = struct.unpack_from(order + entry_form, data, at)
        length = count * _SIZES.get(kind, 0)
        if tag not in _READ or tag in values or not length:
            continue
        if length > _MAX_VALUES_BYTES:
            if tag == PROFILE:
                continue
            raise too_costly(f"tag {tag} of the TIFF has {count:,} values")
        start = at + size - (8 if is_big else 4)
        if length > (8 if is_big else 4):
            (start,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, start)
        packed = data[start : start + length]
        if len(packed) == length:
            values[tag] = kind, packed
    return values


def _refuse_unread(page: Page) -> None:
    """Refuse what can be decoded but has no agreed black and white, or other inks."""
    formats = set(page.numbers(SAMPLE_FORMAT))
    if SIGNED in formats:
        raise is_unusual("the TIFF holds signed numbers, for which no black and white are agreed")
    if formats - {UNSIGNED, FLOAT, UNDEFINED} or len(formats) > 1:
        raise is_unusual("the TIFF holds complex or mixed numbers")
    if page.number(PHOTOMETRIC) == CMYK and page.number(INK_SET, 1) != 1:
        raise is_unusual("the TIFF has inks other than cyan, magenta, yellow and black")


def _needs_own_reader(page: Page) -> bool:
    photometric, bits = page.number(PHOTOMETRIC), page.bits
    if page.number(COMPRESSION, 1) == _OLD_JPEG:
        return False
    if len(set(bits)) != 1 or len(bits) != page.samples or bits[0] < 8:
        return page.planes > 1 or FLOAT in page.numbers(SAMPLE_FORMAT)
    if FLOAT in page.numbers(SAMPLE_FORMAT) or bits[0] > 16:
        return True
    if photometric == YCBCR or photometric not in _BANDS:
        return False
    return page.planes > 1 or _has_many_raw_tiles(page) or _has_odd_samples(page)


def _has_odd_samples(page: Page) -> bool:
    """Return whether Pillow has no name for what lies beside grey or colours in a pixel."""
    photometric, bits = page.number(PHOTOMETRIC), page.bits[0]
    spare = page.samples - _BANDS[photometric]
    if photometric == BLACK_IS_ZERO:
        return spare > 1 or (spare == 1 and (bits != 8 or not page.numbers(EXTRA_SAMPLES)))
    if photometric == WHITE_IS_ZERO:
        return spare > 0 or bits == 16
    if photometric == RGB:
        return spare > 1 and (bits == 16 or spare > 3)
    return photometric == CMYK and spare > 0


def _has_many_raw_tiles(page: Page) -> bool:
    if not page.is_tiled or page.number(COMPRESSION, 1) != 1:
        return False
    return len(page.numbers(TILE_OFFSETS)) > _MAX_RAW_TILES


def _refuse_costly(page: Page, *, has_own_reader: bool) -> None:
    """Refuse more strips or tiles than a loop may have, and more bytes than memory has."""
    width, height = page.number(WIDTH), page.number(LENGTH)
    across, down = page.segment_size
    if across <= 0 or down <= 0:
        raise is_no_picture()
    count = math.ceil(width / across) * math.ceil(height / down) * page.planes
    offsets = len(page.values.get(TILE_OFFSETS if page.is_tiled else STRIP_OFFSETS, (0, b""))[1])
    if max(count, offsets // 8) > MAX_SEGMENTS:
        raise too_costly(f"the TIFF has more than {MAX_SEGMENTS:,} strips or tiles")
    if not has_own_reader and _has_many_raw_tiles(page):
        raise too_costly(f"the TIFF has more than {_MAX_RAW_TILES:,} tiles without compression")
    if has_own_reader and width * height * sum(page.bits) // 8 > _MAX_OWN_BYTES:
        raise too_costly(f"the TIFF unpacks to more than {_MAX_OWN_BYTES // 1_000_000} MB")
    decoded, segment = decoded_bytes(page, has_own_reader=has_own_reader)
    if decoded > _MAX_DECODED_BYTES or segment > max(_MAX_SPARE_BYTES, 2 * decoded - 2 * segment):
        raise too_costly(
            f"decoding the TIFF would take {decoded / 1e6:,.0f} MB, {segment / 1e6:,.0f} of them "
            "for one strip or tile"
        )


def decoded_bytes(page: Page, *, has_own_reader: bool) -> tuple[int, int]:
    """Return what decoding takes at once, in bytes, and how much of it is one strip or tile."""
    pixels = page.number(WIDTH) * page.number(LENGTH)
    across, down = page.segment_size
    bits = sum(page.bits) if page.planes == 1 or has_own_reader else max(page.bits)
    if page.number(PHOTOMETRIC) == YCBCR:
        bits = 32
    segment = across * down * bits // 8
    held = pixels * (1 if page.samples == 1 and max(page.bits) <= 8 else 4)
    # the own reader holds the bytes of a strip, and its numbers
    return held + segment * (3 if has_own_reader else 1), segment


def _pieces_for_pillow(page: Page) -> tuple[memoryview | bytes, ...]:
    """Return the pieces of a file with the tags that pixels need.

    Strips that are not compressed become one: Pillow reads 64 kB for each.
    """
    tags = _tags_for_pillow(page)
    offsets = page.numbers(STRIP_OFFSETS)
    if page.number(COMPRESSION, 1) != 1 or page.planes > 1 or page.is_tiled or len(offsets) < 2:
        return write_page(page.data, page.order, tags, is_big=page.is_big)
    width, height = page.number(WIDTH), page.number(LENGTH)
    row_bytes = (width * sum(page.bits) + 7) // 8
    rows = page.segment_size[1]
    view, strips = memoryview(page.data), list[memoryview]()
    for number, offset in enumerate(offsets[: math.ceil(height / rows)]):
        size = min(rows, height - number * rows) * row_bytes
        strips.append(view[offset : offset + size])
        if len(strips[-1]) < size:
            break  # cut off: what follows would move up
    head_bytes = 16
    total = head_bytes + sum(map(len, strips))
    tags |= {
        STRIP_OFFSETS: pack(page.order, head_bytes),
        STRIP_BYTES: pack(page.order, total - head_bytes),
        ROWS_PER_STRIP: pack(page.order, height),
    }
    head, _, padding, *rest = write_page(bytes(head_bytes), page.order, tags, body_bytes=total)
    return (head, bytes(head_bytes - len(head)), *strips, padding, *rest)


def _tags_for_pillow(page: Page) -> dict[int, tuple[int, bytes]]:
    tags = {tag: value for tag, value in page.values.items() if tag in _FOR_PILLOW}
    if page.numbers(SAMPLE_FORMAT)[:1] == (UNDEFINED,):
        del tags[SAMPLE_FORMAT]
    if page.number(PHOTOMETRIC) == YCBCR and page.number(COMPRESSION, 1) == 1:
        if page.numbers(530) != (1, 1):
            raise is_unusual("the TIFF has coarser colours than light, and no compression")
    return tags


def _levels(page: Page) -> tuple[float, float] | None:
    is_of_12_bits = page.bits == (12,) and page.number(PHOTOMETRIC) == BLACK_IS_ZERO
    return (0.0, 4095.0) if is_of_12_bits else None


def _palette(page: Page) -> bytes | None:
    """Return the palette of a file that counts colours up to 255 instead of 65,535."""
    colours = page.numbers(COLOUR_MAP)
    if page.number(PHOTOMETRIC) != PALETTE or not colours or max(colours) > 255:
        return None
    size = len(colours) // 3
    triples = zip(*(colours[size * band : size * (band + 1)] for band in range(3)), strict=True)
    return bytes(part for triple in triples for part in triple)
