"""A new version is tried before visitors get it, watched while it takes over, and kept."""

import base64
import importlib
import io
import json
import sys
from types import SimpleNamespace
from typing import Any

import boto3
import numpy as np
import pytest
from PIL import Image

from infra.config import DEV, PROD
from infra.on_deploy import first_request
from infra.rollout import KEPT_VERSIONS
from tests.infra.synthesis import ROOT, Synthesis, as_list, statements

RELEASE = ROOT / "lambda_fn" / "release"
VERSION = "AWS::Lambda::Version"
ALARM = "AWS::CloudWatch::Alarm"


def version_of(stage: Synthesis) -> dict[str, Any]:
    """Return how a template says the number of the newest version."""
    [name] = stage.of_type(VERSION)
    return {"Fn::GetAtt": [name, "Version"]}


def alias_of(stage: Synthesis) -> dict[str, Any]:
    return next(one for one in stage.resources.values() if one["Type"] == "AWS::Lambda::Alias")


def guards_of(stage: Synthesis) -> dict[str, dict[str, Any]]:
    group = stage.one("AWS::CodeDeploy::DeploymentGroup")
    names = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    return {name: stage.of_type(ALARM)[name] for name in names}


@pytest.mark.parametrize(
    ("stage", "pace"),
    [("dev", "AllAtOnce"), ("full", "Canary10Percent5Minutes")],
)
def test_a_new_version_takes_over_at_the_pace_of_its_stage(
    request: pytest.FixtureRequest, stage: str, pace: str
) -> None:
    group = request.getfixturevalue(stage).one("AWS::CodeDeploy::DeploymentGroup")

    assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{pace}"


def test_a_new_version_is_taken_back_when_an_alarm_rings(dev: Synthesis) -> None:
    group = dev.one("AWS::CodeDeploy::DeploymentGroup")

    assert set(group["AutoRollbackConfiguration"]["Events"]) == {
        "DEPLOYMENT_FAILURE",
        "DEPLOYMENT_STOP_ON_REQUEST",
        "DEPLOYMENT_STOP_ON_ALARM",
    }
    assert len(guards_of(dev)) == 2


def test_the_alias_moves_by_a_deployment_whose_guards_are_there_before(dev: Synthesis) -> None:
    alias = alias_of(dev)
    [group] = dev.of_type("AWS::CodeDeploy::DeploymentGroup")
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]

    assert group in alias["DependsOn"]
    assert update["BeforeAllowTrafficHook"]["Ref"] in alias["DependsOn"]


def test_what_stops_a_rollout_is_about_the_new_version_and_minutes(dev: Synthesis) -> None:
    version = version_of(dev)

    for alarm in guards_of(dev).values():
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)
        assert json.dumps(version) in json.dumps(alarm["AlarmName"])
        about = (alarm["MetricName"], alarm.get("Dimensions"))
        assert json.dumps(version) in json.dumps(about)


def test_an_alarm_that_rings_already_stops_no_deploy(dev: Synthesis) -> None:
    """A name with the version in it makes another alarm, which has not rung yet."""
    names = [json.dumps(alarm["AlarmName"]) for alarm in guards_of(dev).values()]
    others = [one for name, one in dev.of_type(ALARM).items() if name not in guards_of(dev)]

    assert len(set(names)) == 2
    assert not [one for one in others if "AlarmName" in one]


def test_a_503_that_is_said_on_purpose_stops_no_rollout(dev: Synthesis) -> None:
    pattern = "".join(
        part if isinstance(part, str) else "7"
        for part in dev.one("AWS::Logs::MetricFilter")["FilterPattern"]["Fn::Join"][1]
    )

    assert pattern == '{ $.function_version = "7" && $.status >= 500 && $.status != 503 }'


def test_versions_before_are_kept_to_go_back_to(dev: Synthesis) -> None:
    [version] = [one for one in dev.resources.values() if one["Type"] == VERSION]
    tidy = dev.one("AWS::CloudFormation::CustomResource", "RolloutOldVersions")
    whole = next(one for one in dev.resources.values() if one.get("Properties") == tidy)

    assert version["DeletionPolicy"] == "RetainExceptOnCreate"
    assert version["UpdateReplacePolicy"] == "Retain"
    assert (tidy["Keep"], tidy["Version"]) == (KEPT_VERSIONS, version_of(dev))
    # only once the alias has moved
    assert next(iter(dev.of_type("AWS::Lambda::Alias"))) in whole["DependsOn"]


def test_what_forgets_versions_cannot_delete_the_function(dev: Synthesis) -> None:
    [policy] = [
        one for name, one in dev.of_type("AWS::IAM::Policy").items() if "RolloutTidy" in name
    ]

    deleting = [
        one["Resource"]
        for one in statements(policy)
        if "lambda:DeleteFunction" in as_list(one["Action"])
    ]

    assert [one["Fn::Join"][1][-1] for one in deleting] == [":*"]


def test_no_custom_resource_can_hold_a_deploy_for_an_hour(dev: Synthesis) -> None:
    custom = [
        one["Properties"]
        for one in dev.resources.values()
        if one["Type"] in ("AWS::CloudFormation::CustomResource", "Custom::CDKBucketDeployment")
    ]

    assert len(custom) == 4
    assert {int(one["ServiceTimeout"]) for one in custom} == {120}


# what tries a version


class Service:
    """Stands in for Lambda: answers as the function would.

    off: is added to each probability.
    """

    def __init__(self, *, model: str | None = None, status: int = 200, off: float = 0.0) -> None:
        manifest = json.loads((RELEASE / "manifest.json").read_text("utf-8"))
        self.model, self.status, self.off = model or manifest["id"], status, off
        self.styles = manifest["styles"]
        self.asked: list[tuple[str, str]] = []
        self.picture = b""

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:
        event = json.loads(Payload)
        self.asked.append((f"{FunctionName}:{Qualifier}", event["rawPath"]))
        body = self._body(event)
        answer = {"statusCode": self.status, "body": json.dumps(body), "isBase64Encoded": False}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _body(self, event: dict[str, Any]) -> dict[str, Any]:
        if event["rawPath"] == "/v1/model":
            return {"manifest": {"id": self.model}}
        self.picture = base64.b64decode(event["body"])
        with np.load(RELEASE / "golden.npz") as golden:
            answers = golden["probabilities"][-1] + self.off
        pairs = zip(self.styles, answers.tolist(), strict=True)
        return {"probabilities": [{"slug": slug, "probability": one} for slug, one in pairs]}


def test_a_version_is_asked_the_golden_picture_of_its_model() -> None:
    service = Service()

    first_request.try_out(service, "function", "7")

    assert service.asked == [("function:7", "/v1/model"), ("function:7", "/v1/predictions")]
    with np.load(RELEASE / "golden.npz") as golden:
        wanted = golden["pictures"][-1]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(service.picture))), wanted)


@pytest.mark.parametrize(
    ("service", "why"), [(Service(off=0.05), "off by 0.050"), (Service(status=500), "500")]
)
def test_a_version_that_answers_otherwise_gets_no_visitors(service: Service, why: str) -> None:
    with pytest.raises(first_request.WrongAnswerError, match=why):
        first_request.try_out(service, "function", "7")


def test_a_promoted_model_has_answers_of_its_own() -> None:
    first_request.try_out(Service(model="another", off=0.2), "function", "7")


JSON = '{"Resources":[{"f":{"Properties":{"CurrentVersion":"6","TargetVersion":"7"}}}]}'
YAML = "CurrentVersion: 6\nTargetVersion: arn:aws:lambda:eu-west-1:123456789012:function:f:7\n"


class Deployment:
    """Stands in for CodeDeploy with one deployment. revision: its plan, as it tells it."""

    def __init__(self, revision: dict[str, Any]) -> None:
        self.revision = revision
        self.told: list[dict[str, str]] = []

    def get_deployment(self, **_: str) -> dict[str, Any]:
        return {"deploymentInfo": {"revision": self.revision}}

    def list_deployment_targets(self, **_: str) -> dict[str, Any]:
        return {"targetIds": ["a"]}

    def get_deployment_target(self, *, deploymentId: str, targetId: str) -> dict[str, Any]:
        assert (deploymentId, targetId) == ("d-1", "a")
        function = {"currentVersion": "6", "targetVersion": "7"}
        return {"deploymentTarget": {"lambdaTarget": {"lambdaFunctionInfo": function}}}

    def put_lifecycle_event_hook_execution_status(self, **given: str) -> None:
        self.told.append(given)


@pytest.mark.parametrize(
    "revision",
    [
        {"string": {"content": JSON}},
        {"appSpecContent": {"content": YAML}},
        {"appSpecContent": {"sha256": "0"}},
        {},
    ],
)
def test_the_version_is_the_one_that_the_deployment_moves_to(revision: dict[str, Any]) -> None:
    assert first_request.target_of(Deployment(revision), "d-1") == "7"


@pytest.mark.parametrize(
    ("service", "status"), [(Service(), "Succeeded"), (Service(status=500), "Failed")]
)
def test_codedeploy_is_told_how_it_went(
    monkeypatch: pytest.MonkeyPatch, service: Service, status: str
) -> None:
    codedeploy = Deployment({"string": {"content": JSON}})
    clients = {"lambda": service, "codedeploy": codedeploy}
    monkeypatch.setenv("FUNCTION", "function")
    # a patch: what runs in the cloud makes its own clients
    monkeypatch.setattr(boto3, "client", clients.__getitem__)

    first_request.handler({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e"}, None)

    expected = {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "e", "status": status}
    assert codedeploy.told == [expected]
    assert {where for where, _ in service.asked} == {"function:7"}


def test_its_archive_holds_what_it_needs_and_no_more(dev: Synthesis) -> None:
    function = next(
        one
        for one in dev.of_type("AWS::Lambda::Function").values()
        if "FUNCTION" in one.get("Environment", {}).get("Variables", {})
    )
    name = function["Code"]["S3Key"].removesuffix(".zip")
    folder = dev.file.parent / f"asset.{name}"

    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert held == {
        "infra/on_deploy/first_request.py",
        "lambda_fn/release/golden.npz",
        "lambda_fn/release/manifest.json",
    }


# what forgets versions


class Versions:
    """Stands in for Lambda with a function of so many versions."""

    def __init__(self, count: int, *, live: str, shared: str | None = None) -> None:
        self.numbers = ["$LATEST", *(str(number) for number in range(1, count + 1))]
        weights = {"AdditionalVersionWeights": {shared: 0.1}} if shared else {}
        self.aliases = [{"FunctionVersion": live, "RoutingConfig": weights}]
        self.asked_to_delete: list[str] = []

    def get_paginator(self, name: str) -> Any:
        assert name == "list_versions_by_function"
        pages = [{"Versions": [{"Version": one}]} for one in self.numbers]
        return SimpleNamespace(paginate=lambda **_: pages)

    def list_aliases(self, **_: str) -> dict[str, Any]:
        return {"Aliases": self.aliases}

    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:
        assert FunctionName == "function"
        self.asked_to_delete.append(Qualifier)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    fake: Any = SimpleNamespace(
        SUCCESS="SUCCESS", send=lambda event, context, status, data, id_: sent.append(status)
    )
    monkeypatch.setitem(sys.modules, "cfnresponse", fake)
    monkeypatch.delitem(sys.modules, "infra.on_deploy.old_versions", raising=False)
    return sent


def forget(
    versions: Any, monkeypatch: pytest.MonkeyPatch, kind: str = "Update", before: str = "5"
) -> None:
    module = importlib.import_module("infra.on_deploy.old_versions")
    monkeypatch.setattr(module.boto3, "client", lambda _: versions)
    properties = {"FunctionName": "function", "Version": "6", "Keep": "3"}
    old = {"OldResourceProperties": {**properties, "Version": before}}
    event = {"RequestType": kind, "ResourceProperties": properties}
    module.handler({**event, **(old if kind == "Update" else {})}, None)


@pytest.mark.parametrize(
    ("versions", "before", "gone"),
    [
        (Versions(6, live="6"), "5", ["3", "2", "1"]),
        (Versions(6, live="2"), "5", ["3", "1"]),
        (Versions(6, live="6", shared="3"), "5", ["2", "1"]),
        # promotions came between two deploys: a failing one goes back to version 1
        (Versions(6, live="6"), "1", ["3", "2"]),
        (Versions(2, live="2"), "1", []),
    ],
)
def test_only_old_versions_that_nobody_needs_are_forgotten(
    answers: list[str],
    monkeypatch: pytest.MonkeyPatch,
    versions: Versions,
    before: str,
    gone: list[str],
) -> None:
    forget(versions, monkeypatch, before=before)

    assert versions.asked_to_delete == gone
    assert answers == ["SUCCESS"]


def test_a_version_that_cannot_be_forgotten_fails_no_deploy(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(SimpleNamespace(), monkeypatch)

    assert answers == ["SUCCESS"]


def test_a_stack_that_goes_takes_its_versions_along(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = Versions(6, live="6")

    forget(versions, monkeypatch, kind="Delete")

    assert (versions.asked_to_delete, answers) == ([], ["SUCCESS"])


def test_it_fits_into_a_template() -> None:
    assert len((ROOT / "infra/on_deploy/old_versions.py").read_bytes()) <= 4096


def test_both_stages_name_their_pace() -> None:
    assert (DEV.is_canary, PROD.is_canary) == (False, True)
