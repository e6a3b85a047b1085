"""Bottleneck features: what a frozen backbone makes of every picture, computed once and kept.

They lie in DATASET/features/KEY/: `features.npy` (float16, a row per picture of works.csv) and
`progress.json`, which says how many rows are done. Of the head `levels` only the means over all
places are kept: that is all that it takes, and a hundredth of the room. Augmented views of the
pictures have folders of their own; which chance makes a view depends on nothing but the seed, its
number and the picture's place. So has the view that is only soft. A broken-off computation goes on
after the last batch that it says; where it says nothing of sense, all is computed again. KEY stands
for all that decides the numbers: the pictures and their order, the architecture, its scaling and
its weights, and how views are changed. In 16 bits they take half the room of the original's; the
rounding (1 part in 2,000) is far below what a picture's recompression changes.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lambda_fn.contract.manifest import sha256_of
from training.config import LEVELS, TrainConfig
from training.dataset.batches import FixedBatches, Part, look_ahead
from training.dataset.dataset_folder import load_dataset, load_works
from training.dataset.picture_files import open_store
from training.errors import TrainingError
from training.files import whole_file
from training.network.architectures import ARCHITECTURES, build_features
from training.network.augment import build_augmentation, random_states
from training.network.heads import pool_levels
from training.runs.devices import has_gpu

BATCH = 32
SAVED_EVERY = 8  # batches
_PROGRESS = "progress.json"
_CHANGES = {
    "seed",
    "min_crop_area",
    "vertical_flips",
    "colour_cast",
    "max_softness",
    "jpeg_quality",
}
"""options of the augmentation, beside the size of its crops, which is that of the pictures"""
_SOFT = -1
"""in the place of an augmented view's number"""


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a dataset, mapped from disk, and the row of each picture by its path."""

    values: NDArray[np.float16]
    rows: dict[str, int]
    views: tuple[NDArray[np.float16], ...] = ()
    """the same of augmented views of the pictures"""

    def of(self, part: Part, places: NDArray[np.int64]) -> NDArray[np.float16]:
        """Return the features of the pictures at these places of a part.

        A place beyond the part's end is that of a view: first come the places of all pictures as
        they are, then those of all first views, and so on.
        """
        numbers, places = np.divmod(places, len(part.names))
        rows = np.array([self.rows[part.names[place]] for place in places])
        found = np.empty((len(rows), *self.values.shape[1:]), np.float16)
        for number, values in enumerate((self.values, *self.views)):
            is_here = numbers == number
            found[is_here] = values[rows[is_here]]
        return found


def bottleneck_features(dataset_folder: Path, config: TrainConfig) -> Features:
    """Return the features of all pictures of a dataset; compute those that are not there yet.

    Raises:
        TrainingError: the weights do not fit, or a picture is missing.
    """
    works = load_works(dataset_folder)
    paths = tuple(work.path for work in works)
    digests = [work.digest for work in works]
    model = _build(config, size_px=load_dataset(dataset_folder).config.size_px)

    def compute(view: int) -> NDArray[np.float16]:
        folder = dataset_folder / "features" / _key(config, digests, view)
        values = _open(folder, (len(paths), *model.output_shape[1:]))
        done = _progress(folder, len(paths))
        if done < len(paths):
            rest = paths[done:]
            nothing = np.zeros(len(rest), np.int64)
            unknown = ("",) * len(rest)
            part = Part(open_store(dataset_folder), rest, nothing, unknown, unknown)
            _compute(_Seeing(model, config, view), part, values, folder=folder, done=done)
        return values

    soft = [_SOFT] if config.soft_px else []
    changed = range(config.views + config.photographs + 1)
    values, *views = (compute(view) for view in (*changed, *soft))
    return Features(values, {path: row for row, path in enumerate(paths)}, tuple(views))


class _Seeing:
    """Asks a backbone about batches of pictures, or about a view of them."""

    def __init__(self, model: keras.Model, config: TrainConfig, view: int) -> None:
        self._ask = _fast(model)
        self._config, self._view = config, view
        self._change = self._augmentation(model.input_shape[1:]) if view > 0 else None

    def _augmentation(self, shape: tuple[int, ...]) -> keras.Model:
        config = self._config.model_copy(update={"crop_px": shape[0]})
        changing = _Changing(build_augmentation(config, is_photograph=self._view > config.views))
        changing.build((None, *shape))
        return changing

    def __call__(self, pictures: NDArray[np.float32], batch: int) -> NDArray[np.float16]:
        """Return the features of batch number `batch`, whose view hangs on nothing else."""
        if self._view == _SOFT:
            pictures = np.asarray(_softened(pictures, self._config.soft_px))
        if self._change is not None:
            for number, state in enumerate(random_states(self._change)):
                seeds = np.random.SeedSequence((self._config.seed, self._view, batch, number))
                state.assign(seeds.generate_state(2))
            pictures = np.asarray(self._change.predict_on_batch(pictures))
        return np.asarray(self._ask(pictures), np.float16)


class _Changing(keras.Model):  # type: ignore[misc] # Keras has no types
    """Changes pictures as in training though it is only asked, so that Keras compiles it."""

    def __init__(self, augmentation: keras.Sequential) -> None:
        super().__init__(name="changing")
        self.augmentation = augmentation

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Build the layers, so that their random states are there to be set."""
        self.augmentation.build(shape)

    def call(self, pictures: Any) -> Any:
        """Return changed pictures."""
        return self.augmentation(pictures, training=True)


def _fast(model: keras.Model) -> Callable[[NDArray[np.float32]], Any]:
    """Return the fastest way to ask a model of fixed size about a batch, as it is here.

    On a processor that is LiteRT, one picture at a time: it takes a third of Keras' time and gives
    the same numbers but for rounding (docs/performance.md). On a graphics card it is Keras.
    """
    if keras.backend.backend() != "tensorflow" or has_gpu():
        return model.predict_on_batch  # type: ignore[no-any-return] # Keras has no types
    from ai_edge_litert.interpreter import Interpreter

    from training.network.litert import convert

    named = keras.Model(model.input, {"features": model.output})
    file = convert(named, size_px=model.input_shape[1], precision="float32")
    interpreter = Interpreter(model_content=file, num_threads=os.cpu_count())
    run = interpreter.get_signature_runner()

    def ask(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        # the runner leaves the interpreter to us to keep
        assert interpreter is not None
        return np.concatenate([run(pixels=picture[np.newaxis])["features"] for picture in pictures])

    return ask


def _softened(pictures: NDArray[np.float32], side_px: int) -> Any:
    """Shrink pictures to this side and bring them back, both smoothly."""
    shrunk = keras.ops.image.resize(pictures, (side_px, side_px), "lanczos3", antialias=True)
    back = keras.ops.image.resize(shrunk, pictures.shape[1:3], "bicubic")
    return keras.ops.clip(back, 0, 255)


def _build(config: TrainConfig, *, size_px: int) -> keras.Model:
    """Return pixels -> what is kept: features, or the means of all levels over their places."""
    features = build_features(config, size_px=size_px)
    if config.head != LEVELS:
        return features
    return keras.Model(features.input, pool_levels(features.output))


def _key(config: TrainConfig, digests: list[str], view: int) -> str:
    weights = config.weights
    if weights is None:
        raise TrainingError(
            "features of random weights say nothing: give --weights imagenet or a weights file"
        )
    if isinstance(weights, Path) and not weights.is_file():
        raise TrainingError(f"no weights file at {weights}")
    origin = sha256_of(weights) if isinstance(weights, Path) else weights
    kind = [LEVELS] if config.head == LEVELS else []
    layers = ARCHITECTURES[config.architecture].levels if config.head == LEVELS else ()
    parts = [keras.__version__, config.architecture, config.scaling, *layers, origin, *digests]
    if view == _SOFT:
        kind.append(f"soft-{config.soft_px}")
    elif view:
        kind.append(f"photograph-{view - config.views}" if view > config.views else f"view-{view}")
        parts.append(config.model_dump_json(include=_CHANGES))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return "-".join([config.architecture, config.scaling, *kind, digest[:12]])


def _open(folder: Path, shape: tuple[int, ...]) -> "np.memmap[Any, np.dtype[np.float16]]":
    path = folder / "features.npy"
    if not path.is_file():
        (folder / _PROGRESS).unlink(missing_ok=True)  # it speaks of rows that are gone
        with whole_file(path) as file:
            # no bytes are written yet, so that the file takes room as it fills
            np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=shape)
    try:
        # only to read: a file that was cut short would be filled with zeros otherwise
        values = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, EOFError) as error:
        raise TrainingError(f"{path} is damaged ({error}): delete {folder}") from error
    if values.shape != shape or values.dtype != np.float16:
        raise TrainingError(f"{path} holds {values.shape}, expected {shape}: delete {folder}")
    return values


def _compute(
    see: _Seeing,
    part: Part,
    values: "np.memmap[Any, np.dtype[np.float16]]",
    *,
    folder: Path,
    done: int,
) -> None:
    """Write the rows as a file: through the map a full disk would kill the process."""
    batches = FixedBatches(part.labels, part.read, styles=1, batch_size=BATCH)
    total = done + len(part.names)
    bar = tqdm(total=total, initial=done, desc="features", unit="picture", disable=None)
    with bar, (folder / "features.npy").open("r+b") as file:
        file.seek(values.offset + done * values.strides[0])
        for number, (pictures, _) in enumerate(look_ahead(batches), 1):
            file.write(see(pictures, done // BATCH).tobytes())
            done += len(pictures)
            bar.update(len(pictures))
            if number % SAVED_EVERY == 0 or number == len(batches):
                file.flush()
                os.fsync(file.fileno())  # first the rows, then the word that they are there
                with whole_file(folder / _PROGRESS) as progress:
                    progress.write_text(json.dumps({"rows": done}) + "\n", "utf-8")


def _progress(folder: Path, total: int) -> int:
    """Return how many rows are done; none where the file says nothing of sense."""
    try:
        done = int(json.loads((folder / _PROGRESS).read_text("utf-8"))["rows"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0
    return done if 0 <= done <= total else 0
