"""What holds for the stack as a whole."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.infra.synthesis import (
    FULL,
    ROOT,
    Synthesis,
    as_list,
    made_of_stages,
    read_stage,
    statements,
)
from training.cloud.deployed_stack import OUTPUTS, TRAINING_OUTPUTS, TRAINING_SUFFIX
from training.config import DEFAULT_STACK

# every statement that names more than it can spell out: whose it is, what it allows, and on what
COPIER = "CustomCDKBucketDeployment"  # the CDK's own function, which copies the page
WIDE_STATEMENTS = {
    ("ServiceRole", "s3:GetObject", "StorageModels/*"),
    ("ServiceRole", "s3:DeleteObject s3:GetObject s3:PutObject", "StorageUploads/*"),
    ("ServiceRole", "xray:PutTelemetryRecords xray:PutTraceSegments", "*"),
    ("TrainingJobRole", "s3:GetObject", "StorageDatasets/*"),
    ("TrainingJobRole", "s3:AbortMultipartUpload s3:GetObject s3:PutObject", "StorageRuns/*"),
    ("TrainingContainerExecutionRole", "ecr:GetAuthorizationToken", "*"),
    (COPIER, "s3:GetBucket* s3:GetObject* s3:List*", "the bucket of the CDK's assets/*"),
    (
        COPIER,
        "s3:Abort* s3:DeleteObject* s3:GetBucket* s3:GetObject* s3:List* s3:PutObject "
        "s3:PutObjectLegalHold s3:PutObjectRetention s3:PutObjectTagging "
        "s3:PutObjectVersionTagging",
        "WebsiteSite/*",
    ),
    (COPIER, "cloudfront:CreateInvalidation cloudfront:GetInvalidation", "*"),
    ("RolloutTryRole", "lambda:InvokeFunction", "ServiceFunction:*"),
    ("RolloutTidyRole", "lambda:DeleteFunction", "ServiceFunction:*"),
    ("RolloutGroupServiceRole", "lambda:InvokeFunction", "RolloutTry:*"),
}
OWNERS = {owner for owner, _, _ in WIDE_STATEMENTS}


@pytest.mark.slow
def test_the_template_is_clean() -> None:
    said = made_of_stages("linted", _lint) / "said"

    assert said.read_text("utf-8") == ""


def _lint(folder: Path) -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    # the CDK names again what CloudFormation knows by itself
    files = map(str, read_stage("full").files)
    command = [str(linter), "--ignore-checks", "W3005", "--", *files]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = f"exit {result.returncode}" if result.returncode else ""
    (folder / "said").write_text(result.stdout + result.stderr + failed, "utf-8")


def test_nobody_may_do_everything(full: Synthesis) -> None:
    actions = {action for _, one in allowed(full) for action in as_list(one["Action"])}

    assert [action for action in actions if action in ("*", "s3:*") or action.endswith(":*")] == []


def test_wide_permissions_are_these_and_no_others(full: Synthesis) -> None:
    wide = {
        (known(owner, OWNERS), " ".join(sorted(as_list(one["Action"]))), place)
        for owner, one in allowed(full)
        for place in map(place_of, as_list(one["Resource"]))
        if "*" in place
    }

    assert wide == WIDE_STATEMENTS


def allowed(stage: Synthesis) -> list[tuple[str, dict[str, Any]]]:
    """Return what roles may do, with the name of the policy or role."""
    kinds = ("AWS::IAM::Policy", "AWS::IAM::Role")
    policies = {name: one for kind in kinds for name, one in stage.of_type(kind).items()}
    return [(name, one) for name, policy in policies.items() for one in statements(policy)]


def known(name: str, beginnings: set[str]) -> str:
    """Return the known name that a generated one begins with, or else the generated one."""
    return next((one for one in beginnings if name.startswith(one)), name)


def place_of(resource: Any) -> str:
    """Return a readable name for a resource of a statement."""
    text = resource if isinstance(resource, str) else json.dumps(resource)
    if "cdk-hnb659fds-assets" in text:
        return "the bucket of the CDK's assets/*"
    here = r'"Fn::GetAtt": \["([A-Za-z]+?)[0-9A-F]{8}", "Arn"\]\}, "/\*"'
    outside = r'ExportsOutputFnGetAtt([A-Za-z]+?)[0-9A-F]{8}Arn[0-9A-F]{8}"\}, "/\*"'
    bucket = re.search(here, text) or re.search(outside, text)
    function = re.search(r'"Fn::GetAtt": \["([A-Za-z]+?)[0-9A-F]{8}", "Arn"\]\}, ":\*"', text)
    return f"{bucket[1]}/*" if bucket else f"{function[1]}:*" if function else text


def test_everything_can_be_found_by_its_tags(full: Synthesis) -> None:
    buckets = full.of_type("AWS::S3::Bucket").values()

    for tags in [bucket["Tags"] for bucket in buckets]:
        assert {"Key": "project", "Value": "style-your-art"} in tags
        assert {"Key": "stage", "Value": "prod"} in tags


def test_a_deploy_tells_where_everything_is(dev: Synthesis, full: Synthesis) -> None:
    always = {
        "SiteUrl",
        "ApiUrl",
        "SiteBucket",
        "UploadsBucket",
        "DatasetsBucket",
        "RunsBucket",
        "ModelsBucket",
        "ModelParameter",
        "FunctionName",
        "FunctionAlias",
        "JobQueue",
        "JobDefinition",
        "JobLogs",
        "JobMachines",
        "AlarmTopic",
    }

    assert set(dev.outputs) == always
    assert set(full.outputs) == always | {"MongodbSecret", "CdnName"}


def test_whoever_trains_in_the_cloud_finds_the_stacks_and_their_outputs(dev: Synthesis) -> None:
    names = [file.name.removesuffix(".template.json") for file in dev.files]
    told = [set(json.loads(file.read_text("utf-8"))["Outputs"]) for file in dev.files]

    assert names == [DEFAULT_STACK, DEFAULT_STACK + TRAINING_SUFFIX]
    assert set(OUTPUTS.values()) <= told[0]
    assert set(TRAINING_OUTPUTS.values()) <= told[1]


def test_training_can_be_left_out_with_all_that_it_needs(bare: Synthesis, dev: Synthesis) -> None:
    kinds = {one["Type"].rpartition("::")[0] for one in bare.resources.values()}

    assert [file.name for file in bare.files] == [dev.file.name]
    assert not kinds & {"AWS::Batch", "AWS::EC2", "AWS::ECS"}
    assert "training/Dockerfile" not in bare.file.with_suffix("").with_suffix(
        ".assets.json"
    ).read_text("utf-8")


def test_what_visitors_use_takes_nothing_from_the_training(dev: Synthesis) -> None:
    visitors, training = (file.read_text("utf-8") for file in dev.files)

    assert "Fn::ImportValue" not in visitors
    assert "Fn::ImportValue" in training
    assert "AWS::Batch" not in visitors


def test_a_stage_for_visitors_is_not_destroyed_by_accident(dev: Synthesis, full: Synthesis) -> None:
    assert protected(dev) == {False}
    assert protected(full) == {True}


def protected(stage: Synthesis) -> set[bool]:
    """Return whether each stack of a stage has termination protection."""
    manifest = json.loads(stage.file.with_name("manifest.json").read_text("utf-8"))
    stacks = [
        one for one in manifest["artifacts"].values() if one["type"] == "aws:cloudformation:stack"
    ]
    return {one["properties"].get("terminationProtection", False) for one in stacks}


def test_the_guide_names_every_output(full: Synthesis) -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    outputs = guide.partition("## What comes out")[2].partition("## What it costs")[0]

    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", outputs))

    assert named == set(full.outputs)


def test_nothing_has_a_name_that_a_second_stack_would_want_too(full: Synthesis) -> None:
    names = {"BucketName", "FunctionName", "RoleName", "TopicName", "LogGroupName", "QueueName"}

    named = {
        (name, key)
        for name, resource in full.resources.items()
        for key in names & resource.get("Properties", {}).keys()
        if isinstance(resource["Properties"][key], str)
    }

    assert named == set()


def test_the_stack_needs_neither_account_nor_region(full: Synthesis) -> None:
    manifest = json.loads(full.file.with_name("manifest.json").read_text("utf-8"))
    stack = manifest["artifacts"]["style-your-art-prod"]

    assert stack["environment"] == "aws://unknown-account/unknown-region"
    assert "missing" not in manifest
    own_text = full.file.read_text("utf-8").replace(FULL.certificate or "", "")
    assert not re.search(r"\b\d{12}\b", own_text)


def test_a_log_is_kept_for_as_long_as_the_stage_says(full: Synthesis) -> None:
    groups = full.of_type("AWS::Logs::LogGroup").values()

    assert {group["RetentionInDays"] for group in groups} == {90}
