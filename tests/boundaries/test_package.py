"""The package: a wheel that has all it needs, and asks for what the service's environment has."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import draw_picture, encode

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def requirements_of(group: str) -> list[str]:
    """Return the requirements of a dependency group and of those that it includes."""
    found: list[str] = []
    for one in PROJECT["dependency-groups"][group]:
        found += requirements_of(one["include-group"]) if isinstance(one, dict) else [one]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", folder], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder with the package and nothing else of the checkout."""
    folder = wheel.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, code: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run code beside the installed package, far from the checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARTSTYLE_")}
    command: list[Any] = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command,
        cwd=installed.parent,
        env=kept | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_asks_for_what_the_service_at_home_needs() -> None:
    assert sorted(PROJECT["project"]["dependencies"]) == sorted(requirements_of("service"))


def test_its_command_is_the_service_s_own() -> None:
    assert PROJECT["project"]["scripts"] == {"style-your-art": "lambda_fn.__main__:cli"}


def test_model_and_catalogue_travel_in_it_and_name_a_picture(installed: Path) -> None:
    picture = installed.parent / "picture.jpg"
    picture.write_bytes(encode(draw_picture()))
    code = "from lambda_fn.__main__ import cli; cli()"

    result = run(installed, code, "predict", picture)

    assert result.returncode == 0, result.stderr
    assert "1 of 1 pictures named" in result.stderr


def test_the_page_travels_in_it(installed: Path) -> None:
    code = (
        "from lambda_fn import __main__ as home; from lambda_fn.settings import Settings; "
        "print(home._find_page(Settings()))"
    )

    result = run(installed, code)

    page = Path(result.stdout.strip())
    assert page == installed / "lambda_fn" / "web"
    assert (page / "index.html").read_bytes() == (ROOT / "web" / "index.html").read_bytes()
