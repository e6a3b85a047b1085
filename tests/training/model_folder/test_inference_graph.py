"""The graph that ships says what the classifier says, and its parts fit each other.

None of that depends on how deep the network is, and a MobileNetV2 takes a quarter of a minute for
each case. So it is a small one, which pads by its size as MobileNetV2 does; two tests at the end
build a real one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from scipy.special import softmax

from tests.training.conftest import tiny_config
from training.config import LEVELS, TrainConfig
from training.dataset.batches import FixedBatches
from training.model_folder.calibrate import PaintingLine, Projection
from training.model_folder.inference_graph import Probed, build_answering, build_probe, probe
from training.model_folder.mean_maps import Typical
from training.network.architectures import ARCHITECTURES, Architecture, build_classifier
from training.network.heads import HIDDEN, LOGITS, STANDARD
from training.network.litert import convert

pytestmark = pytest.mark.slow

STYLES, TEMPERATURE = 5, 1.7
# 32 divides the first size but not the second, for which the network could pad in another way
SIZES = (64, 72)
CASES = (("gap", SIZES[0]), ("gap", SIZES[1]), ("levels", SIZES[1]), ("hidden", SIZES[0]))
"""heads and sizes"""
CHANNELS = (6, 8, 10, 12, 16)
PADDED, MOBILENET = "padded", "mobilenetv2"


HEADS: dict[str, dict[str, Any]] = {
    "gap": {"head": "gap"},
    "levels": {"head": "levels"},
    "hidden": {"head": "levels", "trains": "head", "hidden_units": 7},
}


def build_padded(**options: Any) -> keras.Model:
    """Return a backbone that halves its picture five times; five convolutions have all it knows.

    Where the size is unknown, it takes every side for an even one.
    """
    pixels = features = keras.Input(options["input_shape"])
    for number, channels in enumerate(CHANNELS, start=1):
        before = (features.shape[1] or 0) % 2
        features = keras.layers.ZeroPadding2D(((before, 1), (before, 1)))(features)
        features = keras.layers.Conv2D(channels, 3, strides=2, use_bias=False)(features)
        features = keras.layers.BatchNormalization()(features)
        features = keras.layers.ReLU(name=f"relu_{number}")(features)
    return keras.Model(pixels, features, name=options.get("name"))


@pytest.fixture(scope="module", autouse=True)
def padded() -> Iterator[None]:
    """Let the steps know the network."""
    made = Architecture(
        build_padded,
        lambda pixels: pixels / 127.5 - 1.0,
        texture=("relu_2", "relu_3"),
        levels=("relu_3", "relu_4", "relu_5"),
    )
    with patch.dict(ARCHITECTURES, {PADDED: made}):
        yield


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def case(request: pytest.FixtureRequest) -> tuple[str, int]:
    head, size_px = request.param
    return head, size_px


@pytest.fixture(scope="module")
def config(case: tuple[str, int]) -> TrainConfig:
    return tiny_config(architecture=PADDED, **HEADS[case[0]])


@pytest.fixture(scope="module")
def classifier(config: TrainConfig, pictures: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    # what is kept of pictures that never change is computed at their own size
    size_px = pictures.shape[1] if config.trains == "head" else None
    made = build_classifier(config, styles=STYLES, size_px=size_px)
    head = made.get_layer("head")
    if config.head == LEVELS:
        generator = np.random.default_rng(4)
        standard = head.get_layer(STANDARD)
        standard.set_weights([generator.uniform(0.5, 1, one.shape) for one in standard.weights])
    if config.hidden_units:
        _make_representable(head.get_layer(HIDDEN))
    return made


def _make_representable(hidden: keras.layers.Dense) -> None:
    """Give a layer a matrix that int8 holds without rounding, and a bias."""
    generator = np.random.default_rng(5)
    matrix = generator.integers(-127, 128, hidden.kernel.shape)
    matrix[0] = 127
    hidden.set_weights([matrix / 3000, generator.normal(size=hidden.bias.shape)])


@pytest.fixture(scope="module")
def projection(classifier: keras.Model) -> Projection:
    return a_projection(classifier.get_layer("head").get_layer(LOGITS).kernel.shape[0])


def a_projection(size: int) -> Projection:
    generator = np.random.default_rng(0)
    mean = generator.normal(size=size).astype(np.float32)
    return Projection(mean, generator.normal(size=(size, 16)).astype(np.float32))


@pytest.fixture(scope="module")
def line() -> PaintingLine:
    return a_line(*CHANNELS[1:3])


def a_line(*channels: int) -> PaintingLine:
    """Return one that takes the mean and the spread of each channel."""
    size = 2 * sum(channels)
    return PaintingLine(np.random.default_rng(1).normal(size=size).astype(np.float32), 0.3, 0.5)


@pytest.fixture(scope="module")
def pictures(case: tuple[str, int]) -> Any:
    _, size_px = case
    drawn = np.random.default_rng(2).integers(0, 256, (3, size_px, size_px, 3))
    return drawn.astype(np.float32)


@pytest.fixture(scope="module")
def typical(classifier: keras.Model, config: TrainConfig, pictures: Any) -> list[Typical]:
    """What the mean of the pictures has; none for a head that knows no levels."""
    return [Typical.fit(level) for level in ask(classifier, config, pictures).levels]


def ask(classifier: keras.Model, config: TrainConfig, pictures: Any) -> Probed:
    model = build_probe(classifier, config, size_px=pictures.shape[1])
    labels = np.zeros(len(pictures), np.int64)
    # two batches of different sizes
    return probe(model, FixedBatches(labels, lambda at: pictures[at], styles=STYLES, batch_size=2))


Build = Callable[..., keras.Model]


@pytest.fixture(scope="module")
def build(
    classifier: keras.Model,
    config: TrainConfig,
    projection: Projection,
    line: PaintingLine,
    typical: list[Typical],
    pictures: Any,
) -> Build:
    """Builds the graph; what is given takes the place of the fixtures."""
    return partial(
        build_answering,
        classifier,
        config,
        size_px=pictures.shape[1],
        temperature=TEMPERATURE,
        projection=projection,
        line=line,
        typical=typical,
    )


@pytest.fixture(scope="module")
def outputs(build: Build, pictures: Any) -> dict[str, Any]:
    model = build()
    found: dict[str, Any] = model.predict_on_batch(pictures)
    return found


def test_probabilities_are_the_softmax_of_the_classifiers_logits_by_the_temperature(
    classifier: keras.Model, pictures: Any, outputs: dict[str, Any]
) -> None:
    logits = classifier.predict_on_batch(pictures)

    expected = softmax(logits / TEMPERATURE, axis=1)

    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-6)


def test_the_mean_of_a_map_is_what_the_picture_adds_to_its_logit(
    classifier: keras.Model, pictures: Any, outputs: dict[str, Any]
) -> None:
    bias = classifier.get_layer("head").get_layer(LOGITS).get_weights()[1]
    evidence = (classifier.predict_on_batch(pictures) - bias) / TEMPERATURE

    expected = evidence - evidence.mean(axis=1, keepdims=True)

    assert outputs["maps"].shape[:2] == (3, STYLES)
    np.testing.assert_allclose(outputs["maps"].mean(axis=(2, 3)), expected, atol=1e-4)


def test_a_picture_like_all_others_has_an_even_map(
    classifier: keras.Model,
    config: TrainConfig,
    build: Build,
    pictures: Any,
    outputs: dict[str, Any],
) -> None:
    only = pictures[:1]
    levels = ask(classifier, config, only).levels
    if config.head != LEVELS:
        assert levels == ()  # its maps count from nothing at all
        return
    every_pattern = 100  # more than a map has places
    model = build(typical=[Typical.fit(level, every_pattern) for level in levels])

    maps = model.predict_on_batch(only)["maps"]

    among_others = outputs["maps"][:1].std(axis=(2, 3)).max()
    rounding = 1e-6 * np.abs(maps).max()
    assert maps.std(axis=(2, 3)).max() < max(0.1 * among_others, rounding)


def test_embedding_and_painting_are_those_that_were_fitted(
    classifier: keras.Model,
    config: TrainConfig,
    projection: Projection,
    line: PaintingLine,
    pictures: Any,
    outputs: dict[str, Any],
) -> None:
    said = ask(classifier, config, pictures)

    np.testing.assert_allclose(outputs["embedding"], projection.of(said.pooled), atol=1e-4)
    np.testing.assert_allclose(outputs["painting"][:, 0], line.of(said.texture), atol=1e-4)


def test_a_matrix_that_is_kept_once_gives_the_same(
    build: Build, pictures: Any, outputs: dict[str, Any]
) -> None:
    found = build(is_packed=True).predict_on_batch(pictures)

    for name, expected in outputs.items():
        np.testing.assert_allclose(found[name], expected, atol=1e-4, err_msg=name)


def test_without_a_line_the_graph_does_not_speak_of_paintings(build: Build) -> None:
    model = build(line=None)

    assert set(model.output) == {"probabilities", "maps", "embedding"}


def test_a_top_of_the_original_has_no_maps(line: PaintingLine) -> None:
    projection = a_projection(CHANNELS[-1])
    config = tiny_config(architecture=PADDED, head="original-2", crop_px=96)
    classifier = build_classifier(config, styles=STYLES, size_px=96)
    pictures = np.random.default_rng(2).integers(0, 256, (2, 96, 96, 3)).astype(np.float32)

    model = build_answering(
        classifier, config, size_px=96, temperature=2.0, projection=projection, line=line
    )

    outputs = model.predict_on_batch(pictures)
    expected = softmax(classifier.predict_on_batch(pictures) / 2, axis=1)
    assert set(outputs) == {"probabilities", "embedding", "painting"}
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-6)


def test_mobilenetv2_is_the_network_that_was_trained_at_a_size_that_32_does_not_divide() -> None:
    config, size_px = tiny_config(architecture=MOBILENET), SIZES[1]
    keras.utils.set_random_seed(1)
    classifier = build_classifier(config, styles=STYLES, size_px=None)
    pictures = np.random.default_rng(2).integers(0, 256, (2, size_px, size_px, 3))

    model = build_answering(
        classifier,
        config,
        size_px=size_px,
        temperature=TEMPERATURE,
        projection=a_projection(1280),
        line=None,
    )

    maps, logits = (
        np.asarray(said)
        for said in (
            model(pictures.astype(np.float32), training=False)["maps"],
            classifier(pictures.astype(np.float32), training=False),
        )
    )
    # random weights leave so little of a picture that its probabilities are all alike
    expected = (logits - logits.mean(axis=1, keepdims=True)) / TEMPERATURE
    rounding = 1e-3 * np.abs(expected).max()
    np.testing.assert_allclose(maps.mean(axis=(2, 3)), expected, atol=rounding, rtol=0)


def test_the_file_of_the_network_that_ships_answers_as_keras_does() -> None:
    config, size_px = tiny_config(architecture=MOBILENET, **HEADS["hidden"]), SIZES[0]
    classifier = build_classifier(config, styles=STYLES, size_px=size_px)
    hidden, standard = (classifier.get_layer("head").get_layer(one) for one in (HIDDEN, STANDARD))
    _make_representable(hidden)
    standard.set_weights([np.full(one.shape, 0.5) for one in standard.weights])
    picture = np.random.default_rng(3).integers(0, 256, (1, size_px, size_px, 3)).astype(np.float32)
    projection = a_projection(config.hidden_units)
    make = partial(
        build_answering,
        classifier,
        config,
        size_px=size_px,
        temperature=TEMPERATURE,
        projection=projection,
        line=a_line(144, 192, 384, 576, 960),
    )
    expected = {name: np.asarray(one) for name, one in make()(picture, training=False).items()}

    file = convert(make(is_packed=True), size_px=size_px, precision="float32")

    said = Interpreter(model_content=file).get_signature_runner()(pixels=picture)
    assert set(said) == set(expected)
    for name, wanted in expected.items():
        np.testing.assert_allclose(said[name], wanted, atol=1e-3 * np.abs(wanted).max())
