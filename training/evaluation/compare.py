"""Finished runs -> FOLDER/compare.csv, .png and .html: scores, sizes and times side by side.

Scores come from the runs' histories and evaluations, sizes from the models. Latency is measured
here: the models answer in turn, so that what else the machine does hits all of them alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from pydantic import ValidationError
from tqdm import tqdm

from lambda_fn.contract.manifest import sha256_of
from lambda_fn.contract.styles import STYLES
from training.config import TrainConfig
from training.errors import TrainingError
from training.evaluation.comparison_report import Entry, write_comparison
from training.evaluation.evaluate import evaluation_folder, open_classifier
from training.evaluation.metrics import Evaluation, PartMetrics
from training.network.architectures import ARCHITECTURES, build_classifier
from training.network.litert import convert
from training.runs.run_folder import CLASSIFIER_FILE, Run, load_run, read_history

NOT_RUN = "not run here: no ImageNet weights at hand"
_THREADS = 2
_WARM_UP, _ROUNDS = 5, 40
_BYTES_PER_WEIGHT = 4
_DEFAULT_SIZE_PX = 224


@dataclass(frozen=True, slots=True)
class Sizes:
    """Weights in MB (1,000,000 bytes), four bytes each; None where base and top are not apart.

    The original's table gives the sizes of its .h5 files. Those of its tops also held the moments
    of SGD, a second number for each weight that is trained: about eight bytes per parameter. Hence
    its 119.0 MB for a MobileNetV2 top that has half of that in weights.
    """

    base: float | None
    top: float | None
    total: float


def compare(
    run_folders: Sequence[Path], target: Path, *, has_all_architectures: bool = False
) -> list[Entry]:
    """Write the comparison of runs into the folder `target`, in the order they are given.

    has_all_architectures: architectures without a run get a row, too, without scores. Their sizes
    and latencies are those of random weights, on which neither depends.

    Raises:
        TrainingError: nothing to compare, a run that is not finished, or one that is given twice.
    """
    runs = _open_runs(run_folders)
    others = _without_a_run(runs.values()) if has_all_architectures else []
    if not runs and not others:
        raise TrainingError("nothing to compare: name run folders, or add --all-architectures")
    pattern = next((run.plan.config for _, run in runs.values()), TrainConfig())
    size_px = next((run.plan.size_px for _, run in runs.values()), _DEFAULT_SIZE_PX)
    styles = next((len(run.plan.styles) for _, run in runs.values()), len(STYLES))
    models = [_weigh(open_classifier(folder), run.plan.size_px) for folder, run in runs.values()]
    models += [
        _weigh(_build_untrained(name, pattern, styles=styles, size_px=size_px), size_px)
        for name in others
    ]
    latencies = measure_latencies([model.file for model in models])
    costs = [_Cost(*one) for one in zip(models, latencies, strict=True)]
    letters = _data_letters([run for _, run in runs.values()])
    entries = [
        _entry(tag, folder, run, cost=cost, letter=letters[_data(run)])
        for (tag, (folder, run)), cost in zip(runs.items(), costs, strict=False)
    ]
    entries += [
        _entry_without_run(name, pattern, cost)
        for name, cost in zip(others, costs[len(runs) :], strict=True)
    ]
    write_comparison(target, entries, rounds=_ROUNDS, threads=_THREADS)
    return entries


def weigh(classifier: keras.Model) -> Sizes:
    """Return the sizes of a classifier whose backbone is a model inside of it."""
    total = classifier.count_params()
    inside = {layer.name: layer for layer in classifier.layers if isinstance(layer, keras.Model)}
    backbone = inside.get("backbone") or (next(iter(inside.values())) if len(inside) == 1 else None)
    if backbone is None:
        return Sizes(None, None, _to_mb(total))
    base = backbone.count_params()
    return Sizes(_to_mb(base), _to_mb(total - base), _to_mb(total))


def measure_latencies(files: Sequence[bytes]) -> list[float]:
    """Return the median time in ms that each LiteRT file takes for one picture on two threads."""
    runners = [
        Interpreter(model_content=file, num_threads=_THREADS).get_signature_runner()
        for file in files
    ]
    generator = np.random.default_rng(0)
    pictures = [
        generator.uniform(0, 255, runner.get_input_details()["pixels"]["shape"]).astype(np.float32)
        for runner in runners
    ]
    times: list[list[float]] = [[] for _ in files]
    for _ in tqdm(range(_WARM_UP + _ROUNDS), "latency", unit="round", disable=None):
        for runner, picture, own in zip(runners, pictures, times, strict=True):
            begun = perf_counter()
            runner(pixels=picture)
            own.append(1000 * (perf_counter() - begun))
    return [median(own[_WARM_UP:]) for own in times]


@dataclass(frozen=True, slots=True)
class _Model:
    """What is left of a classifier once it was weighed and converted."""

    sizes: Sizes
    size_px: int
    file: bytes


@dataclass(frozen=True, slots=True)
class _Cost:
    model: _Model
    latency_ms: float


def _weigh(classifier: keras.Model, size_px: int) -> _Model:
    probabilities = keras.layers.Softmax()(classifier.output)
    whole = keras.Model(classifier.input, {"probabilities": probabilities})
    file = convert(whole, size_px=size_px, precision="float32")
    return _Model(weigh(classifier), size_px, file)


def _build_untrained(name: str, pattern: TrainConfig, *, styles: int, size_px: int) -> keras.Model:
    config = pattern.model_copy(update={"architecture": name, "weights": None})
    return build_classifier(config, styles=styles, size_px=size_px)


def _to_mb(parameters: int) -> float:
    return parameters * _BYTES_PER_WEIGHT / 1e6


def _open_runs(folders: Sequence[Path]) -> dict[str, tuple[Path, Run]]:
    """Return the runs by their tags: folder names, or whole paths where names are not enough."""
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise TrainingError(f"{folder} is given twice: name each run once")
    names = [place.name for place in places]
    tags = names if len(set(names)) == len(names) else [str(folder) for folder in folders]
    return {tag: (folder, load_run(folder)) for tag, folder in zip(tags, folders, strict=True)}


def _without_a_run(runs: Iterable[tuple[Path, Run]]) -> list[str]:
    run = {one.plan.config.architecture for _, one in runs}
    return [name for name in ARCHITECTURES if name not in run]


def _data(run: Run) -> tuple[str, str]:
    return run.plan.fingerprint, run.plan.config.split


def _data_letters(runs: Iterable[Run]) -> dict[tuple[str, str], str]:
    """Return A for the data of the first run, B for the next other data, and so on."""
    different = dict.fromkeys(_data(run) for run in runs)
    return {data: chr(ord("A") + number) for number, data in enumerate(different)}


def _entry(tag: str, folder: Path, run: Run, *, cost: _Cost, letter: str) -> Entry:
    config = run.plan.config
    history = read_history(folder)
    best = next((row for row in history if row["epoch"] == run.best_epoch), {})
    test, note = _read_test(folder, config.split)
    entry = replace(
        _entry_without_run(tag, config, cost),
        architecture=config.architecture,
        trains=config.trains,
        epochs=len(history),
        seconds=run.seconds,
        data=letter,
        split=config.split,
        fingerprint=run.plan.fingerprint,
        note=note,
        val_loss=best.get("val_loss"),
        val_accuracy=best.get("val_accuracy"),
        loss=best.get("loss"),
        accuracy=best.get("accuracy"),
    )
    return _with_test(entry, test) if test else entry


def _entry_without_run(tag: str, config: TrainConfig, cost: _Cost) -> Entry:
    return Entry(
        tag=tag,
        architecture=tag,
        head=config.head,
        size_base_MB=cost.model.sizes.base,
        size_top_MB=cost.model.sizes.top,
        size_total_MB=cost.model.sizes.total,
        size_px=cost.model.size_px,
        latency_ms=cost.latency_ms,
        note=NOT_RUN,
    )


def _with_test(entry: Entry, test: PartMetrics) -> Entry:
    top1, macro_f1 = test.top1_interval, test.macro_f1_interval
    return replace(
        entry,
        test_top1=test.top1,
        test_top1_low=top1[0] if top1 else None,
        test_top1_high=top1[1] if top1 else None,
        test_macro_f1=test.macro_f1,
        test_macro_f1_low=macro_f1[0] if macro_f1 else None,
        test_macro_f1_high=macro_f1[1] if macro_f1 else None,
    )


def _read_test(folder: Path, own: str) -> tuple[PartMetrics | None, str]:
    """Return the test figures of a run's evaluation, or why there are none."""
    path = evaluation_folder(folder, own=own, split=own) / "metrics.json"
    if not path.is_file():
        return None, "not evaluated"
    try:
        evaluation = Evaluation.model_validate_json(path.read_bytes())
    except ValidationError:
        return None, "evaluated by another version: evaluate again"
    if evaluation.model_sha256 != sha256_of(folder / CLASSIFIER_FILE):
        return None, "evaluated with another model: evaluate again"
    test = evaluation.parts.get("test")
    return test, "" if test else "test not evaluated"
