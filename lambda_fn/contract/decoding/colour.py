"""Embedded ICC profiles: the small picture in its own colours -> sRGB, by littleCMS."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

MAX_PROFILE_BYTES: Final = 4_000_000
_MODES: Final = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# below this, a profile is that of sRGB itself, and rounding is all that it would do
_SAME_LEVELS: Final = 1
# white must stay nearly white, and black dark; otherwise a profile is broken
_LEAST_WHITE, _MOST_BLACK = 200, 110


def mode_of(profile: bytes | None, mode: str) -> str | None:
    """Return in which mode a picture of this mode meets its profile: RGB, L or CMYK.

    None: there is no profile, it is broken or absurd, it is that of another kind of picture, or
    it says nothing but sRGB. A grey picture may have a profile of RGB.
    """
    if profile is None or len(profile) > MAX_PROFILE_BYTES:
        return None
    found = _transform_of(profile)
    if found is None:
        return None
    wanted = found[0]
    if wanted == "CMYK" or mode == "CMYK":
        return wanted if wanted == mode else None
    is_grey = mode in ("1", "L", "La", "LA") or mode.startswith("I")
    return None if wanted == "L" and not is_grey else wanted


def to_srgb(profile: bytes, mode: str, image: Image.Image) -> Image.Image:
    """Return an RGB or CMYK picture as sRGB; mode: what `mode_of` gave.

    A grey profile is given the first of three equal bands.
    """
    from PIL import ImageCms

    found = _transform_of(profile)
    if found is None:
        raise ValueError("mode_of() gives None for this profile")
    bands = image.getchannel(0) if mode == "L" else image
    converted = ImageCms.applyTransform(bands, found[1])
    if converted is None:
        raise ValueError("the transform was not asked to work in place")
    return converted


@lru_cache(4)
def _transform_of(profile: bytes) -> "tuple[str, ImageCmsTransform] | None":
    """Return the mode that the profile is for, and what converts it; None if it is of no use."""
    from PIL import ImageCms  # takes 10 ms, which no start and no ordinary picture pays

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(str(opened.profile.xcolor_space))
        if mode is None:
            return None
        transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return (mode, transform) if _is_of_use(transform, mode) else None


def _is_of_use(transform: "ImageCmsTransform", mode: str) -> bool:
    from PIL import ImageCms

    def convert(pixels: bytes, width: int) -> NDArray[np.int16]:
        converted = ImageCms.applyTransform(Image.frombytes(mode, (width, 1), pixels), transform)
        return np.asarray(converted, dtype=np.int16).reshape(width, 3)

    bands = len(Image.new(mode, (1, 1)).getbands())
    ends = convert(bytes(bands * [0] + bands * [255]), 2)
    black, white = ends[::-1] if mode == "CMYK" else ends
    if white.min() < _LEAST_WHITE or black.max() > _MOST_BLACK:
        return False
    if mode == "CMYK":
        return True
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    cube = np.stack(np.meshgrid(*bands * [steps]), -1).reshape(-1, bands)
    return bool(np.abs(convert(cube.tobytes(), len(cube)) - cube).max() > _SAME_LEVELS)
