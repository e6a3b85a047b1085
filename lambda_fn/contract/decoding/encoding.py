"""Colours that a file describes by numbers instead of a profile: PNG's gAMA, cHRM and cICP, nclx.

The codes are those of ITU-T H.273. What each of them does to a picture is what Chromium shows,
because the page shrinks through Chromium's canvas and its like.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Transfer = Callable[[Floats], Floats]
_D65: Final = (0.3127, 0.3290)
# code -> chromaticities of red, green, blue and white
PRIMARIES: Final[dict[int, tuple[float, ...]]] = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *_D65),
    4: (0.670, 0.330, 0.210, 0.710, 0.140, 0.080, 0.310, 0.316),
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    10: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the values of a picture mean.

    transfer: a code, or None where `gamma` is the power that makes them linear.
    chromaticities: of red, green, blue and white, x and y each.
    """

    transfer: int | None = None
    gamma: float = 1.0
    chromaticities: tuple[float, ...] = PRIMARIES[1]


SRGB: Final = Encoding(13)


@lru_cache(16)
def _conversion(encoding: Encoding) -> tuple[Floats, Floats]:
    """Return the linear value of each of 256 levels, and the matrix to linear sRGB."""
    levels = np.arange(256) / 255
    if encoding.transfer is None:
        linear = levels**encoding.gamma
    else:
        linear = TRANSFERS[encoding.transfer](levels)
    target, source = _to_xyz(SRGB.chromaticities), _to_xyz(encoding.chromaticities)
    return linear, np.linalg.inv(target) @ source


def convert(encoding: Encoding, image: Image.Image) -> Image.Image:
    """Return an RGB picture as sRGB has it."""
    linear, matrix = _conversion(encoding)
    pixels = np.asarray(image)
    if encoding.chromaticities == SRGB.chromaticities:
        return Image.fromarray(_encode(linear).astype(np.uint8)[pixels])
    return Image.fromarray(_encode(linear[pixels] @ matrix.T).astype(np.uint8))


def is_sound(chromaticities: tuple[float, ...]) -> bool:
    """Return whether they span a triangle with a white, so that colours can be computed."""
    if any(not 0 <= one <= 1 for one in chromaticities) or chromaticities[7] <= 0:
        return False
    try:
        return bool(np.linalg.cond(_to_xyz(chromaticities)) < 1e4)
    except np.linalg.LinAlgError:
        return False


def _encode(linear: Floats) -> Floats:
    linear = np.clip(linear, 0, 1)
    powered = 1.055 * linear ** (1 / 2.4) - 0.055
    encoded: Floats = np.rint(255 * np.where(linear <= 0.0031308, linear * 12.92, powered))
    return encoded


def _srgb(value: Floats) -> Floats:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _smpte240(value: Floats) -> Floats:
    return np.where(value < 0.0913, value / 4, ((value + 0.1115) / 1.1115) ** (1 / 0.45))


# code -> what makes the values linear; 1, 6, 14 and 15 are the curve of television's screens
TRANSFERS: Final[dict[int, Transfer]] = {
    1: lambda value: value**2.4,
    4: lambda value: value**2.2,
    5: lambda value: value**2.8,
    6: lambda value: value**2.4,
    7: _smpte240,
    8: lambda value: value,
    13: _srgb,
    14: lambda value: value**2.4,
    15: lambda value: value**2.4,
    17: lambda value: value**2.6 * 52.37 / 48,
}
# HDR is fitted to a screen by each browser in its own way: there is no one right picture
HDR_TRANSFERS: Final = {16: "PQ", 18: "HLG"}


def _to_xyz(chromaticities: tuple[float, ...]) -> Floats:
    """Return the matrix from linear RGB to XYZ, with white as D65 has it."""
    x, y = np.array(chromaticities).reshape(4, 2).T
    columns = np.stack([x, y, 1 - x - y])
    white = columns[:, 3] / y[3]
    scaled = columns[:, :3] * np.linalg.solve(columns[:, :3], white)
    wanted = np.array([_D65[0], _D65[1], 1 - sum(_D65)]) / _D65[1]
    cones = np.diag((_BRADFORD @ wanted) / (_BRADFORD @ white))
    adapted: Floats = np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ scaled
    return adapted
