"""Rollout: how a new version of the function takes over, goes back, and is forgotten."""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.container_images import ROOT
from infra.logs import PATIENCE, log_group, runtime_role
from infra.nag_suppressions import attribute_of, managed_policy, stand_by

# to go back to by hand; deploys and promotions alike make them
KEPT_VERSIONS: Final = 3
_ON_DEPLOY: Final = Path(__file__).parent / "on_deploy"
_FIRST_REQUEST: Final = "infra/on_deploy/first_request.py"
_IN_FIRST_REQUEST: Final = (
    _FIRST_REQUEST,
    "lambda_fn/release/golden.npz",
    "lambda_fn/release/manifest.json",
)
# two requests, the first of which starts the function
_TRY_S: Final = 120
_TIDY_S: Final = 60


class Rollout(Construct):
    """Moves the alias by CodeDeploy: the new version is asked first, and goes when an alarm rings.

    guards: the alarms. is_canary: give the new version a tenth of the traffic for five minutes.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        alias: lambda_.Alias,
        guards: list[cloudwatch.IAlarm],
        is_canary: bool,
        log_days: int,
    ) -> None:
        super().__init__(scope, name)
        self._alias, self._log_days = alias, log_days
        hook = self._first_request()
        group = self._group(guards, hook, is_canary=is_canary)
        group.grant_put_lifecycle_event_hook_execution_status(hook)
        deployments = iam.PolicyStatement(
            actions=[
                "codedeploy:GetDeployment",
                "codedeploy:GetDeploymentTarget",
                "codedeploy:ListDeploymentTargets",
            ],
            resources=[group.deployment_group_arn],
        )
        hook.add_to_role_policy(deployments)
        # what guards a change must be there before it, whatever CloudFormation reads in a policy
        alias.node.add_dependency(group, hook)
        self._forget_old_versions()

    def _group(
        self, guards: list[cloudwatch.IAlarm], hook: lambda_.Function, *, is_canary: bool
    ) -> codedeploy.LambdaDeploymentGroup:
        settings = codedeploy.LambdaDeploymentConfig
        group = codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            alias=self._alias,
            alarms=guards,
            pre_hook=hook,
            deployment_config=settings.CANARY_10_PERCENT_5_MINUTES
            if is_canary
            else settings.ALL_AT_ONCE,
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
        policy = managed_policy("AWSCodeDeployRoleForLambdaLimited")
        stand_by(group, {policy: "AWS's own list of what CodeDeploy needs."})
        stand_by(group, _answer_for_versions(hook))
        return group

    def _first_request(self) -> lambda_.Function:
        group = log_group(self, "TryLogs", days=self._log_days)
        role = runtime_role(self, "TryRole", group)
        function = self._alias.lambda_
        versions = f"{function.function_arn}:*"
        role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[versions])
        )
        stand_by(role, _answer_for_versions(function))
        return lambda_.Function(
            self,
            "Try",
            description="Style Your Art: asks a new version before visitors do",
            runtime=lambda_.Runtime.PYTHON_3_14,
            code=lambda_.Code.from_asset(
                str(ROOT),
                exclude=["**", *(f"!{name}" for name in _IN_FIRST_REQUEST)],
                ignore_mode=cdk.IgnoreMode.DOCKER,
            ),
            handler="infra.on_deploy.first_request.handler",
            environment={"FUNCTION": function.function_name},
            timeout=cdk.Duration.seconds(_TRY_S),
            role=role,
            log_group=group,
        )

    def _forget_old_versions(self) -> None:
        group = log_group(self, "TidyLogs", days=self._log_days)
        role = runtime_role(self, "TidyRole", group)
        function = self._alias.lambda_
        for actions, place in (
            (["lambda:ListVersionsByFunction", "lambda:ListAliases"], function.function_arn),
            # of a version, never of the function
            (["lambda:DeleteFunction"], f"{function.function_arn}:*"),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[place]))
        stand_by(role, _answer_for_versions(function))
        tidy = lambda_.Function(
            self,
            "Tidy",
            description="Style Your Art: forgets old versions",
            runtime=lambda_.Runtime.PYTHON_3_14,
            code=lambda_.Code.from_inline((_ON_DEPLOY / "old_versions.py").read_text("utf-8")),
            handler="index.handler",
            timeout=cdk.Duration.seconds(_TIDY_S),
            role=role,
            log_group=group,
        )
        resource = cdk.CustomResource(
            self,
            "OldVersions",
            service_token=tidy.function_arn,
            service_timeout=PATIENCE,
            properties={
                "FunctionName": function.function_name,
                "Version": self._alias.version.version,
                "Keep": KEPT_VERSIONS,
            },
        )
        resource.node.add_dependency(self._alias)


def _answer_for_versions(function: lambda_.IFunction) -> dict[str, str]:
    finding = f"IAM5[Resource::{attribute_of(function, 'Arn')}:*]"
    return {finding: "Every version of this one function."}
