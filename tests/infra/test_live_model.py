import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

NAME = "/style-your-art/dev/model"
INITIAL = "/var/task/lambda_fn/release"


class FakeResponses(ModuleType):
    """Stands in for the module that Lambda adds to code out of a template."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"

    def __init__(self) -> None:
        super().__init__("cfnresponse")
        self.sent: list[SimpleNamespace] = []

    def send(
        self,
        _event: Any,
        _context: Any,
        status: str,
        data: dict[str, str],
        resource: str,
        reason: str | None = None,
    ) -> None:
        self.sent.append(
            SimpleNamespace(status=status, data=data, resource=resource, reason=reason)
        )


@pytest.fixture
def responses(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeResponses]:
    fake = FakeResponses()
    monkeypatch.setitem(sys.modules, "cfnresponse", fake)
    monkeypatch.delitem(sys.modules, "infra.on_deploy.live_model", raising=False)
    with mock_aws():
        yield fake


def ask(kind: str, name: str = NAME) -> None:
    properties = {"ParameterName": name, "Initial": INITIAL, "Fingerprint": "a"}
    module = importlib.import_module("infra.on_deploy.live_model")

    module.handler({"RequestType": kind, "ResourceProperties": properties}, None)


def parameters() -> dict[str, str]:
    found = boto3.client("ssm").describe_parameters()["Parameters"]
    return {one["Name"]: read(one["Name"]) for one in found}


def read(name: str) -> str:
    return str(boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def promote(address: str) -> None:
    boto3.client("ssm").put_parameter(Name=NAME, Value=address, Type="String", Overwrite=True)


def test_the_first_deploy_serves_the_model_inside_the_image(responses: FakeResponses) -> None:
    ask("Create")

    assert parameters() == {NAME: INITIAL}
    assert responses.sent[0].data == {"Address": INITIAL}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_deploy_leaves_a_promoted_model_live(responses: FakeResponses, kind: str) -> None:
    promote("s3://models/models/7")

    ask(kind)

    assert parameters() == {NAME: "s3://models/models/7"}
    assert responses.sent[0].data == {"Address": "s3://models/models/7"}


def test_an_update_makes_the_parameter_that_somebody_deleted(responses: FakeResponses) -> None:
    ask("Update")

    assert parameters() == {NAME: INITIAL}
    assert responses.sent[0].status == "SUCCESS"


@pytest.mark.parametrize("is_there", [True, False])
def test_the_parameter_goes_with_the_stack(responses: FakeResponses, is_there: bool) -> None:
    if is_there:
        promote("s3://models/models/7")

    ask("Delete")

    assert parameters() == {}
    assert responses.sent[0].status == "SUCCESS"


def test_it_is_the_same_resource_at_each_deploy(responses: FakeResponses) -> None:
    ask("Create")
    ask("Update")

    assert {one.resource for one in responses.sent} == {NAME}


def test_a_failure_is_told_at_once_and_by_name(responses: FakeResponses) -> None:
    ask("Create", name="aws/model")

    assert responses.sent[0].status == "FAILED"
    assert "aws/model" in responses.sent[0].reason
