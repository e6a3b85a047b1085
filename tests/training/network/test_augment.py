"""The random changes: what they keep, what they vary, and that they rest when not training."""

from io import BytesIO
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.pictures import draw_picture, encode
from tests.training.conftest import tiny_config
from training.network.augment import (
    RandomCast,
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


@pytest.mark.parametrize(
    "options", [{}, {"rotation_deg": 45, "vertical_flips": 0.5, "colour_cast": 0.9}]
)
def test_augmentation_stays_within_0_and_255_for_strong_colours_too(
    options: dict[str, Any],
) -> None:
    pure = np.eye(3, dtype=np.float32)[np.arange(64) % 3] * 255

    changed = np.asarray(
        build_augmentation(tiny_config(**options))(np.tile(pure, (32, 64, 1, 1)), training=True)
    )

    assert changed.min() >= 0
    assert changed.max() <= 255


def test_augmentation_rests_when_not_training(pictures: Pictures) -> None:
    config = tiny_config(rotation_deg=30, vertical_flips=1, colour_cast=0.5, grey_share=1)

    unchanged = build_augmentation(config)(pictures, training=False)

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
        RandomResizedCrop(48, 0.35, 0.5, 30.0, seed=7),
        RandomCast(0.2, 0.5, seed=7),
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


@pytest.mark.parametrize("degrees", [10.0, 45.0])
def test_turned_crops_keep_their_size_and_their_range(pictures: Pictures, degrees: float) -> None:
    changed = np.asarray(RandomResizedCrop(48, 0.35, 0.5, degrees, seed=1)(pictures, training=True))

    assert changed.shape == (16, 48, 48, 3)
    assert changed.min() > -0.01
    assert changed.max() < 255.01


def test_a_turn_by_next_to_nothing_is_the_crop_without_a_turn(pictures: Pictures) -> None:
    straight = RandomResizedCrop(48, 0.35, 0.5, seed=1)(pictures, training=True)

    turned = RandomResizedCrop(48, 0.35, 0.5, 1e-4, seed=1)(pictures, training=True)

    np.testing.assert_allclose(turned, straight, atol=0.05)


def test_the_middle_pixel_stays_where_it_is_when_a_crop_is_turned(pictures: Pictures) -> None:
    straight = np.asarray(RandomResizedCrop(49, 0.35, 0.5, seed=1)(pictures, training=True))

    turned = np.asarray(RandomResizedCrop(49, 0.35, 0.5, 45.0, seed=1)(pictures, training=True))

    np.testing.assert_allclose(turned[:, 24, 24], straight[:, 24, 24], atol=0.05)
    assert np.abs(turned - straight).mean() > 5


def slopes(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """Return how much the middle of each picture rises per pixel to the right and downwards."""
    middle = pictures[:, 20:29, 20:29].astype(np.float64)
    right = np.diff(middle, axis=2).mean(axis=(1, 2))
    down = np.diff(middle, axis=1).mean(axis=(1, 2))
    return right, down


def turns(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """Return the turn in degrees that red shows, which rose to the right, and green, downwards."""
    right, down = slopes(pictures)
    red = np.degrees(np.arctan(-down[:, 0] / right[:, 0]))
    green = np.degrees(np.arctan(right[:, 1] / down[:, 1]))
    return red, green


@pytest.fixture(scope="module")
def rising() -> Pictures:
    """Many of one picture: red rises to the right, green downwards."""
    down, right = np.mgrid[0:64, 0:64].astype(np.float32)
    return np.repeat(np.stack([right, down, down], axis=2)[None], 200, axis=0)


@pytest.mark.parametrize("degrees", [5.0, 20.0, 44.0])
def test_turns_go_up_to_their_limit_in_both_directions(rising: Pictures, degrees: float) -> None:
    layer = RandomResizedCrop(49, 0.35, 0.5, degrees, seed=1)

    found, _ = turns(np.asarray(layer(rising, training=True)))

    assert -degrees - 0.1 < found.min() < -0.9 * degrees
    assert 0.9 * degrees < found.max() < degrees + 0.1
    assert abs(found.mean()) < 0.2 * degrees


def test_a_turn_is_the_same_for_both_axes(rising: Pictures) -> None:
    layer = RandomResizedCrop(49, 0.35, 0.5, 44.0, seed=1)

    red, green = turns(np.asarray(layer(rising, training=True)))

    np.testing.assert_allclose(red, green, atol=0.2)


def test_a_crop_without_turns_leaves_the_axes_alone(rising: Pictures) -> None:
    red, green = turns(np.asarray(RandomResizedCrop(49, 0.35, 0.5, seed=1)(rising, training=True)))

    np.testing.assert_allclose(red, 0, atol=0.01)
    np.testing.assert_allclose(green, 0, atol=0.01)


def test_what_a_turned_picture_lacks_is_filled_with_its_own_border() -> None:
    plain = np.full((16, 64, 64, 3), 200, np.float32)

    turned = RandomResizedCrop(64, 1.0, 0.5, 45.0, seed=1)(plain, training=True)

    np.testing.assert_allclose(turned, 200, atol=0.01)


def test_a_cast_changes_each_colour_by_no_more_than_its_gain() -> None:
    plain = np.full((400, 2, 2, 3), 100, np.float32)

    cast = np.asarray(RandomCast(0.2, seed=1)(plain, training=True))

    gains = cast[:, 0, 0] / 100
    assert 0.8 - 1e-6 < gains.min() < 0.81
    assert 1.19 < gains.max() < 1.2 + 1e-6
    np.testing.assert_allclose(cast, np.broadcast_to(cast[:, :1, :1], cast.shape))


def test_a_cast_changes_each_colour_by_itself() -> None:
    plain = np.full((400, 2, 2, 3), 100, np.float32)

    red, green, blue = np.asarray(RandomCast(0.2, seed=1)(plain, training=True))[:, 0, 0].T

    together = np.corrcoef([red, green, blue])[np.triu_indices(3, k=1)]
    np.testing.assert_allclose(together, 0, atol=0.2)


def test_a_cast_of_nothing_changes_nothing(pictures: Pictures) -> None:
    changed = RandomCast(0.0, 0.0, seed=1)(pictures, training=True)

    np.testing.assert_array_equal(changed, pictures)


def test_grey_pictures_are_as_light_as_they_were(pictures: Pictures) -> None:
    grey = np.asarray(RandomCast(0.0, 1.0, seed=1)(pictures, training=True))

    light = pictures @ np.array([0.299, 0.587, 0.114], np.float32)
    np.testing.assert_allclose(grey, np.repeat(light[..., None], 3, axis=3), rtol=1e-4)


def test_their_share_of_the_pictures_loses_all_colour_and_the_others_none() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 4, 4, 3)).astype(np.float32)

    changed = np.asarray(RandomCast(0.0, 0.3, seed=1)(noise, training=True))

    is_grey = np.ptp(changed, axis=3).max(axis=(1, 2)) == 0
    assert 80 < is_grey.sum() < 160
    np.testing.assert_array_equal(changed[~is_grey], noise[~is_grey])


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (RandomResizedCrop, (48, 0.35, 0.5, 30.0)),
        (RandomCast, (0.2, 0.5)),
        (RandomResolution, (2.0,)),
        (RandomJpeg, (40,)),
    ],
)
def test_a_layer_of_mixed_precision_changes_nearly_the_same(
    layer: Any, options: tuple[float, ...], precision: str, pictures: Pictures
) -> None:
    exact = np.asarray(layer(*options, seed=7)(pictures, training=True))

    rough = layer(*options, seed=7, dtype=precision)(pictures, training=True)

    found = keras.ops.convert_to_numpy(keras.ops.cast(rough, "float32"))
    assert found.shape == exact.shape
    assert np.abs(found - exact).mean() < 2


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
