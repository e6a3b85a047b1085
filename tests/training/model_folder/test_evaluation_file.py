"""What the evaluation keeps: curves, neighbours, the guess of the collection, mistakes."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lambda_fn.contract.evaluation import Likeness
from tests.fakes import make_manifest
from tests.training.conftest import make_work
from training.dataset.dataset_folder import Work
from training.evaluation.metrics import Curve, Floats
from training.model_folder.evaluation_file import (
    MISTAKES,
    POINTS,
    find_mistakes,
    list_figures,
    measure_neighbours,
    painting_curve,
    probe_source,
    thin,
)

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


def catalogue_of_two() -> tuple[NDArray[np.float64], list[Work]]:
    """Ten works along one axis, thirty along the other."""
    known = [
        *(make_work(f"cubism/{n}", "cubism", "Braque, Georges", 1910) for n in range(10)),
        *(make_work(f"pop-art/{n}", "pop-art", "Warhol", 1960 + n) for n in range(30)),
    ]
    places = [[1.0, 0.01 * n] for n in range(10)] + [[0.01 * n, 1.0] for n in range(30)]
    return unit(np.array(places)), known


def test_neighbours_are_counted_by_style_and_by_known_artist() -> None:
    places, known = catalogue_of_two()
    asked = [make_work("cubism/a", "cubism", "Georges Braque"), make_work("cubism/b", "cubism")]
    queries = unit(np.array([[1.0, 0.0], [0.0, 1.0]]))

    found = measure_neighbours(queries, asked, ["cubism", "cubism"], places, known)

    # the first is among its own ten, the second among others; only the first has an artist
    assert found.nearest == 10
    assert found.style == Likeness(nearest=0.5, same_guess=1, by_chance=0.25)
    assert found.artist == Likeness(nearest=1, same_guess=1, by_chance=0.25)


def test_neighbours_of_dated_works_are_counted_by_their_years() -> None:
    places, known = catalogue_of_two()
    known[1] = replace(known[1], year=None)  # counts neither for nor against
    asked = [
        make_work("pop-art/a", "pop-art", year=1955),
        make_work("cubism/b", "cubism", year=1930),
        make_work("cubism/c", "cubism"),
    ]
    queries = unit(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]))

    found = measure_neighbours(queries, asked, ["pop-art", "pop-art", "cubism"], places, known)

    # 1955: the ten of 1960 to 1969 are near, and 21 of 30; 1930: 9 of 9, but none of its guess
    assert found.years is not None
    assert found.years.nearest == 1
    assert found.years.same_guess == pytest.approx((21 / 30 + 0) / 2)
    assert found.years.by_chance == pytest.approx((21 / 39 + 9 / 39) / 2)


def test_nothing_is_said_of_artists_and_years_that_nobody_knows() -> None:
    works = [make_work(f"cubism/{n}", "cubism", year=None) for n in range(12)]
    places = unit(np.random.default_rng(0).normal(size=(12, 4)))

    found = measure_neighbours(places, works, ["cubism"] * 12, places, works)

    assert (found.artist, found.years) == (None, None)


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


def test_a_garbled_name_is_mended_where_people_read_it() -> None:
    works = [replace(make_work("1", "cubism"), artist="Arnold Bã¶cklin")]

    found = find_mistakes(np.array([[0.1, 0.9, 0.0]]), np.array([0]), works, SLUGS)

    assert found[0].artist == "Arnold Böcklin"
