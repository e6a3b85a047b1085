"""dataset/ -> batches that depend on the seed and their number only.

A batch is a function of its number, without state: a run that starts again at epoch 7 sees what an
unbroken run would have seen there. The functions are NumPy; `stream` and `fixed` hand them to
Keras, for training by tf.data on TensorFlow and by a generator on any other backend.
"""

import itertools
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.config import TrainConfig
from training.dataset.artists import unite_spellings
from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work, load_dataset, load_works
from training.dataset.picture_files import PictureStore, open_store
from training.errors import TrainingError

Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""inputs (batch, ...), targets (batch, styles) whose rows sum to 1, weights (batch,)."""
Fetch = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Places in a part -> the inputs of the model for them; beyond its end lie its pictures' views."""
_Made = TypeVar("_Made")
_AHEAD = 2  # batches, each in a thread


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures of one part of one list; `labels` index the styles of the dataset."""

    store: PictureStore
    names: tuple[str, ...]
    labels: NDArray[np.int64]
    artists: tuple[str, ...]
    """keys, one for all spellings of a name; empty where nobody is known"""
    sources: tuple[str, ...]
    """the collection or place that each picture comes from"""

    def read(self, places: Sequence[int] | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the pictures at these places: (count, side, side, 3).

        Raises:
            TrainingError: one is missing or damaged.
        """
        return np.stack([self.store.read(self.names[place]) for place in places])

    def take(self, chosen: Sequence[int]) -> "Part":
        """Return the pictures at these places."""
        names = tuple(self.names[place] for place in chosen)
        artists = tuple(self.artists[place] for place in chosen)
        sources = tuple(self.sources[place] for place in chosen)
        return Part(self.store, names, self.labels[list(chosen)], artists, sources)

    def without(self, sources: Collection[str]) -> "Part":
        """Return the pictures that come from none of these sources."""
        return self.take([at for at, source in enumerate(self.sources) if source not in sources])

    def of(self, sources: Collection[str]) -> "Part":
        """Return the pictures that come from one of these sources."""
        return self.take([at for at, source in enumerate(self.sources) if source in sources])


def load_part(folder: Path, *, split: str, part: str) -> Part:
    """Return one part (train, validation or test) of the list `split`, in a fixed order.

    Raises:
        TrainingError: no such list, or a part that is empty.
    """
    dataset = load_dataset(folder)
    if split not in dataset.lists:
        raise TrainingError(f"{folder} has no list {split!r}: it has {', '.join(dataset.lists)}")
    works = [work for work in load_works(folder) if work.parts[split] == part]
    if not works:
        raise TrainingError(f"the {part} part of list {split!r} in {folder} is empty")
    index = {slug: number for number, slug in enumerate(dataset.styles)}
    return Part(
        open_store(folder),
        tuple(work.path for work in works),
        np.array([index[work.style] for work in works]),
        tuple(_artist_keys(works)),
        tuple(work.source for work in works),
    )


def _artist_keys(works: Sequence[Work]) -> Iterator[str]:
    keys = unite_spellings({work.artist for work in works})
    return ("" if work.artist == UNKNOWN_ARTIST else keys[work.artist] for work in works)


def artist_targets(artists: Sequence[str], *, min_works: int) -> NDArray[np.float32]:
    """Return a column per artist with so many works: 1 for theirs; rows of nobody are all 0."""
    counts = Counter(artist for artist in artists if artist)
    chosen = sorted(artist for artist, count in counts.items() if count >= min_works)
    columns = {artist: column for column, artist in enumerate(chosen)}
    targets = np.zeros((len(artists), len(chosen)), np.float32)
    for row, artist in enumerate(artists):
        if artist in columns:
            targets[row, columns[artist]] = 1
    return targets


class TrainingBatches:
    """Endless batches of a part in random order, with mixup; batch n is always the same one.

    An epoch shows each picture once, less the few (fewer than a batch, others every time) that
    would not fill a last batch. With `views` it is the picture itself or one of them, drawn evenly.
    Where answers are to agree, each picture comes in two different ones of these ways: the inputs
    are (batch, 2, ...), blended alike.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        fetch: Fetch,
        config: TrainConfig,
        *,
        styles: int,
        artists: NDArray[np.float32] | None = None,
        sources: Sequence[str] = (),
        views: int = 0,
    ) -> None:
        self._fetch, self._config, self._views = fetch, config, views
        self._targets = np.eye(styles, dtype=np.float32)[labels]
        if artists is not None:
            self._targets = np.hstack([self._targets, artists])
        self._weights = picture_weights(labels, styles, config, sources)
        self._size = min(config.batch_size, len(labels))
        self.steps = len(labels) // self._size
        """batches per epoch"""
        self.failure: TrainingError | None = None
        """what went wrong in a thread of TensorFlow, which keeps no exception of ours"""

    def __call__(self, number: int) -> Batch:
        """Return batch `number`, counted from the first epoch's first."""
        epoch, step = divmod(int(number), self.steps)
        order = np.random.default_rng((self._config.seed, epoch)).permutation(len(self._targets))
        places = order[step * self._size : (step + 1) * self._size]
        chance = np.random.default_rng((self._config.seed, epoch, step, 1))
        first = chance.integers(self._views + 1, size=len(places))
        ways = [first]
        if self._config.agreement_weight:
            other = chance.integers(1, self._views + 1, size=len(places))
            ways.append((first + other) % (self._views + 1))
        try:
            shown = [self._fetch(places + way * len(self._targets)) for way in ways]
        except TrainingError as error:
            self.failure = error
            raise
        inputs = shown[0] if len(shown) == 1 else np.stack(shown, axis=1)
        batch = (
            inputs.astype(np.float32),
            self._targets[places],
            self._weights[places].astype(np.float32),
        )
        return self._blend(batch, np.random.default_rng((self._config.seed, epoch, step)))

    def _blend(self, batch: Batch, generator: np.random.Generator) -> Batch:
        config = self._config
        if config.cutmix_alpha and (not config.mixup_alpha or generator.random() < 0.5):
            return cutmix(batch, alpha=config.cutmix_alpha, generator=generator)
        return mixup(batch, alpha=config.mixup_alpha, generator=generator)


class FixedBatches:
    """All pictures of a part once, in order: (inputs, targets); can be walked again and again.

    Nobody is named in the columns of the `artists`: they are 0.
    """

    def __init__(
        self,
        labels: NDArray[np.int64],
        fetch: Fetch,
        *,
        styles: int,
        batch_size: int,
        artists: int = 0,
    ) -> None:
        self._fetch, self._size = fetch, batch_size
        self._targets = np.eye(styles + artists, dtype=np.float32)[labels]

    def __len__(self) -> int:
        return -(-len(self._targets) // self._size)

    def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if number >= len(self):
            raise IndexError(number)
        start = int(number) * self._size
        places = np.arange(start, min(start + self._size, len(self._targets)))
        return self._fetch(places).astype(np.float32), self._targets[places]


def fixed_batches(part: Part, *, styles: int, batch_size: int) -> FixedBatches:
    """Return all pictures of a part once, in order: float32 0 to 255, and targets."""
    return FixedBatches(part.labels, part.read, styles=styles, batch_size=batch_size)


def stream(batches: TrainingBatches, *, first_epoch: int) -> Any:
    """Return what `Model.fit` takes: the batches from this epoch on, made ahead in threads."""
    if keras.backend.backend() != "tensorflow":
        # no PyDataset: between epochs Keras begins one that has threads at its first batch again
        return _made_ahead(batches, itertools.count(first_epoch * batches.steps))
    import tensorflow as tf

    first = batches(first_epoch * batches.steps)

    def make(number: Any) -> Any:
        made = tf.numpy_function(batches, [number], [tf.float32] * len(first))
        return [
            tf.ensure_shape(one, (None, *shown.shape[1:]))
            for one, shown in zip(made, first, strict=True)
        ]

    return (
        tf.data.Dataset.range(first_epoch * batches.steps, tf.int64.max)
        .map(lambda number: tuple(make(number)), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(2)
    )


def fixed(batches: FixedBatches) -> Any:
    """Return what `Model.evaluate` and `fit`'s validation_data take."""
    return _Arrays(batches)


def look_ahead(batches: FixedBatches) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield the batches in order while threads make the next ones."""
    return _made_ahead(batches.__getitem__, range(len(batches)))


def predictions(model: keras.Model, batches: FixedBatches) -> Iterator[Any]:
    """Yield the model's outputs for each batch, behind a progress bar."""
    shown = tqdm(look_ahead(batches), "answers", total=len(batches), unit="batch", disable=None)
    return (model.predict_on_batch(pictures) for pictures, _ in shown)


def _made_ahead(make: Callable[[int], _Made], numbers: Iterable[int]) -> Iterator[_Made]:
    waiting: deque[Future[_Made]] = deque()
    with ThreadPoolExecutor(_AHEAD) as pool:
        for number in numbers:
            waiting.append(pool.submit(make, number))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Arrays(keras.utils.PyDataset):  # type: ignore[misc] # Keras has no types
    """Fixed batches as Keras wants them."""

    def __init__(self, batches: FixedBatches) -> None:
        super().__init__(workers=2, max_queue_size=4)
        self._batches = batches

    @property
    def num_batches(self) -> int:
        """How many there are."""
        return len(self._batches)

    def __getitem__(self, number: int) -> Any:
        return self._batches[number]


def mixup(batch: Batch, *, alpha: float, generator: np.random.Generator) -> Batch:
    """Blend each picture with its neighbour in the batch by a share from Beta(alpha, alpha).

    Source: Zhang et al. 2017, arXiv 1710.09412. The larger share stays with the picture itself.
    """
    if alpha == 0:
        return batch
    drawn = generator.beta(alpha, alpha, len(batch[0]))
    share = np.maximum(drawn, 1 - drawn).astype(np.float32)

    def blend(values: NDArray[np.float32]) -> NDArray[np.float32]:
        own = share.reshape(-1, *[1] * (values.ndim - 1))
        blended: NDArray[np.float32] = own * values + (1 - own) * np.roll(values, 1, axis=0)
        return blended

    return blend(batch[0]), blend(batch[1]), blend(batch[2])


def cutmix(batch: Batch, *, alpha: float, generator: np.random.Generator) -> Batch:
    """Lay a rectangle of its neighbour over each picture; labels are blended by area.

    Source: Yun et al. 2019, arXiv 1905.04899. The rectangle's area is drawn from
    Beta(alpha, alpha); at most half of a picture is covered, so that it keeps the larger share.
    """
    inputs = batch[0].copy()
    others = np.roll(batch[0], 1, axis=0)
    height, width = inputs.shape[1:3]
    drawn = generator.beta(alpha, alpha, len(inputs))
    extent = np.sqrt(np.minimum(drawn, 1 - drawn))
    rows, columns = (extent * height).astype(int), (extent * width).astype(int)
    top, left = generator.integers(0, [height - rows + 1, width - columns + 1])
    for number, (y, x, tall, wide) in enumerate(zip(top, left, rows, columns, strict=True)):
        inputs[number, y : y + tall, x : x + wide] = others[number, y : y + tall, x : x + wide]
    kept = (1 - rows * columns / (height * width)).astype(np.float32)

    def blend(values: NDArray[np.float32]) -> NDArray[np.float32]:
        own = kept.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(own * values + (1 - own) * np.roll(values, 1, axis=0), np.float32)

    return inputs, blend(batch[1]), blend(batch[2])


def picture_weights(
    labels: NDArray[np.int64], styles: int, config: TrainConfig, sources: Sequence[str] = ()
) -> NDArray[np.float64]:
    """Return how much each picture counts, with mean 1: by how rare its style is.

    With `collections` it is how rare its style is in its collection. Where a style comes from one
    collection only, a network may learn the collection instead; the few pictures of it that come
    from elsewhere then count all the more.

    sources: the collection of each picture; those of fewer than `config.min_collection` pictures
        count together as one.
    """
    if len(np.unique(labels)) < styles:
        raise TrainingError("a style of the dataset has no picture in the training part")
    groups: Sequence[object] = labels.tolist()
    if config.class_weights == "collections":
        sizes = Counter(sources)
        rare = {source for source, size in sizes.items() if size < config.min_collection}
        named = ["" if source in rare else source for source in sources]
        groups = list(zip(groups, named, strict=True))
    counts = Counter(groups)
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0, "collections": 0.65}[config.class_weights]
    weights = np.array([counts[group] ** -power for group in groups])
    return np.asarray(weights / weights.mean())
