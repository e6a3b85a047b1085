"""The figures, against numbers computed by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import f1_score

from training.metrics import (
    bootstrap_intervals,
    calibration_error,
    count_confusion,
    fit_temperature,
    measure,
)

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
