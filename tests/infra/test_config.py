from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from infra.config import DEV, OPTIONS, PROD, ConfigError, StageConfig, read_config, require_region

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d"


def test_a_deploy_without_words_is_for_trying_things_out() -> None:
    assert read_config({}) == DEV


def test_a_stage_is_chosen_by_its_name() -> None:
    assert read_config({"stage": "prod"}) == PROD


def test_only_the_stage_for_visitors_keeps_data() -> None:
    assert PROD.is_kept
    assert not DEV.is_kept


def test_a_stage_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        DEV.memory_mib = 512  # type: ignore[misc]  # that is the point


def test_the_cdks_own_context_is_no_option() -> None:
    context = {"@aws-cdk/aws-iam:minimizePolicies": True, "aws-cdk:enableDiffNoFail": "true"}

    assert read_config(context) == DEV


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("memory_mib", "3008", 3008),
        ("architecture", "arm64", "arm64"),
        ("burst", "40", 40),
        ("rate_per_s", "20", 20),
        ("reserved_concurrency", "5", 5),
        ("has_mongodb", "true", True),
        ("has_mongodb", "False", False),
        ("has_mongodb", True, True),
        ("has_tracing", "true", True),
        ("has_training", "false", False),
        ("has_waf", "true", True),
        ("alarm_email", "you@example.org", "you@example.org"),
        ("monthly_budget_usd", "25", 25),
        ("monthly_budget_usd", "0", 0),
        ("gpu_instances", "g5.xlarge, g6.2xlarge", ("g5.xlarge", "g6.2xlarge")),
        ("gpu_max_vcpus", "16", 16),
    ],
)
def test_an_option_changes_one_value(name: str, text: object, value: object) -> None:
    assert read_config({name: text}) == replace(DEV, **{name: value})  # type: ignore[arg-type]


def test_a_domain_comes_with_its_certificate() -> None:
    config = read_config({"domain": "style.example.org", "certificate": CERTIFICATE})

    assert (config.domain, config.certificate) == ("style.example.org", CERTIFICATE)


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"stage": "production"}, "stage='production': expected one of dev, prod"),
        ({"memory": "1024"}, "memory: no such option; there are stage, alarm_email"),
        ({"memory_mib": "lots"}, "memory_mib='lots': expected a whole number from 512 to 10240"),
        ({"memory_mib": "128"}, "memory_mib=128: expected a whole number from 512 to 10240"),
        ({"memory_mib": "²"}, "memory_mib='²': expected a whole number"),
        ({"architecture": "arm"}, "architecture='arm': expected x86_64 or arm64"),
        ({"reserved_concurrency": "0"}, "reserved_concurrency=0: expected a whole number from 1"),
        ({"has_mongodb": "yes"}, "has_mongodb='yes': expected true or false"),
        ({"has_tracing": "1"}, "has_tracing='1': expected true or false"),
        ({"alarm_email": "you"}, "alarm_email='you': expected an address like"),
        ({"monthly_budget_usd": "-5"}, "monthly_budget_usd='-5': expected a whole number"),
        ({"gpu_instances": ""}, "gpu_instances=('',): expected types like g4dn.xlarge"),
        ({"gpu_instances": "p5.48xlarge"}, "gpu_instances=('p5.48xlarge',): expected types"),
        ({"gpu_max_vcpus": "2"}, "gpu_max_vcpus=2: expected a whole number from 4 to 1024"),
        ({"gpu_instances": "g5.12xlarge"}, "gpu_max_vcpus=8: expected 48 at least"),
        ({"domain": "https://x.org", "certificate": CERTIFICATE}, "domain='https://x.org'"),
        ({"domain": "style.example.org"}, "domain and certificate: expected both or neither"),
        ({"certificate": CERTIFICATE}, "domain and certificate: expected both or neither"),
        (
            {"domain": "a.org", "certificate": CERTIFICATE.replace("us-east-1", "eu-west-1")},
            "expected the ARN of a certificate of ACM in us-east-1",
        ),
    ],
)
def test_what_cannot_be_deployed_is_refused_by_name(context: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(context)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate_per_s", 0),
        ("burst", 0),
        ("log_days", 10),
        ("job_timeout_h", 0),
        ("gpu_instances", ()),
    ],
)
def test_a_stage_that_cannot_be_deployed_cannot_be_made(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field):
        replace(DEV, **{field: value})  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("machines", "together", "spot", "on_demand"),
    [
        (("g4dn.xlarge", "g5.xlarge"), 8, 4, 4),
        (("g4dn.xlarge",), 4, 4, 0),
        (("g4dn.xlarge",), 12, 8, 4),
        (("g5.12xlarge",), 48, 48, 0),
        (("g5.12xlarge", "g6.12xlarge"), 100, 52, 48),
    ],
)
def test_spot_and_on_demand_share_what_may_train_at_once(
    machines: tuple[str, ...], together: int, spot: int, on_demand: int
) -> None:
    config = replace(DEV, gpu_instances=machines, gpu_max_vcpus=together)

    assert (config.spot_vcpus, config.on_demand_vcpus) == (spot, on_demand)


@pytest.mark.parametrize(
    ("has_waf", "region"), [(False, "eu-west-1"), (True, "us-east-1"), (True, None)]
)
def test_a_web_acl_goes_where_the_cdn_finds_it(has_waf: bool, region: str | None) -> None:
    require_region(replace(DEV, has_waf=has_waf), region)


def test_a_web_acl_elsewhere_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"has_waf=True: expected the region us-east-1"):
        require_region(replace(DEV, has_waf=True), "eu-west-1")


def test_every_option_is_a_value_of_a_stage() -> None:
    assert set(OPTIONS) <= set(StageConfig.__dataclass_fields__)
