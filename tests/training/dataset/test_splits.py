"""What every split promises, whatever the works: tested on works that Hypothesis makes up."""

from collections import Counter, defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.conftest import make_work, works_of
from training.config import OrganiseConfig
from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work
from training.dataset.splits import (
    Parts,
    split_by_artist,
    split_by_picture,
    with_caps,
    with_validation,
)
from training.errors import TrainingError

CONFIG = OrganiseConfig()
DRAWN = {"train", "validation", "test"}
STYLES = ("baroque", "cubism", "realism", "ukiyo-e")
counts_by_style = st.dictionaries(st.sampled_from(STYLES), st.integers(10, 80), min_size=2)


@st.composite
def works_by_artists(draw: st.DrawFn) -> list[Work]:
    """Works of four styles by six artists each and some who paint in two; some are unknown."""
    own = [(f"{style} {number}", (style,)) for style in STYLES for number in range(6)]
    two = st.tuples(st.sampled_from(STYLES), st.sampled_from(STYLES))
    crossing = [(f"crossing {n}", styles) for n, styles in enumerate(draw(st.lists(two)))]
    works: list[Work] = []
    for artist, styles in [*own, *crossing, (UNKNOWN_ARTIST, STYLES)]:
        for style in styles:
            count = draw(st.integers(1, 20))
            start = len(works)
            works += [make_work(f"{start + n}.jpg", style, artist) for n in range(count)]
    return works


def counts_of(works: list[Work], parts: Parts) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in works:
        counts[one.style][parts[one.path]] += 1
    return counts


@settings(deadline=None)
@given(pictures=counts_by_style, seed=st.integers(0, 1000))
def test_every_picture_is_in_one_part_and_every_style_in_the_same_shares(
    pictures: dict[str, int], seed: int
) -> None:
    config = CONFIG.model_copy(update={"seed": seed})

    parts = split_by_picture(works_of(pictures), config)

    assert set(parts) == {one.path for one in works_of(pictures)}
    assert set(parts.values()) == DRAWN
    for style, found in counts_of(works_of(pictures), parts).items():
        assert found["test"] == pytest.approx(0.2 * pictures[style], abs=0.5)
        assert found["validation"] == pytest.approx(0.1 * pictures[style], abs=0.5)


@settings(deadline=None)
@given(pictures=counts_by_style, order=st.randoms(use_true_random=False))
def test_the_picture_split_does_not_depend_on_the_order_of_the_works(
    pictures: dict[str, int], order: Random
) -> None:
    works = works_of(pictures)
    shuffled = order.sample(works, len(works))

    assert split_by_picture(shuffled, CONFIG) == split_by_picture(works, CONFIG)


@settings(deadline=None)
@given(pictures=counts_by_style, more=st.integers(1, 10))
def test_in_a_collection_that_grows_few_pictures_change_their_part(
    pictures: dict[str, int], more: int
) -> None:
    before = split_by_picture(works_of(pictures), CONFIG)

    after = split_by_picture(works_of({s: n + more for s, n in pictures.items()}), CONFIG)

    moved = Counter(path.split("/")[0] for path in before if before[path] != after[path])
    assert all(count <= 2 * more for count in moved.values())


def test_another_seed_draws_others() -> None:
    works = works_of({"cubism": 50, "realism": 50})
    other = CONFIG.model_copy(update={"seed": 43})

    assert split_by_picture(works, CONFIG) != split_by_picture(works, other)


@settings(deadline=None, max_examples=25)
@given(works=works_by_artists())
def test_no_artist_is_in_two_parts_and_unknown_ones_are_unused(works: list[Work]) -> None:
    parts = split_by_artist(works, CONFIG)

    parts_of: dict[str, set[str]] = defaultdict(set)
    for one in works:
        parts_of[one.artist].add(parts[one.path])
    assert parts_of.pop(UNKNOWN_ARTIST) == {"unused"}
    assert all(len(found) == 1 and found <= DRAWN for found in parts_of.values())


@settings(deadline=None, max_examples=25)
@given(works=works_by_artists())
def test_every_part_of_the_artist_split_has_works_of_every_style(works: list[Work]) -> None:
    parts = split_by_artist(works, CONFIG)

    assert all(set(found) >= DRAWN for found in counts_of(works, parts).values())


def distance(works: list[Work], parts: Parts) -> float:
    """Return how far the shares of all styles are from what is wanted, as a sum of squares."""
    wanted = {"train": 0.7, "validation": 0.1, "test": 0.2}
    total = 0.0
    for found in counts_of(works, parts).values():
        known = sum(found[part] for part in DRAWN)
        total += sum((found[part] / known - share) ** 2 for part, share in wanted.items())
        total += sum(1000.0 for part in DRAWN if not found[part])
    return total


@settings(deadline=None, max_examples=20)
@given(works=works_by_artists())
def test_moving_any_one_artist_brings_the_shares_no_nearer(works: list[Work]) -> None:
    parts = split_by_artist(works, CONFIG)

    best = distance(works, parts)
    for artist in {one.artist for one in works} - {UNKNOWN_ARTIST}:
        own = [one.path for one in works if one.artist == artist]
        for part in DRAWN:
            assert distance(works, parts | dict.fromkeys(own, part)) > best - 1e-6


def test_the_shares_of_styles_with_many_artists_are_kept() -> None:
    works = [
        make_work(f"{style} {artist} {number}", style, f"{style} {artist}")
        for style in STYLES
        for artist in range(60)
        for number in range(1 + artist * 7 % 40)
    ]

    for found in counts_of(works, split_by_artist(works, CONFIG)).values():
        assert found["test"] / found.total() == pytest.approx(0.2, abs=0.005)
        assert found["validation"] / found.total() == pytest.approx(0.1, abs=0.005)


@settings(deadline=None, max_examples=25)
@given(works=works_by_artists(), order=st.randoms(use_true_random=False))
def test_the_artist_split_does_not_depend_on_the_order_of_the_works(
    works: list[Work], order: Random
) -> None:
    shuffled = order.sample(works, len(works))

    assert split_by_artist(shuffled, CONFIG) == split_by_artist(works, CONFIG)


def test_two_spellings_of_one_artist_are_on_one_side() -> None:
    works = [
        make_work(f"{style}/{number}", style, f"Painter{number // 3} {style}")
        for style in STYLES
        for number in range(60)
    ]
    spelt = [make_work(f"new {n}", "cubism", f"CUBISM, Painter{n}") for n in range(20)]

    parts = split_by_artist([*works, *spelt], CONFIG)

    for number in range(20):
        assert parts[f"new {number}"] == parts[f"cubism/{3 * number}"]


@pytest.mark.parametrize("artists", [("Monet",), ("Monet", "Renoir"), ("Monet", UNKNOWN_ARTIST)])
def test_a_style_with_fewer_artists_than_parts_is_named(artists: tuple[str, ...]) -> None:
    works = [make_work(f"b/{n}", "baroque", f"Painter {n}") for n in range(20)]
    works += [make_work(f"i/{n}", "impressionism", artists[n % len(artists)]) for n in range(20)]

    with pytest.raises(TrainingError, match=r"'impressionism' has [12] known artists, too few"):
        split_by_artist(works, CONFIG)


def test_a_style_with_too_few_pictures_for_a_part_is_named() -> None:
    works = works_of({"cubism": 50, "realism": 3})

    with pytest.raises(TrainingError, match="'realism' would have no picture for validation"):
        split_by_picture(works, CONFIG)


@pytest.mark.parametrize("split", [split_by_picture, split_by_artist])
def test_shares_that_leave_nothing_to_train_on_are_refused(split: object) -> None:
    config = OrganiseConfig(test_share=0.6, validation_share=0.4)

    with pytest.raises(TrainingError, match="leave nothing to train on"):
        split(works_of({"cubism": 50, "realism": 50}), config)  # type: ignore[operator]


@settings(deadline=None)
@given(
    pictures=st.dictionaries(st.sampled_from(STYLES), st.integers(12, 80), min_size=1),
    seed=st.integers(0, 1000),
)
def test_a_validation_part_comes_out_of_training_and_never_out_of_test(
    pictures: dict[str, int], seed: int
) -> None:
    works = works_of(pictures)
    config = CONFIG.model_copy(update={"seed": seed})
    given_parts = {
        one.path: ("test", "train", "train", "unused")[n % 4] for n, one in enumerate(works)
    }

    parts = with_validation(works, given_parts, config)

    changed = {path: part for path, part in parts.items() if part != given_parts[path]}
    assert set(changed.values()) == {"validation"}
    assert {given_parts[path] for path in changed} == {"train"}
    for style, found in counts_of(works, parts).items():
        training = counts_of(works, given_parts)[style]["train"]
        assert found["validation"] == pytest.approx(training / 8, abs=0.5)


def test_a_style_with_too_few_training_pictures_for_validation_is_named() -> None:
    works = works_of({"cubism": 50, "realism": 3})
    parts = {one.path: "train" for one in works}

    with pytest.raises(TrainingError, match="'realism' would have no picture for validation"):
        with_validation(works, parts, CONFIG)


@settings(deadline=None)
@given(pictures=counts_by_style, order=st.randoms(use_true_random=False))
def test_what_is_beyond_the_caps_is_unused_and_the_rest_stays_in_its_part(
    pictures: dict[str, int], order: Random
) -> None:
    works = works_of(pictures)
    uncapped = split_by_picture(works, CONFIG)
    config = CONFIG.model_copy(update={"cap_train": 16, "cap_test": 5})

    parts = with_caps(order.sample(works, len(works)), uncapped, config)

    assert {parts[path] for path in parts if parts[path] != uncapped[path]} <= {"unused"}
    for style, found in counts_of(works, parts).items():
        before = counts_of(works, uncapped)[style]
        assert found["train"] == min(before["train"], 14)
        assert found["validation"] == min(before["validation"], 2)
        assert found["test"] == min(before["test"], 5)
    assert parts == with_caps(works, uncapped, config)


def test_without_caps_nothing_is_left_out() -> None:
    works = works_of({"cubism": 50, "realism": 50})
    parts = split_by_picture(works, CONFIG)

    assert with_caps(works, parts, CONFIG) == parts
