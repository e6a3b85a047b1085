"""A change makes a new image only where it is in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from infra.images import service_image, training_image
from tests.infra.synthesis import CONTEXT, ROOT

FILES = (
    ".dockerignore",
    "README.md",
    "infra/stack.py",
    "lambda_fn/Dockerfile",
    "lambda_fn/__init__.py",
    "lambda_fn/app.py",
    "lambda_fn/catalogue/starter.sqlite",
    "lambda_fn/catalogue/works.py",
    "lambda_fn/contract/styles.py",
    "lambda_fn/model.py",
    "lambda_fn/release/manifest.json",
    "requirements/dev.txt",
    "requirements/lambda-litert.txt",
    "requirements/service.txt",
    "requirements/training-gpu.txt",
    "requirements/training.txt",
    "requirements/trim.py",
    "tests/conftest.py",
    "training/Dockerfile",
    "training/train.py",
    "web/index.html",
    "web/main.js",
)
NEITHER, SERVICE, TRAINING = set[str](), {"service"}, {"training"}

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small copy of the repository."""
    for name in FILES:
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "root" / name)
    return tmp_path / "root"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders that the builder gets, of the repository as it is."""
    out = tmp_path_factory.mktemp("images")
    app = cdk.App(context=CONTEXT, outdir=str(out), analytics_reporting=False)
    stack = cdk.Stack(app, "Images")
    service = service_image(stack, "Service", architecture="x86_64")
    training = training_image(stack, "Training")
    app.synth()
    return {
        "service": out / f"asset.{service.asset_hash}",
        "training": out / f"asset.{training.asset_hash}",
    }


def images_of(root: Path) -> dict[str, str]:
    stack = cdk.Stack(cdk.App(context=CONTEXT), "Images")
    service = service_image(stack, "Service", architecture="x86_64", root=root)
    training = training_image(stack, "Training", root=root)
    return {"service": service.asset_hash, "training": training.asset_hash}


@pytest.mark.parametrize(
    ("changed", "images"),
    [
        ("web/index.html", NEITHER),
        ("web/main.js", NEITHER),
        ("tests/conftest.py", NEITHER),
        ("infra/stack.py", NEITHER),
        ("README.md", NEITHER),
        ("requirements/dev.txt", NEITHER),
        ("lambda_fn/__pycache__/app.cpython-313.pyc", NEITHER),
        ("lambda_fn/contract/__pycache__/styles.cpython-313.pyc", NEITHER),
        ("training/__pycache__/train.cpython-313.pyc", NEITHER),
        ("lambda_fn/app.py", SERVICE),
        ("lambda_fn/Dockerfile", SERVICE),
        ("lambda_fn/release/manifest.json", SERVICE),
        ("lambda_fn/catalogue/starter.sqlite", SERVICE),
        ("requirements/lambda-litert.txt", SERVICE),
        ("requirements/trim.py", SERVICE),
        ("requirements/service.txt", NEITHER),
        ("training/train.py", TRAINING),
        ("training/Dockerfile", TRAINING),
        ("requirements/training-gpu.txt", TRAINING),
        ("requirements/training.txt", TRAINING),
        ("lambda_fn/contract/styles.py", SERVICE | TRAINING),
        ("lambda_fn/model.py", SERVICE | TRAINING),
        ("lambda_fn/catalogue/works.py", SERVICE | TRAINING),
    ],
)
def test_a_change_makes_only_the_images_new_that_hold_it(
    root: Path, changed: str, images: set[str]
) -> None:
    before = images_of(root)

    (root / changed).parent.mkdir(parents=True, exist_ok=True)
    (root / changed).write_text("changed")

    after = images_of(root)
    assert {name for name in after if after[name] != before[name]} == images


@pytest.mark.parametrize(
    ("image", "module"),
    [("service", "lambda_fn.handler"), ("training", "training.cli")],
)
def test_an_image_holds_all_the_code_that_it_needs(
    staged: dict[str, Path], image: str, module: str
) -> None:
    program = f"import {module}; print({module}.__file__)"
    command = [sys.executable, "-P", "-c", program]
    environment = {**os.environ, "PYTHONPATH": str(staged[image]), "PYTHONDONTWRITEBYTECODE": "1"}

    result = subprocess.run(
        command, cwd=staged[image], env=environment, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().startswith(str(staged[image]))


def test_no_test_and_no_page_enters_an_image(staged: dict[str, Path]) -> None:
    names = [path.name for folder in staged.values() for path in folder.iterdir()]

    assert set(names) == {".dockerignore", "lambda_fn", "requirements", "training"}
