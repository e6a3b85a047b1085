"""What the repository promises: no data, no addresses, a README that tells the truth."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from lambda_fn.model import load_model
from lambda_fn.settings import Settings
from training.cli.commands import cli
from training.cli.recipe_options import config_of
from training.recipes import RECIPES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def tracked_files() -> list[Path]:
    result = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in result.stdout.splitlines() if (ROOT / line).is_file()]


def test_lock_files_hold_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        pins = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)

        assert pins, lock
        assert "://" not in text, lock
        assert text.count("--hash=sha256:") >= len(pins), lock


@pytest.mark.parametrize("folder", [".", "tests/bench/lighthouse"])
def test_lock_files_of_node_hold_hashes_and_no_registry(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}

    assert packages
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not any("resolved" in one for one in packages.values())


def test_no_photograph_and_no_weights_file_is_tracked() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked_files()]

    pictures = [n for n in names if n.lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".gif"))]
    assert [n for n in pictures if not n.startswith("docs/")] == []
    assert [n for n in names if n.endswith((".h5", ".keras", ".ckpt", ".onnx"))] == []


def test_the_newest_version_of_the_changelog_is_the_package_s() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert newest is not None
    assert re.fullmatch(rf"{re.escape(version)}, (unreleased|\d{{4}}-\d\d-\d\d)", newest[1])


def test_nothing_but_the_package_says_a_version() -> None:
    page = json.loads((ROOT / "package.json").read_text("utf-8"))

    assert "version" not in page


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_the_readme_lists_every_setting(name: str) -> None:
    variable = f"ARTSTYLE_{name.upper()}"
    description = Settings.model_fields[name].description

    assert re.search(rf"^\| `{variable}` \|.*{re.escape(str(description))}", README, re.MULTILINE)


def test_the_readme_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"`ARTSTYLE_([A-Z_]+)`", README)) - {"DATA"}

    assert named == {name.upper() for name in Settings.model_fields}


def test_the_readme_tells_the_figures_of_the_released_model() -> None:
    test = load_model(ROOT / "lambda_fn" / "release").manifest.test

    assert f"{test.top1:.1%}" in README.replace(" %", "%")
    for style in test.per_style.values():
        assert f"| {style.precision:.2f} | {style.recall:.2f} | {style.f1:.2f} |" in README


@pytest.mark.parametrize("has_data", [True, False])
def test_make_names_the_paintings_only_where_there_are_some(tmp_path: Path, has_data: bool) -> None:
    (tmp_path / "main").mkdir()
    if has_data:
        (tmp_path / "shared" / "data").mkdir(parents=True)
    show = 'show:\n\t@echo "$${ARTSTYLE_DATA-unset}"\n'
    makefile = (ROOT / "Makefile").read_text("utf-8") + show
    dropped = {"ARTSTYLE_DATA", "MAKEFLAGS"}  # the tests may run under make themselves
    others = {name: value for name, value in os.environ.items() if name not in dropped}

    result = subprocess.run(
        ["make", "-C", tmp_path / "main", "-s", "--no-print-directory", "-f", "-", "show"],
        input=makefile,
        env=others,
        capture_output=True,
        text=True,
        check=True,
    )

    named = str(tmp_path / "shared" / "data") if has_data else "unset"
    assert result.stdout.splitlines() == [named]


def test_what_the_readme_links_to_is_in_the_repository() -> None:
    links = re.findall(r"\]\(([^)#\s]+)", README)
    local = {link for link in links if "://" not in link}

    assert "docs/screenshot.webp" in local
    assert local <= {path.relative_to(ROOT).as_posix() for path in tracked_files()}


def test_who_tries_it_begins_with_an_empty_folder() -> None:
    block = re.search(r"## Try it\n.*?```sh\n(.*?)```", README, re.DOTALL)

    assert block is not None
    clone, enter, serve = block[1].splitlines()
    assert clone.startswith("git clone <")
    assert enter == f"cd {clone.split()[-1]}"
    assert serve == "make serve"


def test_the_readme_names_every_command_of_make() -> None:
    commands = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)

    assert {"serve", "test", "check", "bench"} <= set(commands)
    assert all(f"make {command}" in README for command in commands if command != "help")


def training_steps(group: Any) -> dict[str, Any]:
    """Return every step by its name, such as `organise` or `catalogue load`."""
    steps: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = training_steps(command) if isinstance(command, TyperGroup) else {"": command}
        steps |= {f"{name} {rest}".strip(): step for rest, step in inner.items()}
    return steps


STEPS = training_steps(typer.main.get_command(cli))


def _read_document(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def training_commands() -> list[str]:
    names = ("training.md", "retrain.md", "feedback.md")
    documents = (README, *map(_read_document, names))
    pattern = re.compile(r"^(?:\.venv/bin/)?python -m training (.+?)(?:\s+#.*)?$", re.MULTILINE)
    return [line for text in documents for line in pattern.findall(text)]


def step_of(line: str) -> str:
    return next(name for name in STEPS if f"{line} ".startswith(f"{name} "))


@pytest.mark.parametrize("line", training_commands())
def test_a_training_command_of_the_documents_has_arguments_that_exist(line: str) -> None:
    name = step_of(line)

    # raises where one does not
    context = STEPS[name].make_context(name, shlex.split(line.removeprefix(name)))

    given = context.params
    if "set_" in given:
        recipe = given["recipe"] if given["recipe"] in RECIPES else None  # or a file of one's own
        assert config_of(recipe=recipe, settings=given["set_"] or ())


def test_the_documents_name_every_step_of_training() -> None:
    assert {step_of(line) for line in training_commands()} == set(STEPS)
