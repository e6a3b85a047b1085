"""The workflows run what people run, on every supported Python, with pinned actions."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GOALS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def read_workflow(path: Path) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return workflow


def read_steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read_workflow(path)["jobs"].values() for step in job["steps"]]


def test_there_is_one_for_the_quick_part_and_one_for_everything() -> None:
    assert {"check.yml", "test.yml"} <= {path.name for path in WORKFLOWS}


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


def test_the_quick_part_runs_on_every_supported_python() -> None:
    matrix = read_workflow(ROOT / ".github" / "workflows" / "check.yml")["jobs"]["check"]
    supported = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )

    assert supported is not None
    versions = [f"3.{minor}" for minor in range(int(supported[1]), int(supported[2]))]
    assert matrix["strategy"]["matrix"]["python"] == versions
