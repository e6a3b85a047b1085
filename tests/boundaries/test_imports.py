"""What a part imports: the contracts hold, also for imports that only a run shows."""

import json
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "sklearn", "aws_cdk", "training", "infra")


@cache
def modules_after(code: str) -> frozenset[str]:
    """Return the top-level modules that a fresh interpreter has after running `code`."""
    program = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = json.loads(result.stdout.splitlines()[-1])
    return frozenset(name.partition(".")[0] for name in loaded)


@pytest.mark.parametrize("module", ["lambda_fn.handler", "lambda_fn.__main__"])
def test_the_service_starts_without_anything_heavy(module: str) -> None:
    assert modules_after(f"import {module}").isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ["lambda_fn.handler", "lambda_fn.__main__"])
def test_the_service_starts_without_the_drivers_that_only_some_use(module: str) -> None:
    assert modules_after(f"import {module}").isdisjoint({"boto3", "botocore", "pymongo"})


def test_the_contract_needs_only_numpy_pillow_and_pydantic() -> None:
    code = (
        "import lambda_fn.contract.images, lambda_fn.contract.manifest, lambda_fn.contract.styles"
    )

    loaded = modules_after(code)

    assert loaded.isdisjoint({"fastapi", "ai_edge_litert", "typer", "uvicorn", *HEAVY})


def test_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).parent / "lint-imports"

    result = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


def test_the_contract_for_training_names_every_other_module_of_the_service() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {one["name"]: one for one in project["tool"]["importlinter"]["contracts"]}
    contract = contracts["Training takes only the contract and the model from the service"]

    modules = {path.stem for path in (ROOT / "lambda_fn").glob("*.py")}
    packages = {path.parent.name for path in (ROOT / "lambda_fn").glob("*/__init__.py")}

    opened = {"contract", "catalogue", "model", "runtime", "runtime_litert"}
    shut = (modules | packages) - {"__init__"} - opened
    assert set(contract["forbidden_modules"]) == {f"lambda_fn.{name}" for name in shut}


@pytest.mark.parametrize(
    "package", ["infra", "infra/on_deploy", "lambda_fn", "lambda_fn/contract", "training"]
)
def test_an_init_is_a_docstring_only(package: str) -> None:
    text = (ROOT / package / "__init__.py").read_text("utf-8").strip()

    assert text.startswith('"""')
    assert text.endswith('"""')
    assert text.count('"""') == 2
