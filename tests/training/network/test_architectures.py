"""The five backbones: each runs, with the scaling of its own."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.training.conftest import STYLES, make_raw, tiny_config
from training.config import LEVELS, OrganiseConfig, TrainConfig
from training.dataset.organise import organise
from training.errors import TrainingError
from training.network.architectures import (
    ARCHITECTURES,
    build_classifier,
    build_features,
    scale_pixels,
)
from training.network.optimizer import compile_model
from training.runs.train import load_parts, make_job

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
MEAN_BGR = np.array([103.939, 116.779, 123.68])
PIXEL = np.array([[[[255.0, 51.0, 0.0]]]], np.float32)


def build(name: str, **options: Any) -> keras.Model:
    config = TrainConfig(architecture=name, **({"weights": None} | options))
    return build_classifier(config, styles=3, size_px=None)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_gives_one_logit_per_style_and_ends_with_its_levels(name: str) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (1, 75, 75, 3)).astype(np.float32)

    model = build(name, head=LEVELS)
    logits = np.asarray(model(picture, training=False))

    assert logits.shape == (1, 3)
    assert np.isfinite(logits).all()
    assert model.get_layer("backbone").layers[-1].name == ARCHITECTURES[name].levels[-1]
    keras.backend.clear_session()


def test_a_classifier_that_names_artists_gives_their_logits_besides(small: str) -> None:
    config = TrainConfig(architecture=small, weights=None)

    model = build_classifier(config, styles=3, size_px=None, artists=4)

    assert model.output_shape == (None, 7)


def test_the_model_page_draws_the_levels_that_are_heard() -> None:
    drawing = (ROOT / "web" / "charts" / "mobilenet.js").read_text("utf-8")

    heard = re.search(r"HEARD = \[([\d, ]+)\]", drawing)

    assert heard is not None
    assert ARCHITECTURES["mobilenetv2"].levels == tuple(
        f"block_{number}_expand_relu" for number in heard[1].split(", ")
    )


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of 80 px: InceptionV3 takes none below 75."""
    folder = tmp_path_factory.mktemp("larger")
    raw = make_raw(folder, dict.fromkeys(STYLES, 10))
    organise(raw, folder / "dataset", OrganiseConfig(size_px=80, min_pictures_per_style=10))
    return folder / "dataset"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_trains_a_step(name: str, larger: Path) -> None:
    config = tiny_config(architecture=name, crop_px=75, batch_size=8)
    job = make_job(larger, load_parts(larger, config), config, styles=len(STYLES))
    model = job.build()
    constant = config.model_copy(update={"schedule": "constant"})
    compile_model(model, constant, styles=job.styles, steps=1)
    model.run_eagerly = True  # to compile a graph takes far longer than its one step
    before = [weight.numpy() for weight in model.trainable_weights]

    inputs, targets, weights = job.batches(0)
    loss = model.train_on_batch(inputs, targets, sample_weight=weights, return_dict=True)["loss"]

    assert inputs.shape == (8, 80, 80, 3)
    assert np.isfinite(loss)
    moved = [
        not np.array_equal(one, weight.numpy())
        for one, weight in zip(before, model.trainable_weights, strict=True)
    ]
    assert all(moved)
    keras.backend.clear_session()


@pytest.mark.parametrize(
    ("name", "scaled"),
    [
        ("resnet50", np.array([0.0, 51.0, 255.0]) - MEAN_BGR),
        ("vgg16", np.array([0.0, 51.0, 255.0]) - MEAN_BGR),
        ("inceptionv3", np.array([1.0, -0.6, -1.0])),
        ("mobilenetv2", np.array([1.0, -0.6, -1.0])),
        ("xception", np.array([1.0, -0.6, -1.0])),
    ],
)
def test_the_scaling_is_the_one_of_the_imagenet_weights(
    name: str, scaled: np.ndarray[Any, np.dtype[np.float64]]
) -> None:
    pixel = keras.Input((None, None, 3))
    graph = keras.Model(pixel, ARCHITECTURES[name].scale(pixel))

    np.testing.assert_allclose(np.asarray(graph(PIXEL)).ravel(), scaled, atol=1e-4)


def test_a_saved_graph_keeps_its_scaling(tmp_path: Path) -> None:
    model = build("vgg16")
    picture = np.random.default_rng(0).uniform(0, 255, (1, 48, 48, 3)).astype(np.float32)

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)

    np.testing.assert_allclose(loaded(picture), model(picture), rtol=1e-5)


def test_weights_of_a_file_are_taken(tmp_path: Path) -> None:
    backbone = ARCHITECTURES["mobilenetv2"].build(
        include_top=False, weights=None, input_shape=(None, None, 3)
    )
    backbone.save_weights(tmp_path / "some.weights.h5")

    model = build("mobilenetv2", weights=tmp_path / "some.weights.h5")

    for one, other in zip(
        model.get_layer("backbone").get_weights(), backbone.get_weights(), strict=True
    ):
        assert np.array_equal(one, other)


def test_all_batch_norms_get_the_momentum() -> None:
    model = build("mobilenetv2", batch_norm_momentum=0.7)

    backbone = model.get_layer("backbone")
    norms = [one for one in backbone.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert {norm.momentum for norm in norms} == {0.7}


def test_an_unknown_architecture_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TrainingError, match=r"'alexnet'.*mobilenetv2"):
        build("alexnet")


@pytest.mark.parametrize(("content", "reason"), [(None, "no weights file"), ("x", "does not fit")])
def test_weights_that_cannot_be_read_are_refused(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "some.weights.h5"
    if content is not None:
        file.write_text(content)

    with pytest.raises(TrainingError, match=reason):
        build("mobilenetv2", weights=file)


def test_imagenet_weights_that_cannot_be_fetched_are_one_clear_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # patched because a test may not reach the network, and Keras may have them in its cache
    def build_offline(**options: Any) -> keras.Model:
        raise Exception("URL fetch failure")

    broken = ARCHITECTURES["mobilenetv2"].__class__(build_offline, lambda pixels: pixels)
    monkeypatch.setitem(ARCHITECTURES, "mobilenetv2", broken)

    with pytest.raises(TrainingError, match="give a weights file"):
        build("mobilenetv2", weights="imagenet")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_scaling_of_the_original_is_0_to_1_for_all(name: str) -> None:
    config = TrainConfig(architecture=name, weights=None, scaling="unit")
    features = build_features(config, size_px=75)
    picture = np.random.default_rng(0).uniform(0, 255, (1, 75, 75, 3)).astype(np.float32)
    own = scale_pixels(config.model_copy(update={"scaling": "own"}), picture.copy())
    backbone = features.get_layer("backbone")

    found = np.asarray(features(picture, training=False))

    expected, other = (np.asarray(backbone(x, training=False)) for x in (picture / 255, own))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * expected.max())
    assert np.abs(found - other).max() > 0.1 * expected.max()
    keras.backend.clear_session()


def test_pictures_too_small_for_a_backbone_are_refused() -> None:
    with pytest.raises(TrainingError, match="64 px do not fit"):
        build_features(TrainConfig(architecture="xception", weights=None), size_px=64)
