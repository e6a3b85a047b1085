"""A model on pictures from anywhere, asked file by file as the service asks it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lambda_fn.contract.manifest import (
    ElsewhereMetrics,
    Interval,
    KindRefused,
    LargeMetrics,
    ModelManifest,
    PaintingRule,
)
from lambda_fn.runtime import StyleModel
from training.dataset.elsewhere import (
    OTHERS,
    PAINTINGS,
    PHOTOGRAPHS,
    ElsewherePicture,
    read_squares,
    those,
)
from training.evaluation.metrics import RESAMPLES, curve_between, measure
from training.model_folder.calibrate import PaintingLine, SetRule

_SEED = 42


@dataclass(frozen=True, slots=True)
class _Said:
    probabilities: NDArray[np.float64]
    """shape (pictures, styles)"""
    painting: NDArray[np.float64]
    """shape (pictures,), 0 to 1"""


def measure_elsewhere(
    model: StyleModel,
    manifest: ModelManifest,
    line: PaintingLine | None,
    pictures: Sequence[ElsewherePicture],
) -> dict[str, ElsewhereMetrics | PaintingRule]:
    """Return what the test part says of a file, by the name of the manifest's field.

    manifest: its candidate rule is used; `model` has that of a draft.

    Raises:
        TrainingError: a picture is missing or cannot be read.
    """
    found: dict[str, ElsewhereMetrics | PaintingRule] = {}
    paintings = those(pictures, PAINTINGS, "test")
    known = [one for one in paintings if one.style in manifest.styles]
    threshold = line.threshold if line else 0.0
    if known:
        found["elsewhere"] = _measure_paintings(model, manifest, threshold, known)
    others = those(pictures, OTHERS, "test")
    if line and paintings and others:
        found["painting"] = _measure_refusals(
            model, threshold, paintings, others, those(pictures, PHOTOGRAPHS, "test")
        )
    return found


def _measure_paintings(
    model: StyleModel,
    manifest: ModelManifest,
    threshold: float,
    known: Sequence[ElsewherePicture],
) -> ElsewhereMetrics:
    said, styles = _ask(model, known), manifest.styles
    labels = np.array([styles.index(one.style) for one in known])
    figures = measure(said.probabilities, labels, styles=styles, split="elsewhere")
    rule = manifest.candidates
    sets = SetRule(rule.threshold, rule.penalty, rule.free).sets(said.probabilities)
    places = [one.source for one in known]
    return ElsewhereMetrics(
        pictures=len(known),
        places=len(set(places)),
        top1=figures.top1,
        top1_interval=interval_over_groups(said.probabilities.argmax(axis=1) == labels, places),
        top3=figures.top3,
        balanced_accuracy=figures.balanced_accuracy,
        expected_calibration_error=figures.expected_calibration_error,
        coverage=float(sets[np.arange(len(labels)), labels].mean()),
        set_size=float(sets.sum(axis=1).mean()),
        refused=float(np.mean(said.painting < threshold)),
        large=_measure_large(model, styles, threshold, known),
    )


def interval_over_groups(is_right: NDArray[np.bool_], groups: Sequence[str]) -> Interval:
    """Return the 95 % interval of a share, from draws of whole groups with replacement.

    Pictures of one place or artist are alike, so that drawing them one by one would make the
    interval too narrow (a cluster bootstrap; Field and Welsh 2007, doi 10.1111/j.1467-9868.2007.
    00593.x).
    """
    names, member = np.unique(np.array(groups), return_inverse=True)
    right = np.bincount(member, is_right, minlength=len(names))
    sizes = np.bincount(member, minlength=len(names))
    generator = np.random.default_rng(_SEED)
    drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    low, high = np.quantile(drawn @ right / (drawn @ sizes), [0.025, 0.975])
    return float(low), float(high)


def _ask(
    model: StyleModel, pictures: Sequence[ElsewherePicture], *, is_large: bool = False
) -> _Said:
    size_px = model.manifest.input_size_px
    squares = read_squares(pictures, size_px=size_px, is_large=is_large)
    shown = tqdm(squares, "elsewhere", total=len(pictures), unit="picture", disable=None)
    answers = [model.answer(pixels) for pixels in shown]
    styles = len(model.manifest.styles)
    return _Said(
        np.array([one.probabilities for one in answers], np.float64).reshape(-1, styles),
        np.array([one.painting if one.painting is not None else 1.0 for one in answers]),
    )


def _measure_large(
    model: StyleModel,
    styles: tuple[str, ...],
    threshold: float,
    known: Sequence[ElsewherePicture],
) -> LargeMetrics | None:
    chosen = [one for one in known if one.large]
    if not chosen:
        return None
    said = _ask(model, chosen, is_large=True)
    labels = [styles.index(one.style) for one in chosen]
    return LargeMetrics(
        pictures=len(chosen),
        top1=float(np.mean(said.probabilities.argmax(axis=1) == labels)),
        refused=float(np.mean(said.painting < threshold)),
    )


def _measure_refusals(
    model: StyleModel,
    threshold: float,
    paintings: Sequence[ElsewherePicture],
    others: Sequence[ElsewherePicture],
    photographed: Sequence[ElsewherePicture],
) -> PaintingRule:
    right, wrong = _ask(model, paintings).painting, _ask(model, others).painting
    kinds = np.array([one.style for one in others])

    def refused(scores: NDArray[np.float64]) -> KindRefused:
        return KindRefused(pictures=len(scores), refused=float(np.mean(scores < threshold)))

    return PaintingRule(
        threshold=threshold,
        auroc=curve_between(right, wrong).auc,
        paintings_refused=refused(right).refused,
        photographs_refused=refused(wrong).refused,
        paintings=len(right),
        photographs=len(wrong),
        kinds={kind: refused(wrong[kinds == kind]) for kind in sorted(set(kinds.tolist()))},
        photographed=refused(_ask(model, photographed).painting) if photographed else None,
    )
