"""The random changes: what they keep, what they vary, and that they rest when not training."""

from io import BytesIO
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.pictures import draw_picture, encode
from tests.training.conftest import tiny_config
from training.augment import (
    RandomJpeg,
    RandomResizedCrop,
    RandomResolution,
    build_augmentation,
    jpeg,
)

pytestmark = pytest.mark.slow

Pictures = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    drawn = [np.asarray(draw_picture(64, 64, seed=seed), np.float32) for seed in range(16)]
    return np.stack(drawn)


def test_augmentation_gives_crops_of_the_wanted_size(pictures: Pictures) -> None:
    changed = np.asarray(build_augmentation(tiny_config())(pictures, training=True))

    assert changed.shape == (16, 48, 48, 3)
    assert np.isfinite(changed).all()


def test_augmentation_stays_within_0_and_255_for_strong_colours_too() -> None:
    pure = np.eye(3, dtype=np.float32)[np.arange(64) % 3] * 255

    changed = np.asarray(
        build_augmentation(tiny_config())(np.tile(pure, (32, 64, 1, 1)), training=True)
    )

    assert changed.min() >= 0
    assert changed.max() <= 255


def test_augmentation_rests_when_not_training(pictures: Pictures) -> None:
    unchanged = build_augmentation(tiny_config())(pictures, training=False)

    assert np.array_equal(np.asarray(unchanged), pictures)


def test_the_same_seed_gives_the_same_changes(pictures: Pictures) -> None:
    first, second = (build_augmentation(tiny_config(seed=5)) for _ in range(2))

    assert np.array_equal(first(pictures, training=True), second(pictures, training=True))


def test_every_call_gives_other_changes(pictures: Pictures) -> None:
    layers = build_augmentation(tiny_config())

    first, second = layers(pictures, training=True), layers(pictures, training=True)

    assert not np.array_equal(first, second)


def test_a_crop_of_everything_is_the_picture_or_its_mirror_image(pictures: Pictures) -> None:
    same = np.repeat(pictures[:1], 64, axis=0)
    layer = RandomResizedCrop(64, 1.0, seed=1)
    # the shape is drawn too; a share of 1 with another shape is cut at the border
    changed = np.asarray(layer(same, training=True))

    straight = np.abs(changed - same).mean(axis=(1, 2, 3))
    mirrored = np.abs(changed - same[:, :, ::-1]).mean(axis=(1, 2, 3))

    assert np.minimum(straight, mirrored).max() < 25
    assert 16 < (mirrored < straight).sum() < 48


def test_a_crop_shows_at_least_the_smallest_area() -> None:
    ramp = np.broadcast_to(np.arange(64, dtype=np.float32)[:, None], (64, 64))
    across = np.stack([ramp.T, ramp, ramp], axis=2)
    layer = RandomResizedCrop(64, 0.35, seed=1)

    cut = np.asarray(layer(np.repeat(across[None], 200, axis=0), training=True))

    width = np.ptp(cut[..., 0], axis=(1, 2)) / 63
    height = np.ptp(cut[..., 1], axis=(1, 2)) / 63
    assert (width * height).min() > 0.3
    assert (width * height).min() < 0.45
    assert width.max() <= 1


def test_softness_leaves_half_of_the_pictures_alone_and_blurs_the_others() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 16, 16, 3)).astype(np.float32)

    changed = np.asarray(RandomResolution(2.0, seed=1)(noise, training=True))

    is_alone = np.abs(changed - noise).max(axis=(1, 2, 3)) < 0.01
    assert 150 < is_alone.sum() < 250
    assert changed[~is_alone].std() < noise.std()


def test_softness_of_1_changes_nothing(pictures: Pictures) -> None:
    changed = RandomResolution(1.0, seed=1)(pictures, training=True)

    np.testing.assert_allclose(changed, pictures, atol=0.01)


@pytest.mark.parametrize(
    "layer",
    [
        RandomResizedCrop(48, 0.35, 0.5, seed=7),
        RandomResolution(2.0, seed=7),
        RandomJpeg(40, seed=7),
    ],
)
def test_a_layer_made_anew_from_its_options_does_the_same(
    layer: keras.layers.Layer, pictures: Pictures
) -> None:
    again = type(layer).from_config(layer.get_config())
    fresh = type(layer).from_config(layer.get_config())

    assert np.array_equal(again(pictures, training=True), fresh(pictures, training=True))
    assert again.get_config() == layer.get_config()


def test_vertical_flips_turn_their_share_upside_down(pictures: Pictures) -> None:
    same = np.repeat(pictures[:1], 64, axis=0)

    changed = np.asarray(RandomResizedCrop(64, 1.0, 1.0, seed=1)(same, training=True))

    upright = np.abs(changed - same).mean(axis=(1, 2, 3))
    assert upright.min() > 25  # with its mirror image as far away
    turned = np.abs(changed - same[:, ::-1]).mean(axis=(1, 2, 3))
    mirrored = np.abs(changed - same[:, ::-1, ::-1]).mean(axis=(1, 2, 3))
    assert np.minimum(turned, mirrored).max() < 25


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_loses_what_a_real_jpeg_loses(quality: int) -> None:
    picture = draw_picture(96, 64, seed=3)
    original = np.asarray(picture, np.float32)[None]
    file = BytesIO(encode(picture, "JPEG", quality=quality, subsampling=0))
    real = np.asarray(Image.open(file), np.float32)

    ours = np.asarray(jpeg(original, np.array([quality], np.float32)))[0]

    # the same blocks and tables; a file's colours are rounded to whole numbers twice besides
    assert np.abs(ours - real).mean() < 0.1 * np.abs(real - original[0]).mean() + 0.7


def test_sides_that_are_no_multiple_of_8_keep_their_shape() -> None:
    picture = np.asarray(draw_picture(50, 45), np.float32)[None]

    changed = np.asarray(jpeg(picture, np.array([95.0], np.float32)))

    assert changed.shape == picture.shape
    assert np.abs(changed - picture).mean() < 3


def test_jpeg_leaves_half_of_the_pictures_alone() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 16, 16, 3)).astype(np.float32)

    changed = np.asarray(RandomJpeg(40, seed=1)(noise, training=True))

    is_alone = np.abs(changed - noise).max(axis=(1, 2, 3)) < 0.01
    assert 150 < is_alone.sum() < 250
