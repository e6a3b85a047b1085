"""Figures from answers: accuracy, calibration, confusion; no files and no TensorFlow."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from lambda_fn.contract.manifest import StyleMetrics, TestMetrics

BINS = 15
RESAMPLES = 1000
_SEED = 42
_LOG_TEMPERATURE = (-3.0, 3.0)  # from 1/20 to 20; what training gives lies well within


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
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
    """Compute all figures of a test list from the answers to it.

    probabilities: shape (pictures, styles), rows sum to 1; labels: shape (pictures,), the index of
    the true style. Balanced accuracy and macro F1 are means over the styles that occur in
    `labels`; the other styles compete all the same.
    """
    predicted = probabilities.argmax(axis=1)
    present = np.unique(labels)
    confusion = count_confusion(probabilities, labels)
    top1_interval, macro_f1_interval = bootstrap_intervals(confusion)
    per_style = _per_style(labels, predicted, styles)
    return TestMetrics(
        split=split,
        pictures=len(labels),
        top1=float(np.mean(predicted == labels)),
        top3=_top_share(probabilities, labels, 3),
        balanced_accuracy=float(np.mean([per_style[styles[one]].recall for one in present])),
        macro_f1=float(f1_score(labels, predicted, labels=present, average="macro")),
        top1_interval=top1_interval,
        macro_f1_interval=macro_f1_interval,
        expected_calibration_error=calibration_error(probabilities, labels),
        per_style=per_style,
    )


def calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], bins: int = BINS
) -> float:
    """Return the expected calibration error: how far confidence and accuracy lie apart.

    The pictures are sorted by their highest probability into bins of equal width; the distance
    between mean probability and share of right answers is averaged, weighted by pictures.
    """
    confidence = probabilities.max(axis=1)
    surplus = confidence - (probabilities.argmax(axis=1) == labels)
    number = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    return float(np.abs(np.bincount(number, weights=surplus, minlength=bins)).sum() / len(labels))


def count_confusion(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return counts, shape (styles, styles): a row per true style, a column per predicted one."""
    styles = np.arange(probabilities.shape[1])
    return np.asarray(confusion_matrix(labels, probabilities.argmax(axis=1), labels=styles))


def bootstrap_intervals(
    confusion: NDArray[np.int64],
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the 95 % intervals of top-1 accuracy and of macro F1.

    Both depend on the pictures through the confusion counts only, so drawing pictures with
    replacement is drawing counts from a multinomial distribution.
    """
    total = int(confusion.sum())
    generator = np.random.default_rng(_SEED)
    drawn = generator.multinomial(total, confusion.ravel() / total, size=RESAMPLES)
    resamples = drawn.reshape(RESAMPLES, *confusion.shape)
    right = np.diagonal(resamples, axis1=1, axis2=2)
    sums = resamples.sum(axis=1) + resamples.sum(axis=2)
    f1 = 2 * right / np.maximum(sums, 1)
    macro_f1 = f1[:, confusion.sum(axis=1) > 0].mean(axis=1)
    return _middle(right.sum(axis=1) / total), _middle(macro_f1)


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _top_share(probabilities: NDArray[np.floating], labels: NDArray[np.int64], count: int) -> float:
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
    return float(np.mean((best == labels[:, np.newaxis]).any(axis=1)))


def _per_style(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], styles: tuple[str, ...]
) -> dict[str, StyleMetrics]:
    columns = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(styles)), zero_division=0
    )
    return {
        slug: StyleMetrics(precision=precision, recall=recall, f1=f1, support=support)
        for slug, precision, recall, f1, support in zip(styles, *columns, strict=True)
    }
