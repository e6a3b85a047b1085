"""The one definition of decoding: bytes of a picture -> the pixels a model accepts.

Training stores the output of `to_pixels` and the service feeds it to the model, so that both see
the very same pixels. The picture is squashed to a square: its shape says where it was
photographed or scanned rather than how it was painted. The type is read from the content.
What each format needs before it is decoded has a file in `decoding/`, imported when one comes.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lambda_fn.contract.decoding.refusals import (
    MAX_PIXELS,
    PictureError,
    TooManyPixelsError,
    TruncatedPictureError,
    UnreadablePictureError,
    ends_too_early,
    is_no_picture,
    is_unread,
    too_many_pixels,
)

if TYPE_CHECKING:
    from lambda_fn.contract.decoding.prepared import Prepared

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Picture",
    "PictureError",
    "Pixels",
    "TooManyPixelsError",
    "TruncatedPictureError",
    "UnreadablePictureError",
    "hash_definition",
    "to_image",
    "to_pixels",
]

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")  # MPO comes in as JPEG
# these decoders hold a picture four times over, and take longest for a pixel
_MAX_PIXELS_OF = {"WEBP": 32_000_000, "AVIF": 32_000_000}
_SMALL_SIDES = 3
# Pillow's own limit is lower and only warns; ours refuses
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
Pixels = Annotated[NDArray[np.float32], "shape (size_px, size_px, 3), RGB, whole numbers 0 to 255"]

# where a format's signature stands, and the file that knows the format
_SIGNATURES = (
    (0, b"\xff\xd8", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (4, b"ftyp", "avif"),
    (0, b"II", "tiff"),
    (0, b"MM", "tiff"),
    (0, b"BM", "bmp"),
)
# EXIF orientation -> the transposition that undoes it (CIPA DC-008, tag 0x0112)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders raise on broken input; found by reading its plugins and by fuzzing.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture; width and height in pixels as a viewer shows it (upright)."""

    pixels: Pixels
    width: int
    height: int
    format: str


def to_pixels(data: bytes, *, size_px: int) -> Picture:
    """Decode, turn upright, convert to sRGB on white and squash to size_px x size_px.

    Only the first frame of an animation is read. A JPEG is decoded at a reduced scale that still
    has twice the wanted resolution (the DCT scaling of libjpeg), which saves most of its cost.
    Up to a fifth of a JPEG's rows may be missing at its end; they are grey, as in a browser.

    Raises:
        UnreadablePictureError: no readable picture.
        TruncatedPictureError: the file ends too early.
        TooManyPixelsError: more than `MAX_PIXELS` pixels, or it would cost too much otherwise.
    """
    with _translating():
        prepared = _prepare(data)
        with prepared.image or _open(prepared) as image:
            width, height = image.size
            _refuse_too_large(image)
            square, orientation = _squash(image, prepared, size_px)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    return Picture(np.asarray(square, dtype=np.float32), width, height, prepared.name)


def to_image(data: bytes, *, max_pixels: int) -> tuple[Image.Image, str]:
    """Return the whole picture as RGB in sRGB on white and upright, and its format.

    Raises:
        PictureError: as `to_pixels`, or it has more than `max_pixels` pixels.
    """
    with _translating():
        prepared = _prepare(data)
        with prepared.image or _open(prepared) as image:
            _refuse_too_large(image)
            if image.width * image.height > max_pixels:
                raise too_many_pixels(max_pixels)
            from lambda_fn.contract.decoding.shrinking import average

            _load(image, prepared)
            convert, mode = _conversion_for(image, prepared)
            whole, _ = average(
                image, max(image.size), levels=_levels(image, prepared), is_cmyk=mode == "CMYK"
            )
            turn = _TURNS.get(_orientation(image, prepared))
            upright = convert(whole)
    return upright if turn is None else upright.transpose(turn), prepared.name


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except _DECODER_ERRORS as error:
        raise _translate(error) from error


def hash_definition() -> str:
    """Return the SHA-256 of the files that decide which pixels `to_pixels` gives."""
    import hashlib  # takes 5 ms, and only training asks

    here = Path(__file__)
    digest = hashlib.sha256()
    for file in (here, *sorted((here.parent / "decoding").glob("*.py"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _prepare(data: bytes) -> "Prepared":
    """Have the file of the format look at the bytes first."""
    for place, signature, name in _SIGNATURES:
        if data.startswith(signature, place):
            # imported when the first picture of the format comes: no start waits for it
            kind = import_module(f"lambda_fn.contract.decoding.{name}")
            prepared: Prepared = kind.prepare(data)
            return prepared
    raise is_no_picture()


def _open(prepared: "Prepared") -> Image.Image:
    try:
        return Image.open(prepared.file, formats=(prepared.pillow,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_many_pixels() from error
    except _DECODER_ERRORS as error:
        raise (is_unread(prepared.kind) if prepared.kind else is_no_picture()) from error


def _refuse_too_large(image: Image.Image) -> None:
    limit = _MAX_PIXELS_OF.get(str(image.format), MAX_PIXELS)
    if image.width * image.height > limit:
        raise too_many_pixels(limit)


def _squash(image: Image.Image, prepared: "Prepared", size_px: int) -> tuple[Image.Image, int]:
    """Return the upright square in sRGB, and the orientation that it was turned by."""
    from lambda_fn.contract.decoding.shrinking import average, fit

    image.draft(None, (2 * size_px, 2 * size_px))  # only JPEG knows it; the others ignore it
    _load(image, prepared)
    convert, mode = _conversion_for(image, prepared)
    reduced, box = average(image, size_px, levels=_levels(image, prepared), is_cmyk=mode == "CMYK")
    # where it costs little, colours are converted first: a bicubic filter overshoots at edges
    is_small = reduced.width * reduced.height <= (_SMALL_SIDES * size_px) ** 2
    if is_small:
        small = fit(convert(reduced), size_px, box)
    else:
        small = convert(fit(reduced, size_px, box))
    # the target is a square, so turning commutes with resizing and costs next to nothing here
    orientation = _orientation(image, prepared)
    turn = _TURNS.get(orientation)
    return small if turn is None else small.transpose(turn), orientation


def _load(image: Image.Image, prepared: "Prepared") -> None:
    image.load()
    if prepared.is_cut:
        from lambda_fn.contract.decoding.jpeg import refuse_missing

        refuse_missing(image)
    if prepared.palette is not None:
        image.putpalette(prepared.palette)


def _levels(image: Image.Image, prepared: "Prepared") -> tuple[float, float] | None:
    return prepared.levels or ((0.0, 65535.0) if image.mode.startswith("I") else None)


def _orientation(image: Image.Image, prepared: "Prepared") -> int:
    if prepared.pillow != "AVIF":
        return prepared.orientation
    from lambda_fn.contract.decoding.exif import read_orientation

    # what Pillow makes of the container's own turning
    return read_orientation(image.info.get("exif", b""))


def _conversion_for(
    image: Image.Image, prepared: "Prepared"
) -> tuple[Callable[[Image.Image], Image.Image], str]:
    """Return what brings the reduced picture to sRGB, and the mode that it works on."""
    profile = prepared.profile
    if prepared.pillow == "AVIF":
        profile = image.info.get("icc_profile")
    if profile:
        from lambda_fn.contract.decoding import colour

        mode = colour.mode_of(profile, image.mode)
        return (_leave, "RGB") if mode is None else (partial(colour.to_srgb, profile, mode), mode)
    if prepared.encoding is not None:
        from lambda_fn.contract.decoding import encoding

        return partial(encoding.convert, prepared.encoding), "RGB"
    return _leave, "RGB"


def _leave(image: Image.Image) -> Image.Image:
    return image


def _translate(error: Exception) -> PictureError:
    if isinstance(error, PictureError):
        return error
    if "truncated" in str(error) or isinstance(error, EOFError):
        return ends_too_early()
    return UnreadablePictureError(
        "the picture is damaged or of an unusual kind: save it anew as JPEG or PNG"
    )
