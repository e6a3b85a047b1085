"""`cdk` runs `python -m infra.app`; what it refuses, it refuses in one line."""

import json
from pathlib import Path

import pytest

from tests.infra.synthesis import ROOT, made_of_stages, read_refusal, run_entry


@pytest.mark.slow
def test_a_bad_configuration_is_one_clear_line(tmp_path: Path) -> None:
    result = run_entry({"stage": "production"}, tmp_path)

    lines = [line for line in result.stderr.splitlines() if line and not line.startswith("!!")]
    assert result.returncode == 1
    assert lines[-1].startswith("error: stage='production': expected one of dev, prod")
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_stage_is_written_without_an_account() -> None:
    folder = made_of_stages("entry", _run_for_visitors)

    assert (folder / "style-your-art-prod.template.json").is_file()


def _run_for_visitors(folder: Path) -> None:
    result = run_entry({"stage": "prod"}, folder)
    assert result.returncode == 0, result.stderr


def test_what_aws_finds_and_nobody_answers_for_is_not_written() -> None:
    error, report = read_refusal()

    assert "Validation" in error
    assert "AwsSolutions-S1" in report


def test_cdk_runs_it_in_the_environment_that_make_prepares() -> None:
    command = json.loads((ROOT / "cdk.json").read_text("utf-8"))["app"]

    prepare, run_it = command.split(" && ")

    target = prepare.removeprefix("make -s ")
    assert f"\n{target}: requirements/infra.txt\n" in (ROOT / "Makefile").read_text("utf-8")
    assert run_it == f"exec {Path(target).parent}/bin/python -m infra.app"
