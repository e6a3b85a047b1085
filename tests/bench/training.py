"""What the input costs: training steps and feature extraction against the same without reading."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import typer
from PIL import Image

from training.config import ImportConfig, OrganiseConfig, TrainConfig
from training.dataset.organise import organise
from training.sources.importing import import_works

if TYPE_CHECKING:
    import keras

STYLES = ("cubism", "ukiyo-e")
PICTURES = 640
STEP_PX, FEATURES_PX = 160, 224
STEPS, WARM_UP = 20, 4  # batches of a round, and those before it that do not count
ROUNDS = 2  # the two are measured in turn: the machine may get busy


def main() -> None:
    """Measure and print everything; takes some minutes."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with TemporaryDirectory() as name:
        source = _draw(Path(name) / "source")
        import_works(source, Path(name) / "raw", ImportConfig())
        _report_steps(_organise(Path(name), STEP_PX))
        _report_features(_organise(Path(name), FEATURES_PX), Path(name) / "random.weights.h5")


def _draw(folder: Path) -> Path:
    """Write pictures with detail everywhere, so that a PNG is about as heavy as a painting's."""
    generator = np.random.default_rng(0)
    for number in range(PICTURES):
        coarse = Image.fromarray(generator.integers(0, 256, (28, 28, 3), np.uint8))
        path = folder / STYLES[number % len(STYLES)] / f"{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse.resize((FEATURES_PX,) * 2, Image.Resampling.BICUBIC).save(path, quality=90)
    return folder


def _organise(folder: Path, size_px: int) -> Path:
    config = OrganiseConfig(size_px=size_px, min_pictures_per_style=10, keeps_duplicates=True)
    organise(folder / "raw", folder / str(size_px), config)
    return folder / str(size_px)


class _Clock:
    """Counts the seconds of the batches between the warm-up and the last one."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def follow(self, batches: Any) -> Iterator[Any]:
        """Yield the batches; the time of what is done with each one belongs to it."""
        started = 0.0
        for number, batch in enumerate(batches):
            if number == WARM_UP:
                started = time.perf_counter()
            yield batch
        self.seconds += time.perf_counter() - started


def _report_steps(dataset: Path) -> None:
    from training.dataset.batches import TrainingBatches, load_part, stream
    from training.network.optimizer import compile_model
    from training.runs.train import load_parts, make_job

    config = TrainConfig(weights=None)
    job = make_job(dataset, load_parts(dataset, config), config, styles=len(STYLES))
    model = job.build()
    compile_model(model, config, styles=job.styles, steps=STEPS)
    part = load_part(dataset, split="picture", part="train")
    batches = TrainingBatches(part.labels, part.read, config, styles=len(STYLES))
    in_memory = _repeat([batches(number) for number in range(4)])
    ways = {
        "from the dataset": lambda: _seconds_of_steps(model, stream(batches, first_epoch=0)),
        "from memory": lambda: _seconds_of_steps(model, in_memory),
    }
    _print(
        f"training step, MobileNetV2 of {config.crop_px} px crops, batches of {config.batch_size}, "
        f"from PNG of {STEP_PX} px",
        _in_turn(ways, STEPS * config.batch_size),
        "target 0.9",
    )


def _repeat(batches: list[Any]) -> Any:
    """Return what `fit` takes: these batches again and again, from memory."""
    import tensorflow as tf

    stacked = tuple(np.stack(arrays) for arrays in zip(*batches, strict=True))
    return tf.data.Dataset.from_tensor_slices(stacked).repeat().prefetch(2)


def _seconds_of_steps(model: "keras.Model", feed: Any) -> float:
    """Train; what `fit` does besides, such as its first trace, lies in the warm-up."""
    import keras

    moments = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: moments.append(time.perf_counter())
    )
    model.fit(feed, steps_per_epoch=WARM_UP + STEPS, shuffle=False, verbose=0, callbacks=[watch])
    return float(moments[-1] - moments[WARM_UP - 1])


def _report_features(dataset: Path, weights: Path) -> None:
    from training.dataset.batches import load_part, look_ahead
    from training.network.architectures import build_features
    from training.runs import features as steps

    config = TrainConfig(trains="head", weights=None)
    model = build_features(config, size_px=FEATURES_PX)
    model.get_layer("backbone").save_weights(weights)  # features of none are refused
    config = config.model_copy(update={"weights": weights})
    part = load_part(dataset, split="picture", part="train")
    size = steps.BATCH
    some = part.read(range(4 * size)).astype(np.float32)
    counted = -(-PICTURES // size) - WARM_UP

    def from_dataset() -> float:
        clock = _Clock()
        shutil.rmtree(dataset / "features", ignore_errors=True)
        # the only place where the batches of an extraction can be seen one by one
        with patch.object(steps, "look_ahead", lambda batches: clock.follow(look_ahead(batches))):
            steps.bottleneck_features(dataset, config)
        return clock.seconds

    def from_memory() -> float:
        clock = _Clock()
        places = (number % 4 * size for number in range(WARM_UP + counted))
        for batch in clock.follow(some[place : place + size] for place in places):
            np.asarray(model.predict_on_batch(batch))
        return clock.seconds

    ways = {"from the dataset": from_dataset, "from memory": from_memory}
    _print(
        f"bottleneck features, MobileNetV2 at {FEATURES_PX} px, batches of {size}",
        _in_turn(ways, counted * size),
        "saving included",
    )


def _in_turn(ways: dict[str, Callable[[], float]], pictures: int) -> dict[str, float]:
    """Return pictures per second of each way, by the better of its rounds."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, measure in ways.items():
            best[name] = min(best[name], measure())
    return {name: pictures / seconds for name, seconds in best.items()}


def _print(title: str, speeds: dict[str, float], remark: str) -> None:
    ours, floor = speeds["from the dataset"], speeds["from memory"]
    typer.echo(
        f"{title}, best of {ROUNDS}:\n"
        f"  from the dataset {ours:.1f} pictures/s, from memory {floor:.1f} pictures/s: "
        f"{ours / floor:.2f} x ({remark})"
    )


if __name__ == "__main__":
    main()
