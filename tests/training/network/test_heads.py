"""The tops of the original: their shapes and sizes are those that it published."""

import keras
import numpy as np
import pytest

from training.config import LEVELS
from training.errors import TrainingError
from training.network.heads import HEADS, HIDDEN, LOGITS, STANDARD, build_head

pytestmark = pytest.mark.slow

MOBILENET = (7, 7, 1280)
# what the backbones make of 224 px, and the megabytes of the file of their first top (REFERENCE:
# the table of the first generation)
PUBLISHED = {
    "resnet50": ((7, 7, 2048), 131.6),
    "vgg16": ((7, 7, 512), 106.5),
    "inceptionv3": ((5, 5, 2048), 89.7),
    "mobilenetv2": (MOBILENET, 119.0),
    "xception": ((7, 7, 2048), 131.6),
}


def build(name: str, features: tuple[int | None, int | None, int] = MOBILENET) -> keras.Model:
    return build_head(name, features, styles=18, dropout=0.25)


@pytest.mark.parametrize("name", sorted({*HEADS} - {LEVELS}))
def test_a_head_gives_one_logit_per_style(name: str) -> None:
    logits = build(name)(np.zeros((2, *MOBILENET), np.float32), training=False)

    assert logits.shape == (2, 18)


@pytest.mark.parametrize("backbone", PUBLISHED)
def test_the_first_top_has_the_published_size(backbone: str) -> None:
    shape, published_mb = PUBLISHED[backbone]

    head = build("original-1", shape)

    # SGD kept a moment beside each weight in the file of that time: 4 + 4 bytes
    assert 8 * head.count_params() / 1e6 == pytest.approx(published_mb, abs=0.5)


def test_without_the_pooling_the_first_top_would_be_far_larger_than_published() -> None:
    head = build("original-1")
    first = next(one for one in head.layers if isinstance(one, keras.layers.Dense))

    assert first.kernel.shape == (4608, 2048)
    without = head.count_params() + (6 * 6 - 3 * 3) * 512 * 2048
    assert 8 * without / 1e6 > 300


def test_the_third_top_has_the_published_parameters() -> None:
    head = build("original-3")

    assert head.count_params() == 9_103_442
    assert sum(int(np.prod(one.shape)) for one in head.trainable_weights) == 9_096_530


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("original-1", [2048, 1024, 512, 256, 64, 18]),
        ("original-2", [1024, 1024, 512, 256, 64, 18]),
        ("original-3", [1024, 1024, 512, 256, 128, 64, 18]),
        ("gap", [18]),
    ],
)
def test_a_head_has_the_layers_of_its_text(name: str, units: list[int]) -> None:
    layers = [one.units for one in build(name).layers if isinstance(one, keras.layers.Dense)]

    assert layers == units


def test_the_logits_of_artists_follow_those_of_the_styles() -> None:
    head = build_head("gap", (None, None, 8), styles=18, dropout=0.25, artists=5)
    styles = keras.Model(head.input, head.get_layer(LOGITS).output)
    features = np.random.default_rng(0).normal(0, 1, (2, 3, 3, 8)).astype(np.float32)

    logits = np.asarray(head(features, training=False))

    assert logits.shape == (2, 23)
    np.testing.assert_array_equal(logits[:, :18], styles(features, training=False))


def test_levels_are_the_means_of_all_features_on_one_scale() -> None:
    head = build_head(LEVELS, [(None, None, 3), (None, None, 2)], styles=4, dropout=0.5)
    generator = np.random.default_rng(0)
    early, late = (generator.normal(5, 2, shape) for shape in ((6, 8, 8, 3), (6, 4, 4, 2)))
    pooled = np.hstack([early.mean(axis=(1, 2)), late.mean(axis=(1, 2))])
    head.get_layer(STANDARD).set_weights([pooled.mean(axis=0), pooled.var(axis=0)])
    standard = keras.Model(head.inputs, head.get_layer(STANDARD).output)

    said = np.asarray(standard([early.astype(np.float32), late.astype(np.float32)], training=True))

    np.testing.assert_allclose(said.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(said.std(axis=0), 1, atol=1e-3)


def test_levels_that_are_pooled_already_are_taken_as_they_are() -> None:
    generator = np.random.default_rng(0)
    early, late = (generator.normal(5, 2, shape) for shape in ((6, 8, 8, 3), (6, 4, 4, 2)))
    whole = build_head(LEVELS, [(None, None, 3), (None, None, 2)], styles=4, dropout=0.5)
    head = build_head(LEVELS, (5,), styles=4, dropout=0.5)
    head.set_weights(whole.get_weights())

    logits = head(np.hstack([early.mean(axis=(1, 2)), late.mean(axis=(1, 2))]))

    expected = whole([early.astype(np.float32), late.astype(np.float32)])
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_hidden_units_stand_before_the_logits_and_never_say_less_than_nothing() -> None:
    head = build_head(LEVELS, (5,), styles=4, dropout=0.5, hidden_units=9)
    hidden = keras.Model(head.input, head.get_layer(HIDDEN).output)

    said = np.asarray(hidden(np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)))

    assert head.get_layer(LOGITS).kernel.shape == (9, 4)
    assert said.min() == 0 < said.max()


def test_pooling_takes_features_of_any_size() -> None:
    head = build("gap", (None, None, 8))

    assert head(np.zeros((1, 3, 5, 8), np.float32)).shape == (1, 18)


@pytest.mark.parametrize("features", [(None, None, 8), (2, 2, 8)])
def test_a_top_of_the_original_needs_features_of_a_size(
    features: tuple[int | None, int | None, int],
) -> None:
    with pytest.raises(TrainingError, match="head=gap"):
        build("original-3", features)


def test_an_unknown_head_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TrainingError, match=r"'mlp'.*original-1"):
        build("mlp")
