"""What is fitted after training: sets, embedding, and what parts paintings from photographs."""

import numpy as np
import pytest

from tests.odds import draw_odds
from training.evaluation.metrics import Floats
from training.model_folder.calibrate import (
    COVERAGE,
    REFUSED,
    REFUSED_IN_A_PLACE,
    Examples,
    SetRule,
    fit_painting_line,
    fit_projection,
    fit_rule,
    measure_painting,
    measure_rule,
)

STYLES, CHANNELS = 6, 40


def draw_features(count: int, seed: int, *, shift: float = 0.0) -> Floats:
    """Return features whose channels differ in their spread; the first one may be shifted."""
    generator = np.random.default_rng(seed)
    features = generator.normal(1.0, np.linspace(0.05, 2, CHANNELS), (count, CHANNELS))
    features[:, 0] += shift
    return np.asarray(features)


def test_sets_keep_their_promise_on_unseen_pictures() -> None:
    rule = fit_rule(*draw_odds(3000, seed=1))

    measured = measure_rule(rule, *draw_odds(3000, seed=2))

    assert measured.test_coverage == pytest.approx(COVERAGE, abs=0.02)
    assert 1 < measured.test_size < STYLES
    assert 0 < measured.test_single < 1


def test_the_measured_sets_are_those_of_the_rule_in_the_manifest() -> None:
    probabilities, labels = draw_odds(500, seed=3)
    rule = fit_rule(probabilities, labels)

    measured = measure_rule(rule, probabilities, labels)

    kept = SetRule(measured.threshold, measured.penalty, measured.free)
    assert kept == rule
    assert measured.test_size == rule.sets(probabilities).sum(axis=1).mean()


def test_embeddings_have_unit_length_and_the_asked_size() -> None:
    features = draw_features(300, seed=1)

    embedding = fit_projection(features, size=16).of(draw_features(20, seed=2))

    assert embedding.shape == (20, 16)
    np.testing.assert_allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-9)


def test_an_embedding_is_no_larger_than_the_pictures_allow() -> None:
    projection = fit_projection(draw_features(10, seed=1), size=16)

    assert projection.matrix.shape == (CHANNELS, 10)


def test_directions_without_spread_are_not_blown_up() -> None:
    features = draw_features(300, seed=1)
    features[:, -1] = features[:, -2]  # leaves one direction without any spread

    projection = fit_projection(features, size=CHANNELS)

    assert np.linalg.norm(projection.matrix, axis=0).max() < 1e3


def test_neighbours_stay_neighbours_in_the_embedding() -> None:
    features = draw_features(300, seed=1)
    projection = fit_projection(features, size=16)
    near = features[:50] + 0.01

    similarity = projection.of(near) @ projection.of(features).T

    assert (similarity.argmax(axis=1) == np.arange(50)).mean() > 0.95


def examples(paintings: Floats, others: Floats) -> list[Examples]:
    """Return examples of which each picture comes from a place of its own."""
    return [
        Examples(paintings, True, tuple(f"p{n}" for n in range(len(paintings))), refused=REFUSED),
        Examples(others, False, tuple(f"o{n}" for n in range(len(others)))),
    ]


def test_the_line_parts_what_differs_and_refuses_few_paintings() -> None:
    line = fit_painting_line(
        examples(draw_features(400, seed=1), draw_features(120, seed=2, shift=0.5))
    )

    paintings = line.of(draw_features(800, seed=3))
    photographs = line.of(draw_features(200, seed=4, shift=0.5))

    rule = measure_painting(line, paintings, photographs)
    assert rule.auroc > 0.97
    assert rule.paintings_refused == pytest.approx(REFUSED, abs=0.03)
    assert rule.photographs_refused > 0.8
    assert (rule.paintings, rule.photographs) == (800, 200)


def test_a_line_fitted_on_nothing_that_differs_tells_nothing_and_still_refuses_few() -> None:
    line = fit_painting_line(examples(draw_features(400, seed=1), draw_features(120, seed=2)))

    rule = measure_painting(
        line, line.of(draw_features(800, seed=3)), line.of(draw_features(200, seed=4))
    )

    assert rule.auroc == pytest.approx(0.5, abs=0.1)
    assert rule.paintings_refused < 0.1


def test_the_worst_place_decides_where_the_line_refuses() -> None:
    paintings, others = draw_features(400, seed=1), draw_features(200, seed=2, shift=0.5)
    odd = draw_features(60, seed=3, shift=0.3)
    places = Examples(odd, True, ("odd",) * 60, refused=0.5)

    kind = fit_painting_line(examples(paintings, others))
    wary = fit_painting_line([*examples(paintings, others), places])

    assert wary.threshold < kind.threshold
    assert np.mean(wary.of(draw_features(2000, seed=4, shift=0.3)) < wary.threshold) < (
        2 * REFUSED_IN_A_PLACE
    )
