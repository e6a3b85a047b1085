"""A decoded picture -> a small square in sRGB, on white."""

import math
from typing import Final

import numpy as np
from PIL import Image

_GAP: Final = 3
_STRIP_BLOCKS: Final = 8
Levels = tuple[float, float]
Box = tuple[float, float, float, float]


def average(
    image: Image.Image, size_px: int, *, levels: Levels | None, is_cmyk: bool = False
) -> tuple[Image.Image, Box]:
    """Bring a picture to RGB on white, or leave it in CMYK, and a large one to about three times
    the size.

    It is averaged over whole blocks, strip by strip: hardly visible, three times faster than
    filtering, and no second copy of it is made.

    levels: which values are black and white, where they are not 0 and 255.
    Returns: the picture, and which part of it is filled: the last blocks may be cut off.
    """
    block = tuple(max(side // (_GAP * size_px), 1) for side in image.size)
    if block == (1, 1):
        reduced = _to_bands(image, levels, is_cmyk=is_cmyk)
    else:
        shape = tuple(math.ceil(side / step) for side, step in zip(image.size, block, strict=True))
        reduced = Image.new("CMYK" if is_cmyk else "RGB", (shape[0], shape[1]))
        height = _STRIP_BLOCKS * block[1]
        for top in range(0, image.height, height):
            strip = image.crop((0, top, image.width, min(top + height, image.height)))
            bands = _to_bands(strip, levels, is_cmyk=is_cmyk)
            reduced.paste(bands.reduce((block[0], block[1])), (0, top // block[1]))
    return reduced, (0.0, 0.0, image.width / block[0], image.height / block[1])


def fit(image: Image.Image, size_px: int, box: Box) -> Image.Image:
    """Squash a part of a picture to size_px x size_px."""
    return image.resize((size_px, size_px), Image.Resampling.BICUBIC, box)


def _to_bands(image: Image.Image, levels: Levels | None, *, is_cmyk: bool) -> Image.Image:
    if is_cmyk:
        return image
    if levels is not None:
        return _from_deep(image, *levels)
    if image.mode == "La":
        image = image.convert("LA")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    return image.convert("RGB")


def _from_deep(image: Image.Image, black: float, white: float) -> Image.Image:
    """Scale deep values to 8 bits, where Pillow's own conversion clips them."""
    deep = np.asarray(image, dtype=np.float64)
    scaled = np.rint((deep - black) * (255.0 / (white - black)))
    if "transparency" in image.info:
        scaled[deep == image.info["transparency"]] = 255
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8)).convert("RGB")
