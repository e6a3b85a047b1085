"""LiveModel: the parameter that names the model which answers, and its value at each deploy.

A promotion moves the parameter and the function; the next deploy must agree with both.
CloudFormation can read a parameter only where it existed before the stack, and would set back one
that the template holds. So a small function makes the parameter once, and reads it when a deploy
changes the service; at other times the service, promoted or not, is left alone.
"""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.logs import PATIENCE, log_group, runtime_role

CODE: Final = Path(__file__).parent / "on_deploy" / "live_model.py"
IN_IMAGE: Final = "/var/task/lambda_fn/release"


class LiveModel(Construct):
    """The parameter with the live model's address.

    parameter_name: made here and moved by promotions. address: what it holds when the service is
    deployed. fingerprint: changes whenever the function of the service does.
    """

    def __init__(
        self, scope: Construct, name: str, *, stage: str, log_days: int, fingerprint: str
    ) -> None:
        super().__init__(scope, name)
        self.parameter_name = f"/style-your-art/{stage}/model"
        self.parameter_arn = cdk.Stack.of(self).format_arn(
            service="ssm", resource="parameter", resource_name=self.parameter_name.lstrip("/")
        )
        resource = cdk.CustomResource(
            self,
            "Address",
            service_token=self._reader(log_days).function_arn,
            service_timeout=PATIENCE,
            properties={
                "ParameterName": self.parameter_name,
                "Initial": IN_IMAGE,
                "Fingerprint": fingerprint,
            },
        )
        self.address = resource.get_att_string("Address")

    def _reader(self, log_days: int) -> lambda_.Function:
        group = log_group(self, "Logs", days=log_days)
        role = runtime_role(self, "Role", group)
        actions = ["ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[self.parameter_arn]))
        return lambda_.Function(
            self,
            "Reader",
            runtime=lambda_.Runtime.PYTHON_3_14,
            code=lambda_.Code.from_inline(CODE.read_text("utf-8")),
            handler="index.handler",
            timeout=cdk.Duration.seconds(30),
            role=role,
            log_group=group,
        )
