"""Pictures of works -> their embeddings by a model folder: in the catalogue, and for searching.

The file that ships makes them, through the loader of the service, so that they are the very numbers
that a visitor's picture is compared with. Threads decode ahead while the model answers: it has two
threads of its own, and a process more brings nothing on two cores.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lambda_fn.catalogue.neighbours import (
    Neighbours,
    make_neighbours,
    quantise,
    restore,
    write_neighbours,
)
from lambda_fn.catalogue.works import CatalogueWriter
from lambda_fn.contract.images import PictureError, Pixels, to_pixels
from lambda_fn.model import load_model
from lambda_fn.runtime import ModelError, StyleModel
from training.catalogue.load import in_batches
from training.catalogue.source import Source, SourceWork
from training.errors import TrainingError
from training.files import whole_file
from training.sources.collect import in_order

BATCH = 100
_THREADS = 2
_AHEAD = 8
Vectors = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What became of the works of a source; `skipped` counts by reason."""

    model: str
    new: int
    same: int
    skipped: Counter[str]


def embed(
    source: Source, model_folder: Path, catalogue: CatalogueWriter, *, neighbours: Path | None
) -> Embedded:
    """Give the catalogue the embeddings that it lacks; keep them after each batch.

    neighbours: a file to write with all of them, those that were there before too.

    Raises:
        TrainingError: the model folder cannot be used, or no work has a picture.
        CatalogueError: the catalogue does not answer; what was kept before stays.
    """
    model = _load(model_folder)
    name = model.manifest.id
    kept = dict(catalogue.embeddings()) if catalogue.facts().embedding_model == name else {}
    works, skipped = _choose(source, catalogue)
    missing = [one for one in works if one.work.id not in kept]
    new = 0
    for batch in in_batches(_behind_bar(missing), BATCH):
        vectors, unreadable = embed_pictures(model, batch)
        skipped.update({"unreadable picture": unreadable} if unreadable else {})
        if vectors:
            catalogue.embed(vectors, model=name)
        kept |= vectors
        new += len(vectors)
    if neighbours is not None:
        found = gather(works, kept, model=name)
        with whole_file(neighbours) as file:
            write_neighbours(found, file)
    return Embedded(name, new, len(works) - len(missing), skipped)


def find_neighbours(source: Source, model: StyleModel) -> Neighbours:
    """Return the neighbours of a model folder that is being made.

    Raises:
        TrainingError: no work of the source has a picture.
    """
    vectors: dict[str, bytes] = {}
    for batch in in_batches(_behind_bar(source.works), BATCH):
        vectors |= embed_pictures(model, [one for one in batch if one.picture])[0]
    return gather(source.works, vectors, model=model.manifest.id)


def gather(works: Iterable[SourceWork], vectors: Vectors, *, model: str) -> Neighbours:
    """Return the neighbours of those works that have an embedding.

    Raises:
        TrainingError: none has.
    """
    chosen = [one.work for one in works if one.work.id in vectors]
    if not chosen:
        raise TrainingError(
            "no work has a picture that can be read, so there is nothing to compare with: name "
            "the folder of the pictures with --pictures"
        )
    rows = np.stack([np.frombuffer(vectors[work.id], np.int8) for work in chosen])
    return make_neighbours(
        restore(rows),
        ids=[work.id for work in chosen],
        styles=[work.style for work in chosen],
        rights=[work.rights for work in chosen],
        model=model,
    )


def embed_pictures(model: StyleModel, works: Sequence[SourceWork]) -> tuple[dict[str, bytes], int]:
    """Return the int8 embeddings by id, and how many pictures could not be read."""
    read = partial(_read, size_px=model.manifest.input_size_px)
    vectors = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        pictures = in_order(pool, read, works, width=_AHEAD)
        for one, pixels in zip(works, pictures, strict=True):
            if pixels is not None:
                embedding = model.answer(pixels).embedding
                vectors[one.work.id] = quantise(embedding[np.newaxis]).tobytes()
    return vectors, len(works) - len(vectors)


def _load(folder: Path) -> StyleModel:
    try:
        return load_model(folder, threads=_THREADS)
    except ModelError as error:
        raise TrainingError(str(error)) from error


def _choose(source: Source, catalogue: CatalogueWriter) -> tuple[list[SourceWork], Counter[str]]:
    """Return the works that have a picture and are in the catalogue."""
    skipped: Counter[str] = Counter()
    chosen = []
    for batch in in_batches(source.works, BATCH):
        known = catalogue.get([one.work.id for one in batch])
        for one in batch:
            if one.work.id not in known:
                skipped["not in the catalogue"] += 1
            elif one.picture is None:
                skipped["no picture"] += 1
            else:
                chosen.append(one)
    return chosen, skipped


def _behind_bar(works: Sequence[SourceWork]) -> Iterator[SourceWork]:
    return iter(tqdm(works, "embed", unit="picture", disable=None))


def _read(one: SourceWork, *, size_px: int) -> Pixels | None:
    if one.picture is None:
        return None
    try:
        return to_pixels(one.picture.read_bytes(), size_px=size_px).pixels
    except (OSError, PictureError):
        return None
