"""Storage: the buckets for uploads, datasets, runs, models and access logs."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from infra.config import StageConfig
from infra.nag_suppressions import objects_of, stand_by

_LOG_DAYS = 90
_OLD_VERSION_DAYS = 30
_CHECKPOINT_DAYS = 30
# what the CDK calls its own resource that empties a bucket
_EMPTIER: Final = "AutoDeleteObjectsCustomResource"
# what a stack leaves behind on purpose, but not when the deploy that made it failed
KEPT: Final = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


class Storage(Construct):
    """The private buckets; those with data of one's own are kept or destroyed by the stage."""

    def __init__(self, scope: Construct, name: str, *, config: StageConfig) -> None:
        super().__init__(scope, name)
        self.logs = log_bucket(self, "Logs", config=config)
        # a POST is signed for one key, type and size; where the page lies does not matter
        anyone = s3.CorsRule(
            allowed_methods=[s3.HttpMethods.POST],
            allowed_origins=["*"],
            allowed_headers=["*"],
            max_age=3_600,
        )
        self.uploads = private_bucket(
            self,
            "Uploads",
            logs=self.logs,
            cors=[anyone],
            lifecycle_rules=[_tidy(expiration=cdk.Duration.days(1))],
        )
        self.datasets = self._data_bucket("Datasets", config)
        # they are overwritten after every epoch, and a run that is whole needs them no more
        forgotten = _tidy(
            prefix="checkpoints/",
            expiration=cdk.Duration.days(_CHECKPOINT_DAYS),
            noncurrent_version_expiration=cdk.Duration.days(1),
        )
        self.runs = self._data_bucket("Runs", config, forgotten)
        self.models = self._data_bucket("Models", config)

    def _data_bucket(self, name: str, config: StageConfig, *rules: s3.LifecycleRule) -> s3.Bucket:
        old = cdk.Duration.days(_OLD_VERSION_DAYS)
        return private_bucket(
            self,
            name,
            logs=self.logs,
            is_kept=config.is_kept,
            versioned=True,
            lifecycle_rules=[_tidy(noncurrent_version_expiration=old), *rules],
        )


def let_read(role: iam.Role, bucket: s3.Bucket) -> None:
    """Let a role list a bucket and read its objects.

    The CDK's own grants are wider: they end in wildcards that cover ACLs and settings too.
    """
    _let(role, bucket, on_objects=["s3:GetObject"])


def let_write(role: iam.Role, bucket: s3.Bucket) -> None:
    """Let a role read a bucket and put objects there; it deletes none."""
    _let(role, bucket, on_objects=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])


def let_pass_on(role: iam.Role, bucket: s3.Bucket) -> None:
    """Let a role sign forms for a bucket, and read and delete what they bring; it lists nothing."""
    _let_touch(role, bucket, ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])


def _let(role: iam.Role, bucket: s3.Bucket, *, on_objects: list[str]) -> None:
    role.add_to_policy(
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn])
    )
    _let_touch(role, bucket, on_objects)


def _let_touch(role: iam.Role, bucket: s3.Bucket, actions: list[str]) -> None:
    objects = bucket.arn_for_objects("*")
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[objects]))
    stand_by(role, {objects_of(bucket, seen_from=role): "Every object of this one bucket."})


def private_bucket(
    scope: Construct, name: str, *, logs: s3.Bucket, is_kept: bool = False, **options: Any
) -> s3.Bucket:
    """Return a bucket that is private, encrypted, asked by TLS only, and logs who asks.

    is_kept: it outlives the stack, unless the deploy that makes it fails; otherwise it goes with
    the stack, emptied.
    """
    bucket = s3.Bucket(
        scope,
        name,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"s3/{name.lower()}/",
        **_private(KEPT if is_kept else cdk.RemovalPolicy.DESTROY),
        **options,
    )
    empty_after(bucket, logs)
    return bucket


def empty_after(writer: IConstruct, logs: s3.Bucket) -> None:
    """Let the logs be emptied after what writes them is gone; else a bucket with one more stays."""
    emptier = logs.node.try_find_child(_EMPTIER)
    if emptier:
        writer.node.add_dependency(emptier)


def log_bucket(scope: Construct, name: str, *, config: StageConfig) -> s3.Bucket:
    """Return the bucket of the access logs, which forgets them after 90 days."""
    bucket = s3.Bucket(
        scope,
        name,
        # the CDN writes its logs by an access control list
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
        lifecycle_rules=[_tidy(expiration=cdk.Duration.days(_LOG_DAYS))],
        # a log may have come even where the first deploy failed
        **_private(cdk.RemovalPolicy.RETAIN if config.is_kept else cdk.RemovalPolicy.DESTROY),
    )
    stand_by(bucket, {"S1": "It takes the access logs; logging itself would never end."})
    return bucket


def _private(removal: cdk.RemovalPolicy) -> dict[str, Any]:
    return {
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        "encryption": s3.BucketEncryption.S3_MANAGED,
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "auto_delete_objects": removal == cdk.RemovalPolicy.DESTROY,
        "removal_policy": removal,
    }


def _tidy(**rule: Any) -> s3.LifecycleRule:
    """Return a rule that also clears away uploads that were broken off."""
    day = cdk.Duration.days(1)
    return s3.LifecycleRule(abort_incomplete_multipart_upload_after=day, **rule)
