"""The commands say what they did, what it costs, and what to do next."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.training.cloud.conftest import BUCKETS, batch_job, let_run, write_log
from tests.training.conftest import made_dataset, made_run, tiny_config
from training.cli.commands import cli
from training.cloud.deployed_stack import Stack
from training.cloud.job_spec import JobSpec, run_place
from training.cloud.pushed_datasets import plan_push, push_set
from training.cloud.s3_folders import put_folder
from training.config import TrainConfig
from training.recipes import load_recipe, make_config
from training.runs.run_folder import load_run

pytestmark = pytest.mark.slow


def ask(*words: object, answer: str = "") -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=answer)


def said_by(result: Result) -> str:
    return " ".join(result.output.split())


def submitted(queue: Stack, dataset: Path, *words: str) -> str:
    """Push the dataset and submit a job; return its id."""
    ask("push", dataset, "--yes")
    result = ask("submit", dataset, "--name", "first", "--set", "crop_px=64", "--yes", *words)
    assert result.exit_code == 0, result.output
    [parent] = [key for key in batch_job_ids() if ":" not in key]
    return parent


def batch_job_ids() -> list[str]:
    import boto3

    batch = boto3.client("batch")
    filters = [{"name": "AFTER_CREATED_AT", "values": ["0"]}]
    listed = batch.list_jobs(jobQueue="the-queue", filters=filters)
    return [one["jobId"] for one in listed["jobSummaryList"]]


def test_push_says_what_it_costs_and_asks(stack: Stack, s3: Any, dataset: Path) -> None:
    refused = ask("push", dataset, answer="n\n")

    assert refused.exit_code == 1
    assert re.search(r"sends \d+ files of .* MB, which cost \$0.00 a month", said_by(refused))
    assert s3.list_objects_v2(Bucket=BUCKETS["datasets"])["KeyCount"] == 0


def test_push_tells_the_fingerprint_and_how_much_was_sent(stack: Stack, dataset: Path) -> None:
    first = ask("push", dataset, answer="y\n")
    again = ask("push", dataset)

    assert first.exit_code == again.exit_code == 0
    assert re.search(r"in the cloud as [0-9a-f]{12}: 83 files, 83 of them sent", said_by(first))
    assert said_by(again).endswith("83 files, 0 of them sent")


def test_submit_says_what_it_costs_and_asks(queue: Stack, dataset: Path) -> None:
    ask("push", dataset, "--yes")

    result = ask("submit", dataset, "--set", "crop_px=64", answer="n\n")

    assert result.exit_code == 1
    assert "this starts a job of" in said_by(result)
    assert "on Spot or $" in said_by(result)
    assert batch_job_ids() == []


def test_submit_passes_every_option_on(queue: Stack, dataset: Path) -> None:
    words = (f"--set={one}" for one in ("architecture=vgg16", "epochs=3", "precision=float32"))
    job_id = submitted(queue, dataset, *words)

    spec = JobSpec.model_validate_json(batch_job(job_id).parameters["spec"])
    assert spec.config == TrainConfig(architecture="vgg16", epochs=3, crop_px=64)
    assert spec.is_precision_given


def test_submit_takes_a_recipe(queue: Stack, dataset: Path) -> None:
    job_id = submitted(queue, dataset, "--recipe", "original")

    spec = JobSpec.model_validate_json(batch_job(job_id).parameters["spec"])
    assert spec.config == make_config(load_recipe("original") | {"crop_px": 64})
    assert not spec.is_precision_given


def test_submit_repeats_a_run_on_its_own_dataset_only(queue: Stack, dataset: Path) -> None:
    run = made_run("run", made_dataset(), tiny_config(architecture="small"))
    own = load_run(run).plan
    job_id = submitted(queue, dataset, "--from", str(run))

    result = ask("submit", "abcdef", "--from", run, "--name", "second", "--yes")

    spec = JobSpec.model_validate_json(batch_job(job_id).parameters["spec"])
    assert spec.config == own.config.model_copy(update={"crop_px": 64})
    assert f"(fingerprint {own.fingerprint[:12]}) than abcdef" in said_by(result)


@pytest.mark.parametrize("setting", ['teachers=["runs/a"]', "start=runs/a"])
def test_submit_refuses_runs_of_this_machine_to_learn_from(
    queue: Stack, dataset: Path, setting: str
) -> None:
    result = ask("submit", dataset, "--set", setting, "--yes")

    assert "leave out teachers and start" in said_by(result)


def test_submit_takes_the_lists_that_organise_makes(queue: Stack, raw: Path) -> None:
    ask("push", raw, "--yes")

    result = ask("submit", raw, "--split=artist", "--size=64", "--set=crop_px=48", "--yes")

    assert result.exit_code == 0, result.output
    [job_id] = batch_job_ids()
    spec = JobSpec.model_validate_json(batch_job(job_id).parameters["spec"])
    assert (spec.organise.splits, spec.organise.size_px) == (("artist",), 64)


def test_jobs_are_listed_in_a_table(queue: Stack, dataset: Path) -> None:
    let_run(submitted(queue, dataset), "FAILED", reason="Host EC2 (instance i-1) terminated.")

    result = ask("jobs")

    assert result.exit_code == 0
    assert re.search(r"first\s+failed\s+0 .*Host EC2 \(instance i-1\) terminated\.", result.output)
    assert result.output.endswith("in the last seven days: 1\n")


def test_where_there_is_no_job_only_that_is_said(queue: Stack) -> None:
    assert ask("jobs").output == f"jobs of {queue.name} in the last seven days: 0\n"


def test_logs_shows_what_a_job_wrote(queue: Stack, dataset: Path) -> None:
    let_run(submitted(queue, dataset), "SUCCEEDED", streams=("a",))
    write_log("a", "Epoch 1/3", "done")

    result = ask("logs", "first", "--follow")

    assert result.output == "Epoch 1/3\ndone\n"


def test_cancel_says_what_it_stopped(queue: Stack, dataset: Path) -> None:
    job_id = submitted(queue, dataset)
    let_run(job_id, "RUNNING", streams=("a",))

    result = ask("cancel", "first")

    assert result.output == "first is told to stop; it was running\n"
    assert batch_job(job_id).stop


def test_pull_brings_a_finished_run(
    stack: Stack, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.json").write_text("{}", "utf-8")
    put_folder(s3, tmp_path, run_place(BUCKETS["runs"], "first"))
    monkeypatch.chdir(tmp_path)

    result = ask("pull", "first")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "runs/first/run.json").read_text("utf-8") == "{}"
    assert "1 files" in result.output


def test_pull_of_a_run_that_is_not_whole_says_so(stack: Stack, tmp_path: Path) -> None:
    result = ask("pull", "first", "--to", tmp_path / "there")

    assert result.exit_code == 1
    assert "`python -m training jobs` says how far it is" in said_by(result)


def test_a_job_that_cannot_be_read_ends_with_one_line() -> None:
    result = ask("job", "{}", "--datasets", "s3://a", "--runs", "s3://b")

    assert result.exit_code == 1
    assert "error: " in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words", [("push", "."), ("submit", "abcdef"), ("jobs",), ("logs", "x"), ("cancel", "x")]
)
def test_without_a_stack_every_command_says_what_to_do(aws: str, words: tuple[str, ...]) -> None:
    result = ask(*words)

    assert result.exit_code == 1
    assert "there is no stack style-your-art-dev in eu-west-1: deploy it" in said_by(result)


def test_a_comparison_is_submitted_as_one(queue: Stack, dataset: Path, s3: Any) -> None:
    push_set(s3, BUCKETS["datasets"], plan_push(s3, BUCKETS["datasets"], dataset))

    result = ask("submit", dataset, "--compare", "--name=five", "--set=crop_px=64", "--yes")

    assert "this starts 5 jobs" in said_by(result)
    assert "five-mobilenetv2, five-resnet50" in said_by(result)
