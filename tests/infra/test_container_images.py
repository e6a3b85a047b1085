"""A change makes a new image only where it is in it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.infra.synthesis import CONTEXT, ROOT, Synthesis, made_of_stages

pytestmark = pytest.mark.slow

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
    "lambda_fn/runtime.py",
    "lambda_fn/runtime_litert.py",
    "lambda_fn/release/manifest.json",
    "requirements/dev.txt",
    "requirements/lambda-litert.txt",
    "requirements/service.txt",
    "requirements/training-gpu.txt",
    "requirements/training.txt",
    "requirements/trim.py",
    "tests/conftest.py",
    "training/Dockerfile",
    "training/runs/train.py",
    "web/index.html",
    "web/main.js",
)
NEITHER, SERVICE, TRAINING = set[str](), {"service"}, {"training"}
CHANGES = {
    "web/index.html": NEITHER,
    "web/main.js": NEITHER,
    "tests/conftest.py": NEITHER,
    "infra/stack.py": NEITHER,
    "README.md": NEITHER,
    "requirements/dev.txt": NEITHER,
    "lambda_fn/__pycache__/app.cpython-313.pyc": NEITHER,
    "lambda_fn/contract/__pycache__/styles.cpython-313.pyc": NEITHER,
    "training/__pycache__/train.cpython-313.pyc": NEITHER,
    "lambda_fn/app.py": SERVICE,
    "lambda_fn/Dockerfile": SERVICE,
    "lambda_fn/release/manifest.json": SERVICE,
    "lambda_fn/catalogue/starter.sqlite": SERVICE,
    "requirements/lambda-litert.txt": SERVICE,
    "requirements/trim.py": SERVICE,
    "requirements/service.txt": NEITHER,
    "training/runs/train.py": TRAINING,
    "training/Dockerfile": TRAINING,
    "requirements/training-gpu.txt": TRAINING,
    "requirements/training.txt": TRAINING,
    "lambda_fn/contract/styles.py": SERVICE | TRAINING,
    "lambda_fn/model.py": SERVICE | TRAINING,
    "lambda_fn/runtime.py": SERVICE | TRAINING,
    "lambda_fn/runtime_litert.py": SERVICE | TRAINING,
    "lambda_fn/catalogue/works.py": SERVICE | TRAINING,
}


@pytest.fixture(scope="module")
def made_new() -> dict[str, list[str]]:
    """The images that are new, by the file that was changed."""
    file = made_of_stages("new-images", _change_one_by_one) / "new.json"
    found: dict[str, list[str]] = json.loads(file.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def staged(dev: Synthesis) -> dict[str, Path]:
    """The folders that the builder gets, of the repository as it is."""
    folder = dev.file.parent
    assets = [json.loads(file.read_text("utf-8")) for file in folder.glob("*.assets.json")]
    sources = [image["source"] for one in assets for image in one["dockerImages"].values()]
    parts = {"lambda_fn/Dockerfile": "service", "training/Dockerfile": "training"}
    return {parts[one["dockerFile"]]: folder / one["directory"] for one in sources}


def _change_one_by_one(folder: Path) -> None:
    """Tell what each change makes new in a small copy of the repository."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name in FILES:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        before = _images_of(root)
        new = {name: _new_after_a_change(root / name, root, before) for name in CHANGES}
    (folder / "new.json").write_text(json.dumps(new), "utf-8")


def _new_after_a_change(file: Path, root: Path, before: dict[str, str]) -> list[str]:
    kept = file.read_bytes() if file.exists() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("changed", "utf-8")
    after = _images_of(root)
    if kept is None:
        file.unlink()
    else:
        file.write_bytes(kept)
    return [name for name in after if after[name] != before[name]]


def _images_of(root: Path) -> dict[str, str]:
    import aws_cdk as cdk  # starts Node

    from infra.container_images import service_image, training_image

    stack = cdk.Stack(cdk.App(context=CONTEXT), "Images")
    service = service_image(stack, "Service", architecture="x86_64", root=root)
    training = training_image(stack, "Training", root=root)
    return {"service": service.asset_hash, "training": training.asset_hash}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_change_makes_only_the_images_new_that_hold_it(
    made_new: dict[str, list[str]], changed: str
) -> None:
    assert set(made_new[changed]) == CHANGES[changed]


@pytest.mark.parametrize(
    ("image", "module"),
    [("service", "lambda_fn.handler"), ("training", "training.cli.commands")],
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

    # the CDK lets in every file of this name; no image of AWS copies the one for home
    assert set(names) == {".dockerignore", "Dockerfile", "lambda_fn", "requirements", "training"}
