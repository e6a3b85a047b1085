"""What moto lacks for our stack, and what it does otherwise than AWS."""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from moto.awslambda.responses import LambdaResponse
from moto.cloudfront import urls as cloudfront_urls
from moto.cloudfront.models import Invalidation
from moto.cloudfront.responses import CloudFrontResponse
from moto.cloudtrail.responses import CloudTrailResponse
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.config import default_user_config
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.models import FakeBucket

from tests.cloud.rollouts import note_status

_POLICIES: Final[dict[str, dict[str, Any]]] = {}


def mend_moto() -> None:
    """Do it for this process, before its first request."""
    # jobs are noted, not run: there is no docker
    default_user_config["batch"] = {"use_docker": False}
    _heed_qualifiers()
    _heed_conditions()
    _log_before_the_policy()
    _log_flows_into_a_folder()
    _complete_invalidations()
    _add_policies_of_the_cdn()
    _add_deletion_of_rollouts()
    # whoever asks who did what is told that nothing is known yet, as for minutes in AWS
    _add(CloudTrailResponse, "lookup_events", lambda _: ActionResult({"Events": []}))


def _heed_qualifiers() -> None:
    """Ask the version or alias that is named: moto looks for it under a name in small letters, and
    runs the newest code whatever was asked.
    """

    def _get_param(self: LambdaResponse, name: str, if_none: Any = None) -> Any:
        names = (name, "Qualifier") if name == "qualifier" else (name,)
        found = (BaseResponse._get_param(self, one) for one in names)
        return next((one for one in found if one is not None), if_none)

    LambdaResponse._get_param = _get_param  # type: ignore[method-assign, assignment]


def _heed_conditions() -> None:
    """Let no statement with a condition decide: moto would deny all that comes without TLS."""
    decide = IAMPolicyStatement.is_action_permitted

    def is_action_permitted(self: IAMPolicyStatement, *asked: Any, **more: Any) -> PermissionResult:
        if "Condition" in self._statement:
            return PermissionResult.NEUTRAL
        return decide(self, *asked, **more)

    IAMPolicyStatement.is_action_permitted = is_action_permitted  # type: ignore[method-assign]


def _log_before_the_policy() -> None:
    """Let a bucket log into another whose policy comes later; AWS looks at it when it writes."""
    FakeBucket._log_permissions_enabled_policy = staticmethod(  # type: ignore[method-assign]
        lambda target_bucket, target_prefix: True
    )


def _log_flows_into_a_folder() -> None:
    """Take a folder in a bucket as a place for the logs of a network, where moto looks for a bucket
    that is called so.
    """
    create = FlowLogsBackend.create_flow_logs

    def create_flow_logs(self: FlowLogsBackend, **asked: Any) -> tuple[list[Any], list[Any]]:
        place = asked["log_destination"]
        bucket = str(place).partition("/")[0]
        made, refused = create(self, **{**asked, "log_destination": bucket})
        for one in made:
            one.log_destination = place
        return made, refused

    FlowLogsBackend.create_flow_logs = create_flow_logs  # type: ignore[method-assign, assignment]


def _complete_invalidations() -> None:
    """Say `Completed` as AWS does: who waits for it never hears moto's COMPLETED."""
    begin = Invalidation.__init__

    def __init__(self: Invalidation, *given: Any, **more: Any) -> None:
        begin(self, *given, **more)
        self.status = "Completed"

    Invalidation.__init__ = __init__  # type: ignore[method-assign]


def _add_policies_of_the_cdn() -> None:
    for name, path in (("Cache", "cache-policy"), ("ResponseHeaders", "response-headers-policy")):
        words = path.replace("-", "_")
        _add(CloudFrontResponse, f"create_{words}", _create_policy(f"{name}Policy"))
        _add(CloudFrontResponse, f"get_{words}", _get_policy)
        _add(CloudFrontResponse, f"delete_{words}", _delete_policy)
        paths = (f"{{0}}/2020-05-31/{path}$", f"{{0}}/2020-05-31/{path}/(?P<policy_id>[^/]+)$")
        cloudfront_urls.url_paths.update(dict.fromkeys(paths, CloudFrontResponse.dispatch))


def _add_deletion_of_rollouts() -> None:
    _add(CodeDeployResponse, "put_lifecycle_event_hook_execution_status", note_status)
    _add(CodeDeployResponse, "update_deployment_group", _update_deployment_group)
    _add(CodeDeployResponse, "delete_application", _delete_application)
    _add(CodeDeployResponse, "delete_deployment_group", _delete_deployment_group)


def _add(response: type[BaseResponse], operation: str, answer: Callable[[Any], Any]) -> None:
    setattr(response, operation, answer)


def _create_policy(kind: str) -> Callable[[CloudFrontResponse], ActionResult]:
    def create(response: CloudFrontResponse) -> ActionResult:
        policy = {"Id": str(uuid4()), f"{kind}Config": response._get_param(f"{kind}Config")}
        _POLICIES[policy["Id"]] = {kind: policy, "ETag": str(uuid4())}
        return ActionResult(_POLICIES[policy["Id"]])

    return create


def _get_policy(response: CloudFrontResponse) -> ActionResult:
    return ActionResult(_POLICIES[response._get_param("Id")])


def _delete_policy(response: CloudFrontResponse) -> ActionResult:
    del _POLICIES[response._get_param("Id")]
    return EmptyResult()


def _update_deployment_group(response: CodeDeployResponse) -> ActionResult:
    groups = response.codedeploy_backend.deployment_groups[response._get_param("applicationName")]
    group = groups[response._get_param("currentDeploymentGroupName")]
    group.alarm_configuration = response._get_param("alarmConfiguration")
    return ActionResult({"hooksNotCleanedUp": []})


def _delete_application(response: CodeDeployResponse) -> ActionResult:
    del response.codedeploy_backend.applications[response._get_param("applicationName")]
    return EmptyResult()


def _delete_deployment_group(response: CodeDeployResponse) -> ActionResult:
    groups = response.codedeploy_backend.deployment_groups[response._get_param("applicationName")]
    del groups[response._get_param("deploymentGroupName")]
    return ActionResult({"hooksNotCleanedUp": []})
