"""Figures from answers: accuracy, calibration, confusion, ROC; no files and no TensorFlow.

A list may lack styles that the model knows (`source` tests seven of 14). All styles compete; means
are over the styles that occur, and what is undefined for a style without pictures is None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import (
    auc,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_curve,
)

from lambda_fn.contract.manifest import Interval, Share, StyleMetrics, TestMetrics

BINS = 15
RESAMPLES = 1000
_SEED = 42
_LOG_TEMPERATURE = (-3.0, 3.0)  # from 1/20 to 20; what training gives lies well within
_CHUNK = 50  # resamples at a time: what keeps a large training part within some 100 MB
_GRID = np.linspace(0, 1, 501)  # false positive rates at which curves are averaged

Floats = NDArray[np.float64]
PartName = Literal["train", "validation", "test"]
PARTS: tuple[PartName, ...] = ("train", "validation", "test")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Averages(_Frozen):
    """Means over styles, each style alike (macro) or weighted by its pictures."""

    precision: Share
    recall: Share
    f1: Share


class Pair(_Frozen):
    """Pictures of the style `truth` that are taken for `predicted`."""

    truth: str
    predicted: str
    pictures: int
    share: Share
    """of all pictures of `truth`"""


class PartMetrics(TestMetrics):
    """All figures of one part; `split` is the list that it belongs to. Intervals: 95 %."""

    macro: Averages
    weighted: Averages
    log_loss: float
    micro_auc: Share
    """over all decisions, one for each picture and style"""
    macro_auc: Share | None
    auc: dict[str, Share | None]
    """area under the ROC curve of each style against all others"""
    balanced_accuracy_interval: Interval
    top3_interval: Interval
    macro_auc_interval: Interval | None
    uncalibrated_error: Share
    """expected calibration error before the logits are divided by the temperature"""
    most_confused: tuple[Pair, ...]
    """the ten largest by share"""


class Evaluation(_Frozen):
    """What `metrics.json` of a run's evaluation keeps."""

    architecture: str
    fingerprint: str
    """of the dataset"""
    model_sha256: str
    own_split: str
    """the list that the run was trained on"""
    split: str
    """the list that it was measured on"""
    pictures: dict[str, int]
    """of each part; those of training and validation from the run's own list"""
    left_out: int
    """test pictures of another list that the run was trained or validated on"""
    validation_top1: float
    temperature: float
    """the logits are divided by it; fitted on validation"""
    parts: dict[PartName, PartMetrics]
    """what was asked for"""

    @property
    def headline(self) -> tuple[PartName, PartMetrics]:
        """The part that says most about unseen pictures: test if it was measured."""
        return next((name, self.parts[name]) for name in reversed(PARTS) if name in self.parts)


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC curve; the arrays have one length and rise from 0 to 1."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    auc: float


@dataclass(frozen=True, slots=True)
class Curves:
    """ROC curves of each style against all others and their means; None where undefined."""

    styles: dict[str, Curve | None]
    micro: Curve
    macro: Curve | None


@dataclass(frozen=True, slots=True)
class Bins:
    """Pictures sorted by their highest probability into bins of equal width."""

    pictures: NDArray[np.int64]
    confidence: Floats
    """mean of the highest probability in each bin; nan where a bin is empty"""
    accuracy: Floats
    """share of right answers in each bin; nan where a bin is empty"""


@dataclass(frozen=True, slots=True)
class ConfusionIntervals:
    """95 % intervals of what depends on the pictures through the confusion counts only."""

    top1: Interval
    balanced_accuracy: Interval
    macro_f1: Interval


def fit_temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """Return the number to divide logits by so that the likelihood of the labels is largest.

    Source: Guo et al. 2017, arXiv 1706.04599. The order of the styles stays as it is.
    """
    rows = np.arange(len(labels))

    def surprise(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean())

    best = minimize_scalar(surprise, bounds=_LOG_TEMPERATURE, method="bounded")
    return float(np.exp(best.x))


def measure(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    styles: tuple[str, ...],
    split: str,
) -> TestMetrics:
    """Compute the figures that a manifest keeps of a test list.

    probabilities: shape (pictures, styles), rows sum to 1; labels: shape (pictures,), the index of
    the true style. Balanced accuracy and macro F1 are means over the styles that occur in
    `labels`; the other styles compete all the same.
    """
    intervals = bootstrap_intervals(count_confusion(probabilities, labels))
    return _measure(probabilities, labels, intervals, styles=styles, split=split)


def _measure(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.int64],
    intervals: ConfusionIntervals,
    *,
    styles: tuple[str, ...],
    split: str,
) -> TestMetrics:
    predicted = probabilities.argmax(axis=1)
    present = np.unique(labels)
    confusion = count_confusion(probabilities, labels)
    per_style = _per_style(labels, predicted, styles, confusion)
    return TestMetrics(
        split=split,
        pictures=len(labels),
        top1=float(np.mean(predicted == labels)),
        top3=float(np.mean(_is_among_first(probabilities, labels, 3))),
        balanced_accuracy=float(np.mean([per_style[styles[one]].recall for one in present])),
        macro_f1=float(f1_score(labels, predicted, labels=present, average="macro")),
        top1_interval=intervals.top1,
        macro_f1_interval=intervals.macro_f1,
        expected_calibration_error=calibration_error(probabilities, labels),
        per_style=per_style,
    )


def measure_part(
    logits: Floats,
    labels: NDArray[np.int64],
    *,
    temperature: float,
    styles: tuple[str, ...],
    split: str,
) -> PartMetrics:
    """Compute all figures of a part; shapes as for `measure`."""
    probabilities = to_probabilities(logits, temperature)
    confusion = count_confusion(probabilities, labels)
    curves = roc_curves(probabilities, labels, styles)
    intervals = bootstrap_intervals(confusion)
    return PartMetrics(
        **dict(_measure(probabilities, labels, intervals, styles=styles, split=split)),
        macro=_averages(labels, probabilities, "macro"),
        weighted=_averages(labels, probabilities, "weighted"),
        log_loss=float(log_loss(labels, probabilities, labels=range(len(styles)))),
        micro_auc=curves.micro.auc,
        macro_auc=curves.macro and curves.macro.auc,
        auc={slug: curve and curve.auc for slug, curve in curves.styles.items()},
        balanced_accuracy_interval=intervals.balanced_accuracy,
        top3_interval=bootstrap_share(_is_among_first(probabilities, labels, 3)),
        macro_auc_interval=bootstrap_macro_auc(probabilities, labels),
        uncalibrated_error=calibration_error(to_probabilities(logits, 1.0), labels),
        most_confused=confused_pairs(confusion, styles)[:10],
    )


def to_probabilities(logits: Floats, temperature: float) -> Floats:
    """Return softmax of the logits divided by the temperature."""
    return np.asarray(np.exp(log_softmax(logits / temperature, axis=1)))


def calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], bins: int = BINS
) -> float:
    """Return the expected calibration error: how far confidence and accuracy lie apart.

    It is the distance between the two in each of the bins, averaged over the pictures.
    """
    sorted_in = confidence_bins(probabilities, labels, bins)
    distance = np.abs(sorted_in.confidence - sorted_in.accuracy)
    return float(np.nansum(distance * sorted_in.pictures) / len(labels))


def confidence_bins(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], bins: int = BINS
) -> Bins:
    """Sort the pictures by their highest probability into bins of equal width."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    number = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    pictures = np.bincount(number, minlength=bins)
    filled = np.where(pictures, pictures, np.nan)
    return Bins(
        pictures,
        np.bincount(number, weights=confidence, minlength=bins) / filled,
        np.bincount(number, weights=is_right, minlength=bins) / filled,
    )


def count_confusion(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return counts, shape (styles, styles): a row per true style, a column per predicted one."""
    styles = np.arange(probabilities.shape[1])
    return np.asarray(confusion_matrix(labels, probabilities.argmax(axis=1), labels=styles))


def normalise_rows(confusion: NDArray[np.int64]) -> Floats:
    """Return shares of the true style: rows sum to 1, or are nan where a style has no picture."""
    totals = confusion.sum(axis=1, keepdims=True)
    return np.asarray(confusion / np.where(totals, totals, np.nan))


def confused_pairs(confusion: NDArray[np.int64], styles: tuple[str, ...]) -> tuple[Pair, ...]:
    """Return all pairs of different styles that were taken for each other, the worst first."""
    shares = normalise_rows(confusion)
    pairs = [
        Pair(
            truth=styles[truth],
            predicted=styles[predicted],
            pictures=int(confusion[truth, predicted]),
            share=float(shares[truth, predicted]),
        )
        for truth, predicted in np.argwhere(confusion)
        if truth != predicted
    ]
    return tuple(sorted(pairs, key=lambda pair: (pair.share, pair.pictures), reverse=True))


def roc_curves(probabilities: Floats, labels: NDArray[np.int64], styles: tuple[str, ...]) -> Curves:
    """Return the ROC curves; a style that none or all of the pictures have has no curve.

    micro: one curve over all decisions. macro: the mean of the styles' curves at each false
    positive rate; its area is the mean of their areas.
    """
    is_style = labels[:, np.newaxis] == np.arange(len(styles))
    curves = {
        slug: _curve(is_style[:, number], probabilities[:, number])
        if 0 < is_style[:, number].sum() < len(labels)
        else None
        for number, slug in enumerate(styles)
    }
    found = [curve for curve in curves.values() if curve]
    return Curves(curves, _curve(is_style.ravel(), probabilities.ravel()), _mean_curve(found))


def bootstrap_intervals(confusion: NDArray[np.int64]) -> ConfusionIntervals:
    """Return the 95 % intervals of top-1 accuracy, balanced accuracy and macro F1.

    They depend on the pictures through the confusion counts only, so drawing pictures with
    replacement is drawing counts from a multinomial distribution.
    """
    total = int(confusion.sum())
    generator = np.random.default_rng(_SEED)
    drawn = generator.multinomial(total, confusion.ravel() / total, size=RESAMPLES)
    resamples = drawn.reshape(RESAMPLES, *confusion.shape)
    right = np.diagonal(resamples, axis1=1, axis2=2)
    support = resamples.sum(axis=2)
    f1 = 2 * right / np.maximum(resamples.sum(axis=1) + support, 1)
    is_present = support > 0
    recall = np.sum(right / np.maximum(support, 1), axis=1) / is_present.sum(axis=1)
    return ConfusionIntervals(
        top1=_middle(right.sum(axis=1) / total),
        balanced_accuracy=_middle(recall),
        macro_f1=_middle(f1[:, confusion.sum(axis=1) > 0].mean(axis=1)),
    )


def bootstrap_share(is_right: NDArray[np.bool_]) -> Interval:
    """Return the 95 % interval of a share of pictures: the resamples of it are binomial."""
    count = len(is_right)
    generator = np.random.default_rng(_SEED)
    return _middle(generator.binomial(count, float(is_right.mean()), size=RESAMPLES) / count)


def bootstrap_macro_auc(probabilities: Floats, labels: NDArray[np.int64]) -> Interval | None:
    """Return the 95 % interval of the macro AUC; None where no style has one.

    A resample gives each picture a weight, so that each style is sorted only once. A style that
    a resample misses is missing from its mean.
    """
    weighted = [
        _weighted_auc(probabilities[:, style], labels == style) for style in np.unique(labels)
    ]
    generator = np.random.default_rng(_SEED)
    values = []
    for _ in range(RESAMPLES // _CHUNK):
        drawn = generator.integers(0, len(labels), (_CHUNK, len(labels)))
        weights = np.stack([np.bincount(one, minlength=len(labels)) for one in drawn])
        areas = np.stack([area(weights) for area in weighted])
        is_known = np.isfinite(areas)
        some = is_known.any(axis=0)
        values.append(np.nansum(areas, axis=0)[some] / is_known.sum(axis=0)[some])
    known = np.concatenate(values)
    return _middle(known) if known.size else None


def _weighted_auc(
    scores: Floats, is_style: NDArray[np.bool_]
) -> Callable[[NDArray[np.int64]], Floats]:
    """Return a function from weights (resamples, pictures) to the areas (resamples,).

    The area is the share of pairs of a picture of the style and another one in which the former
    has the higher score, equal scores counting half (Mann and Whitney).
    """
    order = np.argsort(scores, kind="stable")
    is_sorted = is_style[order]
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))

    def area(weights: NDArray[np.int64]) -> Floats:
        ordered = weights[:, order]
        ours = np.add.reduceat(ordered * is_sorted, starts, axis=1)
        others = np.add.reduceat(ordered * ~is_sorted, starts, axis=1)
        below = np.cumsum(others, axis=1) - others / 2
        pairs = (ours.sum(axis=1) * others.sum(axis=1)).astype(np.float64)
        pairs[pairs == 0] = np.nan
        return np.asarray((ours * below).sum(axis=1) / pairs)

    return area


def _curve(is_style: NDArray[np.bool_], scores: Floats) -> Curve:
    false_positive_rate, true_positive_rate, _ = roc_curve(is_style, scores)
    area = min(float(auc(false_positive_rate, true_positive_rate)), 1.0)  # rounding may pass 1
    return Curve(false_positive_rate, true_positive_rate, area)


def curve_between(higher: Floats, lower: Floats) -> Curve:
    """Return the ROC curve of telling two kinds apart by scores; those of `higher` should be."""
    is_higher = np.arange(len(higher) + len(lower)) < len(higher)
    return _curve(is_higher, np.concatenate([higher, lower]))


def _mean_curve(curves: list[Curve]) -> Curve | None:
    if not curves:
        return None
    rows = [np.interp(_GRID, one.false_positive_rate, one.true_positive_rate) for one in curves]
    heights = np.mean(rows, axis=0)
    return Curve(_GRID, heights, float(np.mean([one.auc for one in curves])))


def _middle(values: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _is_among_first(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], count: int
) -> NDArray[np.bool_]:
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
    return np.asarray((best == labels[:, np.newaxis]).any(axis=1))


def _averages(labels: NDArray[np.int64], probabilities: Floats, kind: str) -> Averages:
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels,
        probabilities.argmax(axis=1),
        labels=np.unique(labels),
        average=kind,
        zero_division=0,
    )
    return Averages(precision=precision, recall=recall, f1=f1)


def _per_style(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    styles: tuple[str, ...],
    confusion: NDArray[np.int64],
) -> dict[str, StyleMetrics]:
    columns = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(styles)), zero_division=0
    )
    # the first of the largest pairs of each style, as they are sorted
    worst = {pair.truth: pair for pair in reversed(confused_pairs(confusion, styles))}
    return {
        slug: StyleMetrics(
            precision=precision,
            recall=recall,
            f1=f1,
            support=support,
            confused_with=worst[slug].predicted if slug in worst else None,
            confused_share=worst[slug].share if slug in worst else 0.0,
        )
        for slug, precision, recall, f1, support in zip(styles, *columns, strict=True)
    }
