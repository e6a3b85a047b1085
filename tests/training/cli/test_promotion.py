"""`promote` and `rollback` as they are typed, by processes that find the stack themselves."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner

from tests.pictures import paint_collection
from tests.training.candidates import RELEASE, make_candidate
from tests.training.cloud import promoters
from tests.training.cloud.function import Service, answered_by, deploy
from tests.training.conftest import make_raw
from tests.training.forks import fork
from training.cli.commands import cli
from training.cloud.deployed_stack import Stack
from training.config import OrganiseConfig
from training.dataset.dataset_folder import load_dataset
from training.dataset.organise import organise
from training.promotion.live_model import read_live
from training.promotion.model_history import read_history

pytestmark = pytest.mark.slow

MANIFEST = json.loads((RELEASE / "manifest.json").read_text("utf-8"))
ROOT = Path(__file__).parents[3]


@pytest.fixture
def deployed(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stack]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # a patch: of a module's own variable
    with answered_by(Service()):
        deploy(stack)
        yield stack


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typed")
    raw = make_raw(folder, {"cubism": 10, "pop-art": 10})
    config = OrganiseConfig(size_px=MANIFEST["input_size_px"], min_pictures_per_style=3)
    organise(raw, folder / "dataset", config)
    return folder / "dataset"


@pytest.fixture(scope="module")
def model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released model under another name; it cannot know what drawn pictures are called."""
    data = MANIFEST["data"] | {"fingerprint": load_dataset(dataset).fingerprint}
    return make_candidate(tmp_path_factory.mktemp("typed") / "second", "second", data=data)


def type_in(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def fork_with(*arguments: str | Path) -> tuple[int, str]:
    return fork(promoters.type_in, *map(str, arguments)).finish()


def test_from_a_refusal_to_a_forced_promotion_and_back(
    deployed: Stack, model: Path, dataset: Path, tmp_path: Path
) -> None:
    """One story. The first process starts as for a person, the others are forked: quickly."""
    before = read_live(deployed)
    probe = paint_collection(tmp_path / "probe", {"baroque": 2, "ukiyo-e": 2})
    promote = ("promote", model, "--dataset", dataset, "--probe", probe)

    refused = type_in(*promote)
    unasked, why = fork_with(*promote, "--force")
    tried, what = fork_with(*promote, "--force", "--dry-run")
    untouched = read_live(deployed)
    forced, done = fork_with(*promote, "--force", "--yes")
    live = read_live(deployed)

    assert (refused.returncode, unasked) == (1, 1)
    assert "macro-F1" in refused.stdout
    assert "elsewhere: named right" in refused.stdout
    assert "elsewhere: 4 pictures from 4 places" in refused.stdout
    assert "error: the gate refuses second: " in refused.stderr
    assert "give --yes if that is meant" in why
    assert tried == 0
    assert "nothing was changed" in what
    assert untouched == before
    assert forced == 0, done
    assert "second is live in style-your-art-dev (version 2)" in done
    assert live.model == "second"
    [change] = read_history(boto3.client("s3"), deployed.models).history.changes
    assert any("calibration" in one for one in change.forced)


def test_a_rollback_with_nothing_to_go_back_to_is_one_clear_line(deployed: Stack) -> None:
    del deployed

    result = CliRunner().invoke(cli, ["rollback", "--yes"])

    assert result.exit_code == 1
    assert result.stderr.startswith("error: there is nothing to roll back")


def test_a_folder_that_is_no_model_is_one_clear_line(deployed: Stack, tmp_path: Path) -> None:
    del deployed

    arguments = ["promote", str(tmp_path), "--dataset", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 1
    assert "is no model folder" in result.stderr
