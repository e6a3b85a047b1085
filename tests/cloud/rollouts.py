"""CodeDeploy as CloudFormation asks it when an alias moves: first the hook, then the traffic."""

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult

from tests.cloud.resources import Properties, ResourceError, client_of

_POLICY: Final = "CodeDeployLambdaAliasUpdate"
_told: Final[dict[str, str]] = {}


def try_before_traffic(
    policy: Mapping[str, Any], old: Properties, new: Properties, *, endpoint: str, region: str
) -> None:
    """Let the hook of a roll-out try the version that an alias is about to move to.

    policy: the alias's own for updates, without functions.

    Raises:
        ResourceError: the hook said no, or nothing.
    """
    rollout = policy.get(_POLICY)
    if not rollout or old["FunctionVersion"] == new["FunctionVersion"]:
        return
    codedeploy = client_of("codedeploy", endpoint, region)
    deployment = codedeploy.create_deployment(
        applicationName=rollout["ApplicationName"],
        deploymentGroupName=rollout["DeploymentGroupName"],
        revision={"revisionType": "String", "string": {"content": _plan(old, new)}},
    )["deploymentId"]
    event = {"DeploymentId": deployment, "LifecycleEventHookExecutionId": f"of-{deployment}"}
    client_of("lambda", endpoint, region).invoke(
        FunctionName=rollout["BeforeAllowTrafficHook"], Payload=json.dumps(event)
    )
    status = _told.get(event["LifecycleEventHookExecutionId"], "no answer")
    if status != "Succeeded":
        raise ResourceError(f"CodeDeploy: BeforeAllowTraffic of {deployment}: {status}")


def _plan(old: Properties, new: Properties) -> str:
    properties = {
        "Name": new["FunctionName"],
        "Alias": new["Name"],
        "CurrentVersion": old["FunctionVersion"],
        "TargetVersion": new["FunctionVersion"],
    }
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    return json.dumps({"version": 0.0, "Resources": [{"function": function}]})


def note_status(response: CodeDeployResponse) -> ActionResult:
    """Take what a hook says of a version; moto knows no hooks."""
    id_ = str(response._get_param("lifecycleEventHookExecutionId"))
    _told[id_] = str(response._get_param("status"))
    return ActionResult({"lifecycleEventHookExecutionId": id_})
