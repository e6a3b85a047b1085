"""The gate asks real folders real pictures: the released model under another name, drawn works."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lambda_fn.contract.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE, sha256_of
from lambda_fn.model import load_model
from tests.training.candidates import RELEASE, make_candidate
from tests.training.conftest import make_raw
from training.config import OrganiseConfig
from training.dataset.dataset_folder import load_dataset
from training.dataset.organise import organise
from training.errors import TrainingError
from training.promotion.gate import hold_against, measure_golden, measure_latency
from training.promotion.gate_bounds import Limits, Verdict

pytestmark = pytest.mark.slow

# how long it takes is not asserted: a machine that does other things at the same time may stumble
LAX = Limits(max_latency_ratio=1000)
SIZE_PX = json.loads((RELEASE / MANIFEST_FILE).read_text("utf-8"))["input_size_px"]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_raw(tmp_path_factory.mktemp("gate"), {"cubism": 10, "pop-art": 10})


def organised(raw: Path, folder: Path, size_px: int, **options: Any) -> Path:
    config = OrganiseConfig(size_px=size_px, min_pictures_per_style=3, **options)
    organise(raw, folder, config)
    return folder


@pytest.fixture(scope="module")
def dataset(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return organised(raw, tmp_path_factory.mktemp("squares"), SIZE_PX)


def data_of(dataset: Path) -> dict[str, Any]:
    """Return what the manifest of a model says that was trained on this dataset."""
    fingerprint = load_dataset(dataset).fingerprint
    return {"fingerprint": fingerprint, "split": "picture", "train": 10, "validation": 2, "test": 4}


@pytest.fixture(scope="module")
def candidate(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("candidate") / "second"
    return make_candidate(folder, "second", data=data_of(dataset))


@pytest.fixture(scope="module")
def verdict(candidate: Path, dataset: Path) -> Verdict:
    return hold_against(candidate, RELEASE, dataset, limits=LAX)


def test_the_same_file_is_no_worse_than_itself(verdict: Verdict) -> None:
    refused = {row.name for row in verdict.rows if row.reason}

    # nobody has taught it what drawn pictures are called
    assert refused <= {"calibration error", "coverage"}
    assert verdict.candidate == "second"
    assert verdict.pictures == 4
    assert verdict.figures.macro_f1 == verdict.figures.macro_f1_before


def test_every_bound_was_looked_at(verdict: Verdict) -> None:
    assert [row.name for row in verdict.rows] == [
        "macro-F1",
        "F1 of cubism",
        "F1 of pop-art",
        "calibration error",
        "coverage",
        "golden answers",
        "time for a picture",
        "size",
        "similar works",
    ]


def test_golden_answers_of_another_model_are_found_out(candidate: Path, tmp_path: Path) -> None:
    model = load_model(candidate)
    with np.load(candidate / GOLDEN_FILE) as golden:
        held = dict(golden) | {"probabilities": golden["probabilities"] + 0.01}
    np.savez(tmp_path / GOLDEN_FILE, **held)

    assert measure_golden(model, candidate) < 1e-3
    assert measure_golden(model, tmp_path) == pytest.approx(0.01, abs=1e-3)


def test_a_folder_without_golden_answers_gives_none(tmp_path: Path) -> None:
    files = {MODEL_FILE: sha256_of(RELEASE / MODEL_FILE)}
    folder = make_candidate(tmp_path / "bare", "bare")
    told = json.loads((folder / MANIFEST_FILE).read_text("utf-8")) | {"files": files}
    (folder / MANIFEST_FILE).write_text(json.dumps(told), "utf-8")

    assert measure_golden(load_model(folder), folder) == float("inf")


def test_each_model_is_timed(candidate: Path) -> None:
    models = [load_model(one) for one in (candidate, RELEASE)]

    taken = measure_latency(models)

    assert len(taken) == 2
    assert all(ms > 0 for ms in taken)


def test_another_dataset_than_the_models_is_refused(dataset: Path) -> None:
    with pytest.raises(TrainingError, match="only there its test pictures are new to it"):
        hold_against(RELEASE, RELEASE, dataset)


def test_a_live_model_of_another_size_needs_pictures_of_that_size(
    raw: Path, dataset: Path, tmp_path: Path
) -> None:
    larger = organised(raw, tmp_path / "larger", SIZE_PX + 32)
    candidate = make_candidate(
        tmp_path / "third", "third", data=data_of(larger), input_size_px=SIZE_PX + 32
    )

    # it is no graph of that size, so the loader says so first; the other way round it is the live
    with pytest.raises(TrainingError, match="does not fit its manifest"):
        hold_against(candidate, RELEASE, larger)
    with pytest.raises(TrainingError, match=f"--size {SIZE_PX}, too, and give .* --live-dataset"):
        hold_against(
            make_candidate(tmp_path / "fourth", "fourth", data=data_of(larger)), RELEASE, larger
        )


def test_a_live_dataset_of_other_pictures_is_refused(
    raw: Path, dataset: Path, candidate: Path, tmp_path: Path
) -> None:
    other = organised(raw, tmp_path / "other", SIZE_PX, seed=7)

    with pytest.raises(TrainingError, match="has other test pictures"):
        hold_against(candidate, RELEASE, dataset, live_dataset=other)


def test_the_same_pictures_in_another_folder_serve_the_live_model(
    raw: Path, dataset: Path, candidate: Path, verdict: Verdict, tmp_path: Path
) -> None:
    again = organised(raw, tmp_path / "again", SIZE_PX, format="tar")

    found = hold_against(candidate, RELEASE, dataset, live_dataset=again, limits=LAX)

    assert found.figures == verdict.figures


def test_a_style_that_nobody_has_cannot_be_allowed_to_lose(candidate: Path, dataset: Path) -> None:
    with pytest.raises(TrainingError, match="--allow-loss vorticism: neither model"):
        hold_against(candidate, RELEASE, dataset, allowed={"vorticism"})


def test_a_folder_that_is_no_model_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no model in"):
        hold_against(tmp_path, RELEASE, dataset)
