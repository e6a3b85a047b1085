"""What cdk-nag finds and we stand by; each stands with its reason in the construct it is about."""

from collections.abc import Mapping
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import IConstruct


def stand_by(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Answer findings about a construct and what is in it.

    reasons: by the rule's name, without `AwsSolutions-`.
    """
    for rule, reason in reasons.items():
        answer = cdk.Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason)
        cdk.Validations.of(construct).acknowledge(answer)


def objects_of(bucket: s3.Bucket, *, seen_from: IConstruct) -> str:
    """Return the name of the finding about access to all objects of one bucket.

    seen_from: what has the access, maybe in another stack.
    """
    stack = cdk.Stack.of(bucket)
    if cdk.Stack.of(seen_from) is stack:
        return f"IAM5[Resource::{attribute_of(bucket, 'Arn')}/*]"
    imported = stack.resolve(stack.export_value(bucket.bucket_arn))
    return f"IAM5[Resource::{imported['Fn::ImportValue']}/*]"


def attribute_of(construct: IConstruct, attribute: str) -> str:
    """Return how a finding writes an attribute of something in the same stack."""
    resource = cast(cdk.CfnElement, construct.node.default_child)
    return f"<{cdk.Stack.of(construct).get_logical_id(resource)}.{attribute}>"


def managed_policy(name: str) -> str:
    """Return the name of the finding about one of AWS's own policies."""
    return f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/{name}]"
