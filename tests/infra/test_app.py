"""`cdk` runs `python -m infra.app`; what it refuses, it refuses in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

import infra.app
from infra.config import DEV
from tests.infra.synthesis import CONTEXT, ROOT, synthesise

pytestmark = pytest.mark.slow


def run(context: dict[str, str], out: Path) -> subprocess.CompletedProcess[str]:
    """Run it as the CLI does: the context in a variable, no credentials."""
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    given = {**CONTEXT, **context}
    environment |= {"CDK_CONTEXT_JSON": json.dumps(given), "CDK_OUTDIR": str(out)}
    command = [sys.executable, "-m", "infra.app"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"stage": "production"}, "error: stage='production': expected one of dev, prod"),
        ({"domain": "style.example.org"}, "error: domain and certificate: expected both or"),
    ],
)
def test_a_bad_configuration_is_one_clear_line(
    tmp_path: Path, context: dict[str, str], message: str
) -> None:
    result = run(context, tmp_path)

    lines = [line for line in result.stderr.splitlines() if line and not line.startswith("!!")]
    assert result.returncode == 1
    assert lines[-1].startswith(message)
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_stage_is_written_without_an_account(tmp_path: Path) -> None:
    result = run({"stage": "prod"}, tmp_path)

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "style-your-art-prod.template.json").is_file()


def test_what_aws_finds_and_nobody_answers_for_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_logs(scope: cdk.App, name: str, *, config: object) -> cdk.Stack:
        stack = cdk.Stack(scope, name)
        s3.Bucket(stack, "Bucket", enforce_ssl=True)
        return stack

    monkeypatch.setattr(infra.app, "ArtStyleStack", without_logs)

    with pytest.raises(RuntimeError, match="Validation"):
        synthesise(DEV, tmp_path)

    assert "AwsSolutions-S1" in (tmp_path / "validation-report.json").read_text("utf-8")


def test_cdk_runs_it_in_the_environment_that_make_prepares() -> None:
    command = json.loads((ROOT / "cdk.json").read_text("utf-8"))["app"]

    prepare, run_it = command.split(" && ")

    target = prepare.removeprefix("make -s ")
    assert f"\n{target}: requirements/infra.txt\n" in (ROOT / "Makefile").read_text("utf-8")
    assert run_it == f"exec {Path(target).parent}/bin/python -m infra.app"
