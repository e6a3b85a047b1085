"""The pictures of a dataset folder, whatever the format they are stored in.

`png` keeps the very pixels that the service makes, a file per picture in a folder per style. `tar`
keeps the same files in one, which spares a hundred thousand openings and travels in one piece;
it is not compressed, so that a picture is read by its offset. `jpeg` (quality 95, no chroma
subsampling) takes a third of the room, but its pixels differ slightly from the service's.
"""

import csv
import os
import shutil
import struct
import tarfile
import weakref
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from training.dataset.dataset_folder import Work, load_dataset, load_works
from training.errors import TrainingError
from training.files import whole_file, write_table

PICTURES_FOLDER = "pictures"
TAR_FILE = "pictures.tar"
INDEX_FILE = "pictures.csv"
Pixels = NDArray[np.uint8]
# what Pillow raises for one damaged picture or another
_DAMAGES = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)


class PictureStore(Protocol):
    """Reads the stored pictures of a dataset by the path of the work; from any thread."""

    def read(self, path: str) -> Pixels:
        """Return a picture: uint8, shape (size_px, size_px, 3), RGB.

        Raises:
            TrainingError: it is missing or damaged.
        """


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a format writes a picture; `suffix` is that of its files."""

    suffix: str
    kind: str
    is_exact: bool
    options: Mapping[str, Any]


# PNG's level 1 is three times as fast as its usual 6, and 4 % larger
_PNG = Encoding(".png", "PNG", True, MappingProxyType({"compress_level": 1}))
_JPEG = Encoding(".jpg", "JPEG", False, MappingProxyType({"quality": 95, "subsampling": "4:4:4"}))
ENCODINGS: Mapping[str, Encoding] = MappingProxyType({"png": _PNG, "jpeg": _JPEG, "tar": _PNG})


def open_store(folder: Path) -> PictureStore:
    """Open the pictures of a finished dataset folder.

    Raises:
        TrainingError: the folder is not finished, or what it stores is missing.
    """
    config = load_dataset(folder).config
    names = {work.path: stored_name(work, config.format) for work in load_works(folder)}
    read_bytes = _READERS[config.format](folder)
    return _Store(folder, names, read_bytes, config.size_px)


def stored_name(work: Work, format_: str) -> str:
    """Return where among the stored pictures that of a work is: STYLE/NAME.png or .jpg."""
    return work.name + ENCODINGS[format_].suffix


class _Store:
    """What all formats have in common; `read_bytes` returns the file of a name."""

    def __init__(
        self,
        folder: Path,
        names: Mapping[str, str],
        read_bytes: Callable[[str], bytes],
        size_px: int,
    ) -> None:
        self._folder = folder
        self._names = names
        self._read_bytes = read_bytes
        self._size_px = size_px

    def read(self, path: str) -> Pixels:
        if path not in self._names:
            raise TrainingError(f"{self._folder} has no work {path!r}: name one of its works.csv")
        try:
            return decode(self._read_bytes(self._names[path]), size_px=self._size_px)
        except _DAMAGES as error:
            raise TrainingError(
                f"the picture {self._names[path]} of {self._folder} is missing or damaged "
                f"({type(error).__name__}): organise again"
            ) from error


def decode(data: bytes, *, size_px: int) -> Pixels:
    """Return the pixels of a stored picture; checksums are checked where the format has them.

    Raises:
        ValueError: it is damaged or of another size.
    """
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as checked:
            checked.verify()  # the picture must be opened anew after it
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
            shape = (image.mode, image.size)
            pixels = np.asarray(image)
    except _DAMAGES as error:
        raise ValueError(f"a damaged picture: {error}") from error
    if shape != ("RGB", (size_px, size_px)):
        raise ValueError(f"a picture of {shape}, expected RGB of {size_px} x {size_px}")
    return pixels


def encode(pixels: Pixels, encoding: Encoding) -> bytes:
    """Return a picture as a file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, encoding.kind, **encoding.options)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Packed:
    """Where in which tar a file lies; offset and size in bytes."""

    tar: Path
    offset: int
    size: int

    def read_bytes(self) -> bytes:
        """Return the file."""
        with self.tar.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def pack(folder: Path, names: Iterable[str]) -> None:
    """Put these pictures, single files or packed before, into one tar, and write its index.

    The single files are removed at the end: meanwhile the disk holds everything twice.
    """
    singles = {name: folder / PICTURES_FOLDER / name for name in names}
    packed = find_packed(folder)
    if any(path.is_file() for path in singles.values()) or set(singles) != set(packed):
        with whole_file(folder / TAR_FILE) as path, tarfile.open(path, "w:") as tar:
            for name in tqdm(sorted(singles), "pack", unit="picture", disable=None):
                single = singles[name]
                data = (single if single.is_file() else packed[name]).read_bytes()
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, BytesIO(data))
        packed = find_packed(folder)
    places = ((name, one.offset, one.size) for name, one in packed.items())
    write_table(folder / INDEX_FILE, ("name", "offset", "size"), places)
    shutil.rmtree(folder / PICTURES_FOLDER, ignore_errors=True)


def find_packed(folder: Path) -> dict[str, Packed]:
    """Return the pictures in the tar of a dataset folder, by looking at its headers.

    A tar that is damaged has none: they are made anew.
    """
    path = folder / TAR_FILE
    if not path.is_file():
        return {}
    try:
        with tarfile.open(path, "r:") as tar:
            return {one.name: Packed(path, one.offset_data, one.size) for one in tar}
    except tarfile.TarError:
        return {}


def _open_files(folder: Path) -> Callable[[str], bytes]:
    return lambda name: (folder / PICTURES_FOLDER / name).read_bytes()


def _open_tar(folder: Path) -> Callable[[str], bytes]:
    """Keep the tar open: it is read in place, so that any number of threads may."""
    places = _read_index(folder)
    try:
        file = os.open(folder / TAR_FILE, os.O_RDONLY)
    except FileNotFoundError as error:
        raise TrainingError(f"{folder / TAR_FILE} is missing: organise again") from error

    def read_bytes(name: str) -> bytes:
        if name not in places:
            raise FileNotFoundError(name)
        offset, size = places[name]
        return os.pread(file, size, offset)

    weakref.finalize(read_bytes, os.close, file)
    return read_bytes


def _read_index(folder: Path) -> dict[str, tuple[int, int]]:
    try:
        with (folder / INDEX_FILE).open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            return {name: (int(offset), int(size)) for name, offset, size in rows}
    except (OSError, ValueError, StopIteration) as error:
        raise TrainingError(
            f"{folder / INDEX_FILE} is missing or damaged: organise again"
        ) from error


_READERS: Mapping[str, Callable[[Path], Callable[[str], bytes]]] = MappingProxyType(
    {"png": _open_files, "jpeg": _open_files, "tar": _open_tar}
)
