"""A job in a process of its own, killed and started again as Batch would, on a faulty way to S3."""

import csv
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tests.made_once import made_once
from tests.pictures import take_photographs
from tests.training.cloud import standing_job
from tests.training.cloud.conftest import BUCKETS
from tests.training.cloud.faulty import faulty_way
from tests.training.cloud.standing_job import STANDING
from tests.training.conftest import SIZE_PX, made_dataset, made_run, made_weights, tiny_config
from tests.training.forks import Forked, fork
from tests.training.small import NAME
from training.cli.commands import cli
from training.cloud.job_spec import AGAIN, JobSpec, run_place
from training.cloud.pushed_datasets import plan_push, push_file, push_set
from training.cloud.s3_folders import fetch_folder
from training.config import OrganiseConfig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONFIG = tiny_config(architecture=NAME, epochs=4, averaged_epochs=2)
STEPS = 5  # of an epoch: 40 pictures, 8 at a time
Lines = list[str]


@pytest.fixture
def spec(s3: Any, dataset: Path) -> JobSpec:
    """A job on a dataset that is in the cloud."""
    push = plan_push(s3, BUCKETS["datasets"], dataset)
    push_set(s3, BUCKETS["datasets"], push)
    return JobSpec(run="first", dataset=push.pushed.fingerprint, config=CONFIG)


@pytest.fixture(scope="module")
def unbroken() -> Path:
    """The run of that job without a cloud, which nothing disturbs."""
    from training.evaluation.evaluate import evaluate

    trained, data = made_run("job", made_dataset(), CONFIG), made_dataset()

    def make(folder: Path) -> None:
        shutil.copytree(trained, folder / "run")
        evaluate(data, folder / "run")

    return made_once(f"measured-{trained.parent.name}", make) / "run"


def surroundings(endpoint: str | None) -> dict[str, str]:
    """Return the environment of a job; the way to S3 is that of the test if none is given."""
    return {
        "ARTSTYLE_DATASETS": f"s3://{BUCKETS['datasets']}",
        "ARTSTYLE_RUNS": f"s3://{BUCKETS['runs']}",
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
    }


def command(spec: JobSpec, work: Path, *more: str) -> list[str]:
    nobody = ["--metadata", "http://127.0.0.1:9"]
    return ["job", spec.model_dump_json(), "--work", str(work), *nobody, *more]


def start(
    spec: JobSpec, work: Path, *more: str, endpoint: str | None = None, batch: int = -1
) -> Forked:
    """Start an attempt as Batch does: a process of its own with an empty disk."""
    arguments = command(spec, work, *more)
    return fork(standing_job.run, batch, arguments, environment=surroundings(endpoint))


def run_here(spec: JobSpec, work: Path, *more: str, endpoint: str | None = None) -> Result:
    """Run an attempt that does not come to training in this process."""
    return CliRunner().invoke(cli, command(spec, work, *more), env=surroundings(endpoint))


def read_until(process: Forked, *wanted: str) -> Lines:
    """Read what the process writes until each of these has been in a line."""
    seen: Lines = []
    left = set(wanted)
    with process.or_kill():
        while left:
            line = process.output.readline()
            assert line, f"ended before {left}: {''.join(seen)}"
            seen.append(line)
            left -= {one for one in left if one in line}
    return seen


def in_the_middle_of(epoch: int) -> int:
    """Return the number of a batch there."""
    return (epoch - 1) * STEPS + 3


def stop_in(epoch: int, how: signal.Signals, spec: JobSpec, work: Path) -> tuple[int, str]:
    """Run an attempt that gets a signal in the middle of an epoch."""
    process = start(spec, work, batch=in_the_middle_of(epoch))
    seen = read_until(process, STANDING, f"the checkpoint of epoch {epoch - 1} is in")
    process.send_signal(how)
    code, rest = process.finish()
    return code, "".join(seen) + rest


def fetch_run(s3: Any, name: str, folder: Path) -> Path:
    fetch_folder(s3, run_place(BUCKETS["runs"], name), folder)
    return folder


def history_of(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(encoding="utf-8", newline="") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def metrics_of(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "evaluation/metrics.json").read_text("utf-8"))
    return {name: value for name, value in found.items() if name != "model_sha256"}


def weights_of(run: Path) -> list[Any]:
    import keras

    from tests.training.small import registered

    with registered():
        weights: list[Any] = keras.models.load_model(run / "model.keras", compile=False).weights
    return [np.asarray(one) for one in weights]


def test_a_job_that_is_killed_twice_ends_with_the_run_of_one_that_was_not(
    s3: Any, spec: JobSpec, unbroken: Path, tmp_path: Path
) -> None:
    told, first = stop_in(3, signal.SIGTERM, spec, tmp_path / "1")
    killed, _ = stop_in(4, signal.SIGKILL, spec, tmp_path / "2")
    ended, last = start(spec, tmp_path / "3").finish()

    assert told == AGAIN, first
    assert "told to stop (SIGTERM)" in first
    assert killed == -signal.SIGKILL
    assert ended == 0, last
    assert "from epoch 4 on" in last
    broken = fetch_run(s3, "first", tmp_path / "broken")
    assert history_of(broken) == history_of(unbroken)
    assert metrics_of(broken) == metrics_of(unbroken)
    for one, other in zip(weights_of(broken), weights_of(unbroken), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (broken / "evaluation/report.html").is_file()
    assert (broken / "model/manifest.json").is_file()


def test_nothing_is_lost_where_s3_fails_in_every_way(
    aws: str, s3: Any, spec: JobSpec, unbroken: Path, tmp_path: Path
) -> None:
    with faulty_way(aws) as way:
        process = start(spec, tmp_path / "1", endpoint=way.address, batch=in_the_middle_of(3))
        read_until(process, STANDING, "the checkpoint of epoch 2 is in")
        process.kill()
        process.finish()

        code, out = start(spec, tmp_path / "2", endpoint=way.address).finish()

    assert code == 0, out
    assert "from epoch 3 on" in out
    assert set(way.met) == {"refused", "slow", "cut", "lost"}
    broken = fetch_run(s3, "first", tmp_path / "broken")
    assert metrics_of(broken) == metrics_of(unbroken)


def test_a_job_whose_time_is_up_ends_for_good_and_says_how_to_go_on(
    spec: JobSpec, tmp_path: Path
) -> None:
    limits = ("--job-id", "a-job", "--hours", "0.002")

    code, out = start(spec, tmp_path / "1", *limits, batch=0).finish()
    later = run_here(spec, tmp_path / "2", *limits)

    assert code == 1, out
    assert "has taken its 0.002 hours, all attempts together: `submit` with the same" in out
    assert later.exit_code == 1
    assert "has taken its 0.002 hours" in later.stderr


def test_a_job_that_cannot_reach_s3_asks_to_be_tried_again(spec: JobSpec, tmp_path: Path) -> None:
    result = run_here(spec, tmp_path / "1", endpoint="http://127.0.0.1:9")

    assert result.exit_code == AGAIN, result.output
    assert "the next attempt goes on" in result.stderr


def test_a_raw_folder_is_organised_trained_on_and_exported_with_all_that_came_along(
    s3: Any, raw: Path, small: str, tmp_path: Path
) -> None:
    """In this process: so it is what the job says, too."""
    photographs = take_photographs(tmp_path / "photographs", 40)
    pushes = [plan_push(s3, BUCKETS["datasets"], folder) for folder in (raw, photographs)]
    for push in pushes:
        push_set(s3, BUCKETS["datasets"], push)
    spec = JobSpec(
        run="first",
        dataset=pushes[0].pushed.fingerprint,
        kind="raw",
        config=tiny_config(architecture=small, weights="imagenet"),
        organise=OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10, test_share=0.3),
        weights=push_file(s3, BUCKETS["datasets"], made_weights()),
        photographs=pushes[1].pushed.fingerprint,
    )
    from training.cloud.job_in_container import Surroundings, run_job

    told: list[str] = []
    around = Surroundings(
        datasets=BUCKETS["datasets"],
        runs=BUCKETS["runs"],
        work=tmp_path / "work",
        metadata="http://127.0.0.1:9",
        job="",
        limit_h=8,
    )

    place = run_job(spec, around, told.append)

    run = fetch_run(s3, "first", tmp_path / "run")
    manifest = json.loads((run / "model/manifest.json").read_text("utf-8"))
    plan = json.loads((run / "plan.json").read_text("utf-8"))
    assert str(place) == "s3://the-runs/runs/first"
    assert "organise at 64 px" in told
    assert plan["weights_sha256"] == spec.weights
    assert manifest["painting"] is not None
    assert "no work names its artist and title: the model will find no similar works" in told


def test_a_machine_that_goes_lets_the_checkpoint_arrive_and_asks_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from training.cloud import job_in_container as job

    done: list[object] = []

    class Sending:
        def settle(self, timeout_s: float) -> bool:
            done.append("settled")
            raise OSError("the disk is gone")

    monkeypatch.setattr(job, "end_process", done.append)  # it would end the tests

    with pytest.raises(OSError, match="the disk is gone"):
        job._leave("told to stop", Sending(), done.append)  # type: ignore[arg-type]

    assert done == [
        "told to stop: the next attempt goes on after the last whole epoch",
        "settled",
        AGAIN,
    ]


def test_a_run_that_is_there_is_not_trained_again(s3: Any, spec: JobSpec, tmp_path: Path) -> None:
    from training.cloud.s3_folders import put_folder

    (tmp_path / "run").mkdir()
    (tmp_path / "run/run.json").write_text("{}", "utf-8")
    put_folder(s3, tmp_path / "run", run_place(BUCKETS["runs"], spec.run))

    result = run_here(spec, tmp_path / "1")

    assert result.exit_code == 0, result.output
    assert "is there already" in result.stdout
    assert not (tmp_path / "1").exists()
