"""What the documents say: settings, commands, figures, routes, errors and links that there are."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from lambda_fn.composition import build_app
from lambda_fn.errors import ServiceError
from lambda_fn.model import load_model
from lambda_fn.schemas import PredictionWithWorks
from lambda_fn.settings import Settings
from training.cli.commands import cli
from training.cli.recipe_options import config_of
from training.recipes import RECIPES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
README = (ROOT / "README.md").read_text("utf-8")
TWO_SCREENS = 100  # lines


def read_document(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


SETTINGS, API = read_document("settings.md"), read_document("api.md")


def test_the_readme_has_two_screens() -> None:
    assert len(README.splitlines()) <= TWO_SCREENS


def test_the_index_has_a_line_for_every_document() -> None:
    listed = re.findall(r"^\| \[(.+?)\]\(\1\) \| \S", read_document("README.md"), re.MULTILINE)

    assert sorted([*listed, "README.md"]) == [path.name for path in DOCUMENTS]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_listed(name: str) -> None:
    variable = f"ARTSTYLE_{name.upper()}"
    description = Settings.model_fields[name].description

    assert re.search(rf"^\| `{variable}` \|.*{re.escape(str(description))}", SETTINGS, re.MULTILINE)


def test_no_setting_is_named_that_does_not_exist() -> None:
    named = set(re.findall(r"`ARTSTYLE_([A-Z_]+)`", README + SETTINGS + API)) - {"DATA"}

    assert named == {name.upper() for name in Settings.model_fields}


def test_every_command_of_make_is_listed() -> None:
    commands = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)

    assert {"serve", "test", "check", "bench"} <= set(commands)
    listed = re.findall(r"^\| `make ([a-z-]+)` \|", SETTINGS, re.MULTILINE)
    assert set(listed) == set(commands) - {"help"}


def test_the_readme_tells_how_often_the_released_model_is_right() -> None:
    test = load_model(ROOT / "lambda_fn" / "release").manifest.test

    assert f"{test.top1:.1%}" in README.replace(" %", "%")


def test_the_model_card_tells_the_figures_of_every_style() -> None:
    card = read_document("model-card.md")

    for style in load_model(ROOT / "lambda_fn" / "release").manifest.test.per_style.values():
        figures = (f"{one:.3f}" for one in (style.precision, style.recall, style.f1))
        assert f"| {' | '.join(one.removeprefix('0') for one in figures)} |" in card


def test_the_answer_is_shown_with_the_fields_that_it_has() -> None:
    block = re.search(r"```json\n(.*?)```", API, re.DOTALL)

    assert block is not None
    assert list(json.loads(block[1])) == list(PredictionWithWorks.model_fields)


def test_every_route_is_listed() -> None:
    settings = Settings()
    paths = build_app(settings, settings.load_model()).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, ways in paths.items() for method in ways}

    listed = re.findall(r"^\| `((?:GET|POST) \S+)` \|", API, re.MULTILINE)
    assert set(listed) == {route for route in routes if " /v1/" in route}


def kinds_of(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def test_every_error_is_listed_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.+?) \|", API, re.MULTILINE)
    listed = {(int(status), code) for status, cell in rows for code in re.findall(r"`(.+?)`", cell)}

    ours = [kind for kind in kinds_of(ServiceError) if kind.__module__.startswith("lambda_fn.")]
    assert listed == {(kind.status.value, kind.code) for kind in ours}


def tracked_files() -> set[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {(ROOT / line).resolve() for line in listed.stdout.splitlines()}


def anchors_of(text: str) -> set[str]:
    """Return what its headings are called in an address, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def is_link_good(page: Path, link: str, tracked: set[Path]) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if anchor and anchor not in anchors_of(target.read_text("utf-8")):
        return False
    return target in tracked or any(target in file.parents for file in tracked)


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), *DOCUMENTS, ROOT / "tests" / "README.md"],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_what_a_document_links_to_is_in_the_repository(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    tracked = tracked_files()

    local = {link for link in links if "://" not in link}
    assert {link for link in local if not is_link_good(page, link, tracked)} == set()


def test_who_tries_it_begins_with_an_empty_folder() -> None:
    block = re.search(r"## Try it\n.*?```sh\n(.*?)```", README, re.DOTALL)

    assert block is not None
    clone, enter, serve = block[1].splitlines()
    assert clone.startswith("git clone <")
    assert enter == f"cd {clone.split()[-1]}"
    assert serve == "make serve"


def training_steps(group: Any) -> dict[str, Any]:
    """Return every step by its name, such as `organise` or `catalogue load`."""
    steps: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = training_steps(command) if isinstance(command, TyperGroup) else {"": command}
        steps |= {f"{name} {rest}".strip(): step for rest, step in inner.items()}
    return steps


STEPS = training_steps(typer.main.get_command(cli))


def training_commands() -> list[str]:
    documents = (path.read_text("utf-8") for path in DOCUMENTS)
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
