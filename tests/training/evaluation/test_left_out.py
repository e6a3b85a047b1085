"""How places are dealt into folds, and what folds are refused."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.evaluation.left_out import deal_places

sizes = st.lists(st.integers(1, 30), min_size=5, max_size=40)


@given(sizes=sizes)
def test_every_place_is_in_one_fold_and_the_folds_are_about_alike(sizes: list[int]) -> None:
    sources = [f"place-{number}" for number, size in enumerate(sizes) for _ in range(size)]

    dealt = deal_places(sources, folds=5, below=1000)

    counts = Counter(sources)
    totals = [sum(counts[place] for place in fold) for fold in dealt]
    assert sorted(place for fold in dealt for place in fold) == sorted(counts)
    assert max(totals) - min(totals) <= max(sizes)


def test_large_collections_are_never_left_out() -> None:
    sources = ["squares"] * 200 + ["a", "b", "c"]

    dealt = deal_places(sources, folds=3, below=200)

    assert sorted(map(tuple, dealt)) == [("a",), ("b",), ("c",)]


def test_fewer_places_than_folds_are_refused_with_what_to_do() -> None:
    with pytest.raises(TrainingError, match=r"only 2 sources.*fewer --folds"):
        deal_places(["a", "b", "b"], folds=3, below=10)
