"""Pictures drawn by code: an exported model must always give them the same answer.

They are none of the data, so they may ship. Their pixels are stored beside the answers: drawing
need not give the same pixels with every version of a library.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Drawing = Callable[[int], Image.Image]
_SEED = 1912
_INK, _PAPER, _ACCENT = (24, 22, 20), (244, 236, 220), (217, 95, 14)


def draw_golden(size_px: int) -> NDArray[np.uint8]:
    """Return six pictures: uint8, shape (6, size_px, size_px, 3), RGB."""
    return np.stack([np.asarray(draw(size_px), dtype=np.uint8) for draw in _DRAWINGS])


def _gradient(size_px: int) -> Image.Image:
    ramp = np.linspace(0.0, 255.0, size_px)
    across, down = np.meshgrid(ramp, ramp)
    return Image.fromarray(np.stack([across, down, 255.0 - across], axis=2).astype(np.uint8))


def _stripes(size_px: int) -> Image.Image:
    image = Image.new("RGB", (size_px, size_px), _PAPER)
    draw = ImageDraw.Draw(image)
    for place in range(-size_px, size_px, max(size_px // 8, 2)):
        ends = (place, size_px, place + size_px, 0)
        draw.line(ends, fill=_ACCENT, width=max(size_px // 24, 1))
    return image


def _circles(size_px: int) -> Image.Image:
    image = Image.new("RGB", (size_px, size_px), _INK)
    draw = ImageDraw.Draw(image)
    for number in range(6):
        inset = number * size_px // 12
        color = (_PAPER, _ACCENT, (40, 80, 150))[number % 3]
        draw.ellipse((inset, inset, size_px - 1 - inset, size_px - 1 - inset), fill=color)
    return image


def _checker(size_px: int) -> Image.Image:
    field = np.arange(size_px) * 8 // size_px
    is_dark = (field[:, np.newaxis] + field) % 2 == 0
    colors = np.array([_PAPER, _INK], dtype=np.uint8)
    return Image.fromarray(colors[is_dark.astype(np.intp)])


def _noise(size_px: int) -> Image.Image:
    drawn = np.random.default_rng(_SEED).integers(0, 256, (size_px, size_px, 3), dtype=np.uint8)
    return Image.fromarray(drawn)


def _clouds(size_px: int) -> Image.Image:
    """Soft spots of colour, the nearest to a painting that a few lines can draw."""
    drawn = np.random.default_rng(_SEED + 1).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(drawn).resize((size_px, size_px), Image.Resampling.BICUBIC)


_DRAWINGS: tuple[Drawing, ...] = (_gradient, _stripes, _circles, _checker, _noise, _clouds)
