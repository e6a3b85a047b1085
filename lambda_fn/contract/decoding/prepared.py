"""What a format's own file finds out about a picture before a decoder opens it."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

if TYPE_CHECKING:
    from lambda_fn.contract.decoding.encoding import Encoding


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that is within the limits, without what its pixels do not need.

    file: what Pillow reads, of the format `pillow`; or `image`, where it is decoded already.
    name: the format as the answer names it.
    orientation: how to turn it, as in EXIF (CIPA DC-008, tag 0x0112).
    profile: the embedded ICC profile.
    encoding: what the values mean, where no profile says it.
    levels: the values of black and white in a deep grey picture.
    palette: 768 bytes that replace the palette, where the decoder would misread it.
    is_cut: the end of the file is missing.
    kind: what the samples are, for people, where a decoder may not know it.
    """

    name: str
    pillow: str = ""
    file: BinaryIO = field(default_factory=io.BytesIO)
    image: Image.Image | None = None
    orientation: int = 1
    profile: bytes | None = None
    encoding: "Encoding | None" = None
    levels: tuple[float, float] | None = None
    palette: bytes | None = None
    is_cut: bool = False
    kind: str = ""


class _Pieces(io.RawIOBase):
    """Several stretches of memory, read as one file."""

    def __init__(self, pieces: Iterable[memoryview]) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self._starts: list[int] = []
        self._size = 0
        for piece in self._pieces:
            self._starts.append(self._size)
            self._size += len(piece)
        self._at = 0
        self._number = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset}")
        self._at = base + offset
        self._number = 0
        return self._at

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        while self._number < len(self._pieces):
            piece = self._pieces[self._number]
            within = self._at - self._starts[self._number]
            if within < len(piece):
                part = piece[within : within + len(buffer)]
                buffer[: len(part)] = part
                self._at += len(part)
                return len(part)
            self._number += 1
        return 0


def join(pieces: Iterable[memoryview | bytes]) -> BinaryIO:
    """Return the pieces as one file, without a copy of them."""
    return io.BufferedReader(_Pieces(memoryview(piece) for piece in pieces), 65_536)
