"""Log groups that forget, roles that may write to one of them and nothing more, and patience."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

_RETENTION: Final = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}

# for a custom resource, which could hold a deploy for an hour without an answer
PATIENCE: Final = cdk.Duration.minutes(2)


def log_group(scope: Construct, name: str, *, days: int) -> logs.LogGroup:
    """Return a log group that goes with the stack.

    days: how long a line is kept; 7, 14, 30, 90 or 365.
    """
    return logs.LogGroup(
        scope, name, retention=_RETENTION[days], removal_policy=cdk.RemovalPolicy.DESTROY
    )


def runtime_role(scope: Construct, name: str, group: logs.LogGroup) -> iam.Role:
    """Return a role for a function that may do no more than write its log.

    The managed policy for this would let it write the logs of all others.
    """
    role = iam.Role(scope, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    group.grant_write(role)
    return role
