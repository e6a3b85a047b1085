"""The figures, against numbers computed by hand."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

from tests.training.answers import SLUGS, draw_answers, draw_evaluation
from training.evaluation.metrics import (
    PartMetrics,
    bootstrap_intervals,
    bootstrap_macro_auc,
    calibration_error,
    confidence_bins,
    confused_pairs,
    count_confusion,
    fit_temperature,
    measure,
    measure_part,
    normalise_rows,
    roc_curves,
    to_probabilities,
)

pytestmark = pytest.mark.slow

STYLES = ("baroque", "cubism", "realism", "ukiyo-e")
# four pictures of two styles; the first is wrong, and right only as its third guess
PROBABILITIES = np.array(
    [
        [0.1, 0.5, 0.4, 0.0],
        [0.7, 0.1, 0.1, 0.1],
        [0.2, 0.6, 0.1, 0.1],
        [0.1, 0.8, 0.1, 0.0],
    ]
)
LABELS = np.array([0, 0, 1, 1])


def test_measure_counts_right_first_and_first_three_answers() -> None:
    metrics = measure(PROBABILITIES, LABELS, styles=STYLES, split="picture")

    assert metrics.pictures == 4
    assert metrics.top1 == pytest.approx(3 / 4)
    assert metrics.top3 == pytest.approx(1)


def test_measure_tells_precision_from_recall() -> None:
    per_style = measure(PROBABILITIES, LABELS, styles=STYLES, split="picture").per_style

    assert per_style["baroque"].precision == 1
    assert per_style["baroque"].recall == 0.5
    assert per_style["cubism"].precision == pytest.approx(2 / 3)
    assert per_style["cubism"].recall == 1
    assert per_style["cubism"].f1 == pytest.approx(0.8)
    assert per_style["cubism"].support == 2


def test_means_are_over_the_styles_that_the_list_has() -> None:
    metrics = measure(PROBABILITIES, LABELS, styles=STYLES, split="source")

    assert metrics.balanced_accuracy == pytest.approx((0.5 + 1) / 2)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)
    assert metrics.per_style["ukiyo-e"].support == 0


def test_a_fourth_guess_is_not_among_the_first_three() -> None:
    metrics = measure(PROBABILITIES[:1], np.array([3]), styles=STYLES, split="picture")

    assert metrics.top3 == 0


def test_calibration_error_weighs_each_bin_by_its_pictures() -> None:
    # bins of 1/2 ... confidences .6 (wrong) and .8, .9 (right) in the second, .4 in the first
    probabilities = np.array([[0.6, 0.2, 0.2], [0.8, 0.1, 0.1], [0.9, 0.1, 0.0], [0.4, 0.3, 0.3]])
    labels = np.array([1, 0, 0, 0])

    error = calibration_error(probabilities, labels, bins=2)

    second, first = abs(2.3 / 3 - 2 / 3), abs(0.4 - 1)
    assert error == pytest.approx((3 * second + 1 * first) / 4)


def test_certain_and_right_answers_are_calibrated() -> None:
    assert calibration_error(np.eye(4), np.arange(4)) == 0


def test_confusion_has_truth_in_rows_and_predictions_in_columns() -> None:
    confusion = count_confusion(PROBABILITIES, LABELS)

    assert confusion.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@settings(deadline=None)
@given(true=st.floats(0.2, 5), seed=st.integers(0, 2**32 - 1))
def test_the_temperature_that_made_the_labels_is_found(true: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2 * true, (4000, 4))
    chances = softmax(logits / true, axis=1).cumsum(axis=1)
    labels = (generator.random((4000, 1)) > chances[:, :-1]).sum(axis=1)

    assert fit_temperature(logits, labels) == pytest.approx(true, rel=0.15)


def test_intervals_hold_the_figure_and_narrow_with_more_pictures() -> None:
    confusion = np.array([[30, 10], [5, 55]])

    few, many = (bootstrap_intervals(confusion * times).top1 for times in (1, 100))

    assert few[0] < 0.85 < few[1]
    assert many[0] < 0.85 < many[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 5


def test_intervals_of_accuracy_agree_with_the_normal_approximation() -> None:
    low, high = bootstrap_intervals(np.array([[450, 50], [150, 350]])).top1

    assert low == pytest.approx(0.8 - 1.96 * (0.8 * 0.2 / 1000) ** 0.5, abs=0.003)
    assert high == pytest.approx(0.8 + 1.96 * (0.8 * 0.2 / 1000) ** 0.5, abs=0.003)


def test_intervals_of_macro_f1_agree_with_drawing_pictures_one_by_one() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 500)
    predicted = np.where(generator.random(500) < 0.6, labels, generator.integers(0, 4, 500))
    drawn = generator.integers(0, 500, (400, 500))
    scores = [
        f1_score(labels[one], predicted[one], labels=[0, 1, 2], average="macro") for one in drawn
    ]

    interval = bootstrap_intervals(count_confusion(np.eye(4)[predicted], labels)).macro_f1

    assert interval == pytest.approx(tuple(np.quantile(scores, [0.025, 0.975])), abs=0.012)


def test_intervals_are_the_same_every_time() -> None:
    confusion = np.array([[3, 1], [2, 4]])

    assert bootstrap_intervals(confusion) == bootstrap_intervals(confusion)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits of whole numbers, so that equal ones occur, and labels that may lack styles."""
    styles = draw(st.integers(2, 5))
    pictures = draw(st.integers(2, 12))
    rows = st.lists(st.integers(-3, 3), min_size=styles, max_size=styles)
    logits = draw(st.lists(rows, min_size=pictures, max_size=pictures))
    labels = draw(st.lists(st.integers(0, styles - 1), min_size=pictures, max_size=pictures))
    return np.array(logits, dtype=np.float64), np.array(labels)


def measure_drawn(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> PartMetrics:
    styles = SLUGS[: logits.shape[1]]
    return measure_part(logits, labels, temperature=1.0, styles=styles, split="picture")


def share(number: int, total: int) -> float:
    return number / total if total else 0.0


@settings(deadline=None, max_examples=40)
@given(drawn())
def test_precision_and_recall_are_what_their_definitions_say(
    answers: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    logits, labels = answers
    predicted = logits.argmax(axis=1).tolist()
    pairs = list(zip(labels.tolist(), predicted, strict=True))

    probabilities = to_probabilities(logits, 1.0)
    styles = SLUGS[: logits.shape[1]]

    per_style = measure(probabilities, labels, styles=styles, split="picture").per_style

    for style, one in enumerate(per_style.values()):
        right = pairs.count((style, style))
        assert one.precision == pytest.approx(share(right, predicted.count(style)))
        assert one.recall == pytest.approx(share(right, labels.tolist().count(style)))
        assert one.support == labels.tolist().count(style)


@settings(deadline=None, max_examples=40)
@given(drawn())
def test_means_count_each_style_or_each_picture_alike(
    answers: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    metrics = measure_drawn(*answers)
    present = [one for one in metrics.per_style.values() if one.support]

    for name in ("precision", "recall", "f1"):
        values = [getattr(one, name) for one in present]
        by_picture = sum(getattr(one, name) * one.support for one in present) / metrics.pictures
        assert getattr(metrics.macro, name) == pytest.approx(np.mean(values))
        assert getattr(metrics.weighted, name) == pytest.approx(by_picture)
    assert metrics.macro.recall == pytest.approx(metrics.balanced_accuracy)
    assert metrics.weighted.recall == pytest.approx(metrics.top1)


@settings(deadline=None, max_examples=40)
@given(drawn())
def test_auc_is_how_often_a_picture_of_the_style_scores_above_another(
    answers: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    logits, labels = answers
    scores = to_probabilities(logits, 1.0)

    curves = roc_curves(scores, labels, SLUGS[: scores.shape[1]]).styles

    for style, curve in enumerate(curves.values()):
        own, others = scores[labels == style, style], scores[labels != style, style]
        wins = [(mine > other) + 0.5 * (mine == other) for mine in own for other in others]
        assert (curve and curve.auc) == (pytest.approx(np.mean(wins)) if wins else None)


@settings(deadline=None, max_examples=40)
@given(drawn(), st.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order_of_the_pictures(
    answers: tuple[NDArray[np.float64], NDArray[np.int64]], random: Random
) -> None:
    logits, labels = answers
    order = random.sample(range(len(labels)), len(labels))
    # which pictures a resample draws goes by their places, so this interval may differ a little
    fields = set(PartMetrics.model_fields) - {"macro_auc_interval"}

    one = measure_drawn(logits, labels).model_dump(include=fields)
    other = measure_drawn(logits[order], labels[order]).model_dump(include=fields)

    assert flatten(one) == pytest.approx(flatten(other))


def flatten(value: Any) -> list[Any]:
    """Return all numbers and texts of nested values in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in flatten(one)]
    return [value]


def test_a_style_without_pictures_has_no_auc_and_no_part_in_the_mean() -> None:
    metrics = measure_drawn(np.log(PROBABILITIES + 1e-9), LABELS)

    assert list(metrics.auc) == list(SLUGS[:4])
    areas = list(metrics.auc.values())
    assert areas[2:] == [None, None]
    assert metrics.macro_auc == pytest.approx((areas[0] or 0) / 2 + (areas[1] or 0) / 2)


def test_pictures_of_one_style_only_have_no_macro_auc() -> None:
    metrics = measure_drawn(np.zeros((3, 2)), np.zeros(3, dtype=np.int64))

    assert metrics.macro_auc is None
    assert metrics.macro_auc_interval is None
    assert metrics.micro_auc == 0.5


def test_log_loss_is_the_mean_surprise_at_the_true_style() -> None:
    logits = np.log(np.array([[0.5, 0.5], [0.2, 0.8]]))

    metrics = measure_drawn(logits, np.array([0, 1]))

    assert metrics.log_loss == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)


def test_the_mean_curve_has_the_mean_area() -> None:
    logits, labels = draw_answers(2000, styles=5)

    curves = roc_curves(to_probabilities(logits, 1.0), labels, SLUGS[:5])

    assert curves.macro is not None
    drawn_area = np.trapezoid(curves.macro.true_positive_rate, curves.macro.false_positive_rate)
    assert drawn_area == pytest.approx(curves.macro.auc, abs=0.002)


def test_confused_pairs_go_from_the_true_style_to_the_other_and_the_worst_comes_first() -> None:
    confusion = np.array([[10, 10, 0], [1, 0, 3], [0, 0, 5]])

    pairs = confused_pairs(confusion, ("baroque", "cubism", "realism"))

    found = [(one.truth, one.predicted, one.pictures, one.share) for one in pairs]
    assert found == [
        ("cubism", "realism", 3, 0.75),
        ("baroque", "cubism", 10, 0.5),
        ("cubism", "baroque", 1, 0.25),
    ]


def test_shares_of_a_style_without_pictures_are_unknown_and_not_0() -> None:
    shares = normalise_rows(np.array([[3, 1], [0, 0]]))

    assert shares[0].tolist() == [0.75, 0.25]
    assert np.isnan(shares[1]).all()


def test_bins_tell_how_often_answers_of_a_confidence_are_right() -> None:
    probabilities = np.array([[0.6, 0.4], [0.7, 0.3], [1.0, 0.0]])

    bins = confidence_bins(probabilities, np.array([1, 0, 0]), bins=4)

    assert bins.pictures.tolist() == [0, 0, 2, 1]
    np.testing.assert_allclose(bins.confidence, [np.nan, np.nan, 0.65, 1.0])
    np.testing.assert_allclose(bins.accuracy, [np.nan, np.nan, 0.5, 1.0])


def test_intervals_of_balanced_accuracy_agree_with_drawing_pictures_one_by_one() -> None:
    logits, labels = draw_answers(600, styles=3, skill=1.0)
    predicted = logits.argmax(axis=1)
    places = np.random.default_rng(1).integers(0, 600, (400, 600))
    scores = [balanced_accuracy_score(labels[one], predicted[one]) for one in places]

    interval = bootstrap_intervals(count_confusion(logits, labels)).balanced_accuracy

    assert interval == pytest.approx(tuple(np.quantile(scores, [0.025, 0.975])), abs=0.012)


def test_intervals_of_macro_auc_agree_with_drawing_pictures_one_by_one() -> None:
    logits, labels = draw_answers(300, styles=3, skill=1.0)
    probabilities = to_probabilities(logits, 1.0)
    places = np.random.default_rng(1).integers(0, 300, (300, 300))
    scores = [
        roc_auc_score(labels[one], probabilities[one], multi_class="ovr", average="macro")
        for one in places
    ]

    interval = bootstrap_macro_auc(probabilities, labels)

    assert interval == pytest.approx(tuple(np.quantile(scores, [0.025, 0.975])), abs=0.012)


def test_the_headline_is_the_part_that_the_model_knows_least() -> None:
    both = draw_evaluation({"train": 3.0, "test": 1.0})
    one = draw_evaluation({"train": 3.0, "validation": 1.0})

    assert both.headline == ("test", both.parts["test"])
    assert one.headline == ("validation", one.parts["validation"])
