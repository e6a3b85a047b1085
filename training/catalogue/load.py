"""Works of a source -> the catalogue, with their palettes; goes on where it was stopped.

Each batch is safe when the next one begins. What is slow is the palette: a work that has one in
the catalogue needs no new one, so that a load that was killed goes on after a few seconds.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from tqdm import tqdm

from lambda_fn.catalogue.works import CatalogueWriter, Stored, Work
from lambda_fn.contract.images import PictureError
from training.catalogue.palette import palette_of
from training.catalogue.source import Source, SourceWork

BATCH = 200
_THREADS = 2
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the works of a source."""

    stored: Stored
    without_palette: Counter[str]
    """by reason; these works are in the catalogue all the same"""


def load(source: Source, catalogue: CatalogueWriter) -> Loaded:
    """Add the works of a source to a catalogue, or renew those that are there.

    Raises:
        CatalogueError: the catalogue does not answer; what was stored before stays.
    """
    catalogue.prepare()
    stored, without = Stored(), Counter[str]()
    bar = tqdm(total=len(source.works), desc="load", unit="work", disable=None)
    with bar, ThreadPoolExecutor(_THREADS) as pool:
        for batch in in_batches(source.works, BATCH):
            known = catalogue.get([one.work.id for one in batch])
            works = []
            for work, reason in pool.map(_coloured, batch, (known.get(o.work.id) for o in batch)):
                works.append(work)
                without.update([reason] if reason else ())
            stored += catalogue.store(works)
            bar.update(len(batch))
    return Loaded(stored, without)


def in_batches(items: Iterable[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield the items, so many at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _coloured(one: SourceWork, known: Work | None) -> tuple[Work, str]:
    """Return the work with its palette, or why it has none."""
    if known is not None and known.palette:
        return one.work, ""  # the catalogue keeps it
    if one.picture is None:
        return one.work, "no picture"
    try:
        return replace(one.work, palette=palette_of(one.picture.read_bytes())), ""
    except (OSError, PictureError):
        return one.work, "unreadable picture"
