"""What the evaluation keeps: curves, neighbours, the guess of the collection, mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fakes import make_manifest
from tests.training.conftest import make_work
from training.figures import (
    MISTAKES,
    POINTS,
    find_mistakes,
    list_figures,
    measure_neighbours,
    painting_curve,
    probe_source,
    thin,
)
from training.metrics import Curve, Floats

SLUGS = ("cubism", "pop-art", "ukiyo-e")
RULE = make_manifest().candidates.model_copy(update={"test_coverage": 0.8})


def unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_the_figures_of_a_list_fit_each_other() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 300)
    probabilities = generator.dirichlet(np.ones(3), 300)

    figures = list_figures(
        probabilities, labels, RULE, styles=SLUGS, split="picture", run="first", train=70
    )

    assert np.sum(figures.confusion) == figures.metrics.pictures == 300
    assert np.trace(figures.confusion) / 300 == pytest.approx(figures.metrics.top1)
    assert sum(one.pictures for one in figures.reliability) == 300
    assert set(figures.curves) == {*SLUGS, "micro", "macro"}
    assert (figures.candidates.coverage, figures.candidates.size) == (0.8, 1.5)
    assert (figures.run, figures.train) == ("first", 70)


def test_a_style_that_a_list_lacks_has_no_curve() -> None:
    labels = np.array([0, 1] * 10)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 20)

    figures = list_figures(
        probabilities, labels, RULE, styles=SLUGS, split="source", run="first", train=70
    )

    assert figures.curves["ukiyo-e"] is None
    assert figures.metrics.per_style["ukiyo-e"].confused_with is None


def test_a_thinned_curve_keeps_its_ends_and_its_area() -> None:
    ramp = np.linspace(0, 1, 1000)

    thinned = thin(Curve(ramp, np.sqrt(ramp), 0.667))

    assert len(thinned.false_positive_rate) == len(thinned.true_positive_rate) == POINTS
    assert (thinned.false_positive_rate[0], thinned.true_positive_rate[-1]) == (0, 1)
    assert thinned.auc == 0.667


def test_the_curve_of_paintings_is_perfect_where_no_photograph_looks_like_one() -> None:
    assert painting_curve(np.array([0.9, 0.8]), np.array([0.1, 0.2])).auc == 1


def test_neighbours_are_counted_by_style_and_by_known_artist() -> None:
    known = [
        *(make_work(f"cubism/{n}", "cubism", "Braque") for n in range(10)),
        *(make_work(f"pop-art/{n}", "pop-art", "Warhol") for n in range(30)),
    ]
    places = unit(
        np.array([[1.0, 0.01 * n] for n in range(10)] + [[0.01 * n, 1.0] for n in range(30)])
    )
    asked = [make_work("cubism/a", "cubism", "Braque"), make_work("cubism/b", "cubism")]

    found = measure_neighbours(unit(np.array([[1.0, 0.0], [0.0, 1.0]])), asked, places, known)

    # the first is among its own ten, the second among others; only the first has an artist
    assert found.nearest == 10
    assert found.same_style == 0.5
    assert found.same_style_by_chance == 0.25
    assert found.same_artist == 1
    assert found.same_artist_by_chance == 0.25


def test_no_known_artist_gives_no_share_of_them() -> None:
    works = [make_work(f"cubism/{n}", "cubism") for n in range(12)]
    places = unit(np.random.default_rng(0).normal(size=(12, 4)))

    assert measure_neighbours(places, works, places, works).same_artist == 0


@pytest.mark.parametrize("is_leaking", [True, False])
def test_the_guess_of_the_collection_tells_what_the_embedding_adds_to_the_style(
    is_leaking: bool,
) -> None:
    generator = np.random.default_rng(0)
    sources = generator.permutation(["one", "two"] * 300)
    works = [
        replace(make_work(f"{slug}/{n}", slug), source=str(source))
        for n, (slug, source) in enumerate(zip(generator.choice(SLUGS, 600), sources, strict=True))
    ]
    embedding = generator.normal(size=(600, 8))
    if is_leaking:
        embedding[:, 0] += 6 * (sources == "one")

    probe = probe_source(embedding[:400], works[:400], embedding[400:], works[400:])

    assert probe is not None
    assert probe.most_common == pytest.approx(0.5, abs=0.1)
    assert (probe.from_both - probe.from_style > 0.3) == is_leaking


def test_one_collection_leaves_nothing_to_guess() -> None:
    works = [make_work(f"cubism/{n}", "cubism") for n in range(4)]
    places = np.eye(4)

    assert probe_source(places, works, places, works) is None


def test_mistakes_are_the_most_confident_ones_and_at_most_two_of_a_kind() -> None:
    probabilities = np.array([[0.9 - n / 100, 0.1 + n / 100, 0.0] for n in range(8)])
    labels = np.array([1, 1, 1, 1, 2, 2, 2, 0])
    works = [replace(make_work(f"{n}", "cubism"), title=f"work {n}") for n in range(8)]

    found = find_mistakes(probabilities, labels, works, SLUGS)

    assert [one.title for one in found] == ["work 0", "work 1", "work 4", "work 5"]
    assert found[0].truth == "pop-art"
    assert found[0].predicted == "cubism"
    assert found[0].probability == pytest.approx(0.9)
    assert len(found) <= MISTAKES
