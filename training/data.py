"""dataset/ -> batches: a stream that depends on the seed and the position only.

Which picture comes when is a function of (seed, position), without state. A run that starts again
at epoch 7 therefore sees what an unbroken run would have seen there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.config import TrainConfig
from training.errors import TrainingError
from training.store import PICTURES_FOLDER, stored_name
from training.works import load_dataset, load_works


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures of one part of one list; `labels` index the styles of the dataset."""

    paths: tuple[str, ...]
    names: tuple[str, ...]
    labels: NDArray[np.int64]

    def take(self, chosen: Sequence[int]) -> "Part":
        """Return the pictures at these places."""
        return Part(
            tuple(self.paths[place] for place in chosen),
            tuple(self.names[place] for place in chosen),
            self.labels[list(chosen)],
        )


def load_part(folder: Path, *, split: str, part: str) -> Part:
    """Return one part (train, validation or test) of the list `split`, in a fixed order.

    Raises:
        TrainingError: no such list, or a part that is empty or lacks a style.
    """
    dataset = load_dataset(folder)
    if split not in dataset.lists:
        raise TrainingError(f"{folder} has no list {split!r}: it has {', '.join(dataset.lists)}")
    works = [work for work in load_works(folder) if work.parts[split] == part]
    if not works:
        raise TrainingError(f"the {part} part of list {split!r} in {folder} is empty")
    index = {slug: number for number, slug in enumerate(dataset.styles)}
    return Part(
        tuple(
            str(folder / PICTURES_FOLDER / stored_name(work, dataset.config.format))
            for work in works
        ),
        tuple(work.path for work in works),
        np.array([index[work.style] for work in works]),
    )


def read_pixels(part: Part) -> NDArray[np.uint8]:
    """Read all pictures of a part at once: uint8, shape (pictures, side, side, 3)."""
    batches = tf.data.Dataset.from_tensor_slices(list(part.paths)).map(
        _read, num_parallel_calls=tf.data.AUTOTUNE
    )
    return np.stack(list(batches.prefetch(64).as_numpy_iterator()))


def training_batches(
    part: Part, config: TrainConfig, *, styles: int, first_epoch: int
) -> tuple[tf.data.Dataset, int]:
    """Return an endless stream of (pictures, targets, weights), and its batches per epoch.

    pictures: float32 (batch, side, side, 3), 0 to 255; targets: float32 (batch, styles), rows sum
    to 1; weights: float32 (batch,), mean about 1. An epoch shows each picture once, less the few
    (fewer than a batch, others every time) that would not fill a last batch.
    """
    count = len(part.labels)
    batch_size = min(config.batch_size, count)
    steps = count // batch_size
    weights = tf.constant(style_weights(part.labels, styles, config.class_weights), tf.float32)
    paths, labels = tf.constant(list(part.paths)), tf.constant(part.labels)

    def pick(position: Any) -> Any:
        epoch, place = position // (steps * batch_size), position % (steps * batch_size)
        seed = tf.stack([tf.cast(epoch, tf.int64), tf.cast(config.seed, tf.int64)])
        chosen = tf.random.experimental.index_shuffle(place, seed, count - 1)
        target = tf.one_hot(labels[chosen], styles)
        return _read(paths[chosen]), target, tf.tensordot(target, weights, 1)

    def mix(number: Any, batch: Any) -> Any:
        pictures, targets, weight = batch
        return mixup(
            tf.cast(pictures, tf.float32),
            targets,
            weight,
            alpha=config.mixup_alpha,
            seed=tf.stack([number, tf.cast(config.seed, tf.int64)]),
        )

    stream = (
        tf.data.Dataset.range(first_epoch * steps * batch_size, tf.int64.max)
        .map(pick, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size)
        .enumerate(first_epoch * steps)
        .map(mix, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(2)
    )
    return stream, steps


def fixed_batches(part: Part, *, styles: int, batch_size: int) -> tf.data.Dataset:
    """Return all pictures of a part once, in order: (pictures, targets)."""
    paths, labels = tf.constant(list(part.paths)), tf.constant(part.labels)
    return (
        tf.data.Dataset.from_tensor_slices((paths, labels))
        .map(
            lambda path, label: (tf.cast(_read(path), tf.float32), tf.one_hot(label, styles)),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .batch(batch_size)
        .prefetch(2)
    )


def mixup(pictures: Any, targets: Any, weights: Any, *, alpha: float, seed: Any) -> Any:
    """Blend each picture with its neighbour in the batch by a share from Beta(alpha, alpha).

    Source: Zhang et al. 2017, arXiv 1710.09412. The larger share stays with the picture itself.
    """
    if alpha == 0:
        return pictures, targets, weights
    count = tf.shape(targets)[0]
    gammas = tf.random.stateless_gamma((2, count), seed, alpha=alpha)
    share = gammas[0] / tf.maximum(gammas[0] + gammas[1], 1e-12)
    share = tf.maximum(share, 1 - share)

    def blend(values: Any, shape: tuple[int, ...]) -> Any:
        own = tf.reshape(share, shape)
        return own * values + (1 - own) * tf.roll(values, 1, axis=0)

    return blend(pictures, (-1, 1, 1, 1)), blend(targets, (-1, 1)), blend(weights, (-1,))


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


def _read(path: Any) -> Any:
    picture = tf.io.decode_png(tf.io.read_file(path), channels=3)
    return tf.ensure_shape(picture, (None, None, 3))
