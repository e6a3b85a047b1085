"""`make preflight`: what in an account would make a deploy fail, each with its remedy.

It only reads. What it cannot ask, for lack of a permission, it says and goes on: a deploy may have
permissions that this person has not.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config import ConfigError, StageConfig, read_config, require_region

_CDK: Final = Path(__file__).parents[1] / "cdk.json"
_BOOTSTRAP: Final = "/cdk-bootstrap/hnb659fds/version"
# the services that act for Batch; AWS makes a role of each at the first use, or too late
LINKED: Final = ("batch", "ecs", "spot")
# G and VT machines, in vCPUs
GPU_QUOTAS: Final = {"Spot": "L-3819A6DF", "on demand": "L-DB2E81BA"}
# where CloudFormation does not know AWS::Budgets::Budget
_NO_BUDGETS: Final = ("eu-central-2",)
# what Lambda keeps unreserved, in an account that has more
_UNRESERVED: Final = 100
# a new account has this much until AWS raises it, and as much memory
_NEW_CONCURRENCY: Final = 10
_NEW_MEMORY_MIB: Final = 3_008
_DEAD: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")


@dataclass(frozen=True)
class Finding:
    """Something about an account. stops: a deploy would fail; otherwise it is advice."""

    what: str
    remedy: str
    stops: bool = True


@dataclass(frozen=True)
class Account:
    """The account of the environment, in one region."""

    id: str
    region: str
    clients: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False)

    def ask(self, service: str, region: str = "") -> Any:
        """Return boto3's client of a service, here or in another region."""
        key = (service, region or self.region)
        if key not in self.clients:
            self.clients[key] = boto3.client(service, region_name=key[1])
        return self.clients[key]


def find_account() -> Account:
    """Return the account that a deploy would go to.

    Raises:
        ConfigError: there are no credentials, or no region is set.
    """
    # as the CDK does; boto3 knows AWS_DEFAULT_REGION alone
    session = boto3.session.Session(region_name=os.environ.get("AWS_REGION") or None)
    if session.region_name is None:
        raise ConfigError("no region is set: export AWS_REGION=eu-west-1, or another")
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise ConfigError(
            f"AWS does not know who asks ({error}): sign in by `aws configure`, `aws sso login`, "
            "or AWS_PROFILE"
        ) from error
    return Account(str(identity["Account"]), str(session.region_name))


def find_problems(account: Account, config: StageConfig) -> list[Finding]:
    """Return all that a deploy of this stage would meet, what stops it first."""
    found: list[Finding] = []
    for check in _CHECKS:
        try:
            found += check(account, config)
        except (BotoCoreError, ClientError) as error:
            name = check.__name__.removeprefix("_check_").replace("_", " ")
            found.append(
                Finding(f"{name}: could not be asked ({error})", "look there yourself", False)
            )
    return sorted(found, key=lambda one: not one.stops)


def _check_bootstrap(account: Account, _: StageConfig) -> Iterator[Finding]:
    ssm = account.ask("ssm")
    try:
        ssm.get_parameter(Name=_BOOTSTRAP)
    except ssm.exceptions.ParameterNotFound:
        yield Finding(
            f"the CDK was never prepared in {account.region}",
            f"npx cdk bootstrap aws://{account.id}/{account.region}",
        )


def _check_earlier_deploys(account: Account, config: StageConfig) -> Iterator[Finding]:
    cloud = account.ask("cloudformation")
    for name in (f"style-your-art-{config.name}", f"style-your-art-{config.name}-training"):
        try:
            status = cloud.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            continue
        if status in _DEAD:
            yield Finding(
                f"the stack {name} is what a failed deploy left ({status})",
                f"npx cdk destroy {name} -c stage={config.name}; docs/deploy.md, When it fails",
            )
        elif status.endswith("_IN_PROGRESS"):
            yield Finding(f"the stack {name} is being changed ({status})", "wait until it is done")


def _check_logs_of_the_cdn(account: Account, _: StageConfig) -> Iterator[Finding]:
    found = account.ask("ec2").describe_regions(RegionNames=[account.region], AllRegions=True)
    if found["Regions"][0].get("OptInStatus", "opt-in-not-required") != "opt-in-not-required":
        yield Finding(
            f"the CDN cannot write its logs to {account.region}, which is switched on by hand",
            "take a region that is on by default: export AWS_REGION=eu-central-1, say",
        )


def _check_budget(account: Account, config: StageConfig) -> Iterator[Finding]:
    if not config.monthly_budget_usd:
        return
    without = "-c monthly_budget_usd=0, and let whoever pays for the account set one"
    if account.region in _NO_BUDGETS:
        yield Finding(f"CloudFormation knows no budgets in {account.region}", without)
        return
    try:
        account.ask("budgets", "us-east-1").describe_budgets(AccountId=account.id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDeniedException", "AccessDenied"):
            raise
        yield Finding(f"this account may have no budget of its own ({error})", without)


def _check_room_of_lambda(account: Account, config: StageConfig) -> Iterator[Finding]:
    limits = account.ask("lambda").get_account_settings()["AccountLimit"]
    most, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    kept = min(_UNRESERVED, most)
    ask = "or ask for more: Service Quotas, Lambda, Concurrent executions"
    if config.reserved_concurrency and free - config.reserved_concurrency < kept:
        yield Finding(
            f"reserved_concurrency={config.reserved_concurrency}: of {most} concurrent executions "
            f"{free} are free, and {kept} must stay so",
            f"leave it out, {ask}",
        )
    if config.burst > most:
        yield Finding(
            f"burst={config.burst}: the account has {most} concurrent executions, and what is "
            "above them is answered by 503 instead of 429",
            f"-c burst={most}, {ask}",
            False,
        )
    if most <= _NEW_CONCURRENCY and config.memory_mib > _NEW_MEMORY_MIB:
        yield Finding(
            f"memory_mib={config.memory_mib}: new accounts have {_NEW_MEMORY_MIB:,} MB at most",
            f"-c memory_mib={_NEW_MEMORY_MIB}, or ask AWS support for more",
        )
    if config.reserved_concurrency is None and free - config.burst >= kept:
        yield Finding(
            f"{free} concurrent executions are free, and a flood could take them all",
            f"-c reserved_concurrency={config.burst} bounds what it costs",
            False,
        )


def _check_certificate(account: Account, config: StageConfig) -> Iterator[Finding]:
    if config.certificate is None:
        return
    acm = account.ask("acm", "us-east-1")
    try:
        found = acm.describe_certificate(CertificateArn=config.certificate)["Certificate"]
    except acm.exceptions.ResourceNotFoundException:
        yield Finding(
            f"this account has no certificate {config.certificate}",
            f"ask ACM in us-east-1 for one for {config.domain}",
        )
        return
    if found["Status"] != "ISSUED":
        yield Finding(
            f"the certificate for {config.domain} is {found['Status']}",
            "make the DNS record that ACM shows, and wait until it is ISSUED",
        )


def _check_roles_of_services(account: Account, config: StageConfig) -> Iterator[Finding]:
    if not config.has_training:
        return
    for service in LINKED:
        name = f"{service}.amazonaws.com"
        found = account.ask("iam").list_roles(PathPrefix=f"/aws-service-role/{name}/")
        if not found["Roles"]:
            yield Finding(
                f"{name} has no role in this account yet, which machines for training need",
                f"aws iam create-service-linked-role --aws-service-name {name}",
            )


def _check_gpu_machines(account: Account, config: StageConfig) -> Iterator[Finding]:
    if not config.has_training:
        return
    offers = account.ask("ec2").describe_instance_type_offerings(
        LocationType="region",
        Filters=[{"Name": "instance-type", "Values": list(config.gpu_instances)}],
    )["InstanceTypeOfferings"]
    offered = {one["InstanceType"] for one in offers}
    if missing := [name for name in config.gpu_instances if name not in offered]:
        left = ",".join(name for name in config.gpu_instances if name in offered)
        yield Finding(
            f"{account.region} has no {', '.join(missing)}",
            f"-c gpu_instances={left}" if left else "-c has_training=false, or another region",
        )


def _check_gpu_quota(account: Account, config: StageConfig) -> Iterator[Finding]:
    if not config.has_training:
        return
    quotas = account.ask("service-quotas")
    for (kind, code), wanted in zip(
        GPU_QUOTAS.items(), (config.spot_vcpus, config.on_demand_vcpus), strict=True
    ):
        found = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]
        if found < wanted:
            yield Finding(
                f"the account may have {found:.0f} vCPUs of GPU machines ({kind}), and of "
                f"gpu_max_vcpus={config.gpu_max_vcpus} they are to have {wanted}",
                "aws service-quotas request-service-quota-increase --service-code ec2 "
                f"--quota-code {code} --desired-value {wanted}",
                False,
            )


_CHECKS: Final[tuple[Callable[[Account, StageConfig], Iterator[Finding]], ...]] = (
    _check_bootstrap,
    _check_earlier_deploys,
    _check_logs_of_the_cdn,
    _check_budget,
    _check_room_of_lambda,
    _check_certificate,
    _check_roles_of_services,
    _check_gpu_machines,
    _check_gpu_quota,
)


def describe(found: Sequence[Finding]) -> str:
    """Return findings for a person who is about to deploy."""
    lines = [
        f"{'stops the deploy' if one.stops else 'to know'}: {one.what}\n  -> {one.remedy}"
        for one in found
    ]
    return "\n".join(lines) or "nothing in this account stands in the way of a deploy"


def read_options(arguments: Sequence[str]) -> dict[str, object]:
    """Return the context that `cdk` would read: cdk.json, then each `-c NAME=VALUE`."""
    parser = argparse.ArgumentParser(prog="python -m infra.preflight", description=__doc__)
    parser.add_argument("-c", "--context", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments).context
    context: Mapping[str, object] = json.loads(_CDK.read_text("utf-8"))["context"]
    pairs = [one.partition("=") for one in given]
    return {**context, **{name: value for name, _, value in pairs}}


def main(arguments: Sequence[str]) -> None:
    """Tell what would go wrong; the status is 1 where a deploy would fail."""
    try:
        config = read_config(read_options(arguments))
        account = find_account()
        require_region(config, account.region)
    except ConfigError as error:
        sys.exit(f"error: {error}")
    found = find_problems(account, config)
    sys.stdout.write(f"account {account.id}, {account.region}, stage {config.name}\n")
    sys.stdout.write(describe(found) + "\n")
    sys.exit(any(one.stops for one in found))


if __name__ == "__main__":
    main(sys.argv[1:])
