"""A job in a process of its own, killed and started again as Batch would, on a faulty way to S3."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.conftest import tiny_config
from tests.training.remote.conftest import BUCKETS
from tests.training.remote.faulty import faulty_way
from tests.training.remote.standing_job import STANDING
from tests.training.small import NAME
from training.remote.folders import fetch_folder
from training.remote.sets import plan_push, push_set
from training.remote.spec import AGAIN, JobSpec, run_place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
EPOCHS = 4
STEPS = 5  # of an epoch: 40 pictures, 8 at a time
Lines = list[str]


@pytest.fixture
def spec(s3: Any, dataset: Path) -> JobSpec:
    """A job on a dataset that is in the cloud."""
    push = plan_push(s3, BUCKETS["datasets"], dataset)
    push_set(s3, BUCKETS["datasets"], push)
    config = tiny_config(architecture=NAME, epochs=EPOCHS, averaged_epochs=2)
    return JobSpec(run="first", dataset=push.pushed.fingerprint, config=config)


def start(
    spec: JobSpec, work: Path, *, endpoint: str | None = None, batch: int = -1, **more: str
) -> "subprocess.Popen[str]":
    """Start an attempt as Batch does: a new process with an empty disk."""
    environment = {
        "ARTSTYLE_DATASETS": f"s3://{BUCKETS['datasets']}",
        "ARTSTYLE_RUNS": f"s3://{BUCKETS['runs']}",
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
        **more,
    }
    command = [sys.executable, "-m", "tests.training.remote.standing_job", str(batch), "job"]
    nobody = ["--metadata", "http://127.0.0.1:9"]
    return subprocess.Popen(
        [*command, spec.model_dump_json(), "--work", str(work), *nobody],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, _ = process.communicate(timeout=600)
    return process.returncode, out


def read_until(process: "subprocess.Popen[str]", *wanted: str) -> Lines:
    """Read what the process writes until each of these has been in a line."""
    assert process.stdout is not None
    seen: Lines = []
    left = set(wanted)
    while left:
        line = process.stdout.readline()
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
    read_until(process, STANDING, f"the checkpoint of epoch {epoch - 1} is in")
    process.send_signal(how)
    return finish(process)


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
    s3: Any, spec: JobSpec, tmp_path: Path
) -> None:
    whole = spec.model_copy(update={"run": "whole"})

    code, out = finish(start(whole, tmp_path / "0"))
    told, first = stop_in(3, signal.SIGTERM, spec, tmp_path / "1")
    killed, _ = stop_in(4, signal.SIGKILL, spec, tmp_path / "2")
    ended, last = finish(start(spec, tmp_path / "3"))

    assert code == 0, out
    assert told == AGAIN, first
    assert "told to stop (SIGTERM)" in first
    assert killed == -signal.SIGKILL
    assert ended == 0, last
    assert "from epoch 4 on" in last
    unbroken = fetch_run(s3, "whole", tmp_path / "unbroken")
    broken = fetch_run(s3, "first", tmp_path / "broken")
    assert history_of(broken) == history_of(unbroken)
    assert metrics_of(broken) == metrics_of(unbroken)
    for one, other in zip(weights_of(broken), weights_of(unbroken), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (broken / "evaluation/report.html").is_file()
    assert (broken / "model/manifest.json").is_file()


def test_nothing_is_lost_where_s3_fails_in_every_way(
    aws: str, s3: Any, spec: JobSpec, tmp_path: Path
) -> None:
    whole = spec.model_copy(update={"run": "whole"})
    with faulty_way(aws) as way:
        process = start(spec, tmp_path / "1", endpoint=way.address, batch=in_the_middle_of(3))
        read_until(process, STANDING, "the checkpoint of epoch 2 is in")
        process.kill()
        finish(process)

        code, out = finish(start(spec, tmp_path / "2", endpoint=way.address))

    assert code == 0, out
    assert "from epoch 3 on" in out
    assert set(way.met) == {"refused", "slow", "cut", "lost"}
    assert finish(start(whole, tmp_path / "3"))[0] == 0
    broken = fetch_run(s3, "first", tmp_path / "broken")
    assert metrics_of(broken) == metrics_of(fetch_run(s3, "whole", tmp_path / "unbroken"))


def test_a_job_that_cannot_reach_s3_asks_to_be_tried_again(spec: JobSpec, tmp_path: Path) -> None:
    code, out = finish(start(spec, tmp_path / "1", endpoint="http://127.0.0.1:9"))

    assert code == AGAIN, out
    assert "the next attempt goes on" in out


def test_a_run_that_is_there_is_not_trained_again(s3: Any, spec: JobSpec, tmp_path: Path) -> None:
    from training.remote.folders import put_folder

    (tmp_path / "run").mkdir()
    (tmp_path / "run/run.json").write_text("{}", "utf-8")
    put_folder(s3, tmp_path / "run", run_place(BUCKETS["runs"], spec.run))

    code, out = finish(start(spec, tmp_path / "1"))

    assert code == 0, out
    assert "is there already" in out
    assert not (tmp_path / "1").exists()
