"""Synthesise a stage as `cdk` would, without account, Docker or network.

    python -m tests.infra.synthesis FOLDER

Node takes much memory, and the CDK six seconds before it writes the first stage. So one process of
its own writes all, once for each state of what enters a stage; the tests read what it wrote.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.config import DEV, PROD, StageConfig
from tests.made_once import made_once

ROOT: Final = Path(__file__).parents[2]
CONTEXT: Final[dict[str, Any]] = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
FULL: Final = replace(
    PROD,
    has_mongodb=True,
    has_tracing=True,
    alarm_email="somebody@example.org",
    domain="style.example.org",
    certificate="arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d",
    reserved_concurrency=5,
    monthly_budget_usd=0,
    gpu_max_vcpus=4,
    has_waf=True,
    architecture="arm64",
)
ABSENT: Final = object()
"""in the place of a value: the key must not be there"""
_ENTERS: Final = ("infra", "lambda_fn", "training", "web", "requirements", "tests/infra")
_ENTER_TOO: Final = ("cdk.json", ".dockerignore", "README.md", "tests/conftest.py")
Properties = dict[str, Any]


@dataclass(frozen=True)
class Synthesis:
    """What `cdk synth` writes for one stage.

    files: the templates as they would be deployed, that of visitors first. document: all in one.
    """

    document: dict[str, Any]
    files: tuple[Path, ...]

    @property
    def file(self) -> Path:
        """The template of what visitors use."""
        return self.files[0]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Every resource by its logical id."""
        found: dict[str, dict[str, Any]] = self.document["Resources"]
        return found

    @property
    def outputs(self) -> dict[str, Any]:
        """The value of every output by its name, without those that are for another stack."""
        told = self.document["Outputs"].items()
        return {name: one["Value"] for name, one in told if "Export" not in one}

    def of_type(self, kind: str) -> dict[str, Properties]:
        """The properties of every resource of a type by its logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def one(self, kind: str, part: str = "") -> Properties:
        """The properties of the only resource of a type whose path begins with a part's name."""
        found = [value for name, value in self.of_type(kind).items() if name.startswith(part)]
        assert len(found) == 1, f"{len(found)} resources of type {kind} in {part!r}"
        return found[0]

    def assert_one_has(self, kind: str, properties: Mapping[str, Any]) -> None:
        """Check that a resource of a type has these properties, among others."""
        found = self.of_type(kind)
        assert any(fits(one, properties) for one in found.values()), json.dumps(found, indent=2)

    def assert_all_have(self, kind: str, properties: Mapping[str, Any]) -> None:
        """Check that there are resources of a type, and all have these properties, among others."""
        found = self.of_type(kind)
        assert found, f"no resource of type {kind}"
        others = {name: one for name, one in found.items() if not fits(one, properties)}
        assert others == {}, json.dumps(others, indent=2)


def fits(found: Any, wanted: Any) -> bool:
    """Return whether it is what is wanted: of objects a part is enough, lists are whole."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key not in found if value is ABSENT else key in found and fits(found[key], value)
            for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list) and len(found) == len(wanted) and all(map(fits, found, wanted))
        )
    return type(found) is type(wanted) and bool(found == wanted)


def read_stage(name: str) -> Synthesis:
    """Return a stage: `dev`, as it is; `full`, the one for visitors with every option; or `bare`,
    the one without training.
    """
    folder = made_of_stages("stages", _make_stages) / name
    files = sorted(folder.glob("*.template.json"), key=lambda file: len(file.name))
    documents = [json.loads(file.read_text("utf-8")) for file in files]
    parts = ("Resources", "Outputs")
    merged = {part: {k: v for one in documents for k, v in one[part].items()} for part in parts}
    return Synthesis(merged, tuple(files))


def read_refusal() -> tuple[str, str]:
    """Return the error and the report for a stage whose bucket keeps no logs."""
    folder = made_of_stages("stages", _make_stages) / "refused"
    names = ("error", "validation-report.json")
    error, report = [(folder / name).read_text("utf-8") for name in names]
    return error, report


def made_of_stages(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made anew when anything changes that enters a stage or an image."""
    return made_once(f"{name}-{_state_of_what_enters()}", make)


def run_entry(context: Mapping[str, str], out: Path) -> "subprocess.CompletedProcess[str]":
    """Run `python -m infra.app` as the CLI does: the context in a variable, no credentials."""
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    environment["CDK_CONTEXT_JSON"] = json.dumps({**CONTEXT, **context})
    environment["CDK_OUTDIR"] = str(out)
    command = [sys.executable, "-m", "infra.app"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def statements(resource: Properties) -> Iterator[dict[str, Any]]:
    """Yield the statements of a policy or of a role's own policies."""
    documents = [one["PolicyDocument"] for one in resource.get("Policies", [])]
    if "PolicyDocument" in resource:
        documents.append(resource["PolicyDocument"])
    for document in documents:
        yield from document["Statement"]


def as_list(value: Any) -> list[Any]:
    """Return what may be one thing or several as several."""
    return value if isinstance(value, list) else [value]


def _make_stages(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.infra.synthesis", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def _synthesise(folder: Path) -> None:
    """Write the stages' cloud assemblies, and why a stage without logs is none."""
    import aws_cdk as cdk  # starts Node
    from aws_cdk import aws_s3 as s3

    import infra.app

    def write(config: StageConfig, name: str) -> None:
        app = cdk.App(context=CONTEXT, outdir=str(folder / name), analytics_reporting=False)
        infra.app.add_stage(app, config)
        app.synth()

    def without_logs(scope: cdk.App, name: str, **_: object) -> cdk.Stack:
        stack = cdk.Stack(scope, name)
        s3.Bucket(stack, "Bucket", enforce_ssl=True)
        return stack

    write(DEV, "dev")
    write(FULL, "full")
    write(replace(DEV, has_training=False), "bare")
    # a patch: nobody can choose a stage that AWS finds something in
    infra.app.ArtStyleStack = without_logs  # type: ignore[assignment,attr-defined]
    try:
        write(replace(DEV, has_training=False), "refused")
    except RuntimeError as error:
        (folder / "refused" / "error").write_text(str(error), "utf-8")


@cache
def _state_of_what_enters() -> str:
    digest = hashlib.sha256()
    for name in _ENTERS:
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode())
                digest.update(path.read_bytes())
    for name in _ENTER_TOO:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    _synthesise(Path(sys.argv[1]))
