"""A model folder, asked as the service asks it: its answers, and whether its manifest is true."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lambda_fn.contract.manifest import TestMetrics
from lambda_fn.model import ModelError, StyleModel, load_model
from training.calibrate import SetRule, measure_rule
from training.data import FixedBatches, fixed_batches, load_part, look_ahead
from training.errors import TrainingError
from training.metrics import measure
from training.works import load_dataset

RELEASE = Path(__file__).parent.parent / "lambda_fn" / "release"
THREADS = 2


@dataclass(frozen=True, slots=True)
class ShippedAnswers:
    """What the file says to pictures: a row each."""

    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    painting: NDArray[np.float64]
    """0 where the file cannot tell"""


def ask(model: StyleModel, pictures: FixedBatches) -> ShippedAnswers:
    """Return the model's answers to all pictures, in their order; batches of one."""
    shown = tqdm(look_ahead(pictures), "checks", total=len(pictures), unit="picture", disable=None)
    answers = [model.answer(picture[0]) for picture, _ in shown]
    return ShippedAnswers(
        np.stack([one.probabilities for one in answers]),
        np.stack([one.embedding for one in answers]),
        np.array([one.painting or 0.0 for one in answers]),
    )


def check_release(dataset_folder: Path, model_folder: Path = RELEASE) -> TestMetrics:
    """Measure a model folder on its test list, and compare with what its manifest says.

    Raises:
        TrainingError: another dataset than the model's, or figures that differ.
    """
    try:
        model = load_model(model_folder, threads=THREADS)
    except ModelError as error:
        raise TrainingError(str(error)) from error
    manifest = model.manifest
    dataset = load_dataset(dataset_folder)
    if dataset.fingerprint != manifest.data.fingerprint:
        raise TrainingError(
            f"{dataset_folder} (fingerprint {dataset.fingerprint[:12]}) is not what {manifest.id} "
            f"was trained on ({manifest.data.fingerprint[:12]}): organise with the same pictures, "
            f"lists and --size {manifest.input_size_px}"
        )
    test = load_part(dataset_folder, split=manifest.data.split, part="test")
    styles = manifest.styles
    answers = ask(model, fixed_batches(test, styles=len(styles), batch_size=1))
    figures = measure(answers.probabilities, test.labels, styles=styles, split=manifest.data.split)
    promised = manifest.candidates
    rule = SetRule(promised.threshold, promised.penalty, promised.free)
    found = measure_rule(rule, answers.probabilities.astype(np.float64), test.labels)
    differing = [
        f"{name} is {ours:.4f}, the manifest says {theirs:.4f}"
        for name, ours, theirs in (
            ("top-1", figures.top1, manifest.test.top1),
            ("macro-F1", figures.macro_f1, manifest.test.macro_f1),
            ("coverage", found.test_coverage, promised.test_coverage),
        )
        if abs(ours - theirs) > 1e-9
    ]
    if differing:
        raise TrainingError(f"{model_folder} is not as good as it says: {'; '.join(differing)}")
    return figures
