"""The stream of batches: a function of the seed and the position only."""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.training.conftest import SIZE_PX, tiny_config
from training.config import TrainConfig
from training.data import (
    Part,
    fixed_batches,
    load_part,
    mixup,
    read_pixels,
    style_weights,
    training_batches,
)
from training.errors import TrainingError
from training.store import open_store

pytestmark = pytest.mark.slow

PLAIN = tiny_config(mixup_alpha=0, batch_size=4)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Part:
    """Fourteen pictures, the pixels of each being its number."""
    folder = tmp_path_factory.mktemp("numbered")
    paths = [folder / f"{number}.png" for number in range(14)]
    for number, path in enumerate(paths):
        Image.new("RGB", (2, 2), (number, number, number)).save(path)
    names = tuple(path.name for path in paths)
    return Part(tuple(map(str, paths)), names, np.arange(14) % 2)


def seen(part: Part, config: TrainConfig, *, first_epoch: int, epochs: int) -> list[list[int]]:
    """Return the numbers of the pictures per epoch, in the order of the stream."""
    stream, steps = training_batches(part, config, styles=2, first_epoch=first_epoch)
    batches = stream.take(steps * epochs).as_numpy_iterator()
    numbers = [[int(one[0, 0, 0]) for one in pictures] for pictures, _, _ in batches]
    flat = list(itertools.chain.from_iterable(numbers))
    return [flat[start : start + steps * 4] for start in range(0, len(flat), steps * 4)]


def test_an_epoch_shows_no_picture_twice_and_leaves_out_less_than_a_batch(numbered: Part) -> None:
    for epoch in seen(numbered, PLAIN, first_epoch=0, epochs=5):
        assert max(Counter(epoch).values()) == 1
        assert len(epoch) == 12


def test_an_epoch_shows_all_pictures_where_batches_come_out_even(numbered: Part) -> None:
    even = numbered.take(range(12))

    for epoch in seen(even, PLAIN, first_epoch=0, epochs=3):
        assert sorted(epoch) == list(range(12))


def test_every_epoch_has_an_order_of_its_own(numbered: Part) -> None:
    first, second = seen(numbered, PLAIN, first_epoch=0, epochs=2)

    assert first != second


def test_another_seed_gives_another_order(numbered: Part) -> None:
    other = PLAIN.model_copy(update={"seed": 43})

    assert seen(numbered, PLAIN, first_epoch=0, epochs=1) != seen(
        numbered, other, first_epoch=0, epochs=1
    )


def test_a_stream_begun_later_shows_what_an_unbroken_one_shows_there(numbered: Part) -> None:
    config = PLAIN.model_copy(update={"mixup_alpha": 0.4})
    whole, steps = training_batches(numbered, config, styles=2, first_epoch=0)
    later, _ = training_batches(numbered, config, styles=2, first_epoch=2)

    expected = list(whole.skip(2 * steps).take(steps).as_numpy_iterator())
    found = list(later.take(steps).as_numpy_iterator())

    for one, other in zip(expected, found, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_targets_belong_to_their_pictures(numbered: Part) -> None:
    stream, _ = training_batches(numbered, PLAIN, styles=2, first_epoch=0)

    pictures, targets, _ = next(stream.as_numpy_iterator())

    assert np.array_equal(targets.argmax(axis=1), pictures[:, 0, 0, 0] % 2)


def test_a_part_smaller_than_a_batch_is_one_batch(numbered: Part) -> None:
    config = PLAIN.model_copy(update={"batch_size": 100})

    stream, steps = training_batches(numbered, config, styles=2, first_epoch=0)

    assert steps == 1
    assert len(next(stream.as_numpy_iterator())[0]) == 14


def test_fixed_batches_show_all_pictures_in_order(numbered: Part) -> None:
    batches = list(fixed_batches(numbered, styles=2, batch_size=4).as_numpy_iterator())

    assert [len(pictures) for pictures, _ in batches] == [4, 4, 4, 2]
    pictures = np.concatenate([pictures for pictures, _ in batches])
    assert pictures.dtype == np.float32
    assert pictures[:, 0, 0, 0].tolist() == list(range(14))


def test_pixels_reach_the_model_as_they_are_stored(dataset: Path) -> None:
    part = load_part(dataset, split="picture", part="test")

    pixels = read_pixels(part)

    assert pixels.shape == (len(part.labels), SIZE_PX, SIZE_PX, 3)
    assert np.array_equal(pixels[0], open_store(dataset).read(part.names[0]))


def test_the_parts_of_a_list_share_no_picture(dataset: Path) -> None:
    parts = [
        load_part(dataset, split="picture", part=part) for part in ("train", "validation", "test")
    ]

    names = Counter(name for part in parts for name in part.names)

    assert set(names.values()) == {1}
    assert len(names) == 80


@pytest.mark.parametrize(("split", "part"), [("artist", "test"), ("picture", "unused")])
def test_a_list_or_part_that_is_not_there_is_refused(dataset: Path, split: str, part: str) -> None:
    with pytest.raises(TrainingError, match=split):
        load_part(dataset, split=split, part=part)


def blend(alpha: float) -> tuple[Any, ...]:
    pictures = np.arange(8, dtype=np.float32).reshape(8, 1, 1, 1) * np.ones((8, 2, 2, 3), "f")
    targets, weights = np.eye(8, dtype=np.float32), np.ones(8, np.float32)
    mixed = mixup(pictures, targets, weights, alpha=alpha, seed=tf.constant([3, 4], tf.int64))
    return tuple(np.asarray(one) for one in mixed)


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


labels = st.lists(st.integers(1, 50), min_size=2, max_size=6).map(
    lambda counts: np.repeat(np.arange(len(counts)), counts)
)


@settings(deadline=None)
@given(labels=labels, kind=st.sampled_from(["none", "sqrt", "balanced"]))
def test_style_weights_have_mean_1_over_the_pictures(
    labels: np.ndarray[Any, np.dtype[np.int64]], kind: str
) -> None:
    weights = style_weights(labels, int(labels.max()) + 1, kind)

    assert weights[labels].mean() == pytest.approx(1)


@settings(deadline=None)
@given(labels=labels)
def test_balanced_weights_count_every_style_alike(
    labels: np.ndarray[Any, np.dtype[np.int64]],
) -> None:
    weights = style_weights(labels, int(labels.max()) + 1, "balanced")

    totals = np.bincount(labels) * weights
    np.testing.assert_allclose(totals, totals[0])


def test_weights_by_root_lie_half_way() -> None:
    weights = style_weights(np.repeat([0, 1], [1, 16]), 2, "sqrt")

    assert weights[0] / weights[1] == pytest.approx(4)


def test_a_style_without_pictures_is_refused() -> None:
    with pytest.raises(TrainingError, match="no picture"):
        style_weights(np.array([0, 0, 2]), 3, "sqrt")
