"""The five colours of a picture: k-means in Oklab, where distances are those that people see.

Chroma counts more than lightness, or a red cap in a dark portrait would be lost among five browns.
It begins at the colours that cover most of the colour space (Pillow's MAXCOVERAGE), so that the
same picture always has the same palette. Each colour is the median of its pixels: one of a mean
would be greyer than anything in the picture.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.cluster.vq import ClusterError, kmeans2

from lambda_fn.catalogue.works import PALETTE_SIZE
from lambda_fn.contract.images import to_pixels

_SIZE_PX = 32
_CHROMA = 2.5
_ROUNDS = 10
# Björn Ottosson, A perceptual color space for image processing (2020)
_RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_Floats = NDArray[np.float64]


def palette_of(data: bytes) -> tuple[str, ...]:
    """Return five colours as `#rrggbb`, the largest area first; a plain picture repeats its own.

    Raises:
        PictureError: the bytes are no picture that can be read.
    """
    pixels = to_pixels(data, size_px=_SIZE_PX).pixels.astype(np.uint8)
    colours = pixels.reshape(-1, 3)
    groups = _group(pixels)
    sizes = np.bincount(groups)
    order = [place for place in np.argsort(-sizes, kind="stable") if sizes[place]]
    found = [_hex(np.median(colours[groups == place], axis=0)) for place in order]
    return tuple(found + found[:1] * (PALETTE_SIZE - len(found)))


def _group(pixels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return for each pixel the number of its colour."""
    coarse = Image.fromarray(pixels).quantize(PALETTE_SIZE, Image.Quantize.MAXCOVERAGE)
    _, first = np.unique(np.asarray(coarse).ravel(), return_inverse=True)
    seen = _seen(pixels.reshape(-1, 3))
    counts = np.bincount(first)
    centres = [np.bincount(first, seen[:, axis]) / counts for axis in range(3)]
    try:
        _, groups = kmeans2(
            seen, np.stack(centres, axis=1), iter=_ROUNDS, minit="matrix", missing="raise"
        )
    except ClusterError:  # a colour that lost all of its pixels to others
        return np.asarray(first, np.intp)
    return np.asarray(groups, np.intp)


def _seen(colours: NDArray[np.uint8]) -> _Floats:
    """Return sRGB colours (n, 3) in Oklab, with chroma drawn apart."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    oklab = np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_OKLAB.T
    return np.asarray(oklab * (1, _CHROMA, _CHROMA), np.float64)


def _hex(colour: _Floats) -> str:
    return "#" + "".join(f"{round(float(part)):02x}" for part in colour)
