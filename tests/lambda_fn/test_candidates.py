"""The candidate sets: their promise, and what they always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_fn.contract.candidates import candidate_sets, fit_threshold, style_scores
from tests.odds import draw_odds

STYLES = 6


def test_a_score_is_the_probability_of_all_likelier_styles() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3]])

    scores = style_scores(probabilities, penalty=0.0, free=1)

    np.testing.assert_allclose(scores, [[0.8, 0.0, 0.5]])


def test_a_penalty_is_added_for_each_place_after_the_free_ones() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3]])

    scores = style_scores(probabilities, penalty=0.1, free=1)

    np.testing.assert_allclose(scores, [[1.0, 0.0, 0.6]])


@pytest.mark.parametrize(("penalty", "free"), [(0.0, 1), (0.05, 2), (0.2, 1)])
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_sets_of_unseen_pictures_hold_the_right_style_as_often_as_promised(
    coverage: float, penalty: float, free: int
) -> None:
    seen, seen_labels = draw_odds(4000, seed=1)
    unseen, labels = draw_odds(4000, seed=2)
    rule = {"penalty": penalty, "free": free}
    threshold = fit_threshold(seen, seen_labels, coverage=coverage, **rule)  # type: ignore[arg-type]

    sets = candidate_sets(unseen, threshold=threshold, **rule)  # type: ignore[arg-type]

    assert sets[np.arange(len(labels)), labels].mean() == pytest.approx(coverage, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), threshold=st.floats(0.0, 1.5), free=st.integers(1, 4))
def test_a_set_holds_the_first_style_and_no_style_without_those_before_it(
    seed: int, threshold: float, free: int
) -> None:
    probabilities, _ = draw_odds(20, seed)

    sets = candidate_sets(probabilities, threshold=threshold, penalty=0.05, free=free)

    ranked = np.take_along_axis(sets, np.argsort(-probabilities, axis=1, kind="stable"), axis=1)
    assert ranked[:, 0].all()
    assert (np.diff(ranked.astype(int), axis=1) <= 0).all()


def test_a_threshold_of_1_without_penalty_takes_every_style() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(14), 500).astype(np.float32)

    sets = candidate_sets(probabilities, threshold=1.0, penalty=0.0, free=1)

    assert sets.all()
