"""The loss and its accuracy: what labels, artists, teachers and second answers add to them."""

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

from training.network.loss import StyleAccuracy, StyleLoss

pytestmark = pytest.mark.slow

Floats = NDArray[np.float32]
PICTURES, STYLES, ARTISTS = 6, 3, 4


def draw(columns: int, *, seed: int) -> Floats:
    """Return shares that sum to 1 in each row, as mixup's labels and a teacher's answers do."""
    generator = np.random.default_rng(seed)
    return generator.dirichlet(np.ones(columns), PICTURES).astype(np.float32)


def draw_logits(columns: int, *, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    return generator.normal(0, 3, (PICTURES, columns)).astype(np.float32)


LABELS, LOGITS = draw(STYLES, seed=1), draw_logits(STYLES, seed=2)
ARTIST_LABELS, ARTIST_LOGITS = draw(ARTISTS, seed=3), draw_logits(ARTISTS, seed=4)
TAUGHT = draw(STYLES, seed=5)
WEIGHTS = np.array([0.5, 1.0, 2.0, 0.0, 1.0, 3.0], np.float32)


def entropy(wanted: Floats, logits: Floats, *, smoothing: float = 0.0) -> Floats:
    """Return Keras' own cross entropy of each picture."""
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )
    return np.asarray(loss(wanted, logits))


def of_each(loss: StyleLoss, wanted: Floats, answer: Floats) -> Floats:
    return np.asarray(loss.call(keras.ops.array(wanted), keras.ops.array(answer)))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_without_artists_and_teachers_it_is_the_cross_entropy_of_keras(
    smoothing: float, weights: Floats | None
) -> None:
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)

    loss = StyleLoss(STYLES, smoothing)(LABELS, LOGITS, sample_weight=weights)

    expected = theirs(LABELS, LOGITS, sample_weight=weights)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_artists_add_their_own_cross_entropy_by_its_weight() -> None:
    wanted = np.hstack([LABELS, ARTIST_LABELS])
    answer = np.hstack([LOGITS, ARTIST_LOGITS])

    loss = of_each(StyleLoss(STYLES, 0.1, artist_weight=0.4), wanted, answer)

    # the labels of artists are not smoothed
    expected = entropy(LABELS, LOGITS, smoothing=0.1) + 0.4 * entropy(ARTIST_LABELS, ARTIST_LOGITS)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_picture_of_nobody_adds_nothing_for_its_artist() -> None:
    wanted = np.hstack([LABELS, np.zeros_like(ARTIST_LABELS)])
    answer = np.hstack([LOGITS, ARTIST_LOGITS])

    loss = of_each(StyleLoss(STYLES, 0.1, artist_weight=0.4), wanted, answer)

    np.testing.assert_allclose(loss, entropy(LABELS, LOGITS, smoothing=0.1), rtol=1e-5)


def test_where_no_artist_is_named_the_weight_of_artists_changes_nothing() -> None:
    loss = of_each(StyleLoss(STYLES, 0.1, artist_weight=0.4), LABELS, LOGITS)

    np.testing.assert_allclose(loss, entropy(LABELS, LOGITS, smoothing=0.1), rtol=1e-5)


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_the_teachers_take_their_share_of_the_label(weight: float) -> None:
    answer = np.hstack([LOGITS, TAUGHT])

    loss = of_each(StyleLoss(STYLES, 0.1, teacher_weight=weight), LABELS, answer)

    labels, taught = entropy(LABELS, LOGITS, smoothing=0.1), entropy(TAUGHT, LOGITS)
    np.testing.assert_allclose(loss, (1 - weight) * labels + weight * taught, rtol=1e-5)


def test_artists_and_teachers_go_together() -> None:
    wanted = np.hstack([LABELS, ARTIST_LABELS])
    answer = np.hstack([LOGITS, ARTIST_LOGITS, TAUGHT])

    loss = of_each(StyleLoss(STYLES, 0.0, 0.4, 0.3), wanted, answer)

    styles = 0.7 * entropy(LABELS, LOGITS) + 0.3 * entropy(TAUGHT, LOGITS)
    expected = styles + 0.4 * entropy(ARTIST_LABELS, ARTIST_LOGITS)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_two_answers_cost_their_mean_and_what_tells_them_apart() -> None:
    wanted = np.hstack([LABELS, ARTIST_LABELS])
    first = np.hstack([LOGITS, ARTIST_LOGITS])
    other = np.hstack([draw_logits(STYLES, seed=6), draw_logits(ARTISTS, seed=7)])
    plain = StyleLoss(STYLES, 0.1, artist_weight=0.4)

    loss = of_each(
        StyleLoss(STYLES, 0.1, artist_weight=0.4, agreement_weight=2.5),
        wanted,
        np.hstack([first, other]),
    )

    mean = (of_each(plain, wanted, first) + of_each(plain, wanted, other)) / 2
    chances = [softmax(one[:, :STYLES], axis=1) for one in (first, other)]
    expected = mean + 2.5 * jensenshannon(*chances, axis=1) ** 2
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_two_answers_that_agree_cost_what_one_does() -> None:
    twice = np.hstack([LOGITS, LOGITS])

    loss = of_each(StyleLoss(STYLES, 0.1, agreement_weight=2.5), LABELS, twice)

    np.testing.assert_allclose(loss, entropy(LABELS, LOGITS, smoothing=0.1), rtol=1e-5)


@pytest.mark.parametrize("agreement_weight", [0.0, 1.0])
def test_logits_that_are_far_apart_give_a_number(agreement_weight: float) -> None:
    answer = LOGITS * 1e4
    if agreement_weight:
        answer = np.hstack([answer, -answer])

    loss = of_each(StyleLoss(STYLES, 0.1, agreement_weight=agreement_weight), LABELS, answer)

    assert np.isfinite(loss).all()


def test_a_loss_made_anew_from_its_options_is_the_same() -> None:
    wanted = np.hstack([LABELS, ARTIST_LABELS])
    answer = np.hstack([LOGITS, ARTIST_LOGITS, TAUGHT] * 2)
    loss = StyleLoss(STYLES, 0.1, 0.4, 0.3, 2.0)

    again = keras.losses.deserialize(keras.losses.serialize(loss))

    assert type(again) is StyleLoss
    assert again.get_config() == loss.get_config()
    np.testing.assert_array_equal(again(wanted, answer), loss(wanted, answer))


NAMED = np.eye(3, dtype=np.float32)
"""Logits that name style 0, 1 and 2."""


def share(wanted: Floats, answer: Floats, **options: Any) -> float:
    accuracy = StyleAccuracy(STYLES)
    accuracy.update_state(keras.ops.array(wanted), keras.ops.array(answer), **options)
    return float(accuracy.result())


def test_the_accuracy_is_the_share_of_pictures_named_rightly() -> None:
    assert share(NAMED[[0, 1, 2, 2]], NAMED[[0, 1, 2, 0]]) == 0.75


def test_a_blended_label_counts_as_the_style_of_its_larger_share() -> None:
    blended = np.array([[0.6, 0.4, 0.0], [0.1, 0.0, 0.9]], np.float32)

    assert share(blended, NAMED[[0, 1]]) == 0.5


def test_the_accuracy_does_not_see_artists_and_teachers() -> None:
    wanted = np.hstack([NAMED, np.full((3, ARTISTS), 1.0, np.float32)])
    answer = np.hstack([NAMED, np.full((3, ARTISTS + STYLES), 9.0, np.float32)])

    assert share(wanted, answer) == 1


def test_every_picture_counts_alike_whatever_its_weight() -> None:
    weights = keras.ops.array([9.0, 1.0])

    assert share(NAMED[[0, 1]], NAMED[[0, 0]], sample_weight=weights) == 0.5


def test_a_smaller_last_batch_counts_by_its_pictures() -> None:
    accuracy = StyleAccuracy(STYLES)

    accuracy.update_state(keras.ops.array(NAMED), keras.ops.array(NAMED))
    accuracy.update_state(keras.ops.array(NAMED[:1]), keras.ops.array(NAMED[1:2]))

    assert float(accuracy.result()) == 0.75


def test_an_accuracy_made_anew_from_its_options_is_the_same() -> None:
    accuracy = StyleAccuracy(STYLES)

    again = keras.metrics.deserialize(keras.metrics.serialize(accuracy))

    assert type(again) is StyleAccuracy
    assert again.get_config() == accuracy.get_config()
    assert again.name == "accuracy"
