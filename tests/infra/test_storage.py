from typing import Any

import pytest

from tests.infra.synthesis import Synthesis, as_list, statements

BUCKET = "AWS::S3::Bucket"
DATA = ("Datasets", "Runs", "Models")
ALL = ("StorageLogs", "StorageUploads", "StorageDatasets", "StorageRuns", "StorageModels")


def of(part: str, stage: Synthesis) -> dict[str, Any]:
    names = [name for name in stage.of_type(BUCKET) if name.startswith(part)]
    assert len(names) == 1
    return stage.resources[names[0]]


def test_there_is_a_bucket_for_each_concern(dev: Synthesis) -> None:
    assert len(dev.of_type(BUCKET)) == len((*ALL, "WebsiteSite"))


def test_every_bucket_is_private_and_encrypted(dev: Synthesis) -> None:
    shut = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
    encrypted = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}

    dev.assert_all_have(
        BUCKET,
        {
            "PublicAccessBlockConfiguration": dict.fromkeys(shut, True),
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [encrypted]},
        },
    )


def test_every_bucket_refuses_to_answer_without_tls(dev: Synthesis) -> None:
    policies = dev.of_type("AWS::S3::BucketPolicy").values()
    refusing = [
        policy["Bucket"]["Ref"]
        for policy in policies
        for statement in statements(policy)
        if statement["Effect"] == "Deny"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and statement["Action"] == "s3:*"
        and statement["Principal"] == {"AWS": "*"}
        and len(as_list(statement["Resource"])) == 2
    ]

    assert sorted(refusing) == sorted(dev.of_type(BUCKET))


def test_nobody_from_outside_may_read_a_bucket(full: Synthesis) -> None:
    open_to_all = [
        statement
        for policy in full.of_type("AWS::S3::BucketPolicy").values()
        for statement in statements(policy)
        if statement["Effect"] == "Allow" and statement["Principal"] in ("*", {"AWS": "*"})
    ]

    assert open_to_all == []


def test_every_bucket_but_that_of_the_logs_logs_who_asks(dev: Synthesis) -> None:
    logs = next(name for name in dev.of_type(BUCKET) if name.startswith("StorageLogs"))

    logging = {
        bucket.get("LoggingConfiguration", {}).get("LogFilePrefix"): bucket.get(
            "LoggingConfiguration", {}
        ).get("DestinationBucketName")
        for name, bucket in dev.of_type(BUCKET).items()
        if name != logs
    }

    expected = ("uploads", "datasets", "runs", "models", "site")
    assert logging == {f"s3/{name}/": {"Ref": logs} for name in expected}


def test_an_upload_is_gone_after_a_day(dev: Synthesis) -> None:
    uploads = dev.one(BUCKET, "StorageUploads")

    assert uploads["LifecycleConfiguration"]["Rules"] == [
        {
            "Status": "Enabled",
            "ExpirationInDays": 1,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        }
    ]


def test_a_browser_anywhere_may_post_an_upload_and_no_more(dev: Synthesis) -> None:
    rules = dev.one(BUCKET, "StorageUploads")["CorsConfiguration"]["CorsRules"]

    assert [(rule["AllowedMethods"], rule["AllowedOrigins"]) for rule in rules] == [
        (["POST"], ["*"])
    ]


@pytest.mark.parametrize("name", DATA)
def test_what_is_overwritten_can_be_had_back_for_a_month(dev: Synthesis, name: str) -> None:
    bucket = dev.one(BUCKET, f"Storage{name}")
    rules = bucket["LifecycleConfiguration"]["Rules"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert {"NoncurrentDays": 30} in [one.get("NoncurrentVersionExpiration") for one in rules]


def test_checkpoints_are_forgotten_by_themselves(dev: Synthesis) -> None:
    rules = of("StorageRuns", dev)["Properties"]["LifecycleConfiguration"]["Rules"]

    [rule] = [one for one in rules if one.get("Prefix") == "checkpoints/"]

    assert rule["ExpirationInDays"] == 30
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


@pytest.mark.parametrize("name", ALL)
def test_a_stage_for_trying_out_leaves_nothing_behind(dev: Synthesis, name: str) -> None:
    assert of(name, dev)["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("name", ["StorageLogs", *(f"Storage{name}" for name in DATA)])
def test_a_stage_for_visitors_keeps_its_data(full: Synthesis, name: str) -> None:
    # what a failed first deploy has made is of no use; a log may have come meanwhile
    policy = "Retain" if name == "StorageLogs" else "RetainExceptOnCreate"
    assert of(name, full)["DeletionPolicy"] == policy
    assert of(name, full)["UpdateReplacePolicy"] == "Retain"


def test_what_is_deleted_is_emptied_first_and_what_is_kept_is_not(full: Synthesis) -> None:
    emptied = {
        one["BucketName"]["Ref"] for one in full.of_type("Custom::S3AutoDeleteObjects").values()
    }

    deleted = {
        name for name in full.of_type(BUCKET) if full.resources[name]["DeletionPolicy"] == "Delete"
    }
    assert emptied == deleted
    assert len(emptied) == 2


def test_logs_are_emptied_when_nobody_writes_them_any_more(dev: Synthesis) -> None:
    """What is deleted first is what depends on others."""
    [emptier] = [
        name
        for name in dev.of_type("Custom::S3AutoDeleteObjects")
        if name.startswith("StorageLogs")
    ]

    writers = [
        name
        for name, one in dev.resources.items()
        if one["Type"] == "AWS::CloudFront::Distribution"
        or (one["Type"] == BUCKET and "LoggingConfiguration" in one["Properties"])
    ]

    assert len(writers) == 6
    for name in writers:
        assert emptier in dev.resources[name]["DependsOn"]
