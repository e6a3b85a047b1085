"""The released model on the paintings: as good as its manifest says, whatever the processor."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lambda_fn.contract.images import to_pixels
from lambda_fn.contract.manifest import ModelManifest
from lambda_fn.model import load_model
from lambda_fn.runtime import StyleModel
from training.config import ImportConfig, OrganiseConfig
from training.dataset.batches import FixedBatches
from training.dataset.organise import organise
from training.evaluation.metrics import measure
from training.model_folder.calibrate import SetRule, measure_rule
from training.model_folder.check_release import (
    MARGIN,
    RELEASE,
    THREADS,
    ask,
    check_release,
    differences,
)
from training.sources.importing import import_works

pytestmark = pytest.mark.slow

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]


def released() -> StyleModel:
    return load_model(RELEASE, threads=THREADS)


def paintings() -> Path:
    return Path(os.environ["ARTSTYLE_DATA"]) / "paintings"


def pictures_of_test(manifest: ModelManifest) -> tuple[FixedBatches, Labels]:
    """Return the test pictures of the manifest's list and their styles, from the files they are."""
    with (paintings() / "splits.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        paths = [row["path"] for row in rows if row[manifest.data.split] == "test"]
    labels = np.array([manifest.styles.index(path.split("/")[0]) for path in paths])

    def read(places: Labels) -> NDArray[Any]:
        files = [(paintings() / paths[place]).read_bytes() for place in places]
        return np.stack([to_pixels(one, size_px=manifest.input_size_px).pixels for one in files])

    return FixedBatches(labels, read, styles=len(manifest.styles), batch_size=1), labels


@pytest.mark.slow
@pytest.mark.data
def test_the_released_manifest_is_true_of_its_test_pictures() -> None:
    model = released()
    pictures, labels = pictures_of_test(model.manifest)

    probabilities = ask(model, pictures).probabilities

    assert differences(model.manifest, probabilities, labels) == []


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.long
def test_the_release_is_true_of_the_dataset_that_its_fingerprint_names(tmp_path: Path) -> None:
    manifest = released().manifest
    import_works(paintings(), tmp_path / "raw", ImportConfig())
    config = OrganiseConfig(
        size_px=manifest.input_size_px,
        lists=paintings() / "splits.csv",
        keeps_duplicates=True,
    )
    organise(tmp_path / "raw", tmp_path / "dataset", config)

    found = check_release(tmp_path / "dataset")

    assert found.pictures == manifest.test.pictures


@pytest.fixture
def answers() -> tuple[ModelManifest, Probabilities, Labels]:
    """Answers without a tie, and a manifest that tells the truth about them."""
    manifest = released().manifest
    styles = len(manifest.styles)
    generator = np.random.default_rng(0)
    labels = np.arange(20 * styles) % styles
    drawn = generator.dirichlet(np.full(styles, 0.3), len(labels))
    drawn[np.arange(len(labels)), labels] += generator.uniform(0, 1, len(labels))
    probabilities = (drawn / drawn.sum(axis=1, keepdims=True)).astype(np.float32)
    rule = manifest.candidates
    sets = measure_rule(
        SetRule(rule.threshold, rule.penalty, rule.free), probabilities.astype(np.float64), labels
    )
    test = measure(probabilities, labels, styles=manifest.styles, split="picture")
    candidates = rule.model_copy(update={"test_coverage": sets.test_coverage})
    return (
        manifest.model_copy(update={"test": test, "candidates": candidates}),
        probabilities,
        labels,
    )


def test_answers_as_the_manifest_says_do_not_differ(
    answers: tuple[ModelManifest, Probabilities, Labels],
) -> None:
    assert differences(*answers) == []


def test_one_picture_named_otherwise_is_a_difference(
    answers: tuple[ModelManifest, Probabilities, Labels],
) -> None:
    manifest, probabilities, labels = answers
    first = np.flatnonzero(probabilities.argmax(axis=1) == labels)[0]
    changed = probabilities.copy()
    changed[first] = np.roll(changed[first], 1)

    found = differences(manifest, changed, labels)

    assert [line.split(" is ")[0] for line in found][:1] == ["top-1"]


def test_a_tie_that_another_processor_turns_is_none(
    answers: tuple[ModelManifest, Probabilities, Labels],
) -> None:
    manifest, probabilities, labels = answers
    tied = probabilities.copy()
    first, second = np.argsort(-tied[0])[:2]
    tied[0, [first, second]] = tied[0, [first, second]].mean()
    tied[0, first] += MARGIN / 4
    test = measure(tied, labels, styles=manifest.styles, split="picture")
    turned = tied.copy()
    turned[0, [first, second]] = tied[0, [second, first]]

    found = differences(manifest.model_copy(update={"test": test}), turned, labels)

    assert turned.argmax(axis=1)[0] != tied.argmax(axis=1)[0]
    assert found == []


def test_a_calibration_error_that_flatters_is_a_difference(
    answers: tuple[ModelManifest, Probabilities, Labels],
) -> None:
    manifest, probabilities, labels = answers
    error = manifest.test.expected_calibration_error
    better = manifest.test.model_copy(update={"expected_calibration_error": error / 2})

    found = differences(manifest.model_copy(update={"test": better}), probabilities, labels)

    assert [line.split(" is ")[0] for line in found] == ["calibration error"]
