"""The workflows run what people run, on every supported Python, with pinned actions."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
GOALS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def read_workflow(path: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return workflow


def read_steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read_workflow(path)["jobs"].values() for step in job["steps"]]


def test_there_is_one_for_the_quick_part_one_for_everything_and_one_for_releases() -> None:
    assert {"check.yml", "test.yml", "release.yml"} <= {path.name for path in WORKFLOWS}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text("utf-8"))

    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", one) for one in used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_workflow_may_only_read_unless_a_job_says_otherwise(path: Path) -> None:
    assert read_workflow(path)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_goal_of_make_exists(path: Path) -> None:
    lines = [step["run"] for step in read_steps(path) if "run" in step]
    goals = [goal for line in lines for goal in re.findall(r"\bmake ([a-z-]+)", line)]

    assert set(goals) <= set(GOALS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_only_a_release_may_write_and_only_its_last_step_has_the_token(path: Path) -> None:
    may_write = [job.get("permissions") for job in read_workflow(path)["jobs"].values()]
    with_token = [step["run"] for step in read_steps(path) if "github.token" in str(step)]

    is_release = path.name == "release.yml"
    assert may_write == [{"contents": "write"}] if is_release else not any(may_write)
    assert with_token == ([read_steps(path)[-1]["run"]] if is_release else [])


def test_a_release_checks_builds_and_publishes_what_it_built() -> None:
    lines = [step["run"] for step in read_steps(RELEASE) if "run" in step]
    steps = ["make check", "hatchling build", "style-your-art predict", "gh release create"]

    order = [next(at for at, line in enumerate(lines) if step in line) for step in steps]
    assert order == sorted(order)
    assert "dist/*" in lines[-1]
    assert re.search(
        r'^on:\n  push:\n    tags: \["v\*"\]$', RELEASE.read_text("utf-8"), re.MULTILINE
    )


def take_notes(folder: Path, *, tag: str, heading: str) -> "subprocess.CompletedProcess[str]":
    """Run what compares tag, package and changelog, as the workflow does, and writes the notes."""
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n', "utf-8")
    old = "## 1.1.0, 2027-01-31\n\n- Old.\n"
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- New.\n\n{old}", "utf-8")
    (script,) = (
        step["run"]
        for step in read_steps(RELEASE)
        if "notes.md" in step.get("run", "") and "gh " not in step["run"]
    )
    told = {"GITHUB_REF_NAME": tag, "RUNNER_TEMP": str(folder)}
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_notes_of_a_release_are_its_part_of_the_changelog(tmp_path: Path) -> None:
    result = take_notes(tmp_path, tag="v1.2.0", heading="## 1.2.0, 2027-02-28")

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "notes.md").read_text("utf-8").strip() == "- New."


@pytest.mark.parametrize(
    ("tag", "heading"),
    [
        ("v1.3.0", "## 1.3.0, 2027-02-28"),
        ("v1.2.0", "## 1.2.0, unreleased"),
        ("v1.2.0", "## 1.2.1, 2027-02-28"),
        ("v1.2", "## 1.2, 2027-02-28"),
    ],
    ids=["another package", "no day", "another changelog", "half a version"],
)
def test_a_tag_of_another_version_is_not_released(tmp_path: Path, tag: str, heading: str) -> None:
    assert take_notes(tmp_path, tag=tag, heading=heading).returncode != 0
    assert not (tmp_path / "notes.md").exists()


def test_the_quick_part_runs_on_every_supported_python() -> None:
    matrix = read_workflow(ROOT / ".github" / "workflows" / "check.yml")["jobs"]["check"]
    supported = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )

    assert supported is not None
    versions = [f"3.{minor}" for minor in range(int(supported[1]), int(supported[2]))]
    assert matrix["strategy"]["matrix"]["python"] == versions
