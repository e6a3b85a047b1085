"""What in an account would make a deploy fail is told before it begins, each with its remedy."""

import subprocess
import sys
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.config import DEV, PROD, ConfigError, StageConfig
from infra.preflight import (
    GPU_QUOTAS,
    LINKED,
    Account,
    Finding,
    describe,
    find_account,
    find_problems,
    main,
    read_options,
)

REGION = "eu-west-1"
# of what moto's regions offer, this one has all three types
CONFIG = replace(DEV, gpu_instances=("g4dn.xlarge", "g5.xlarge"))
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d"


@dataclass
class Limits:
    """Stands in for Lambda's and for the Service Quotas, which moto does not tell."""

    concurrent: int = 1_000
    free: int = 1_000
    gpu_vcpus: float = 8.0

    def get_account_settings(self) -> dict[str, Any]:
        limit = {
            "ConcurrentExecutions": self.concurrent,
            "UnreservedConcurrentExecutions": self.free,
        }
        return {"AccountLimit": limit}

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:
        assert (ServiceCode, QuotaCode in GPU_QUOTAS.values()) == ("ec2", True)
        return {"Quota": {"Value": self.gpu_vcpus}}


class Denied:
    """Stands in for a service that does not let somebody ask."""

    def __getattr__(self, name: str) -> Any:
        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, name)

        return refuse


def account(limits: Limits | None = None, region: str = REGION, **others: Any) -> Account:
    """Return the account of the tests; others: services that something stands in for."""
    known = limits or Limits()
    stand_ins = {"lambda": known, "service-quotas": known, **others}
    clients = {(name, region): one for name, one in stand_ins.items()}
    return Account("123456789012", region, clients)


@pytest.fixture
def ready(aws: str) -> None:
    """An account in which a deploy goes through."""
    boto3.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )
    for service in LINKED:
        boto3.client("iam").create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")


def stopping(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.stops]


def remedy(found: list[Finding], about: str) -> str:
    fits = [one.remedy for one in found if about in one.what]
    assert len(fits) == 1, f"{about!r} in {found}"
    return fits[0]


@pytest.mark.usefixtures("ready")
def test_an_account_that_is_ready_is_said_to_be() -> None:
    config = replace(CONFIG, reserved_concurrency=20)

    assert find_problems(account(), config) == []
    assert "nothing in this account" in describe([])


def test_in_an_empty_account_everything_is_told_at_once(aws: str) -> None:
    found = find_problems(account(), CONFIG)

    assert remedy(found, "never prepared") == "npx cdk bootstrap aws://123456789012/eu-west-1"
    for service in LINKED:
        assert f"--aws-service-name {service}.amazonaws.com" in remedy(
            found, f"{service}.amazonaws.com has no role"
        )
    assert len(stopping(found)) == 1 + len(LINKED)


@pytest.mark.usefixtures("ready")
def test_what_a_region_lacks_is_left_out_by_the_option_that_is_told() -> None:
    some = find_problems(account(), replace(CONFIG, gpu_instances=("g4dn.xlarge", "g6.xlarge")))
    none = find_problems(account(), replace(CONFIG, gpu_instances=("g6.xlarge",)))

    assert remedy(some, "eu-west-1 has no g6.xlarge") == "-c gpu_instances=g4dn.xlarge"
    assert "-c has_training=false" in remedy(none, "eu-west-1 has no g6.xlarge")


def test_without_training_nothing_of_it_is_asked_for(aws: str) -> None:
    found = find_problems(account(), replace(CONFIG, has_training=False))

    assert [one.what for one in stopping(found)] == ["the CDK was never prepared in eu-west-1"]


@pytest.mark.usefixtures("ready")
def test_a_quota_of_no_gpus_is_told_and_stops_nothing() -> None:
    found = find_problems(account(Limits(gpu_vcpus=0)), CONFIG)

    for kind, code in GPU_QUOTAS.items():
        assert f"--quota-code {code} --desired-value 4" in remedy(
            found, f"0 vCPUs of GPU machines ({kind})"
        )
    assert stopping(found) == []


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("config", "told", "advised"),
    [
        (replace(CONFIG, reserved_concurrency=5), "10 must stay", "leave it out"),
        (replace(CONFIG, memory_mib=4096), "3,008 MB at most", "-c memory_mib=3008"),
        (replace(CONFIG, burst=20), "by 503 instead of 429", "-c burst=10"),
    ],
)
def test_what_a_new_account_has_no_room_for(config: StageConfig, told: str, advised: str) -> None:
    found = find_problems(account(Limits(concurrent=10, free=10)), config)

    assert advised in remedy(found, told)


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("stage", [DEV, PROD], ids=["dev", "prod"])
def test_both_stages_as_they_are_fit_a_new_account(stage: StageConfig) -> None:
    found = find_problems(
        account(Limits(concurrent=10, free=10)), replace(stage, has_training=False)
    )

    assert found == []


@pytest.mark.usefixtures("ready")
def test_an_account_with_room_is_told_how_to_bound_a_flood() -> None:
    found = find_problems(account(), CONFIG)

    assert f"-c reserved_concurrency={CONFIG.burst}" in remedy(found, "a flood")
    assert stopping(found) == []


@pytest.mark.usefixtures("ready")
def test_an_account_that_may_have_no_budget_deploys_without() -> None:
    asked = account()
    asked.clients["budgets", "us-east-1"] = Denied()

    found = find_problems(asked, CONFIG)

    assert "-c monthly_budget_usd=0" in remedy(found, "no budget of its own")
    assert stopping(find_problems(asked, replace(CONFIG, monthly_budget_usd=0))) == []


def test_a_region_without_budgets_is_known(aws: str) -> None:
    found = find_problems(account(region="eu-central-2"), CONFIG)

    assert "-c monthly_budget_usd=0" in remedy(found, "no budgets in eu-central-2")


@pytest.mark.usefixtures("ready")
def test_a_region_that_is_switched_on_by_hand_cannot_take_the_logs() -> None:
    regions = {"Regions": [{"OptInStatus": "opted-in"}]}
    ec2 = boto3.client("ec2")
    fake = SimpleNamespace(
        describe_regions=lambda **_: regions,
        describe_instance_type_offerings=ec2.describe_instance_type_offerings,
    )

    found = find_problems(account(ec2=fake), CONFIG)

    assert "export AWS_REGION" in remedy(found, "the CDN cannot write its logs to eu-west-1")


@pytest.mark.usefixtures("ready")
def test_a_certificate_must_be_there_and_issued() -> None:
    config = replace(CONFIG, domain="style.example.org", certificate=CERTIFICATE)
    made = boto3.client("acm", region_name="us-east-1").request_certificate(
        DomainName="style.example.org"
    )

    absent = find_problems(account(), config)
    waiting = find_problems(account(), replace(config, certificate=made["CertificateArn"]))

    assert "ask ACM in us-east-1" in remedy(absent, "no certificate")
    assert "DNS record" in remedy(waiting, "is PENDING_VALIDATION")


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("status", "advised"),
    [("ROLLBACK_COMPLETE", "npx cdk destroy style-your-art-dev"), ("UPDATE_IN_PROGRESS", "wait")],
)
def test_what_an_earlier_deploy_left_is_told(status: str, advised: str) -> None:
    stacks = {"Stacks": [{"StackStatus": status}]}
    cloud = SimpleNamespace(describe_stacks=lambda **_: stacks)

    found = find_problems(account(cloudformation=cloud), CONFIG)

    assert advised in remedy(found, "the stack style-your-art-dev is")


@pytest.mark.usefixtures("ready")
def test_what_may_not_be_asked_is_said_and_stops_nothing() -> None:
    found = find_problems(account(iam=Denied()), CONFIG)

    assert remedy(found, "roles of services: could not be asked") == "look there yourself"
    assert stopping(found) == []


def test_options_are_read_as_the_cdk_reads_them() -> None:
    context = read_options(["-c", "stage=prod", "--context", "gpu_max_vcpus=16"])

    assert (context["stage"], context["gpu_max_vcpus"]) == ("prod", "16")
    assert any(":" in name for name in context)


def test_the_status_says_whether_a_deploy_would_fail(
    aws: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["-c", "has_training=false"])

    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert told.startswith("account 123456789012, eu-west-1, stage dev\n")
    assert "stops the deploy: the CDK was never prepared" in told


@pytest.mark.parametrize("option", ["stage=production", "nonsense=1"])
def test_a_bad_option_is_one_clear_line(option: str) -> None:
    with pytest.raises(SystemExit, match=r"^error: .*production|^error: nonsense"):
        main(["-c", option])


def test_who_has_no_region_is_told_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")

    with pytest.raises(ConfigError, match="no region is set"):
        find_account()


def test_the_region_is_the_one_that_the_cdk_deploys_to(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    assert find_account() == Account("123456789012", "eu-central-1")


def test_it_needs_no_cdk() -> None:
    # which would start Node: who only looks need not wait
    program = "import sys, infra.preflight; sys.exit('aws_cdk' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
