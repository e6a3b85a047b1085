"""The released model folder: its golden answers, and what the loader refuses."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_fn.contract.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.model import load_model
from lambda_fn.runtime import ModelFolderError, StyleModel

RELEASE = Path(__file__).parents[2] / "lambda_fn" / "release"


@pytest.fixture(scope="module")
def model() -> StyleModel:
    return load_model(RELEASE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASE, tmp_path / "model"))


def change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_the_released_model_gives_its_golden_answers(model: StyleModel) -> None:
    golden = np.load(RELEASE / GOLDEN_FILE)

    answers = [model.answer(one.astype(np.float32)) for one in golden["pictures"]]

    # kernels differ between processors; 1e-3 is far below what anybody sees
    for name in ("probabilities", "embedding"):
        found = np.stack([getattr(one, name) for one in answers])
        assert np.abs(found - golden[name]).max() < 1e-3


def test_the_released_model_knows_the_fourteen_styles_of_its_lists(model: StyleModel) -> None:
    assert len(model.manifest.styles) == 14
    assert set(model.manifest.test.per_style) == set(model.manifest.styles)
    assert set(model.manifest.styles) <= set(STYLE_BY_SLUG)


def test_the_released_model_is_above_the_floor_of_frozen_features(model: StyleModel) -> None:
    test = model.manifest.test

    assert test.split == "picture"
    assert test.pictures == 2816
    assert test.top1 > 0.57


def test_the_released_folder_is_small_and_whole(model: StyleModel) -> None:
    files = {path.name for path in RELEASE.iterdir()} - {MANIFEST_FILE}

    assert files == set(model.manifest.files)
    assert (RELEASE / MODEL_FILE).stat().st_size < 6_000_000


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(["constant", "noise", "extremes"]),
    level=st.integers(0, 255),
    seed=st.integers(0, 2**32 - 1),
)
def test_probabilities_are_finite_and_sum_to_one_for_any_pixels(
    model: StyleModel, kind: str, level: int, seed: int
) -> None:
    shape = (model.manifest.input_size_px, model.manifest.input_size_px, 3)
    generator = np.random.default_rng(seed)
    pixels = {
        "constant": np.full(shape, level),
        "noise": generator.integers(0, 256, shape),
        "extremes": generator.integers(0, 2, shape) * 255,
    }[kind].astype(np.float32)

    answer = model.answer(pixels)

    assert np.isfinite(answer.probabilities).all()
    assert answer.probabilities.min() >= 0
    assert answer.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(answer.embedding) == pytest.approx(1, abs=1e-4)
    assert answer.maps is not None
    assert np.isfinite(answer.maps).all()
    assert answer.painting is not None
    assert 0 <= answer.painting <= 1


def test_a_model_asked_from_several_threads_keeps_the_answers_apart(model: StyleModel) -> None:
    pictures = np.load(RELEASE / GOLDEN_FILE)["pictures"].astype(np.float32)
    alone = [model.answer(one).probabilities for one in pictures]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(model.answer, list(pictures) * 10))

    pairs = zip(alone * 10, together, strict=True)
    assert all(np.array_equal(a, b.probabilities) for a, b in pairs)


def test_the_maps_of_a_picture_average_to_its_logits(model: StyleModel) -> None:
    picture = np.load(RELEASE / GOLDEN_FILE)["pictures"][-1].astype(np.float32)

    answer = model.answer(picture)

    assert answer.maps is not None
    # up to each style's own bias, which no place of the picture is to be thanked for
    logits = np.log(answer.probabilities)
    evidence = answer.maps.mean(axis=(1, 2))
    assert np.corrcoef(logits - logits.mean(), evidence)[0, 1] > 0.99


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"embedding_size": 64}, "embedding"),
        ({"input_size_px": 96}, "pixels"),
        ({"schema_version": 1}, "schema_version"),
        ({"candidates": None}, "candidates"),
    ],
)
def test_a_manifest_that_does_not_fit_the_graph_is_refused(
    folder: Path, changes: dict[str, Any], named: str
) -> None:
    change_manifest(folder, **changes)

    with pytest.raises(ModelFolderError, match=named):
        load_model(folder)


def test_a_missing_folder_is_told_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="training export"):
        load_model(tmp_path / "nothing")


def test_a_model_file_that_was_changed_is_refused(folder: Path) -> None:
    with (folder / MODEL_FILE).open("ab") as file:
        file.write(b"x")

    with pytest.raises(ModelFolderError, match="not the file that was exported"):
        load_model(folder)


def test_a_manifest_with_an_unknown_style_is_refused(folder: Path, model: StyleModel) -> None:
    change_manifest(folder, styles=["vorticism", *model.manifest.styles[1:]])

    with pytest.raises(ModelFolderError, match="vorticism"):
        load_model(folder)


def test_a_manifest_with_a_doubled_style_is_refused(folder: Path, model: StyleModel) -> None:
    change_manifest(folder, styles=[*model.manifest.styles[1:], model.manifest.styles[1]])

    with pytest.raises(ModelFolderError, match="twice"):
        load_model(folder)


def test_a_manifest_whose_styles_are_not_the_models_is_refused(
    folder: Path, model: StyleModel
) -> None:
    change_manifest(folder, styles=model.manifest.styles[:-1])

    with pytest.raises(ModelFolderError, match=r"probabilities.*\(1, 13\)"):
        load_model(folder)


def test_a_folder_without_this_runtimes_file_is_refused() -> None:
    with pytest.raises(ModelFolderError, match=r"answering\.keras"):
        load_model(RELEASE, runtime="tensorflow")


def test_a_file_that_is_no_model_is_refused(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"no flatbuffer")
    from lambda_fn.contract.manifest import sha256_of

    change_manifest(folder, files={MODEL_FILE: sha256_of(folder / MODEL_FILE)})

    with pytest.raises(ModelFolderError, match="no model of ours"):
        load_model(folder)
