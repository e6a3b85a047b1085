"""The one definition of decoding: bytes of a picture -> the pixels a model accepts.

Training stores the output of `to_pixels` and the service feeds it to the model, so that both see
the very same pixels. The picture is squashed to a square: its shape says where it was
photographed or scanned rather than how it was painted. The type is read from the content.
"""

import math
import re
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")  # MPO comes in as JPEG
MAX_PIXELS = 100_000_000
# these decoders hold a picture three times over, so they get half
_MAX_PIXELS_OF = {"WEBP": MAX_PIXELS // 2, "AVIF": MAX_PIXELS // 2}
# a progressive JPEG may name its pixels again in every scan: a few kilobytes can take minutes
_MAX_SCANNED_PIXELS = 20 * MAX_PIXELS
# Pillow's own limit is lower and only warns; ours refuses
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
Pixels = Annotated[NDArray[np.float32], "shape (size_px, size_px, 3), RGB, whole numbers 0 to 255"]

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
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
# a marker is no stuffed 0xFF00, no fill byte, and none of those that stand alone (RST, TEM, SOI)
_JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_START_OF_SCAN, _END_OF_IMAGE = b"\xda", b"\xd9"
_GAP = 3
_STRIP_BLOCKS = 8
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
    struct.error,
    zlib.error,
)


class PictureError(ValueError):
    """The bytes cannot become pixels; the message says what to do about it."""


class UnreadablePictureError(PictureError):
    """The bytes are no picture in one of `FORMATS`, or its content is broken."""


class TruncatedPictureError(PictureError):
    """The picture begins well but ends too early."""


class TooManyPixelsError(PictureError):
    """The picture has more than `MAX_PIXELS` pixels; it was refused before decoding."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture; width and height in pixels as a viewer shows it (upright)."""

    pixels: Pixels
    width: int
    height: int
    format: str


def to_pixels(data: bytes, *, size_px: int) -> Picture:
    """Decode, turn upright, convert to RGB on white and squash to size_px x size_px.

    Only the first frame of an animation is read. A JPEG is decoded at a reduced scale that still
    has twice the wanted resolution (the DCT scaling of libjpeg), which saves most of its cost.

    Raises:
        UnreadablePictureError: no readable picture.
        TruncatedPictureError: the file ends too early.
        TooManyPixelsError: more than `MAX_PIXELS` pixels.
    """
    with _open(data) as image:
        width, height = image.size
        name = str(image.format).lower()
        _refuse_too_large(image, data)
        try:
            square, is_turned = _squash(image, size_px)
        except _DECODER_ERRORS as error:
            raise _translate(error) from error
    if is_turned:
        width, height = height, width
    return Picture(np.asarray(square, dtype=np.float32), width, height, name)


def _open(data: bytes) -> Image.Image:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS and b"avif" not in data[8:64]:
        raise UnreadablePictureError(
            "this is a HEIC/HEIF picture, which is not supported: save it as JPEG or PNG"
        )
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _DECODER_ERRORS as error:
        raise UnreadablePictureError(
            "the content is no picture that can be read, or it is damaged or cut off: "
            "send JPEG, PNG, GIF, WebP, AVIF, TIFF or BMP"
        ) from error


def _refuse_too_large(image: Image.Image, data: bytes) -> None:
    pixels = image.width * image.height
    limit = _MAX_PIXELS_OF.get(str(image.format), MAX_PIXELS)
    if pixels > limit:
        raise _too_many_pixels(limit)
    if image.format in ("JPEG", "MPO") and pixels * _count_scans(data) > _MAX_SCANNED_PIXELS:
        raise TooManyPixelsError(
            "the picture repeats its pixels in too many scans: save it anew as JPEG or PNG"
        )


def _count_scans(data: bytes) -> int:
    """Count the scans of a JPEG by walking its segments (ITU-T T.81, annex B)."""
    scans, place = 0, 2
    while (found := _JPEG_MARKER.search(data, place)) and found[1] != _END_OF_IMAGE:
        scans += found[1] == _START_OF_SCAN
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return scans


def _squash(image: Image.Image, size_px: int) -> tuple[Image.Image, bool]:
    """Return the upright square, and whether its width and height were swapped on the way."""
    image.draft(None, (2 * size_px, 2 * size_px))  # only JPEG knows it; the others ignore it
    image.load()
    # asked after loading: PNG tells it only then, and TIFF has turned itself by then
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    small = _shrink(image, size_px)
    # the target is a square, so turning commutes with resizing and costs next to nothing here
    turn = _TURNS.get(orientation)
    return small if turn is None else small.transpose(turn), orientation in (5, 6, 7, 8)


def _shrink(image: Image.Image, size_px: int) -> Image.Image:
    """Bring the picture to RGB and to size_px x size_px.

    A large picture is first averaged over whole blocks down to about three times the size, strip
    by strip: hardly visible, three times faster, and no second copy of it is made.
    """
    block = tuple(max(side // (_GAP * size_px), 1) for side in image.size)
    level = _levels(image)
    if block == (1, 1):
        rgb = _to_rgb(image, level)
    else:
        shape = tuple(math.ceil(side / step) for side, step in zip(image.size, block, strict=True))
        rgb = Image.new("RGB", (shape[0], shape[1]))
        height = _STRIP_BLOCKS * block[1]
        for top in range(0, image.height, height):
            strip = image.crop((0, top, image.width, min(top + height, image.height)))
            rgb.paste(_to_rgb(strip, level).reduce((block[0], block[1])), (0, top // block[1]))
    # the last blocks may be cut off: the box says how much of them is picture
    box = (0.0, 0.0, image.width / block[0], image.height / block[1])
    return rgb.resize((size_px, size_px), Image.Resampling.BICUBIC, box)


def _levels(image: Image.Image) -> tuple[float, float] | None:
    """Return which values are black and white, where they are not 0 and 255."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    if image.mode not in ("I", "F"):
        return None
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    if not math.isfinite(low) or not math.isfinite(high):
        raise UnreadablePictureError(
            "the picture holds values that are no numbers: save it as JPEG or PNG"
        )
    # 16 bits in a wider type are kept as they are, anything else has a range of its own
    return (0.0, 65535.0) if image.mode == "I" and 0 <= low <= high <= 65535 else (low, high)


def _to_rgb(image: Image.Image, levels: tuple[float, float] | None) -> Image.Image:
    if levels is not None:
        return _from_deep(image, *levels)
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    return image.convert("RGB")


def _from_deep(image: Image.Image, black: float, white: float) -> Image.Image:
    """Scale deep values to 8 bits, where Pillow's own conversion clips them."""
    deep = np.asarray(image, dtype=np.float64)
    scaled = np.rint((deep - black) * (255.0 / max(white - black, 1e-12)))
    if "transparency" in image.info:
        scaled[deep == image.info["transparency"]] = 255
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8)).convert("RGB")


def _translate(error: Exception) -> PictureError:
    if isinstance(error, PictureError):
        return error
    if "truncated" in str(error) or isinstance(error, EOFError):
        return TruncatedPictureError(
            "the picture ends too early, as after a broken transfer: send the whole file again"
        )
    return UnreadablePictureError(
        "the picture is damaged or of an unusual kind: save it anew as JPEG or PNG"
    )


def _too_many_pixels(limit: int = MAX_PIXELS) -> TooManyPixelsError:
    return TooManyPixelsError(
        f"the picture has more than {limit // 1_000_000} megapixels: send a smaller one"
    )
