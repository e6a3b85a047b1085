"""A model folder, asked as the service asks it: its answers, and whether its manifest is true."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lambda_fn.contract.manifest import ModelManifest, TestMetrics
from lambda_fn.model import load_model
from lambda_fn.runtime import ModelError, StyleModel
from training.dataset.batches import FixedBatches, fixed_batches, load_part, look_ahead
from training.dataset.dataset_folder import load_dataset
from training.errors import TrainingError
from training.evaluation.metrics import BINS, measure
from training.model_folder.calibrate import SetRule, measure_rule

RELEASE = Path(__file__).parents[2] / "lambda_fn" / "release"
THREADS = 2
MARGIN = 1e-5
"""How far a probability may move where another processor adds in another order; see `differences`.

Seen between AVX2 and AVX-512 with AMX: 1e-6.
"""
CALIBRATION_TOLERANCE = 1e-6


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
    answers = ask(model, fixed_batches(test, styles=len(manifest.styles), batch_size=1))
    figures = measure(
        answers.probabilities, test.labels, styles=manifest.styles, split=manifest.data.split
    )
    if differing := differences(manifest, answers.probabilities, test.labels):
        raise TrainingError(f"{model_folder} is not as good as it says: {'; '.join(differing)}")
    return figures


def differences(
    manifest: ModelManifest, probabilities: NDArray[np.float32], labels: NDArray[np.int64]
) -> list[str]:
    """Return in what the manifest's figures are not those of these answers to its test pictures.

    probabilities: shape (pictures, styles); labels: shape (pictures,). Another processor may turn
    an answer that is as good as a tie, so each figure may differ by as much as the answers within
    `MARGIN` of another one could move it: by nothing where there are none.
    """
    said, promised = manifest.test, manifest.candidates
    found = measure(probabilities, labels, styles=manifest.styles, split=said.split)
    ties, ties_of_three = (_ties(probabilities, place) for place in (1, 3))
    _, supports = np.unique(labels, return_counts=True)
    # the picture leaves one style and joins another, whose recall and precision both move
    macro = 4 * ties / (len(supports) * supports.min())
    low, high = (
        _coverage(manifest, probabilities, labels, promised.threshold + shift)
        for shift in (-MARGIN, MARGIN)
    )
    count = len(labels)
    compared = {
        "pictures": (count, said.pictures, 0.0),
        "top-1": (found.top1, said.top1, ties / count),
        "top-3": (found.top3, said.top3, ties_of_three / count),
        "macro-F1": (found.macro_f1, said.macro_f1, macro),
        "balanced accuracy": (found.balanced_accuracy, said.balanced_accuracy, macro),
        "calibration error": (
            found.expected_calibration_error,
            said.expected_calibration_error,
            CALIBRATION_TOLERANCE + 2 * (ties + _on_edges(probabilities)) / count,
        ),
        "coverage": ((low + high) / 2, promised.test_coverage, (high - low) / 2),
    }
    return [
        f"{name} is {ours:.6g}, the manifest says {theirs:.6g}"
        for name, (ours, theirs, tolerance) in compared.items()
        if abs(ours - theirs) > tolerance + 1e-9
    ]


def _ties(probabilities: NDArray[np.float32], place: int) -> int:
    """Return how many pictures have two styles as good as alike at this place and the next."""
    if probabilities.shape[1] <= place:
        return 0
    ranked = np.sort(probabilities, axis=1)[:, ::-1]
    return int(np.sum(ranked[:, place - 1] - ranked[:, place] < MARGIN))


def _on_edges(probabilities: NDArray[np.float32]) -> int:
    """Return how many pictures may fall into one bin of confidence or the next."""
    scaled = probabilities.max(axis=1).astype(np.float64) * BINS
    return int(np.sum(np.abs(scaled - np.rint(scaled)) < MARGIN * BINS))


def _coverage(
    manifest: ModelManifest,
    probabilities: NDArray[np.float32],
    labels: NDArray[np.int64],
    threshold: float,
) -> float:
    rule = SetRule(threshold, manifest.candidates.penalty, manifest.candidates.free)
    return measure_rule(rule, probabilities.astype(np.float64), labels).test_coverage
