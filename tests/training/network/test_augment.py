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
    RandomPhotograph,
    RandomResizedCrop,
    RandomResolution,
    build_augmentation,
    jpeg,
    soften,
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
    "options", [{}, {"vertical_flips": 0.5, "colour_cast": 0.9, "max_softness": 4}]
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
    config = tiny_config(vertical_flips=1, colour_cast=0.5)

    unchanged = build_augmentation(config, is_photograph=True)(pictures, training=False)

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


def test_half_of_the_pictures_get_softer_and_a_quarter_sharper() -> None:
    noise = np.random.default_rng(0).integers(64, 192, (400, 16, 16, 3)).astype(np.float32)

    changed = np.asarray(RandomResolution(2.0, seed=1)(noise, training=True))

    is_alone = np.abs(changed - noise).max(axis=(1, 2, 3)) < 0.01
    contrast = changed.std(axis=(1, 2, 3)) / noise.std(axis=(1, 2, 3))
    assert 60 < is_alone.sum() < 140
    assert 160 < (~is_alone & (contrast < 1)).sum() < 240
    assert 60 < (~is_alone & (contrast > 1)).sum() < 140


def test_a_resolution_of_1_changes_nothing(pictures: Pictures) -> None:
    changed = RandomResolution(1.0, seed=1)(pictures, training=True)

    np.testing.assert_allclose(changed, pictures, atol=0.05)


@pytest.mark.parametrize("factor", [1.5, 2.0, 2.7])
def test_softening_is_what_pillow_makes_of_shrinking_and_enlarging(factor: float) -> None:
    side = 60
    small = round(side / factor)
    picture = draw_picture(side, side, seed=3)
    shrunk = picture.resize((small, small), Image.Resampling.BILINEAR)
    expected = np.asarray(shrunk.resize((side, side), Image.Resampling.BILINEAR), np.float32)
    exact = np.full(1, side / small, np.float32)

    softened = np.asarray(soften(np.asarray(picture, np.float32)[None], exact, exact))[0]

    assert np.abs(softened - expected).mean() < 1  # of 255; Pillow rounds twice


def test_softening_leaves_no_pattern_of_what_is_finer_than_the_small_picture() -> None:
    stripes = np.tile(np.array([0.0, 255.0], np.float32), 32)
    picture = np.broadcast_to(stripes[:, None], (1, 64, 64, 3)).astype(np.float32)

    softened = np.asarray(soften(picture, np.full(1, 1.7), np.full(1, 1.7)))

    assert np.ptp(softened[:, 8:-8, 8:-8]) < 0.35 * 255  # without a low-pass it would be all of it


def test_a_photograph_shows_the_painting_and_what_is_around_it() -> None:
    blue = np.zeros((200, 48, 48, 3), np.float32)
    blue[..., 2] = 255

    seen = np.asarray(RandomPhotograph(seed=1)(blue, training=True))

    is_painting = seen[..., 2] > seen[..., 0] + 60
    share = is_painting.mean(axis=(1, 2))
    assert seen.min() >= 0
    assert seen.max() <= 255
    assert 0.2 < share.min()
    assert share.mean() < 0.85
    assert is_painting[:, 24, 24].mean() > 0.9  # but for where a lamp is reflected


def test_a_photograph_keeps_the_painting_the_right_way_round() -> None:
    ramp = np.broadcast_to(np.linspace(40, 215, 48, dtype=np.float32)[:, None, None], (48, 48, 3))

    seen = np.asarray(RandomPhotograph(seed=2)(np.repeat(ramp[None], 100, axis=0), training=True))

    assert (
        np.mean(
            seen[:, 30:34, 20:28].mean(axis=(1, 2, 3)) > seen[:, 14:18, 20:28].mean(axis=(1, 2, 3))
        )
        > 0.9
    )


def test_layers_do_not_draw_the_same_numbers(pictures: Pictures) -> None:
    layers = build_augmentation(tiny_config(), is_photograph=True).layers

    assert len({layer.seed for layer in layers if hasattr(layer, "seed")}) == 6


@pytest.mark.parametrize(
    "layer",
    [
        RandomResizedCrop(48, 0.35, 0.5, seed=7),
        RandomPhotograph(seed=7),
        RandomCast(0.2, seed=7),
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
    changed = RandomCast(0.0, seed=1)(pictures, training=True)

    np.testing.assert_array_equal(changed, pictures)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (RandomResizedCrop, (48, 0.35, 0.5)),
        (RandomPhotograph, ()),
        (RandomCast, (0.2,)),
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
