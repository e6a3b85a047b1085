"""A specification says the same on both sides, and a comparison has a job for each architecture."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from training.cloud.job_spec import JobSpec
from training.config import TrainConfig
from training.errors import TrainingError

FINGERPRINT = "0" * 64
CONFIG = TrainConfig(epochs=7)


def make_spec(**changes: object) -> JobSpec:
    return JobSpec.model_validate(
        {"run": "first", "dataset": FINGERPRINT, "config": CONFIG.model_dump()} | changes
    )


def test_what_was_written_is_read() -> None:
    spec = make_spec(architectures=("vgg16", "xception"), note="why")

    assert JobSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_comparison_has_a_run_for_each_architecture() -> None:
    spec = make_spec(architectures=("vgg16", "xception"))

    assert spec.runs == ("first-vgg16", "first-xception")
    assert [one.config.architecture for one in spec.jobs] == ["vgg16", "xception"]
    assert spec.of(1).run == "first-xception"
    assert spec.of(1).config.epochs == 7


def test_a_single_job_needs_no_index() -> None:
    spec = make_spec()

    assert spec.of(None) == spec
    assert spec.jobs == (spec,)
    assert spec.runs == ("first",)


@pytest.mark.parametrize("index", [None, -1, 2])
def test_an_index_that_is_of_no_job_is_refused(index: int | None) -> None:
    with pytest.raises(TrainingError, match="expected 0 to 1"):
        make_spec(architectures=("vgg16", "xception")).of(index)


@pytest.mark.parametrize("name", ["", "Large", "a/b", "-a", "a" * 61])
def test_a_name_that_would_not_do_in_s3_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="small letters"):
        make_spec(run=name)


def test_a_comparison_of_one_is_refused() -> None:
    with pytest.raises(ValidationError, match="two architectures or more"):
        make_spec(architectures=("vgg16",))


@pytest.mark.parametrize(
    ("has_gpu", "is_given", "precision"),
    [
        (True, False, "mixed_float16"),
        (True, True, "float32"),
        (False, False, "float32"),
    ],
)
def test_a_gpu_computes_in_mixed_precision_unless_asked_otherwise(
    has_gpu: bool, is_given: bool, precision: str
) -> None:
    spec = make_spec(is_precision_given=is_given)

    assert spec.config_on(has_gpu=has_gpu, weights=None).precision == precision


def test_weights_that_came_along_are_used() -> None:
    config = make_spec().config_on(has_gpu=False, weights=Path("here.weights.h5"))

    assert config.weights == Path("here.weights.h5")
