"""Service: the container Lambda behind an alias that moves slowly, and its HTTP API."""

import json
from collections.abc import Mapping
from typing import Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.config import MAX_BODY_BYTES, TIMEOUT_S, UPLOADS_PER_S, StageConfig
from infra.container_images import service_image
from infra.fingerprint import fingerprint
from infra.live_model import LiveModel
from infra.logs import log_group, runtime_role
from infra.nag_suppressions import stand_by
from infra.storage import KEPT

_ARCHITECTURES: Final = {
    "x86_64": lambda_.Architecture.X86_64,
    "arm64": lambda_.Architecture.ARM_64,
}
_UPLOADS: Final = "POST /v1/uploads"
_UPLOADS_AT_ONCE: Final = 5
# no address of a visitor
_ACCESS_LOG: Final = {
    "time": "$context.requestTime",
    "id": "$context.requestId",
    "route": "$context.routeKey",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "error": "$context.integrationErrorMessage",
}


@jsii.implements(apigateway.IAccessLogSettings)
class _AccessLog:
    """One line of JSON for each request, in a log group."""

    def __init__(self, group: logs.ILogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(group)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> rest.AccessLogFormat:
        return rest.AccessLogFormat.custom(json.dumps(_ACCESS_LOG))


class Service(Construct):
    """The function, the alias `live` that the API asks, and the API for anybody.

    environment: variables that other parts give the function, beside its own.
    """

    def __init__(
        self, scope: Construct, name: str, *, config: StageConfig, environment: Mapping[str, str]
    ) -> None:
        super().__init__(scope, name)
        # as the template writes them: tokens are numbered anew at each synthesis
        variables = cdk.Stack.of(self).resolve(dict(environment))
        image = service_image(self, "Image", architecture=config.architecture)
        self.live_model = LiveModel(
            self,
            "LiveModel",
            stage=config.name,
            log_days=config.log_days,
            fingerprint=fingerprint(image.asset_hash, config, variables),
        )
        own = {
            "ARTSTYLE_MODEL": self.live_model.address,
            "ARTSTYLE_MAX_BODY_BYTES": str(MAX_BODY_BYTES),
        }
        self.logs = log_group(self, "Logs", days=config.log_days)
        self.role = runtime_role(self, "Role", self.logs)
        self.function = self._function(image, config, {**own, **environment})
        self.alias = lambda_.Alias(
            self, "Live", alias_name="live", version=self.function.current_version
        )
        self.api = self._api()
        self._stage(config)

    @property
    def api_domain(self) -> str:
        """The API's own host, without https://."""
        stack = cdk.Stack.of(self)
        return f"{self.api.api_id}.execute-api.{stack.region}.{stack.url_suffix}"

    def _function(
        self, image: ecr_assets.DockerImageAsset, config: StageConfig, environment: dict[str, str]
    ) -> lambda_.DockerImageFunction:
        return lambda_.DockerImageFunction(
            self,
            "Function",
            description="Style Your Art: a picture goes in, the name of its style comes out",
            code=lambda_.DockerImageCode.from_ecr(image.repository, tag_or_digest=image.image_tag),
            architecture=_ARCHITECTURES[config.architecture],
            memory_size=config.memory_mib,
            timeout=cdk.Duration.seconds(TIMEOUT_S),
            reserved_concurrent_executions=config.reserved_concurrency,
            environment=environment,
            role=self.role,
            log_group=self.logs,
            # to go back to; infra/rollout.py forgets those that are too old
            current_version_options=lambda_.VersionOptions(removal_policy=KEPT),
            # what is written by other parts than the journal is JSON too
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=self._tracing(config),
        )

    def _tracing(self, config: StageConfig) -> lambda_.Tracing:
        if not config.has_tracing:
            return lambda_.Tracing.DISABLED
        stand_by(self.role, {"IAM5[Resource::*]": "X-Ray knows no resources to name."})
        return lambda_.Tracing.ACTIVE

    def _api(self) -> apigateway.HttpApi:
        function = HttpLambdaIntegration("Function", self.alias)
        api = apigateway.HttpApi(
            self,
            "Api",
            api_name=cdk.Stack.of(self).stack_name,
            description="Style Your Art",
            create_default_stage=False,
            default_integration=function,
            cors_preflight=apigateway.CorsPreflightOptions(
                allow_origins=["*"],
                allow_methods=[apigateway.CorsHttpMethod.GET, apigateway.CorsHttpMethod.POST],
                allow_headers=["content-type"],
                max_age=cdk.Duration.days(1),
            ),
        )
        # a route of its own, because it has a limit of its own
        [self._uploads] = api.add_routes(
            path="/v1/uploads", methods=[apigateway.HttpMethod.POST], integration=function
        )
        stand_by(api, {"APIG4": "It is for anybody; throttling bounds what that can cost."})
        return api

    def _stage(self, config: StageConfig) -> None:
        group = log_group(self, "AccessLogs", days=config.log_days)
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=config.rate_per_s, burst_limit=config.burst
            ),
            access_log_settings=_AccessLog(group),
        )
        stage.node.add_dependency(self._uploads)
        limit = {"ThrottlingRateLimit": UPLOADS_PER_S, "ThrottlingBurstLimit": _UPLOADS_AT_ONCE}
        resource = cast(apigateway.CfnStage, stage.node.default_child)
        resource.route_settings = {_UPLOADS: limit}
