"""dataset/ -> batches that depend on the seed and their number only.

A batch is a function of its number, without state: a run that starts again at epoch 7 sees what an
unbroken run would have seen there. The functions are NumPy; `stream` and `fixed` hand them to
Keras, by tf.data on TensorFlow and by threads on any other backend.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.errors import TrainingError
from training.store import PictureStore, open_store
from training.works import load_dataset, load_works

Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""inputs (batch, ...), targets (batch, styles) whose rows sum to 1, weights (batch,)."""
Fetch = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Places in a part -> the inputs of the model for them."""
_MADE_AHEAD = 4  # batches


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures of one part of one list; `labels` index the styles of the dataset."""

    store: PictureStore
    names: tuple[str, ...]
    labels: NDArray[np.int64]

    def read(self, places: Sequence[int] | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the pictures at these places: (count, side, side, 3).

        Raises:
            TrainingError: one is missing or damaged.
        """
        return np.stack([self.store.read(self.names[place]) for place in places])

    def take(self, chosen: Sequence[int]) -> "Part":
        """Return the pictures at these places."""
        names = tuple(self.names[place] for place in chosen)
        return Part(self.store, names, self.labels[list(chosen)])


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
    )


class TrainingBatches:
    """Endless batches of a part in random order, with mixup; batch n is always the same one.

    An epoch shows each picture once, less the few (fewer than a batch, others every time) that
    would not fill a last batch.
    """

    def __init__(
        self, labels: NDArray[np.int64], fetch: Fetch, config: TrainConfig, *, styles: int
    ) -> None:
        self._fetch, self._config = fetch, config
        self._targets = np.eye(styles, dtype=np.float32)[labels]
        self._weights = style_weights(labels, styles, config.class_weights)[labels]
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
        try:
            inputs = self._fetch(places)
        except TrainingError as error:
            self.failure = error
            raise
        batch = (
            inputs.astype(np.float32),
            self._targets[places],
            self._weights[places].astype(np.float32),
        )
        seed = (self._config.seed, epoch, step)
        return mixup(batch, alpha=self._config.mixup_alpha, seed=seed)


class FixedBatches:
    """All pictures of a part once, in order: (inputs, targets); can be walked again and again."""

    def __init__(
        self, labels: NDArray[np.int64], fetch: Fetch, *, styles: int, batch_size: int
    ) -> None:
        self._fetch, self._size = fetch, batch_size
        self._targets = np.eye(styles, dtype=np.float32)[labels]

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
        return _ahead(batches, first_epoch * batches.steps)
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


def look_ahead(batches: FixedBatches) -> Any:
    """Yield the batches in order while a thread makes the next one."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(batches.__getitem__, 0)
        for number in range(len(batches)):
            batch = following.result()
            if number + 1 < len(batches):
                following = pool.submit(batches.__getitem__, number + 1)
            yield batch


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


def _ahead(batches: TrainingBatches, first: int) -> Iterator[Batch]:
    """Yield the batches from this one on: Keras would begin a PyDataset anew each epoch."""
    with ThreadPoolExecutor(2) as pool:
        waiting = deque(pool.submit(batches, first + number) for number in range(_MADE_AHEAD))
        for number in itertools.count(first + _MADE_AHEAD):
            yield waiting.popleft().result()
            waiting.append(pool.submit(batches, number))


def mixup(batch: Batch, *, alpha: float, seed: Sequence[int]) -> Batch:
    """Blend each picture with its neighbour in the batch by a share from Beta(alpha, alpha).

    Source: Zhang et al. 2017, arXiv 1710.09412. The larger share stays with the picture itself.
    """
    if alpha == 0:
        return batch
    drawn = np.random.default_rng(seed).beta(alpha, alpha, len(batch[0]))
    share = np.maximum(drawn, 1 - drawn).astype(np.float32)

    def blend(values: NDArray[np.float32]) -> NDArray[np.float32]:
        own = share.reshape(-1, *[1] * (values.ndim - 1))
        blended: NDArray[np.float32] = own * values + (1 - own) * np.roll(values, 1, axis=0)
        return blended

    return blend(batch[0]), blend(batch[1]), blend(batch[2])


def style_weights(labels: NDArray[np.int64], styles: int, kind: str) -> NDArray[np.float64]:
    """Return a weight per style with mean 1 over the pictures.

    `balanced` counts every style alike, `sqrt` half-way (in the logarithm), `none` every picture.
    """
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[kind]
    counts = np.bincount(labels, minlength=styles)
    if not counts.all():
        raise TrainingError("a style of the dataset has no picture in the training part")
    weights = (1.0 / counts) ** power
    return np.asarray(weights * len(labels) / (counts @ weights))
