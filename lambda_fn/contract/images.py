"""The one definition of decoding: bytes of a picture -> the pixels a model accepts.

Training stores the output of `to_pixels` and the service feeds it to the model, so that both see
the very same pixels. The picture is squashed to a square: its shape says where it was
photographed or scanned rather than how it was painted. The type is read from the content.
"""

import math
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
_GAP = 3
_STRIP_BLOCKS = 32
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
        if width * height > MAX_PIXELS:
            raise _too_many_pixels()
        name = str(image.format).lower()
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
            "the content is no picture that can be read: "
            "send JPEG, PNG, GIF, WebP, AVIF, TIFF or BMP"
        ) from error


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
    by strip: hardly visible, three times faster, and only one copy of it is ever in memory.
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
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        return float(values.min()), float(values.max())
    return (0.0, 65535.0) if image.mode.startswith("I") else None


def _to_rgb(image: Image.Image, levels: tuple[float, float] | None) -> Image.Image:
    if levels is not None:
        # Pillow's own conversion clips deep values instead of scaling them
        black, white = levels
        deep = np.nan_to_num(np.asarray(image, dtype=np.float32))
        scaled = (deep - black) * (255.0 / max(white - black, 1e-12))
        return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("RGB")
    return image.convert("RGB")


def _translate(error: Exception) -> PictureError:
    if "truncated" in str(error) or isinstance(error, EOFError):
        return TruncatedPictureError(
            "the picture ends too early, as after a broken transfer: send the whole file again"
        )
    return UnreadablePictureError(
        f"the picture is damaged or of an unusual kind ({error}): save it anew as JPEG or PNG"
    )


def _too_many_pixels() -> TooManyPixelsError:
    return TooManyPixelsError(
        f"the picture has more than {MAX_PIXELS // 1_000_000} megapixels: send a smaller one"
    )
