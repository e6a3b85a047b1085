"""Draws a picture worth looking at: a grid of concentric circles in the manner of the 1910s."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

_COLUMNS, _ROWS = 4, 3
_CELL_PX = 240
_FINER = 2  # drawn larger and shrunk, for smooth edges
_COLOURS = (
    "#1f3a63",
    "#c8452d",
    "#e6b33c",
    "#2f6f62",
    "#efe2c6",
    "#7d2e3f",
    "#5d8fb3",
    "#d98a2b",
    "#33302e",
    "#a9b77a",
    "#d9a9a0",
)


def draw_composition(*, seed: int = 9) -> Image.Image:
    """Return an RGB picture of 960 x 720 px."""
    generator = np.random.default_rng(seed)
    cell = _CELL_PX * _FINER
    canvas = Image.new("RGB", (_COLUMNS * cell, _ROWS * cell), "#e9dcc0")
    pen = ImageDraw.Draw(canvas)
    for column in range(_COLUMNS):
        for row in range(_ROWS):
            _draw_cell(pen, generator, left=column * cell, top=row * cell, side=cell)
    small = canvas.resize((_COLUMNS * _CELL_PX, _ROWS * _CELL_PX), Image.Resampling.LANCZOS)
    return _paint(small, generator)


def _draw_cell(
    pen: ImageDraw.ImageDraw, generator: np.random.Generator, *, left: int, top: int, side: int
) -> None:
    colours = generator.permutation(_COLOURS)
    pen.rectangle((left, top, left + side, top + side), fill=str(colours[0]))
    radius = side * generator.uniform(0.46, 0.52)
    middle = np.array((left, top)) + side / 2
    for colour in colours[1 : generator.integers(6, 8)]:
        pen.polygon(_wobbly_circle(generator, middle, radius), fill=str(colour))
        radius *= generator.uniform(0.62, 0.84)
        middle = middle + generator.uniform(-0.02, 0.02, 2) * side


def _wobbly_circle(
    generator: np.random.Generator, middle: NDArray[np.float64], radius: float
) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    reach = np.full(angles.shape, radius)
    for waves in (2, 3, 4, 5, 7):
        phase, depth = generator.uniform(0, 6.3), radius * generator.uniform(-0.022, 0.022)
        reach += depth * np.sin(waves * angles + phase)
    return [
        (middle[0] + r * np.cos(a), middle[1] + r * np.sin(a))
        for a, r in zip(angles, reach, strict=True)
    ]


def _paint(picture: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Give the flat colours the grain of a brush and of a canvas."""
    width, height = picture.size
    strokes = Image.fromarray(generator.normal(128, 60, (height, width // 24)).clip(0, 255))
    strokes = strokes.convert("L").resize(picture.size, Image.Resampling.BICUBIC)
    strokes = strokes.rotate(24, Image.Resampling.BICUBIC, fillcolor=128)
    softened = strokes.filter(ImageFilter.GaussianBlur(1.2))
    wash = Image.fromarray(generator.normal(128, 30, (6, 8)).clip(0, 255)).convert("L")
    wash = wash.resize(picture.size, Image.Resampling.BICUBIC)
    shade = (np.asarray(softened, np.float32) - 128) * 0.3 + (
        np.asarray(wash, np.float32) - 128
    ) * 0.3
    grain = generator.normal(0, 3, (height, width))
    painted = np.asarray(picture, np.float32) + (shade + grain)[..., None] - 4
    return Image.fromarray(painted.clip(0, 255).astype(np.uint8))
