"""`cdk` runs `python -m infra.app`; what it refuses, it refuses in one line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.infra.synthesis import CONTEXT, DEV, ROOT, Synthesis, made_of_stages, run_entry

if TYPE_CHECKING:
    import aws_cdk as cdk


@pytest.mark.slow
def test_a_bad_configuration_is_one_clear_line(tmp_path: Path) -> None:
    result = run_entry({"stage": "production"}, tmp_path)

    lines = [line for line in result.stderr.splitlines() if line and not line.startswith("!!")]
    assert result.returncode == 1
    assert lines[-1].startswith("error: stage='production': expected one of dev, prod")
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_stage_is_written_without_an_account(dev: Synthesis, full: Synthesis) -> None:
    names = [stage.file.name for stage in (dev, full)]

    assert names == ["style-your-art-dev.template.json", "style-your-art-prod.template.json"]


def test_what_aws_finds_and_nobody_answers_for_is_not_written() -> None:
    folder = made_of_stages("refused", _synthesise_a_bucket_without_logs)

    assert "AwsSolutions-S1" in (folder / "validation-report.json").read_text("utf-8")


def _synthesise_a_bucket_without_logs(folder: Path) -> None:
    import aws_cdk as cdk  # starts Node
    from aws_cdk import aws_s3 as s3

    import infra.app

    def without_logs(scope: "cdk.App", name: str, *, config: object) -> "cdk.Stack":
        stack = cdk.Stack(scope, name)
        s3.Bucket(stack, "Bucket", enforce_ssl=True)
        return stack

    app = cdk.App(context=CONTEXT, outdir=str(folder), analytics_reporting=False)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(infra.app, "ArtStyleStack", without_logs)
        infra.app.add_stage(app, DEV)
    with pytest.raises(RuntimeError, match="Validation"):
        app.synth()


def test_cdk_runs_it_in_the_environment_that_make_prepares() -> None:
    command = json.loads((ROOT / "cdk.json").read_text("utf-8"))["app"]

    prepare, run_it = command.split(" && ")

    target = prepare.removeprefix("make -s ")
    assert f"\n{target}: requirements/infra.txt\n" in (ROOT / "Makefile").read_text("utf-8")
    assert run_it == f"exec {Path(target).parent}/bin/python -m infra.app"
