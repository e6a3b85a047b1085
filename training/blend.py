"""A finished run -> another one, whose weights lie between those it began and ended with.

Training wins on pictures like those of the training part and loses some of what held for all
others. Between both ends lies a network that often does better than either, on both (Wortsman et
al. 2022, arXiv 2109.01903). How far from the beginning is decided on validation pictures.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
from scipy.special import log_softmax

from training.answering import predictions
from training.architectures import build_classifier
from training.data import Part, fixed_batches, load_part
from training.errors import TrainingError
from training.files import whole_folder
from training.linear_start import fit_head
from training.metrics import fit_temperature
from training.run_folder import CLASSIFIER_FILE, Plan, Run, load_run_on
from training.train import load_classifier

SHARES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
"""of the first weights"""
_KEPT = ("plan.json", "history.csv", "augmentation.png")
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Tried:
    """A share of the first weights, and how the mixture does on validation pictures."""

    share: float
    top1: float
    surprise: float
    """mean negative logarithm of the right style's calibrated probability"""


def blend(dataset_folder: Path, run_folder: Path, target: Path) -> list[Tried]:
    """Write a run that surprises validation pictures least; return all that were tried.

    Raises:
        TrainingError: another dataset, a folder that exists, or a run whose first head knew
            nothing, so that nothing of use lies between.
    """
    if target.exists():
        raise TrainingError(f"{target} exists already: name another run folder")
    run = load_run_on(dataset_folder, run_folder)
    if not run.plan.config.starts_fitted:
        raise TrainingError(
            f"{run_folder} began with a random head: only runs with --head levels and weights can "
            "be blended"
        )
    first = _first_weights(dataset_folder, run.plan)
    classifier = load_classifier(run_folder)
    last = classifier.get_weights()
    part = load_part(dataset_folder, split=run.plan.config.split, part="validation")
    tried = []
    for share in SHARES:
        classifier.set_weights(list(_between(first, last, share)))
        tried.append(_try(classifier, part, share))
    best = min(tried, key=lambda one: one.surprise)
    classifier.set_weights(list(_between(first, last, best.share)))
    _write(run_folder, target, run, classifier, best.share)
    return tried


def _first_weights(dataset_folder: Path, plan: Plan) -> list[np.ndarray]:
    config = plan.config
    first = build_classifier(config, styles=len(plan.styles), size_px=None)
    fit_head(first, config, load_part(dataset_folder, split=config.split, part="train"))
    weights: list[np.ndarray] = first.get_weights()
    return weights


def _between(
    first: list[np.ndarray],
    last: list[np.ndarray],
    share: float,
) -> Iterator[np.ndarray]:
    return (share * one + (1 - share) * other for one, other in zip(first, last, strict=True))


def _try(classifier: keras.Model, part: Part, share: float) -> Tried:
    styles = int(classifier.output_shape[-1])
    batches = fixed_batches(part, styles=styles, batch_size=_BATCH)
    logits = np.concatenate([np.asarray(one) for one in predictions(classifier, batches)])
    logits = logits.astype(np.float64)
    temperature = fit_temperature(logits, part.labels)
    right = log_softmax(logits / temperature, axis=1)[np.arange(len(logits)), part.labels]
    return Tried(share, float(np.mean(logits.argmax(axis=1) == part.labels)), float(-right.mean()))


def _write(origin: Path, target: Path, run: Run, classifier: keras.Model, share: float) -> None:
    with whole_folder(target, is_replacing=False) as folder:
        for name in _KEPT:
            shutil.copy(origin / name, folder / name)
        classifier.save(folder / CLASSIFIER_FILE)
        blended = run.model_copy(update={"first_share": share, "finished": datetime.now(UTC)})
        (folder / "run.json").write_text(blended.model_dump_json(indent=2) + "\n", "utf-8")
