"""dataset/ + config -> runs/NAME/: a trained model, its history and what it takes to repeat it.

The run folder holds `plan.json` from the start, `history.csv` and a checkpoint per epoch while
it trains, and `model.keras` and, written last, `run.json` when it is done. A run that was broken
off goes on at its last whole epoch, with the pictures that it would have seen there.

Of Keras' callbacks, ReduceLROnPlateau, EarlyStopping and TensorBoard are used as they are. What
ModelCheckpoint, CSVLogger and BackupAndRestore do is done by `_Keeper`: theirs write in place, so
that a kill can leave half a file, and keep neither the state of the other callbacks nor that of
the random layers, without which a resumed run is another one.
"""

import csv
import json
import os
import platform
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.manifest import sha256_of
from training.config import ANY_SIZE, LEVELS, TrainConfig
from training.dataset.batches import (
    FixedBatches,
    Part,
    TrainingBatches,
    artist_targets,
    fixed,
    load_part,
    stream,
)
from training.dataset.dataset_folder import Dataset, load_dataset
from training.errors import TrainingError
from training.files import whole_file
from training.network.architectures import build_classifier, build_features, has_finite_weights
from training.network.augment import build_augmentation, random_states
from training.network.heads import build_head
from training.network.optimizer import compile_model
from training.runs.augmentation_sheet import draw_sheet
from training.runs.devices import describe, spread
from training.runs.features import bottleneck_features
from training.runs.level_scale import fit_scale, fit_scale_on
from training.runs.run_folder import (
    CLASSIFIER_FILE,
    HISTORY,
    Plan,
    Run,
    checkpoints,
    epochs_done,
    load_run,
    read_history,
    read_json,
)

_STATE = "state.json"  # in the archive that a .keras file is
_WEIGHTS, _WEIGHTS_OF_ALL = "weights-{:04d}.npz", "weights-*.npz"
_REMEMBERED = ("wait", "best", "cooldown_counter", "best_epoch", "stopped_epoch")
"""What ReduceLROnPlateau and EarlyStopping know of earlier epochs."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is trained: a model and its batches."""

    styles: int
    build: Callable[[], keras.Model]
    """makes the model anew"""
    core: Callable[[keras.Model], keras.Model]
    """the part of the model that is kept, without augmentation"""
    batches: TrainingBatches
    validation: FixedBatches


def train(
    dataset_folder: Path,
    run_folder: Path,
    config: TrainConfig,
    *,
    note: str = "",
    after_epoch: Callable[[], None] | None = None,
) -> Run:
    """Train until `config.epochs` or an early stop, or go on where an earlier call was broken off.

    after_epoch: called when the files of an epoch are written; the next one waits for it.

    Raises:
        TrainingError: the run folder belongs to other options, or the dataset does not fit.
    """
    if (run_folder / "run.json").is_file():
        raise TrainingError(f"{run_folder} is already finished: name another run folder")
    dataset = load_dataset(dataset_folder)
    parts = load_parts(dataset_folder, config)
    refuse_misfit(config, dataset)
    with numbers_of(config.precision):
        plan = _claim(run_folder, _plan(config, dataset, parts, note))
        job = make_job(dataset_folder, parts, config, styles=len(dataset.styles))
        if config.trains == "network":
            draw_sheet(run_folder / "augmentation.png", parts["train"], config)
        try:
            _fit(run_folder, job, config, after_epoch)
        except Exception as error:
            if job.batches.failure is None:
                raise
            raise job.batches.failure from error  # TensorFlow has wrapped it
    return _conclude(run_folder, plan)


def load_classifier(folder: Path) -> keras.Model:
    """Return the finished run's model: float32 RGB 0 to 255 -> logits (batch, styles)."""
    load_run(folder)
    return keras.models.load_model(folder / CLASSIFIER_FILE, compile=False)


def load_parts(dataset_folder: Path, config: TrainConfig) -> dict[str, Part]:
    """Return the two parts that training may see.

    Raises:
        TrainingError: no such list, a held-out source that no picture comes from, or nothing left.
    """
    parts = {
        part: load_part(dataset_folder, split=config.split, part=part)
        for part in ("train", "validation")
    }
    unknown = set(config.held_out) - {source for part in parts.values() for source in part.sources}
    if unknown:
        raise TrainingError(f"no picture to train on comes from {', '.join(sorted(unknown))}")
    kept = {name: part.without(config.held_out) for name, part in parts.items()}
    for name, part in kept.items():
        if not part.names:
            raise TrainingError(f"nothing is left of the {name} part: hold fewer sources out")
    return kept


def refuse_misfit(config: TrainConfig, dataset: Dataset) -> None:
    """Check that the options fit the pictures.

    Raises:
        TrainingError: they do not.
    """
    side = dataset.config.size_px
    if config.soft_px >= side:
        raise TrainingError(
            f"pictures of {side} px cannot be shrunk to {config.soft_px} px: lower soft_px"
        )
    if config.trains == "head":
        return
    for other in (*config.teachers, *([config.start] if config.start else [])):
        _refuse_other(other, config, dataset)
    if config.start:
        _refuse_start(config.start, config)
    if config.crop_px > side:
        raise TrainingError(
            f"crops of {config.crop_px} px are larger than the pictures of the dataset "
            f"({side} px): lower crop_px, or organise with a larger --size"
        )
    if config.head not in ANY_SIZE and config.crop_px != side:
        raise TrainingError(
            f"head {config.head} takes pictures of one size: give crop_px={side}, or head=gap"
        )


def _refuse_other(folder: Path, config: TrainConfig, dataset: Dataset) -> None:
    """Refuse a teacher or a start that knows other styles, or test pictures of this list."""
    plan = load_run(folder).plan
    if plan.styles != dataset.styles:
        raise TrainingError(f"{folder} knows other styles than the dataset has")
    if plan.config.split != config.split:
        raise TrainingError(
            f"{folder} was trained on list {plan.config.split!r}, so that it may know test "
            f"pictures of {config.split!r}: train one on this list"
        )
    if not set(config.held_out) <= set(plan.config.held_out):
        raise TrainingError(f"{folder} was trained on sources that this run holds out")


def _refuse_start(folder: Path, config: TrainConfig) -> None:
    begun = load_run(folder).plan.config
    for name in ("architecture", "head", "hidden_units", "scaling"):
        if getattr(begun, name) != getattr(config, name):
            raise TrainingError(
                f"{folder} cannot be begun with: its {name} is {getattr(begun, name)!r}, this "
                f"run's {getattr(config, name)!r}"
            )


def make_job(
    dataset_folder: Path, parts: dict[str, Part], config: TrainConfig, *, styles: int
) -> Job:
    """Return what is trained; for the head alone, compute the features that are missing."""
    makers = {"network": _network_job, "head": _head_job}
    return makers[config.trains](dataset_folder, parts, config, styles)


@contextmanager
def numbers_of(precision: str) -> Iterator[None]:
    """Make the layers of a block compute in this precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _network_job(_: Path, parts: dict[str, Part], config: TrainConfig, styles: int) -> Job:
    train_part, validation = parts["train"], parts["validation"]

    artists = _artists(train_part, config)
    named = artists.shape[1]
    teachers = [_teacher(folder, number) for number, folder in enumerate(config.teachers)]

    def build() -> keras.Model:
        size_px = None if config.head in ANY_SIZE else config.crop_px
        blank = config if config.start is None else config.model_copy(update={"weights": None})
        classifier = build_classifier(blank, styles=styles, size_px=size_px, artists=named)
        if config.start is not None:
            _take_over(classifier, load_classifier(config.start))
        elif config.head == LEVELS and config.weights is not None:
            fit_scale_on(classifier, config, train_part)
        pictures = keras.Input(train_part.read([0]).shape[1:])
        changed = build_augmentation(config)(pictures)
        answer = classifier(changed)
        if teachers:
            taught = keras.layers.Average(dtype="float32")([_ask(one, changed) for one in teachers])
            answer = keras.layers.Concatenate(dtype="float32")([answer, taught])
        return keras.Model(pictures, answer)

    return Job(
        styles,
        build,
        lambda model: model.get_layer(config.architecture),
        TrainingBatches(
            train_part.labels,
            train_part.read,
            config,
            styles=styles,
            artists=artists,
            sources=train_part.sources,
        ),
        FixedBatches(
            validation.labels,
            validation.read,
            styles=styles,
            artists=named,
            batch_size=config.batch_size,
        ),
    )


def _take_over(classifier: keras.Model, start: keras.Model) -> None:
    """Give a classifier the weights of another; a layer that names artists stays as it is."""
    classifier.get_layer("backbone").set_weights(start.get_layer("backbone").get_weights())
    head = classifier.get_layer("head")
    for layer in start.get_layer("head").layers:
        if layer.weights:
            head.get_layer(layer.name).set_weights(layer.get_weights())


def _artists(part: Part, config: TrainConfig) -> NDArray[np.float32]:
    if not config.artist_weight:
        return np.zeros((len(part.labels), 0), np.float32)
    return artist_targets(part.artists, min_works=config.artist_works)


def _teacher(folder: Path, number: int) -> keras.Model:
    """Return a finished run's model without dropout.

    Keras hands the student's training=True on to every layer, whatever a model is asked with.
    """
    plan, loaded = load_run(folder).plan, load_classifier(folder)
    steady = plan.config.model_copy(update={"dropout": 0.0, "weights": None})
    teacher = build_classifier(steady, styles=len(plan.styles), size_px=loaded.input_shape[1])
    teacher.set_weights(loaded.get_weights())
    teacher.name = f"teacher-{number}"
    teacher.trainable = False
    return teacher


def _ask(teacher: keras.Model, pictures: Any) -> Any:
    return keras.layers.Softmax(dtype="float32")(teacher(pictures))


def _head_job(
    dataset_folder: Path, parts: dict[str, Part], config: TrainConfig, styles: int
) -> Job:
    with numbers_of("float32"):
        features = bottleneck_features(dataset_folder, config)
    train_part, validation = parts["train"], parts["validation"]
    shape = features.values.shape[1:]
    artists = _artists(train_part, config)
    is_twice = config.agreement_weight > 0

    def fetch(places: Any) -> Any:
        return features.of(train_part, places)

    def fetch_fixed(places: Any) -> Any:
        found = features.of(validation, places)
        return np.stack([found, found], axis=1) if is_twice else found

    def build() -> keras.Model:
        head = build_head(
            config.head,
            shape,
            styles=styles,
            dropout=config.dropout,
            artists=artists.shape[1],
            hidden_units=config.hidden_units,
        )
        if config.head == LEVELS:
            everything = np.arange(len(train_part.labels))
            fit_scale(head, features.of(train_part, everything).astype(np.float32))
        return _asked_twice(head) if is_twice else head

    return Job(
        styles,
        build,
        lambda model: model.get_layer("head") if is_twice else model,
        TrainingBatches(
            train_part.labels,
            fetch,
            config,
            styles=styles,
            artists=artists,
            sources=train_part.sources,
            views=config.all_views,
        ),
        FixedBatches(
            validation.labels,
            fetch_fixed,
            styles=styles,
            artists=artists.shape[1],
            batch_size=config.batch_size,
        ),
    )


def _asked_twice(head: keras.Model) -> keras.Model:
    """Return a model of two ways of each picture: both answers, one after the other."""
    ways = keras.Input((2, *head.input_shape[1:]))
    return keras.Model(ways, keras.layers.Concatenate()([head(ways[:, 0]), head(ways[:, 1])]))


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Saves the best model, the history and a checkpoint after every epoch, in this order.

    It stands behind the callbacks whose state it keeps. The number in the checkpoint's name says
    how many epochs it has seen; rows of the history beyond it belong to one that is done again.
    """

    def __init__(
        self,
        folder: Path,
        job: Job,
        others: list[Any],
        remembered: dict[str, Any] | None,
        *,
        averaged: int,
    ) -> None:
        super().__init__()
        self._folder, self._job, self._others = folder, job, others
        self._averaged = averaged
        self._remembered = remembered
        self._started = time.monotonic()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        # the others have forgotten everything at this moment
        for callback in self._others:
            known = (self._remembered or {}).get(type(callback).__name__, {})
            for name, value in known.items():
                setattr(callback, name, value)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not has_finite_weights(self.model):
            raise TrainingError(
                f"training diverged in epoch {epoch + 1}: its weights are no numbers any more; "
                "begin another run with a lower learning rate (find-rate suggests one)"
            )
        # ReduceLROnPlateau has put the epoch's own rate there and set that of the next one
        logs = {"learning_rate": self.model.optimizer.learning_rate} | (logs or {})
        row = {name: float(logs[name]) for name in HISTORY if name in logs} | {
            "epoch": epoch + 1,
            "seconds": round(time.monotonic() - self._started, 1),
        }
        rows = [*read_history(self._folder)[:epoch], row]
        if row["val_accuracy"] >= max(one["val_accuracy"] for one in rows):
            with whole_file(self._folder / "best.keras") as path:
                self._job.core(self.model).save(path)
        with (
            whole_file(self._folder / "history.csv") as path,
            path.open("w", encoding="utf-8") as file,
        ):
            table = csv.DictWriter(file, HISTORY, lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        self._keep_weights(epoch + 1)
        with whole_file(self._folder / f"checkpoint-{epoch + 1:04d}.keras") as path:
            self.model.save(path)
            _append_state(path, self.model, self._others)
        for old in checkpoints(self._folder)[:-1]:
            old.unlink()

    def _keep_weights(self, epoch: int) -> None:
        """Keep those of the last epochs that are averaged in the end."""
        if self._averaged == 1:
            return
        with whole_file(self._folder / _WEIGHTS.format(epoch)) as path, path.open("wb") as file:
            np.savez(file, *self._job.core(self.model).get_weights())
        for old in sorted(self._folder.glob(_WEIGHTS_OF_ALL))[: -self._averaged]:
            old.unlink()


def _fit(
    folder: Path, job: Job, config: TrainConfig, after_epoch: Callable[[], None] | None
) -> None:
    keras.utils.set_random_seed(config.seed)
    with spread():
        model, state = _restore_or_build(folder, job)
    done = epochs_done(folder)
    if state.get("stopped"):
        return
    if done < config.epochs:
        if done == 0:
            with spread():
                thaw(job.core(model), config)
                compile_model(model, config, styles=job.styles, steps=job.batches.steps)
        others = _callbacks(folder, config)
        keeper = _Keeper(
            folder, job, others, state.get("callbacks"), averaged=config.averaged_epochs
        )
        model.fit(
            stream(job.batches, first_epoch=done),
            validation_data=fixed(job.validation),
            steps_per_epoch=job.batches.steps,
            initial_epoch=done,
            epochs=config.epochs,
            callbacks=[*others, keeper, *_watchers(after_epoch)],
            shuffle=False,  # the stream is shuffled already
            verbose="auto" if os.isatty(1) else 2,
        )


def _watchers(after_epoch: Callable[[], None] | None) -> list[Any]:
    if after_epoch is None:
        return []
    return [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: after_epoch())]


def thaw(classifier: keras.Model, config: TrainConfig) -> None:
    """Set which layers are trained; a frozen BatchNormalization keeps its statistics."""
    if "backbone" not in {layer.name for layer in classifier.layers}:
        return  # a head on features that are computed already
    layers = classifier.get_layer("backbone").layers
    first = round(len(layers) * config.kept_share)
    for number, layer in enumerate(layers):
        is_fixed = config.fixed_statistics and isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = number >= first and not is_fixed


def _callbacks(folder: Path, config: TrainConfig) -> list[Any]:
    made = [_CALLBACKS[name](folder, config) for name in _callback_names(config)]
    return made


def _callback_names(config: TrainConfig) -> tuple[str, ...]:
    wanted = {
        "ReduceLROnPlateau": config.schedule == "plateau",
        "EarlyStopping": config.stop_patience is not None,
        # it writes through TensorFlow, which other backends do without
        "TensorBoard": keras.backend.backend() == "tensorflow",
    }
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


_CALLBACKS: dict[str, Callable[[Path, TrainConfig], Any]] = {
    "ReduceLROnPlateau": lambda _, config: keras.callbacks.ReduceLROnPlateau(
        monitor="val_accuracy",
        mode="max",
        factor=config.plateau_factor,
        patience=config.plateau_patience,
        min_lr=config.min_learning_rate,
    ),
    "EarlyStopping": lambda _, config: keras.callbacks.EarlyStopping(
        monitor="val_loss",
        mode="min",
        patience=config.stop_patience,
        min_delta=config.stop_min_delta,
    ),
    "TensorBoard": lambda folder, _: keras.callbacks.TensorBoard(
        folder / "tensorboard", write_graph=False
    ),
}


def _plan(config: TrainConfig, dataset: Dataset, parts: dict[str, Part], note: str) -> Plan:
    size_px = dataset.config.size_px
    blank = config.model_copy(update={"weights": None})  # a shape needs no download
    *_, features = build_features(blank, size_px=size_px).outputs
    weights = config.weights
    return Plan(
        config=config,
        styles=dataset.styles,
        size_px=size_px,
        fingerprint=dataset.fingerprint,
        pictures={part: len(members.labels) for part, members in parts.items()},
        shapes={"picture": (size_px, size_px, 3), "features": tuple(features.shape[1:])},
        weights_sha256=sha256_of(weights)
        if isinstance(weights, Path) and weights.is_file()
        else None,
        teachers_sha256=tuple(sha256_of(folder / CLASSIFIER_FILE) for folder in config.teachers),
        start_sha256=config.start and sha256_of(config.start / CLASSIFIER_FILE),
        callbacks=(*_callback_names(config), "Keeper"),
        commit=_commit(),
        versions=_versions(),
        device=describe(),
        started=datetime.now(UTC),
        note=note,
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for name in ("keras", "tensorflow", "tensorflow-cpu", "jax", "numpy", "pillow"):
        try:
            found[name.removesuffix("-cpu")] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _claim(folder: Path, plan: Plan) -> Plan:
    """Write the plan, or return the one that the folder was begun with if it fits.

    Before the first checkpoint nothing would be lost, so that wrong options can be put right.
    """
    path = folder / "plan.json"
    if not path.is_file() or not checkpoints(folder):
        with whole_file(path) as file:
            file.write_text(plan.model_dump_json(indent=2) + "\n", "utf-8")
        return plan
    begun = read_json(Plan, path)
    if (begun.config, begun.fingerprint) != (plan.config, plan.fingerprint):
        raise TrainingError(
            f"{folder} was begun with other options or another dataset (see plan.json): give the "
            "same ones to go on, or name another run folder"
        )
    return begun


def _restore_or_build(folder: Path, job: Job) -> tuple[keras.Model, dict[str, Any]]:
    saved = checkpoints(folder)
    if not saved:
        return job.build(), {}
    last = saved[-1]
    try:
        model = keras.models.load_model(last)
        return model, _restore_state(last, model)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{last} is damaged: delete it to begin anew ({str(error).splitlines()[0]})"
        ) from error


def _append_state(checkpoint: Path, model: keras.Model, callbacks: list[Any]) -> None:
    """Put into the file what Keras leaves out: random states, and what callbacks remember."""
    state = {
        "random": [np.asarray(one.value).tolist() for one in random_states(model)],
        "callbacks": {
            type(one).__name__: {
                name: float(getattr(one, name)) for name in _REMEMBERED if hasattr(one, name)
            }
            for one in callbacks
        },
        "stopped": bool(model.stop_training),
    }
    with zipfile.ZipFile(checkpoint, "a") as archive:
        archive.writestr(_STATE, json.dumps(state))


def _restore_state(checkpoint: Path, model: keras.Model) -> dict[str, Any]:
    with zipfile.ZipFile(checkpoint) as archive:
        state: dict[str, Any] = json.loads(archive.read(_STATE))
    for variable, value in zip(random_states(model), state["random"], strict=True):
        variable.assign(value)
    return state


def _conclude(folder: Path, plan: Plan) -> Run:
    history = read_history(folder)
    # the later one of equals, as it is kept in best.keras
    best = max(history, key=lambda row: (row["val_accuracy"], row["epoch"]))
    run = Run(
        plan=plan,
        best_epoch=int(best["epoch"]),
        epochs=len(history),
        stopped_early=len(history) < plan.config.epochs,
        finished=datetime.now(UTC),
        seconds=round(sum(row["seconds"] for row in history), 1),
    )
    with whole_file(folder / CLASSIFIER_FILE) as path:
        best = keras.models.load_model(folder / "best.keras")
        if plan.config.averaged_epochs > 1:
            best.set_weights(_mean_weights(folder, epochs=len(history)))
        _whole_classifier(plan, best).save(path)
    with whole_file(folder / "run.json") as path:
        path.write_text(run.model_dump_json(indent=2) + "\n", "utf-8")
    for checkpoint in checkpoints(folder):
        checkpoint.unlink()
    (folder / "best.keras").unlink()
    for weights in folder.glob(_WEIGHTS_OF_ALL):
        weights.unlink()
    return run


def _mean_weights(folder: Path, *, epochs: int) -> list[NDArray[np.float32]]:
    """Return the mean weights of the last epochs (Izmailov et al. 2018, arXiv 1803.05407).

    The statistics of batch normalisation are averaged with the others: over neighbouring epochs
    of a falling rate they differ little.
    """
    kept = [
        path
        for path in sorted(folder.glob(_WEIGHTS_OF_ALL))
        if path.stem <= f"weights-{epochs:04d}"
    ]
    sums: list[NDArray[np.float32]] = []
    for path in kept:
        with np.load(path) as arrays:
            weights = [arrays[name] for name in arrays.files]
        sums = [a + b for a, b in zip(sums, weights, strict=True)] if sums else weights
    return [(total / len(kept)).astype(np.float32) for total in sums]


def _whole_classifier(plan: Plan, best: keras.Model) -> keras.Model:
    """Return the classifier in float32, whatever of it was trained, in whatever precision."""
    config, is_head = plan.config, plan.config.trains == "head"
    if is_head:
        classifier = build_classifier(config, styles=len(plan.styles), size_px=plan.size_px)
    else:
        blank = config.model_copy(update={"weights": None})
        size_px = None if config.head in ANY_SIZE else config.crop_px
        classifier = build_classifier(blank, styles=len(plan.styles), size_px=size_px)
        classifier.get_layer("backbone").set_weights(best.get_layer("backbone").get_weights())
    ours, theirs = classifier.get_layer("head"), best if is_head else best.get_layer("head")
    if config.head not in ANY_SIZE:
        ours.set_weights(theirs.get_weights())
        return classifier
    # an artist layer, where there is one, stays behind
    for layer in ours.layers:
        if layer.weights:
            layer.set_weights(theirs.get_layer(layer.name).get_weights())
    return classifier


def _commit() -> str:
    root = Path(__file__).parents[2]
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        result = subprocess.run(  # noqa: S603 - every word of the command stands above
            command, cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()
