"""Two model folders, asked the same test pictures by the loader of the service, for the gate.

`gate_probe.py` asks them pictures from elsewhere. `gate_bounds.py` says what is allowed, and why.
"""

import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.manifest import GOLDEN_FILE, MODEL_FILE, NEIGHBOURS_FILE, ModelManifest
from lambda_fn.model import load_model
from lambda_fn.runtime import ModelError, StyleModel
from training.dataset.batches import Part, fixed_batches, load_part
from training.dataset.dataset_folder import load_dataset
from training.errors import TrainingError
from training.model_folder.check_release import THREADS, ask
from training.promotion.gate_bounds import LIMITS, Limits, Measured, Verdict, judge
from training.promotion.gate_probe import ProbeAnswers, ask_probe, read_probe
from training.promotion.probe_bounds import probe_rows

_WARM_UPS, _ROUNDS = 3, 30


def hold_against(
    candidate: Path,
    live: Path,
    dataset: Path,
    *,
    live_dataset: Path | None = None,
    probe: Path | None = None,
    allowed: AbstractSet[str] = frozenset(),
    limits: Limits = LIMITS,
) -> Verdict:
    """Ask both model folders the candidate's test list and compare them.

    live_dataset: the same pictures at the size that the live model takes, if that is another one.
    probe: a folder of pictures from places that no training saw, see `gate_probe.py`.
    allowed: slugs of styles that may lose.

    Raises:
        TrainingError: a folder that cannot be loaded, another dataset than the candidate's, one
            of another size than the live model's, or a probe that cannot be asked.
    """
    models = [_load(candidate), _load(live)]
    new, old = (model.manifest for model in models)
    unknown = sorted(allowed - {*new.styles, *old.styles})
    if unknown:
        raise TrainingError(f"--allow-loss {unknown[0]}: neither model has this style")
    test = _test_part(dataset, new)
    shown = test if live_dataset is None else _same_part(live_dataset, new, test)
    for folder, model in ((dataset, new), (live_dataset or dataset, old)):
        _require_size(folder, model)
    outside = read_probe(probe) if probe is not None else None
    truths = _truths(dataset, test)
    latency = measure_latency(models)
    measured = [
        _measure(model, folder, part, ms)
        for model, folder, part, ms in zip(
            models, (candidate, live), (test, shown), latency, strict=True
        )
    ]
    verdict = judge(measured[0], measured[1], truths, allowed=allowed, limits=limits)
    if outside is None:
        return verdict
    return _with_probe(verdict, ask_probe(outside, models, dataset, new.data.split), limits)


def _with_probe(verdict: Verdict, answers: ProbeAnswers, limits: Limits) -> Verdict:
    candidate, live = answers.said
    rows = probe_rows(
        candidate,
        live,
        truths=[one.style for one in answers.pictures],
        places=[one.place for one in answers.pictures],
        limits=limits,
    )
    return replace(verdict, rows=(*verdict.rows, *rows), notes=(*verdict.notes, answers.note))


def measure_latency(models: Sequence[StyleModel]) -> list[float]:
    """Return how long each model takes for a picture, in ms.

    They take turns, so that what else the machine does troubles all alike; the quickest round
    counts, since whatever comes in between only adds.
    """
    pictures = [_grey(model.manifest.input_size_px) for model in models]
    taken = [_time_round(models, pictures) for _ in range(_WARM_UPS + _ROUNDS)][_WARM_UPS:]
    return [1000 * min(times) for times in zip(*taken, strict=True)]


def measure_golden(model: StyleModel, folder: Path) -> float:
    """Return the largest difference from the folder's golden answers; infinite without any."""
    if GOLDEN_FILE not in model.manifest.files:
        return float("inf")
    with np.load(folder / GOLDEN_FILE) as golden:
        answers = [model.answer(one.astype(np.float32)) for one in golden["pictures"]]
        return max(
            float(np.abs(np.stack([getattr(one, name) for one in answers]) - golden[name]).max())
            for name in ("probabilities", "embedding")
        )


def _load(folder: Path) -> StyleModel:
    try:
        return load_model(folder, threads=THREADS)
    except ModelError as error:
        raise TrainingError(str(error)) from error


def _measure(model: StyleModel, folder: Path, part: Part, latency_ms: float) -> Measured:
    pictures = fixed_batches(part, styles=int(part.labels.max()) + 1, batch_size=1)
    return Measured(
        model.manifest,
        ask(model, pictures).probabilities,
        latency_ms,
        (folder / MODEL_FILE).stat().st_size,
        measure_golden(model, folder),
        NEIGHBOURS_FILE in model.manifest.files,
    )


def _test_part(dataset: Path, manifest: ModelManifest) -> Part:
    found = load_dataset(dataset).fingerprint
    if found != manifest.data.fingerprint:
        raise TrainingError(
            f"{dataset} (fingerprint {found[:12]}) is not what {manifest.id} was trained on "
            f"({manifest.data.fingerprint[:12]}): only there its test pictures are new to it"
        )
    return load_part(dataset, split=manifest.data.split, part="test")


def _same_part(folder: Path, manifest: ModelManifest, test: Part) -> Part:
    part = load_part(folder, split=manifest.data.split, part="test")
    if part.names != test.names:
        raise TrainingError(
            f"{folder} has other test pictures: organise the same raw folder with the same lists, "
            "and another --size"
        )
    return part


def _require_size(dataset: Path, manifest: ModelManifest) -> None:
    size_px = load_dataset(dataset).config.size_px
    if size_px != manifest.input_size_px:
        raise TrainingError(
            f"{dataset} holds squares of {size_px} px, but {manifest.id} takes "
            f"{manifest.input_size_px}: organise the same pictures with --size "
            f"{manifest.input_size_px}, too, and give that as --live-dataset"
        )


def _truths(dataset: Path, test: Part) -> list[str]:
    styles = load_dataset(dataset).styles
    return [styles[label] for label in test.labels]


def _grey(size_px: int) -> NDArray[np.float32]:
    return np.full((size_px, size_px, 3), 128, np.float32)


def _time_round(
    models: Sequence[StyleModel], pictures: Sequence[NDArray[np.float32]]
) -> list[float]:
    taken = []
    for model, picture in zip(models, pictures, strict=True):
        begin = time.perf_counter()
        model.answer(picture)
        taken.append(time.perf_counter() - begin)
    return taken
