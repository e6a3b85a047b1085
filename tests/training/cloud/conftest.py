"""A deployed stack in the AWS of the tests: its buckets, and the outputs that name them."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from moto.batch.models import batch_backends
from moto.core.config import default_user_config

from training.cloud.deployed_stack import (
    OUTPUTS,
    TRAINING_OUTPUTS,
    TRAINING_SUFFIX,
    Stack,
    find_stack,
)
from training.config import DEFAULT_STACK

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
    """Deploy the stacks that have these outputs and nothing else."""
    parts = {name: OUTPUTS, name + TRAINING_SUFFIX: TRAINING_OUTPUTS}
    for stack, known in parts.items():
        outputs = {known[field]: {"Value": values[field]} for field in known if field in values}
        if outputs:
            topic = {"Type": "AWS::SNS::Topic"}  # a stack cannot be empty
            template = json.dumps({"Resources": {"Topic": topic}, "Outputs": outputs})
            boto3.client("cloudformation").create_stack(StackName=stack, TemplateBody=template)


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


@pytest.fixture
def queue(aws: str, s3: Any) -> Iterator[Stack]:
    """A stack whose queue takes jobs. Nothing runs them: `batch_job` lets them get on."""
    before = default_user_config["batch"]
    default_user_config["batch"] = {"use_docker": False}
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam, batch = boto3.client("iam"), boto3.client("batch")
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    machines = batch.create_compute_environment(
        computeEnvironmentName="machines", type="UNMANAGED", state="ENABLED", serviceRole=role
    )
    order = [{"order": 1, "computeEnvironment": machines["computeEnvironmentArn"]}]
    queue = batch.create_job_queue(
        jobQueueName="the-queue", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    needs = [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "13312"}]
    definition = batch.register_job_definition(
        jobDefinitionName="the-job",
        type="container",
        containerProperties={
            "image": "training",
            "command": ["job", "Ref::spec"],
            "resourceRequirements": needs,
        },
    )
    made = {"queue": queue["jobQueueArn"], "definition": definition["jobDefinitionArn"]}
    make_stack(**VALUES | made)
    yield find_stack()
    default_user_config["batch"] = before


def batch_job(job_id: str) -> Any:
    """Return the job as the AWS of the tests keeps it, to let it get on."""
    [backend] = (one[REGION] for one in batch_backends.values() if REGION in one)
    return backend._jobs[job_id]


def let_run(job_id: str, state: str, *, streams: tuple[str, ...] = (), reason: str = "") -> None:
    """Bring a job into a state; of its attempts each has a stream in the log."""
    job = batch_job(job_id)
    job.status = state
    job.job_stopped_reason = reason or None
    *ended, job.log_stream_name = streams or (None,)
    if state not in ("STARTING", "RUNNING"):
        ended = list(streams)
    job.attempts = [{"container": {"logStreamName": one}, "statusReason": "x"} for one in ended]


def write_log(stream: str, *lines: str) -> None:
    logs = boto3.client("logs")
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=VALUES["logs"])
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=VALUES["logs"], logStreamName=stream)
    now = round(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=VALUES["logs"], logStreamName=stream, logEvents=events)
