"""A job is submitted as it was asked for, once its costs are agreed to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.training.cloud.conftest import BUCKETS, batch_job, let_run
from training.cloud.deployed_stack import Stack
from training.cloud.job_spec import JobSpec, run_place
from training.cloud.pushed_datasets import plan_push, push_set
from training.cloud.s3_folders import put_folder
from training.cloud.submit import COMPARED, Wish, submit
from training.config import OrganiseConfig, TrainConfig
from training.errors import TrainingError

pytestmark = pytest.mark.slow

CONFIG = TrainConfig(crop_px=64, epochs=3)


class RefusedError(Exception):
    """Somebody said no."""


@pytest.fixture
def fingerprint(s3: Any, dataset: Path) -> str:
    push = plan_push(s3, BUCKETS["datasets"], dataset)
    push_set(s3, BUCKETS["datasets"], push)
    return push.pushed.fingerprint


def wish_for(dataset: object, **changes: Any) -> Wish:
    given: dict[str, Any] = {"dataset": str(dataset), "config": CONFIG, "name": "first"}
    return Wish(**(given | changes))


def agree(line: str) -> None:
    """Say yes to everything."""


def refuse(line: str) -> None:
    raise RefusedError(line)


def spec_of(job_id: str) -> JobSpec:
    return JobSpec.model_validate_json(batch_job(job_id).parameters["spec"])


def test_a_job_holds_all_that_it_is_to_do(queue: Stack, fingerprint: str, dataset: Path) -> None:
    spec, job_id = submit(queue, wish_for(dataset, note="why not"), agree=agree)

    assert spec_of(job_id) == spec
    assert (spec.run, spec.dataset, spec.config) == ("first", fingerprint, CONFIG)
    assert batch_job(job_id).job_name == "first"
    assert boto3.client("batch").describe_jobs(jobs=[job_id])["jobs"][0]["tags"] == {
        "run": "first",
        "dataset": fingerprint[:12],
    }


def test_a_dataset_can_be_named_by_its_fingerprint(queue: Stack, fingerprint: str) -> None:
    spec, _ = submit(queue, wish_for(fingerprint[:12]), agree=agree)

    assert spec.dataset == fingerprint


def test_a_name_is_made_where_none_is_given(queue: Stack, fingerprint: str) -> None:
    spec, _ = submit(queue, wish_for(fingerprint, name=None), agree=agree)

    assert spec.run.startswith("mobilenetv2-")


def test_who_refuses_the_costs_starts_nothing(queue: Stack, fingerprint: str, s3: Any) -> None:
    with pytest.raises(RefusedError, match=r"this starts a job of .* on Spot or .* on demand"):
        submit(queue, wish_for(fingerprint), agree=refuse)

    jobs = boto3.client("batch").list_jobs(jobQueue=queue.queue, jobStatus="SUCCEEDED")
    assert jobs["jobSummaryList"] == []
    assert s3.list_objects_v2(Bucket=BUCKETS["runs"])["KeyCount"] == 0


def test_a_comparison_is_one_array_job_with_a_run_for_each(queue: Stack, fingerprint: str) -> None:
    spec, job_id = submit(queue, wish_for(fingerprint, is_comparison=True), agree=agree)

    children = batch_job(job_id)._child_jobs
    assert len(children) == len(COMPARED)
    assert spec.runs == tuple(f"first-{name}" for name in COMPARED)
    assert [spec.of(n).config.architecture for n in range(len(children))] == list(COMPARED)


def test_several_gpus_come_with_processors_and_memory(queue: Stack, fingerprint: str) -> None:
    large = replace(queue, machines="g5.12xlarge")

    _, job_id = submit(large, wish_for(fingerprint, gpus=4), agree=agree)

    needs = batch_job(job_id).container_overrides["resourceRequirements"]
    assert {one["type"]: one["value"] for one in needs} == {
        "GPU": "4",
        "VCPU": "16",
        "MEMORY": str(4 * 13 * 1024),
    }


def test_more_gpus_than_any_machine_has_are_refused(queue: Stack, fingerprint: str) -> None:
    with pytest.raises(TrainingError, match=r"no machine of the stack has 4 GPUs"):
        submit(queue, wish_for(fingerprint, gpus=4), agree=agree)


def test_weights_and_photographs_travel_with_the_job(
    queue: Stack, fingerprint: str, s3: Any, tmp_path: Path
) -> None:
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs/one.png").write_bytes(b"a photograph")
    (tmp_path / "own.weights.h5").write_bytes(b"weights")
    config = CONFIG.model_copy(update={"weights": tmp_path / "own.weights.h5"})

    spec, _ = submit(
        queue,
        wish_for(fingerprint, config=config, photographs=tmp_path / "photographs"),
        agree=agree,
    )

    assert spec.config.weights == "imagenet"
    key = f"objects/{str(spec.weights)[:2]}/{spec.weights}"
    assert s3.get_object(Bucket=BUCKETS["datasets"], Key=key)["Body"].read() == b"weights"
    assert s3.head_object(Bucket=BUCKETS["datasets"], Key=f"sets/{spec.photographs}/whole.json")


def test_a_raw_folder_is_organised_by_the_job(queue: Stack, s3: Any, raw: Path) -> None:
    push_set(s3, BUCKETS["datasets"], plan_push(s3, BUCKETS["datasets"], raw))
    organise = OrganiseConfig(size_px=64, min_pictures_per_style=10)

    spec, _ = submit(queue, wish_for(raw, organise=organise), agree=agree)

    assert (spec.kind, spec.organise) == ("raw", organise)


def test_a_folder_that_is_no_dataset_is_not_trained_on(
    queue: Stack, s3: Any, tmp_path: Path
) -> None:
    (tmp_path / "one.png").write_bytes(b"x")
    push_set(s3, BUCKETS["datasets"], plan_push(s3, BUCKETS["datasets"], tmp_path))

    with pytest.raises(TrainingError, match="is neither a dataset nor raw"):
        submit(queue, wish_for(tmp_path), agree=agree)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": CONFIG.model_copy(update={"split": "artist"})}, r"no list 'artist'"),
        ({"config": CONFIG.model_copy(update={"teachers": (Path("x"),)})}, "cannot teach"),
        ({"config": CONFIG.model_copy(update={"weights": Path("nowhere")})}, "no weights at"),
        ({"name": "Not A Name"}, "small letters"),
    ],
)
def test_what_cannot_train_there_is_refused_before_it_costs(
    changes: dict[str, Any], said: str, queue: Stack, fingerprint: str
) -> None:
    with pytest.raises((TrainingError, ValueError), match=said):
        submit(queue, wish_for(fingerprint, **changes), agree=refuse)


def test_one_file_of_weights_is_not_for_five_architectures(
    queue: Stack, fingerprint: str, tmp_path: Path
) -> None:
    (tmp_path / "w.weights.h5").write_bytes(b"x")
    config = CONFIG.model_copy(update={"weights": tmp_path / "w.weights.h5"})

    with pytest.raises(TrainingError, match="fits one architecture"):
        submit(queue, wish_for(fingerprint, config=config, is_comparison=True), agree=refuse)


def test_the_name_of_a_run_that_is_there_is_taken(
    queue: Stack, fingerprint: str, s3: Any, tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_text("{}", "utf-8")
    put_folder(s3, tmp_path, run_place(BUCKETS["runs"], "first"))

    with pytest.raises(TrainingError, match="the run first is there already"):
        submit(queue, wish_for(fingerprint), agree=refuse)


def test_the_name_of_a_run_under_way_is_taken(queue: Stack, fingerprint: str) -> None:
    _, job_id = submit(queue, wish_for(fingerprint), agree=agree)
    let_run(job_id, "RUNNING", streams=("one",))

    with pytest.raises(TrainingError, match="a job first is under way"):
        submit(queue, wish_for(fingerprint), agree=refuse)


def test_a_run_that_broke_off_goes_on_by_the_same_command(queue: Stack, fingerprint: str) -> None:
    first, job_id = submit(queue, wish_for(fingerprint), agree=agree)
    let_run(job_id, "FAILED")

    second, _ = submit(queue, wish_for(fingerprint), agree=agree)

    assert second == first


def test_a_run_that_broke_off_goes_on_with_no_other_options(queue: Stack, fingerprint: str) -> None:
    _, job_id = submit(queue, wish_for(fingerprint), agree=agree)
    let_run(job_id, "FAILED")
    other = CONFIG.model_copy(update={"epochs": 7})

    with pytest.raises(TrainingError, match="was begun with other options"):
        submit(queue, wish_for(fingerprint, config=other), agree=refuse)


def test_a_run_that_another_version_began_is_left_alone(
    queue: Stack, fingerprint: str, s3: Any
) -> None:
    s3.put_object(Bucket=BUCKETS["runs"], Key="specs/first.json", Body=b"{}")

    with pytest.raises(TrainingError, match="was begun with other options"):
        submit(queue, wish_for(fingerprint), agree=refuse)


def test_a_queue_that_takes_nothing_is_told(queue: Stack, fingerprint: str) -> None:
    gone = replace(queue, definition="gone")

    with pytest.raises(TrainingError, match="the job first: "):
        submit(gone, wish_for(fingerprint), agree=agree)
