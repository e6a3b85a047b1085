"""Batches: functions of the seed and their number only, the same on every backend."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.conftest import SIZE_PX, tiny_config
from training.config import TrainConfig
from training.dataset.batches import (
    Batch,
    FixedBatches,
    TrainingBatches,
    artist_targets,
    cutmix,
    fixed,
    fixed_batches,
    load_part,
    look_ahead,
    mixup,
    picture_weights,
    stream,
)
from training.dataset.dataset_folder import UNKNOWN_ARTIST, load_works
from training.errors import TrainingError

pytestmark = pytest.mark.slow

PLAIN = tiny_config(mixup_alpha=0, batch_size=4)
LABELS = np.arange(14) % 2


def number_of(places: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Stand for pictures: the pixels of each are its place."""
    return np.broadcast_to(places.reshape(-1, 1, 1, 1), (len(places), 2, 2, 3)).astype(np.uint8)


def batches_of(config: TrainConfig, *, pictures: int = 14) -> TrainingBatches:
    return TrainingBatches(LABELS[:pictures], number_of, config, styles=2)


def seen(batches: TrainingBatches, *, epochs: int) -> list[list[int]]:
    """Return the numbers of the pictures per epoch, in their order."""
    numbers = [
        [
            [int(one[0, 0, 0]) for one in batches(epoch * batches.steps + step)[0]]
            for step in range(batches.steps)
        ]
        for epoch in range(epochs)
    ]
    return [list(itertools.chain.from_iterable(epoch)) for epoch in numbers]


def test_an_epoch_shows_no_picture_twice_and_leaves_out_less_than_a_batch() -> None:
    for epoch in seen(batches_of(PLAIN), epochs=5):
        assert max(Counter(epoch).values()) == 1
        assert len(epoch) == 12


def test_with_views_an_epoch_shows_each_picture_once_in_one_way_or_another() -> None:
    batches = TrainingBatches(LABELS, number_of, PLAIN, styles=2, views=2)

    epochs = seen(batches, epochs=20)

    assert all(max(Counter(one % 14 for one in epoch).values()) == 1 for epoch in epochs)
    ways = Counter(one // 14 for one in itertools.chain.from_iterable(epochs))
    assert set(ways) == {0, 1, 2}
    assert min(ways.values()) > 0.25 * ways.total()
    assert seen(batches, epochs=20) == epochs


def test_where_answers_are_to_agree_each_picture_comes_in_two_different_ways() -> None:
    config = PLAIN.model_copy(update={"agreement_weight": 1.0})
    batches = TrainingBatches(LABELS, number_of, config, styles=2, views=2)

    pairs = np.concatenate(
        [batches(number)[0][..., 0, 0, 0] for number in range(20 * batches.steps)]
    )

    assert (pairs[:, 0] % 14 == pairs[:, 1] % 14).all()
    ways = Counter(tuple(pair) for pair in (pairs // 14).astype(int).tolist())
    assert set(ways) == set(itertools.permutations(range(3), 2))
    assert min(ways.values()) > 0.1 * ways.total()


def test_two_ways_of_a_picture_are_blended_alike() -> None:
    config = PLAIN.model_copy(update={"agreement_weight": 1.0, "mixup_alpha": 1.0})
    batches = TrainingBatches(
        LABELS, lambda places: number_of(places) % 14, config, styles=2, views=1
    )

    inputs, _, _ = batches(0)

    np.testing.assert_array_equal(inputs[:, 0], inputs[:, 1])
    assert (inputs % 1 != 0).any()


def test_an_epoch_shows_all_pictures_where_batches_come_out_even() -> None:
    for epoch in seen(batches_of(PLAIN, pictures=12), epochs=3):
        assert sorted(epoch) == list(range(12))


def test_every_epoch_has_an_order_of_its_own() -> None:
    first, second = seen(batches_of(PLAIN), epochs=2)

    assert first != second


def test_another_seed_gives_another_order() -> None:
    other = PLAIN.model_copy(update={"seed": 43})

    assert seen(batches_of(PLAIN), epochs=1) != seen(batches_of(other), epochs=1)


def as_tf(batches: TrainingBatches, first_epoch: int) -> Iterator[Any]:
    return iter(stream(batches, first_epoch=first_epoch).as_numpy_iterator())


def as_generator(batches: TrainingBatches, first_epoch: int) -> Iterator[Any]:
    return iter(stream(batches, first_epoch=first_epoch))


@pytest.fixture(params=["tensorflow", "another"])
def walk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Patched because a process has one backend: only what `stream` asks is another."""
    if request.param == "tensorflow":
        return as_tf
    monkeypatch.setattr("keras.backend.backend", lambda: "another")
    return as_generator


@pytest.mark.parametrize("cutmix_alpha", [0, 1])
def test_a_stream_begun_later_shows_what_an_unbroken_one_shows_there(
    walk: Callable[..., Iterator[Batch]], cutmix_alpha: float
) -> None:
    changes = {"mixup_alpha": 0.4, "cutmix_alpha": cutmix_alpha}
    batches = batches_of(PLAIN.model_copy(update=changes))

    whole = list(itertools.islice(walk(batches, 0), 3 * batches.steps))
    later = list(itertools.islice(walk(batches, 2), batches.steps))

    for one, other in zip(whole[2 * batches.steps :], later, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_every_stream_shows_the_batches_in_their_order(
    walk: Callable[..., Iterator[Batch]],
) -> None:
    batches = batches_of(PLAIN)

    streamed = list(itertools.islice(walk(batches, 0), 12))

    for number, batch in enumerate(streamed):
        assert all(np.array_equal(a, b) for a, b in zip(batch, batches(number), strict=True))


def test_targets_belong_to_their_pictures() -> None:
    pictures, targets, _ = batches_of(PLAIN)(0)

    assert np.array_equal(targets.argmax(axis=1), pictures[:, 0, 0, 0] % 2)


ARTISTS = np.eye(14, 5, dtype=np.float32)
"""The first five pictures are of one artist each, the others of nobody."""


@pytest.mark.parametrize("changes", [{}, {"mixup_alpha": 0.4}, {"cutmix_alpha": 1.0}])
def test_the_artists_of_the_pictures_follow_their_styles(changes: dict[str, float]) -> None:
    config = PLAIN.model_copy(update=changes)
    named = TrainingBatches(LABELS, number_of, config, styles=2, artists=ARTISTS)
    # a style for each picture: so the targets tell the share of each picture in the blend
    shares = TrainingBatches(np.arange(14), number_of, config, styles=14)

    targets = named(0)[1]

    np.testing.assert_allclose(targets[:, :2], shares(0)[1] @ np.eye(2)[LABELS], rtol=1e-5)
    np.testing.assert_allclose(targets[:, 2:], shares(0)[1] @ ARTISTS, rtol=1e-5)


def test_fixed_batches_name_nobody() -> None:
    batches = FixedBatches(LABELS, number_of, styles=2, batch_size=4, artists=5)

    _, targets = batches[0]

    np.testing.assert_array_equal(targets, np.hstack([np.eye(2)[LABELS[:4]], np.zeros((4, 5))]))


def test_a_part_smaller_than_a_batch_is_one_batch() -> None:
    batches = batches_of(PLAIN.model_copy(update={"batch_size": 100}))

    assert batches.steps == 1
    assert len(batches(0)[0]) == 14


def test_what_went_wrong_in_a_thread_is_kept() -> None:
    def fail(_: NDArray[np.int64]) -> NDArray[np.uint8]:
        raise TrainingError("a picture is missing")

    batches = TrainingBatches(LABELS, fail, PLAIN, styles=2)

    with pytest.raises(TrainingError):
        batches(0)
    assert str(batches.failure) == "a picture is missing"


@pytest.mark.parametrize(
    "read", [list, look_ahead, lambda one: map(fixed(one).__getitem__, range(4))]
)
def test_fixed_batches_show_all_pictures_in_order(
    read: Callable[[FixedBatches], Iterator[tuple[Any, Any]]],
) -> None:
    batches = list(read(FixedBatches(LABELS, number_of, styles=2, batch_size=4)))

    assert [len(pictures) for pictures, _ in batches] == [4, 4, 4, 2]
    pictures = np.concatenate([pictures for pictures, _ in batches])
    assert pictures.dtype == np.float32
    assert pictures[:, 0, 0, 0].tolist() == list(range(14))


def test_pixels_reach_the_model_as_they_are_stored(dataset: Path) -> None:
    part = load_part(dataset, split="picture", part="test")

    pictures, targets = fixed_batches(part, styles=2, batch_size=3)[0]

    assert pictures.shape == (3, SIZE_PX, SIZE_PX, 3)
    assert np.array_equal(pictures[1], part.store.read(part.names[1]))
    assert targets.argmax(axis=1).tolist() == part.labels[:3].tolist()


def test_the_parts_of_a_list_share_no_picture(dataset: Path) -> None:
    parts = [
        load_part(dataset, split="picture", part=part) for part in ("train", "validation", "test")
    ]

    names = Counter(name for part in parts for name in part.names)

    assert set(names.values()) == {1}
    assert len(names) == 80


@pytest.mark.parametrize(("split", "part"), [("nothing", "test"), ("picture", "unused")])
def test_a_list_or_part_that_is_not_there_is_refused(dataset: Path, split: str, part: str) -> None:
    with pytest.raises(TrainingError, match=split):
        load_part(dataset, split=split, part=part)


def test_spellings_of_an_artist_are_one_artist_and_nobody_is_none(signed: Path) -> None:
    part = load_part(signed, split="picture", part="train")
    spelt = {work.path: work.artist for work in load_works(signed)}

    keys = {(spelt[name], key) for name, key in zip(part.names, part.artists, strict=True)}

    of = dict(keys)
    assert len(keys) == len(of) == 7
    assert of["Juan Gris"] == of["Gris, Juan"]
    assert of["Katsushika Hokusai"] == of["K. Hokusai"]
    assert len(set(of.values())) == 5
    assert of[UNKNOWN_ARTIST] == ""


def test_pictures_taken_from_a_part_keep_their_artists(signed: Path) -> None:
    part = load_part(signed, split="picture", part="train")

    taken = part.take([3, 0])

    assert taken.artists == (part.artists[3], part.artists[0])


@pytest.mark.parametrize(
    ("min_works", "expected"),
    [
        (2, [[1, 0], [0, 1], [1, 0], [0, 0], [0, 0], [0, 1], [1, 0], [0, 0]]),
        (3, [[1], [0], [1], [0], [0], [0], [1], [0]]),
        (4, [[]] * 8),
    ],
)
def test_artists_with_enough_works_have_a_column_each(
    min_works: int, expected: list[list[int]]
) -> None:
    artists = ("gris", "hokusai", "gris", "", "braque", "hokusai", "gris", "")

    targets = artist_targets(artists, min_works=min_works)

    assert targets.dtype == np.float32
    assert targets.tolist() == expected


def test_nobody_has_no_column_however_many_works() -> None:
    assert artist_targets([""] * 9, min_works=2).shape == (9, 0)


def test_the_columns_of_artists_do_not_follow_the_order_of_the_works() -> None:
    artists = ("gris", "hokusai", "", "hokusai", "gris")

    backwards = artist_targets(artists[::-1], min_works=2)

    assert np.array_equal(backwards[::-1], artist_targets(artists, min_works=2))


def blend(alpha: float) -> Batch:
    pictures = np.arange(8, dtype=np.float32).reshape(8, 1, 1, 1) * np.ones((8, 2, 2, 3), "f")
    batch = (pictures, np.eye(8, dtype=np.float32), np.ones(8, np.float32))
    return mixup(batch, alpha=alpha, generator=np.random.default_rng((3, 4)))


def test_mixup_keeps_the_larger_share_with_the_picture_itself() -> None:
    _, targets, weights = blend(0.4)

    assert targets.argmax(axis=1).tolist() == list(range(8))
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(weights, 1, rtol=1e-6)


def test_mixup_blends_pictures_as_it_blends_targets() -> None:
    pictures, targets, _ = blend(0.4)

    np.testing.assert_allclose(pictures[:, 0, 0, 0], targets @ np.arange(8), atol=1e-5)


def test_mixup_of_0_changes_nothing() -> None:
    pictures, targets, _ = blend(0)

    assert pictures[:, 0, 0, 0].tolist() == list(range(8))
    assert np.array_equal(targets, np.eye(8))


def lay(
    *, alpha: float = 1.0, seed: int = 3, height: int = 16, width: int = 24, count: int = 8
) -> Batch:
    """Return batches of cutmix: the pixels, target and weight of each picture are its number."""
    numbers = np.arange(count, dtype=np.float32)
    pictures = numbers.reshape(-1, 1, 1, 1) * np.ones((count, height, width, 3), np.float32)
    batch = (pictures, np.eye(count, dtype=np.float32), numbers)
    return cutmix(batch, alpha=alpha, generator=np.random.default_rng(seed))


def is_own(pictures: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels (batch, height, width) a picture has kept."""
    numbers = np.arange(len(pictures)).reshape(-1, 1, 1, 1)
    return np.asarray((pictures == numbers).all(axis=3))


def test_cutmix_blends_targets_and_weights_by_the_covered_area() -> None:
    pictures, targets, weights = lay()

    kept = is_own(pictures).mean(axis=(1, 2))
    assert (kept < 1).sum() > 4
    np.testing.assert_allclose(np.diag(targets), kept, rtol=1e-5)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(weights, targets @ np.arange(8), rtol=1e-5)


def test_cutmix_covers_a_rectangle_with_the_picture_before() -> None:
    pictures, _, _ = lay()

    covered = ~is_own(pictures)
    before = np.roll(np.arange(8, dtype=np.float32), 1).reshape(-1, 1, 1, 1)
    assert (pictures == before).all(axis=3)[covered].all()
    rows, columns = (np.asarray(covered.any(axis=axis)) for axis in (2, 1))
    assert np.array_equal(covered, rows[:, :, None] & columns[:, None, :])
    assert np.abs(np.diff(rows.astype(int), axis=1)).sum(axis=1).max() <= 2  # in one piece
    assert np.abs(np.diff(columns.astype(int), axis=1)).sum(axis=1).max() <= 2


@settings(deadline=None)
@given(
    alpha=st.floats(0.1, 10),
    seed=st.integers(0, 1000),
    height=st.integers(2, 40),
    width=st.integers(2, 40),
)
def test_cutmix_leaves_the_larger_share_with_the_picture_itself(
    alpha: float, seed: int, height: int, width: int
) -> None:
    pictures, targets, _ = lay(alpha=alpha, seed=seed, height=height, width=width)

    assert is_own(pictures).mean(axis=(1, 2)).min() >= 0.5
    assert np.diag(targets).min() >= 0.5


def test_cutmix_covers_every_part_of_some_picture_and_no_side_more_than_another() -> None:
    pictures, _, _ = lay(count=3000)

    covered = (~is_own(pictures)).mean(axis=0)

    assert covered.min() > 0
    np.testing.assert_allclose(covered, covered[::-1, ::-1], atol=0.06)


def test_cutmix_does_the_same_again_for_the_same_seed_only() -> None:
    first, again, other = (lay(seed=seed)[0] for seed in (3, 3, 4))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_cutmix_leaves_the_pictures_it_is_given_alone() -> None:
    pictures = np.random.default_rng(0).random((8, 16, 16, 3)).astype(np.float32)
    before = pictures.copy()

    cutmix(
        (pictures, np.eye(8, dtype=np.float32), np.ones(8, np.float32)),
        alpha=1,
        generator=np.random.default_rng(3),
    )

    assert np.array_equal(pictures, before)


def ways_of_blending(*, mixup_alpha: float, cutmix_alpha: float) -> Counter[str]:
    """Return how many of 60 batches have blended pixels, how many whole ones of two pictures."""
    config = PLAIN.model_copy(update={"mixup_alpha": mixup_alpha, "cutmix_alpha": cutmix_alpha})

    def larger(places: NDArray[np.int64]) -> NDArray[np.uint8]:
        return number_of(places).repeat(8, axis=1).repeat(8, axis=2)

    batches = TrainingBatches(LABELS, larger, config, styles=2)
    found: Counter[str] = Counter()
    for pictures in (batches(number)[0] for number in range(60)):
        is_mixed = (pictures % 1 > 0).any()
        is_cut = np.ptp(pictures, axis=(1, 2, 3)).any()
        found["both" if is_mixed and is_cut else "mixup" if is_mixed else "cutmix"] += 1
    return found


def test_a_batch_gets_either_mixup_or_cutmix_where_both_are_on() -> None:
    found = ways_of_blending(mixup_alpha=1, cutmix_alpha=1)

    assert set(found) == {"mixup", "cutmix"}
    assert 20 <= found["mixup"] <= 40


@pytest.mark.parametrize(
    ("mixup_alpha", "cutmix_alpha", "way"), [(1, 0, "mixup"), (0, 1, "cutmix")]
)
def test_a_batch_gets_the_one_that_is_on(mixup_alpha: float, cutmix_alpha: float, way: str) -> None:
    found = ways_of_blending(mixup_alpha=mixup_alpha, cutmix_alpha=cutmix_alpha)

    assert found == {way: 60}


labels = st.lists(st.integers(1, 50), min_size=2, max_size=6).map(
    lambda counts: np.repeat(np.arange(len(counts)), counts)
)


def weights_of(
    labels: np.ndarray[Any, np.dtype[np.int64]],
    kind: str,
    sources: Sequence[str] = (),
    least: int = 2,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    config = tiny_config(class_weights=kind, min_collection=least)
    return picture_weights(labels, int(labels.max()) + 1, config, sources)


@settings(deadline=None)
@given(labels=labels, kind=st.sampled_from(["none", "sqrt", "balanced", "collections"]))
def test_weights_have_mean_1_over_the_pictures(
    labels: np.ndarray[Any, np.dtype[np.int64]], kind: str
) -> None:
    sources = ["squares" if number % 3 else "letterboxed" for number in range(len(labels))]

    assert weights_of(labels, kind, sources).mean() == pytest.approx(1)


@settings(deadline=None)
@given(labels=labels)
def test_balanced_weights_count_every_style_alike(
    labels: np.ndarray[Any, np.dtype[np.int64]],
) -> None:
    totals = np.bincount(labels, weights_of(labels, "balanced"))

    np.testing.assert_allclose(totals, totals[0])


def test_weights_by_root_lie_half_way() -> None:
    weights = weights_of(np.repeat([0, 1], [1, 16]), "sqrt")

    assert weights[0] / weights[1] == pytest.approx(4)


def test_the_few_pictures_of_a_style_from_another_collection_count_more() -> None:
    sources = ["squares"] * 16 + ["letterboxed"] * 4 + ["squares"] * 4

    weights = weights_of(np.repeat([0, 1], [20, 4]), "collections", sources)

    assert weights[16] / weights[0] == pytest.approx(4**0.65)
    assert weights[20] == pytest.approx(weights[16])


def test_places_of_a_few_pictures_count_together_as_one_collection() -> None:
    sources = [*"abcdefgh"] + ["squares"] * 8

    weights = weights_of(np.repeat([0], 16), "collections", sources, least=3)

    np.testing.assert_allclose(weights, 1)


def test_a_style_without_pictures_is_refused() -> None:
    with pytest.raises(TrainingError, match="no picture"):
        weights_of(np.array([0, 0, 2]), "sqrt")
