"""HEIC, as telephones send it; libheif is loaded when the first comes, and may be missing.

Which way is up says the container, as in an AVIF, and libheif has turned the picture by then.
"""

from typing import Any, Final

from lambda_fn.contract.decoding.avif import LIKE_SRGB
from lambda_fn.contract.decoding.encoding import Encoding
from lambda_fn.contract.decoding.png import of_codes
from lambda_fn.contract.decoding.prepared import Prepared
from lambda_fn.contract.decoding.refusals import (
    UnreadablePictureError,
    is_unusual,
    too_costly,
    too_many_pixels,
)

# HEVC takes longest of all: a second for 9 MB of noise
MAX_PIXELS: Final = 24_000_000
MAX_BYTES: Final = 14_000_000


def prepare(data: bytes) -> Prepared:
    """Return the decoded picture.

    Raises:
        PictureError: it cannot be read, would cost too much, or libheif is not installed.
    """
    try:
        import pi_heif
    except ImportError as error:
        raise UnreadablePictureError(
            "this is a HEIC/HEIF picture, which is not supported here: save it as JPEG or PNG"
        ) from error
    if len(data) > MAX_BYTES:
        raise too_costly(f"the HEIC picture has more than {MAX_BYTES // 1_000_000} MB")
    try:
        opened = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
    except (ValueError, RuntimeError, EOFError, SyntaxError, OSError) as error:
        raise is_unusual("this HEIC/HEIF picture is damaged, or of an unusual kind") from error
    width, height = opened.size
    if width * height > MAX_PIXELS:
        raise too_many_pixels(MAX_PIXELS)
    encoding = _encoding(opened.info.get("nclx_profile"))
    image = opened.to_pillow()
    return Prepared(
        name="heic", image=image, profile=opened.info.get("icc_profile"), encoding=encoding
    )


def _encoding(nclx: dict[str, Any] | None) -> Encoding | None:
    if nclx is None:
        return None
    transfer = int(nclx["transfer_characteristics"])
    return of_codes(int(nclx["color_primaries"]), 13 if transfer in LIKE_SRGB else transfer)
