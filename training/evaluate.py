"""A finished run -> RUN/evaluation/: its figures on pictures that it has never seen.

The folder holds `metrics.json` (an `Evaluation`), `confusion.csv` (counts; a row per true style, a
column per predicted one) and `per_style.csv`. On another list than the run's own it is called
`evaluation-LIST`, and pictures that the run has seen are left out of that list's test part.
"""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.special import softmax
from tqdm import tqdm

from lambda_fn.contract.manifest import TestMetrics
from training.data import Part, fixed_batches, load_part
from training.errors import TrainingError
from training.files import whole_file, write_table
from training.metrics import calibration_error, count_confusion, fit_temperature, measure
from training.train import Run, load_classifier, load_run
from training.works import load_dataset

_BATCH = 32


class Evaluation(BaseModel):
    """What `metrics.json` keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    fingerprint: str
    own_split: str
    """the list that the run was trained on"""
    pictures: dict[str, int]
    """of each part, those of validation and training from the run's own list"""
    left_out: int
    """test pictures of the list that the run was trained or validated on"""
    validation_top1: float
    temperature: float
    """the logits are divided by it; fitted on validation"""
    uncalibrated_error: float
    """expected calibration error on test before the temperature; afterwards: `test`"""
    test: TestMetrics


def evaluate(dataset_folder: Path, run_folder: Path, *, split: str | None = None) -> Evaluation:
    """Measure a finished run on the test part of a list; `split` None means the run's own.

    The temperature is always fitted on the validation part of the run's own list.

    Raises:
        TrainingError: another dataset than the run's, no such list, or no unseen test picture.
    """
    run = load_run_on(dataset_folder, run_folder)
    own = run.plan.config.split
    validation = load_part(dataset_folder, split=own, part="validation")
    test, left_out = _unseen(dataset_folder, own, split or own)
    classifier = load_classifier(run_folder)
    tuning = read_logits(classifier, validation)
    temperature = fit_temperature(tuning, validation.labels)
    logits = read_logits(classifier, test)
    probabilities = softmax(logits / temperature, axis=1)
    evaluation = Evaluation(
        architecture=run.plan.config.architecture,
        fingerprint=run.plan.fingerprint,
        own_split=own,
        pictures=run.plan.pictures | {"test": len(test.labels)},
        left_out=left_out,
        validation_top1=float(np.mean(tuning.argmax(axis=1) == validation.labels)),
        temperature=temperature,
        uncalibrated_error=calibration_error(softmax(logits, axis=1), test.labels),
        test=measure(probabilities, test.labels, styles=run.plan.styles, split=split or own),
    )
    folder = evaluation_folder(run_folder, own=own, split=evaluation.test.split)
    _write(folder, evaluation, count_confusion(probabilities, test.labels))
    return evaluation


def evaluation_folder(run_folder: Path, *, own: str, split: str) -> Path:
    """Return where the figures of a list go; `own` is the run's own list."""
    return run_folder / ("evaluation" if split == own else f"evaluation-{split}")


def load_run_on(dataset_folder: Path, run_folder: Path) -> Run:
    """Return a finished run after checking that it was trained on this dataset.

    Raises:
        TrainingError: no finished run, or another dataset.
    """
    run = load_run(run_folder)
    found = load_dataset(dataset_folder).fingerprint
    if found != run.plan.fingerprint:
        raise TrainingError(
            f"{run_folder} was trained on another dataset (fingerprint "
            f"{run.plan.fingerprint[:12]}) than {dataset_folder} ({found[:12]})"
        )
    return run


def read_logits(classifier: keras.Model, part: Part) -> NDArray[np.float64]:
    """Return the classifier's logits for all pictures of a part, in its order."""
    styles = int(classifier.output_shape[-1])
    batches = fixed_batches(part, styles=styles, batch_size=_BATCH)
    steps = -(-len(part.labels) // _BATCH)
    shown = tqdm(batches.as_numpy_iterator(), "answers", total=steps, unit="batch", disable=None)
    rows = [classifier.predict_on_batch(pictures) for pictures, _ in shown]
    return np.concatenate(rows).astype(np.float64)


def _unseen(dataset_folder: Path, own: str, split: str) -> tuple[Part, int]:
    """Return a list's test part without what the run has seen, and how many were left out."""
    test = load_part(dataset_folder, split=split, part="test")
    if split == own:
        return test, 0
    seen = {
        name
        for part in ("train", "validation")
        for name in load_part(dataset_folder, split=own, part=part).names
    }
    keep = [number for number, name in enumerate(test.names) if name not in seen]
    if not keep:
        raise TrainingError(f"the run was trained on every test picture of list {split!r}")
    return test.take(keep), len(test.names) - len(keep)


def _write(folder: Path, evaluation: Evaluation, confusion: NDArray[np.int64]) -> None:
    styles = tuple(evaluation.test.per_style)
    write_table(
        folder / "confusion.csv",
        ("truth", *styles),
        ([slug, *row] for slug, row in zip(styles, confusion.tolist(), strict=True)),
    )
    write_table(
        folder / "per_style.csv",
        ("style", "precision", "recall", "f1", "support"),
        (
            [slug, one.precision, one.recall, one.f1, one.support]
            for slug, one in evaluation.test.per_style.items()
        ),
    )
    with whole_file(folder / "metrics.json") as path:
        path.write_text(evaluation.model_dump_json(indent=2) + "\n", "utf-8")
