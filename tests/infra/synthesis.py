"""Synthesise a stage as `cdk` would, without account, Docker or network."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from infra.app import add_stage
from infra.config import StageConfig

ROOT = Path(__file__).parents[2]
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
Properties = dict[str, Any]


@dataclass(frozen=True)
class Synthesis:
    """What `cdk synth` writes for one stage.

    template: for assertions of the CDK. document: the same as Python's own types, which are asked
    much faster. file: the same on disk, as it would be deployed.
    """

    template: Template
    document: dict[str, Any]
    file: Path

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Every resource by its logical id."""
        found: dict[str, dict[str, Any]] = self.document["Resources"]
        return found

    @property
    def outputs(self) -> dict[str, Any]:
        """The value of every output by its name."""
        return {name: one["Value"] for name, one in self.document["Outputs"].items()}

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


def synthesise(config: StageConfig, folder: Path) -> Synthesis:
    """Write the stage's cloud assembly into a folder; raises where cdk-nag finds something."""
    app = cdk.App(context=CONTEXT, outdir=str(folder), analytics_reporting=False)
    stack = add_stage(app, config)
    app.synth()
    file = folder / stack.template_file
    document = json.loads(file.read_text("utf-8"))
    return Synthesis(Template.from_json(document), document, file)


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
