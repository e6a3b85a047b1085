"""Jobs are listed, followed and cancelled by the names of their runs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from tests.training.cloud.conftest import batch_job, let_run, write_log
from training.cloud.deployed_stack import Stack
from training.cloud.job_spec import JobSpec
from training.cloud.jobs import as_rows, cancel, find_job, list_jobs, read_log
from training.config import TrainConfig
from training.errors import TrainingError

pytestmark = pytest.mark.slow

FINGERPRINT = "0123456789abcdef" * 4


def start(stack: Stack, name: str, *, size: int = 0) -> str:
    """Submit a job, or an array of them."""
    architectures = ("vgg16", "xception", "resnet50")[:size]
    spec = JobSpec(run=name, dataset=FINGERPRINT, config=TrainConfig(), architectures=architectures)
    asked: dict[str, Any] = {"arrayProperties": {"size": size}} if size else {}
    answer = boto3.client("batch").submit_job(
        jobName=name,
        jobQueue=stack.queue,
        jobDefinition=stack.definition,
        parameters={"spec": spec.model_dump_json()},
        **asked,
    )
    return str(answer["jobId"])


def test_a_job_tells_its_state_attempts_and_why(queue: Stack) -> None:
    job_id = start(queue, "first")
    let_run(job_id, "FAILED", streams=("a", "b"), reason="Host EC2 (instance i-1) terminated.")

    [job] = list_jobs(queue)

    assert (job.run, job.state, job.attempts) == ("first", "FAILED", 2)
    assert job.reason == "Host EC2 (instance i-1) terminated."
    [row] = as_rows([job])
    assert row[:3] == ("first", "failed", "2")
    assert row[4:6] == ("mobilenetv2", FINGERPRINT[:12])


def test_an_attempt_that_runs_is_counted(queue: Stack) -> None:
    let_run(start(queue, "first"), "RUNNING", streams=("a", "b"))

    [job] = list_jobs(queue)

    assert job.attempts == 2
    assert not job.has_ended


def test_the_newest_job_comes_first_and_the_jobs_of_a_comparison_follow_it(queue: Stack) -> None:
    start(queue, "first")
    start(queue, "compared", size=2)

    found = [job.run for job in list_jobs(queue)]

    assert found == ["compared", "compared-vgg16", "compared-xception", "first"]


def test_a_job_of_another_version_is_listed_by_its_name(queue: Stack) -> None:
    boto3.client("batch").submit_job(
        jobName="strange", jobQueue=queue.queue, jobDefinition=queue.definition
    )

    [job] = list_jobs(queue)

    assert (job.run, job.spec) == ("strange", None)
    assert as_rows([job])[0][4:6] == ("", "")


def test_a_job_is_found_by_its_run_or_its_id(queue: Stack) -> None:
    job_id = start(queue, "compared", size=2)

    assert find_job(queue, "compared").id == job_id
    assert find_job(queue, "compared-xception").id == f"{job_id}:1"
    assert find_job(queue, f"{job_id}:0").run == "compared-vgg16"


def test_a_job_that_is_not_there_is_told(queue: Stack) -> None:
    with pytest.raises(TrainingError, match=r"no job nothing in the last 7 days"):
        find_job(queue, "nothing")


def test_a_job_is_cancelled_wherever_it_is(queue: Stack) -> None:
    job_id = start(queue, "first")
    let_run(job_id, "RUNNABLE")

    cancel(queue, "first")

    assert batch_job(job_id).stop
    assert "training cancel" in batch_job(job_id).job_stopped_reason


def test_a_job_that_has_ended_cannot_be_cancelled(queue: Stack) -> None:
    let_run(start(queue, "first"), "SUCCEEDED")

    with pytest.raises(TrainingError, match=r"has ended already \(succeeded\)"):
        cancel(queue, "first")


def test_a_log_is_read_attempt_by_attempt(queue: Stack) -> None:
    let_run(start(queue, "first"), "SUCCEEDED", streams=("a", "b"))
    write_log("a", "epoch 1", "told to stop")
    write_log("b", "epoch 2", "done")

    lines = list(read_log(queue, "first", is_following=False))

    assert lines == ["epoch 1", "told to stop", "epoch 2", "done"]


def test_a_log_is_followed_until_the_job_has_ended(queue: Stack) -> None:
    job_id = start(queue, "first")
    let_run(job_id, "RUNNABLE")

    def end() -> None:
        write_log("b", "done")
        let_run(job_id, "SUCCEEDED", streams=("a", "b"))

    steps: list[Callable[[], None]] = [
        lambda: let_run(job_id, "RUNNING", streams=("a",)),  # nothing is written yet
        lambda: write_log("a", "epoch 1"),
        lambda: write_log("a", "told to stop"),
        lambda: let_run(job_id, "RUNNING", streams=("a", "b")),
        lambda: write_log("b", "epoch 2"),
        end,
    ]
    happens = iter(steps)

    def pause(seconds: float) -> None:
        next(happens)()

    lines = list(read_log(queue, "first", is_following=True, pause=pause))

    assert lines == ["epoch 1", "told to stop", "epoch 2", "done"]


def test_a_comparison_has_no_log_of_its_own(queue: Stack) -> None:
    start(queue, "compared", size=2)

    with pytest.raises(TrainingError, match="name one of compared-vgg16, compared-xception"):
        list(read_log(queue, "compared", is_following=False))


def test_a_log_that_may_not_be_read_is_told(queue: Stack) -> None:
    let_run(start(queue, "first"), "SUCCEEDED", streams=("a",))
    broken = replace(queue, logs="")

    with pytest.raises(TrainingError, match="the log : "):
        list(read_log(broken, "first", is_following=False))


def test_a_queue_that_is_gone_is_told(stack: Stack) -> None:
    with pytest.raises(TrainingError, match=f"the queue of {stack.name}"):
        list_jobs(stack)
