"""Contact sheets: some works of a style side by side, as the model sees them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work
from training.exploration.quality import artist_keys
from training.files import whole_file
from training.plots import INK, PAPER, SANS, SERIF, SOFT

SIDE_PX = 224
_GAP_PX = 24
_NAME_PX = 240  # the column at the left: "Neo-Expressionism" fits
_CAPTION_PX = 56
_HEADING_SIZE_PX, _TEXT_SIZE_PX = 21, 14


def choose(works: Sequence[Work], count: int, *, seed: int) -> list[Work]:
    """Return so many works (or all there are), by different known artists as far as possible.

    Which other works there are, and in what order they come, does not change how a work ranks.
    """
    keys = artist_keys(works)
    taken: set[str | None] = {None}  # that is nobody's key
    first: list[Work] = []
    others: list[Work] = []
    for work in sorted(works, key=lambda work: _rank(work, seed)):
        artist = keys.get(work.artist)
        (others if artist in taken else first).append(work)
        taken.add(artist)
    return [*first, *others][:count]


def _rank(work: Work, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {work.path}".encode()).digest()


def title_of(work: Work) -> str:
    """Return the title on one line, or that there is none."""
    return " ".join(work.title.split()) or "(no title)"


def maker_of(work: Work) -> str:
    """Return the artist and, where it is known, the year."""
    artist = "unknown artist" if work.artist == UNKNOWN_ARTIST else " ".join(work.artist.split())
    return artist if work.year is None else f"{artist}, {work.year}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contact sheet: its file, the style's name, a note below it, and what it shows."""

    path: Path
    heading: str
    note: str
    works: tuple[Work, ...]


def draw_sheet(sheet: Sheet, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """Draw the pictures of the works beside the heading, each above its title and artist.

    pictures: uint8, shape (side, side, 3); untouched where the side is `SIDE_PX`.
    """
    columns = [_NAME_PX + number * (SIDE_PX + _GAP_PX) for number in range(len(sheet.works))]
    image = Image.new("RGB", (columns[-1] + SIDE_PX, SIDE_PX + _CAPTION_PX), PAPER)
    pen = ImageDraw.Draw(image)
    serif = ImageFont.truetype(SERIF, _HEADING_SIZE_PX)
    sans = ImageFont.truetype(SANS, _TEXT_SIZE_PX)
    lines = _wrap(sheet.heading, serif, _NAME_PX - _GAP_PX)
    pen.multiline_text((0, 0), "\n".join(lines), INK, serif, spacing=6)
    pen.multiline_text((0, len(lines) * 30 + 8), sheet.note, SOFT, sans, spacing=6)
    for left, work, pixels in zip(columns, sheet.works, pictures, strict=True):
        image.paste(_at_side(pixels), (left, 0))
        pen.text((left, SIDE_PX + 10), _cut(title_of(work), sans), INK, sans)
        pen.text((left, SIDE_PX + 31), _cut_maker(work, sans), SOFT, sans)
    with whole_file(sheet.path) as file:
        image.save(file, "PNG", optimize=True)


def _at_side(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(pixels).resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)


def _wrap(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    """Break between words; a single word may be wider."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut_maker(work: Work, font: ImageFont.FreeTypeFont) -> str:
    """Shorten the artist, never the year."""
    year = "" if work.year is None else f", {work.year}"
    artist = maker_of(work).removesuffix(year)
    return _cut(artist, font, width_px=SIDE_PX - font.getlength(year)) + year


def _cut(text: str, font: ImageFont.FreeTypeFont, *, width_px: float = SIDE_PX) -> str:
    if font.getlength(text) <= width_px:
        return text
    kept = text[:100]  # more never fits
    while kept and font.getlength(kept + "…") > width_px:
        kept = kept[:-1].rstrip()
    return kept + "…"
