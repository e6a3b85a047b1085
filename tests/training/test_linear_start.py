"""The head `levels` begins with what a logistic regression finds on the untouched backbone."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.conftest import SIZE_PX, tiny_config
from training.architectures import build_classifier
from training.config import TrainConfig
from training.data import Part, load_part
from training.linear_start import fit_head
from training.store import Pixels

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config(small: str, weights: Path) -> TrainConfig:
    return tiny_config(architecture=small, head="levels", weights=weights)


@pytest.fixture(scope="module")
def part(dataset: Path) -> Part:
    return load_part(dataset, split="picture", part="train")


class GreyStore:
    """Every picture is the same."""

    def read(self, path: str) -> Pixels:
        return np.full((SIZE_PX, SIZE_PX, 3), 128, np.uint8)


def begin(config: TrainConfig, part: Part, *, styles: int, artists: int = 0) -> keras.Model:
    classifier = build_classifier(config, styles=styles, size_px=None, artists=artists)
    fit_head(classifier, config, part)
    return classifier


def share_named(logits: np.ndarray, part: Part) -> float:
    return float(np.mean(logits.argmax(axis=1) == part.labels))


def test_a_fitted_head_names_pictures_before_anything_is_trained(
    config: TrainConfig, part: Part, dataset: Path
) -> None:
    unseen = load_part(dataset, split="picture", part="test")
    pictures = unseen.read(range(len(unseen.labels))).astype(np.float32)

    logits = np.asarray(begin(config, part, styles=2)(pictures))

    assert share_named(logits, unseen) > 0.8


def test_it_stands_on_any_number_of_styles(config: TrainConfig, part: Part) -> None:
    three = Part(part.store, part.names, np.arange(len(part.labels)) % 3, part.artists)
    pictures = part.read([0, 1]).astype(np.float32)

    logits = begin(config, three, styles=3)(pictures)

    assert logits.shape == (2, 3)
    assert np.ptp(np.asarray(logits)) > 0


def test_nobody_is_named_at_first(config: TrainConfig, part: Part) -> None:
    pictures = part.read([0, 1]).astype(np.float32)

    logits = np.asarray(begin(config, part, styles=2, artists=4)(pictures))

    np.testing.assert_array_equal(logits[:, 2:], 0)


def test_the_same_part_gives_the_same_head(config: TrainConfig, part: Part) -> None:
    one, other = (begin(config, part, styles=2).get_layer("head") for _ in range(2))

    for found, expected in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_pictures_that_are_all_alike_give_a_head_of_finite_weights(
    config: TrainConfig, part: Part
) -> None:
    grey = Part(GreyStore(), part.names, part.labels, part.artists)

    head = begin(config, grey, styles=2).get_layer("head")

    assert np.isfinite(np.concatenate([one.ravel() for one in head.get_weights()])).all()
