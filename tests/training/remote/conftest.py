"""A deployed stack in the AWS of the tests: its buckets, and the outputs that name them."""

import json
from typing import Any

import boto3
import pytest

from training.remote.naming import DEFAULT_STACK
from training.remote.stack import OUTPUTS, Stack, find_stack

REGION = "eu-west-1"
BUCKETS = {"datasets": "the-datasets", "runs": "the-runs", "models": "the-models"}
VALUES = BUCKETS | {
    "model_parameter": "/style-your-art/dev/model",
    "function": "the-function",
    "alias": "live",
    "queue": "arn:aws:batch:eu-west-1:123456789012:job-queue/the-queue",
    "definition": "arn:aws:batch:eu-west-1:123456789012:job-definition/the-job:1",
    "logs": "the-logs",
    "machines": "g4dn.xlarge,g5.xlarge,g6.xlarge",
}


def make_stack(name: str = DEFAULT_STACK, **values: str) -> None:
    """Deploy a stack that has these outputs and nothing else."""
    outputs = {OUTPUTS[field]: {"Value": value} for field, value in values.items()}
    topic = {"Type": "AWS::SNS::Topic"}  # a stack cannot be empty
    template = {"Resources": {"Topic": topic}, "Outputs": outputs}
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.fixture
def s3(aws: str) -> Any:
    """A client of the AWS of the tests, which has the stack's buckets."""
    client = boto3.client("s3")
    for bucket in BUCKETS.values():
        place = {"LocationConstraint": REGION}
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    return client


@pytest.fixture
def stack(s3: Any) -> Stack:
    make_stack(**VALUES)
    return find_stack()
