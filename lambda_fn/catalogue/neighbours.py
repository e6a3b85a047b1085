"""Which works look most like a picture: exact search among the embeddings of one model.

The file `neighbours.npz` of a model folder holds a row per work:

    vectors  int8, (works, embedding size): each row is a unit vector times 127 / its largest number
    ids      uint8: the ids in ASCII, a newline after each
    styles, rights  uint8: places in STYLES and RIGHTS, to search within them
    model    the id of the model that made the vectors

It is not compressed, so that the vectors are mapped into memory where they lie. The first search
brings them back to unit length as float32, which is what a matrix product is fast with.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lambda_fn.catalogue.works import RIGHTS, CatalogueError, Rights
from lambda_fn.contract.styles import STYLES

_STYLE_PLACES = {style.slug: place for place, style in enumerate(STYLES)}
_RIGHTS_PLACES = {name: place for place, name in enumerate(RIGHTS)}
_LOCAL_HEADER = 30  # bytes before the name in a zip archive (APPNOTE 4.3.7)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A work and how much it looks like the picture: the cosine, 1 for the same."""

    id: str
    similarity: float


def quantise(embeddings: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return unit vectors (works, size) as int8; the length is dropped, as it is always 1."""
    largest = np.abs(embeddings).max(axis=1, keepdims=True)
    scaled = np.round(embeddings * (127 / np.maximum(largest, 1e-12)))
    return np.asarray(scaled, np.int8)


def restore(vectors: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return the unit vectors that `quantise` was given, up to rounding."""
    rows = vectors.astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.maximum(lengths, 1)
    return rows


@dataclass(frozen=True)
class Neighbours:
    """The embeddings of works; rows of all four belong together."""

    model: str
    ids: Sequence[str]
    vectors: NDArray[np.int8]
    styles: NDArray[np.uint8]
    rights: NDArray[np.uint8]

    @cached_property
    def _rows(self) -> NDArray[np.float32]:
        return restore(self.vectors)

    def nearest(
        self,
        embedding: NDArray[np.float32],
        *,
        count: int,
        style: str | None = None,
        rights: Rights | None = None,
    ) -> list[Neighbour]:
        """Return the works most like `embedding` (size,), most alike first.

        style: slug, and `rights`: search among these works only. There may be fewer than `count`.
        """
        places = self._within(style, rights)
        likeness = self._rows @ embedding
        if places is not None:
            likeness = likeness[places]  # after the product: to copy their rows takes longer
        count = min(count, len(likeness))
        if count == 0:
            return []
        best = np.argpartition(-likeness, count - 1)[:count]
        best = best[np.lexsort((best, -likeness[best]))]
        ids = best if places is None else places[best]
        return [
            Neighbour(self.ids[place], cosine)
            for place, cosine in zip(ids, np.clip(likeness[best], -1, 1).tolist(), strict=True)
        ]

    def _within(self, style: str | None, rights: Rights | None) -> NDArray[np.intp] | None:
        if style is None and rights is None:
            return None
        chosen = np.ones(len(self.ids), bool)
        if style is not None:
            chosen &= self.styles == _STYLE_PLACES[style]
        if rights is not None:
            chosen &= self.rights == _RIGHTS_PLACES[rights]
        return np.flatnonzero(chosen)


def make_neighbours(
    embeddings: NDArray[np.float32],
    *,
    ids: Sequence[str],
    styles: Sequence[str],
    rights: Sequence[Rights],
    model: str,
) -> Neighbours:
    """Return the neighbours for unit vectors (works, size) and what is known of their works."""
    return Neighbours(
        model,
        ids,
        quantise(embeddings),
        np.array([_STYLE_PLACES[slug] for slug in styles], np.uint8),
        np.array([_RIGHTS_PLACES[one] for one in rights], np.uint8),
    )


def write_neighbours(neighbours: Neighbours, file: Path) -> None:
    """Write `neighbours.npz`; the caller sees to it that a broken-off file does no harm."""
    ids = "".join(f"{one}\n" for one in neighbours.ids).encode("ascii")
    with file.open("wb") as target:
        np.savez(
            target,
            vectors=neighbours.vectors,
            ids=np.frombuffer(ids, np.uint8),
            styles=neighbours.styles,
            rights=neighbours.rights,
            model=np.array(neighbours.model),
        )


def open_neighbours(file: Path, *, model: str, size: int) -> Neighbours:
    """Return the neighbours in a file; the vectors stay there until the first search.

    model: id of the model whose embeddings are searched. size: numbers in an embedding.

    Raises:
        CatalogueError: the file is damaged, or another model made it.
    """
    try:
        # opened here: numpy leaves its own open when it finds no archive
        with file.open("rb") as source, np.load(source, allow_pickle=False) as arrays:
            made_by = str(arrays["model"])
            ids = arrays["ids"].tobytes().decode("ascii").split("\n")[:-1]
            styles, rights = arrays["styles"], arrays["rights"]
        vectors = _map_array(file, "vectors.npy")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CatalogueError(f"{file} holds no embeddings of works: {error}") from error
    if made_by != model:
        raise CatalogueError(
            f"the embeddings in {file} come from the model {made_by}, but {model} is served: "
            "renew them with `python -m training embed`"
        )
    count = len(ids)
    found = (vectors.dtype, vectors.shape, styles.shape, rights.shape)
    if found != (np.dtype(np.int8), (count, size), (count,), (count,)):
        raise CatalogueError(
            f"{file} does not fit its model: int8 vectors should have the shape {(count, size)}, "
            f"but {vectors.dtype} of {vectors.shape} were found"
        )
    return Neighbours(made_by, ids, vectors, styles, rights)


def _map_array(file: Path, name: str) -> NDArray[Any]:
    """Map an array of an .npz file that is not compressed; `numpy.load` reads it instead."""
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    with file.open("rb") as source:
        source.seek(entry.header_offset)
        header = source.read(_LOCAL_HEADER)
        name_length, extra_length = (int.from_bytes(header[i : i + 2], "little") for i in (26, 28))
        source.seek(name_length + extra_length, 1)
        version = np.lib.format.read_magic(source)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, is_fortran, dtype = read(source)
        offset = source.tell()
    return np.memmap(file, dtype, "r", offset, shape, "F" if is_fortran else "C")
