"""Why bytes cannot become pixels: the errors, and the sentences that are said in several places."""

from typing import Final

MAX_PIXELS: Final = 100_000_000


class PictureError(ValueError):
    """The bytes cannot become pixels; the message says what to do about it."""


class UnreadablePictureError(PictureError):
    """The bytes are no picture in one of the formats that are read, or its content is broken."""


class TruncatedPictureError(PictureError):
    """The picture begins well but ends too early."""


class TooManyPixelsError(PictureError):
    """Decoding would take too much memory or time; it was refused before."""


def too_many_pixels(limit: int = MAX_PIXELS) -> TooManyPixelsError:
    """Return the refusal of a picture of more than `limit` pixels."""
    return TooManyPixelsError(
        f"the picture has more than {limit // 1_000_000} megapixels: send a smaller one"
    )


def too_costly(what: str) -> TooManyPixelsError:
    """Return the refusal of a picture that is expensive for another reason than its size."""
    return TooManyPixelsError(f"{what}: save the picture anew as JPEG or PNG")


def ends_too_early() -> TruncatedPictureError:
    """Return the refusal of a file that was cut off."""
    return TruncatedPictureError(
        "the picture ends too early, as after a broken transfer: send the whole file again"
    )


def is_no_picture() -> UnreadablePictureError:
    """Return the refusal of bytes that no decoder takes for its own."""
    return UnreadablePictureError(
        "the content is no picture that can be read, or it is damaged or cut off: "
        "send JPEG, PNG, GIF, WebP, AVIF, TIFF or BMP"
    )


def is_unusual(reason: str) -> UnreadablePictureError:
    """Return the refusal of a sound file of a kind that is not read."""
    return UnreadablePictureError(f"{reason}: save it anew as JPEG or PNG")


def is_unread(kind: str) -> UnreadablePictureError:
    """Return the refusal of a TIFF of a kind that is not read."""
    return is_unusual(f"this kind of TIFF is not read, or it is damaged ({kind})")
