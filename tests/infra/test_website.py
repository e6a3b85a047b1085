import json
from typing import Any

import pytest

from infra.page_version import page_version
from tests.infra.synthesis import FULL, ROOT, Synthesis, statements

HEADERS = json.loads((ROOT / "web" / "headers.json").read_text("utf-8"))
DEPLOYMENT = "Custom::CDKBucketDeployment"


def cdn_of(stage: Synthesis) -> dict[str, Any]:
    config: dict[str, Any] = stage.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def headers_of(stage: Synthesis) -> dict[str, Any]:
    policy = stage.one("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    config: dict[str, Any] = policy
    return config


def test_the_bucket_is_read_by_the_cdn_only(dev: Synthesis) -> None:
    site = next(name for name in dev.of_type("AWS::S3::Bucket") if name.startswith("WebsiteSite"))
    policy = next(
        one
        for one in dev.of_type("AWS::S3::BucketPolicy").values()
        if one["Bucket"] == {"Ref": site}
    )

    readers = [
        (one["Principal"], list(one["Condition"]["StringEquals"]))
        for one in statements(policy)
        if one["Action"] == "s3:GetObject"
    ]

    assert readers == [({"Service": "cloudfront.amazonaws.com"}, ["AWS:SourceArn"])]


def test_the_cdn_signs_what_it_asks_the_bucket(dev: Synthesis) -> None:
    control = next(iter(dev.of_type("AWS::CloudFront::OriginAccessControl")))
    target = cdn_of(dev)["DefaultCacheBehavior"]["TargetOriginId"]

    origin = next(one for one in cdn_of(dev)["Origins"] if one["Id"] == target)

    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": [control, "Id"]}


@pytest.mark.parametrize("path", ["/v1/*", "/docs", "/docs/*", "/openapi.json"])
def test_the_api_answers_at_the_address_of_the_page(dev: Synthesis, path: str) -> None:
    config = cdn_of(dev)
    behaviour = next(one for one in config["CacheBehaviors"] if one["PathPattern"] == path)
    origin = next(one for one in config["Origins"] if one["Id"] == behaviour["TargetOriginId"])

    assert ".execute-api." in json.dumps(origin["DomainName"])
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert "POST" in behaviour["AllowedMethods"]
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    # the gateway knows itself by its own host only
    all_but_the_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert behaviour["OriginRequestPolicyId"] == all_but_the_host


def test_an_answer_is_kept_only_where_the_service_says_so(dev: Synthesis) -> None:
    dev.assert_one_has(
        "AWS::CloudFront::CachePolicy",
        {
            "CachePolicyConfig": {
                "DefaultTTL": 0,
                "MinTTL": 0,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "QueryStringsConfig": {"QueryStringBehavior": "all"}
                },
            }
        },
    )


def test_every_header_of_the_page_is_sent(dev: Synthesis) -> None:
    sent = headers_of(dev)
    custom = {one["Header"]: one["Value"] for one in sent["CustomHeadersConfig"]["Items"]}
    own = sent["SecurityHeadersConfig"]

    told = {
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Referrer-Policy",
    }
    assert custom == {name: value for name, value in HEADERS.items() if name not in told}
    assert own["ContentTypeOptions"] == {"Override": True}
    assert own["ReferrerPolicy"]["ReferrerPolicy"] == HEADERS["Referrer-Policy"]
    assert own["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 24 * 3600


def test_the_page_may_ask_itself_and_the_uploads_and_nobody_else(dev: Synthesis) -> None:
    policy = headers_of(dev)["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    parts = policy["ContentSecurityPolicy"]["Fn::Join"][1]
    uploads = next(name for name in dev.of_type("AWS::S3::Bucket") if "Uploads" in name)

    added = [" https://", {"Fn::GetAtt": [uploads, "RegionalDomainName"]}]
    before, after = HEADERS["Content-Security-Policy"].split("connect-src 'self'")
    assert parts == [f"{before}connect-src 'self'{added[0]}", added[1], *([after] if after else [])]


def test_only_the_page_gets_the_headers_of_the_page(dev: Synthesis) -> None:
    config = cdn_of(dev)

    assert "ResponseHeadersPolicyId" in config["DefaultCacheBehavior"]
    assert not [one for one in config["CacheBehaviors"] if "ResponseHeadersPolicyId" in one]


def test_files_are_kept_for_a_year_under_the_name_of_their_version(dev: Synthesis) -> None:
    files = dev.one(DEPLOYMENT, "WebsiteFiles")

    assert files["DestinationBucketKeyPrefix"] == page_version(ROOT / "web")
    assert files["SystemMetadata"]["cache-control"] == "public, max-age=31536000, immutable"


def test_index_and_config_are_asked_for_again_and_come_last(dev: Synthesis) -> None:
    index = dev.one(DEPLOYMENT, "WebsiteIndex")
    whole = next(one for one in dev.resources.values() if one.get("Properties") == index)

    assert index["SystemMetadata"]["cache-control"] == "public, max-age=60, must-revalidate"
    assert index["DistributionPaths"] == ["/", "/index.html", "/config.json"]
    assert index["Prune"] is False
    # which takes minutes
    assert index["WaitForDistributionInvalidation"] is False
    assert any(name.startswith("WebsiteFiles") for name in whole["DependsOn"])


def test_the_page_asks_the_api_where_it_came_from(dev: Synthesis) -> None:
    configs = [
        json.loads(path.read_text("utf-8")) for path in dev.file.parent.glob("*/config.json")
    ]

    assert configs == [{"apiBase": ""}]


def test_who_asks_too_much_can_be_shut_out_by_address(dev: Synthesis, full: Synthesis) -> None:
    [acl] = full.of_type("AWS::WAFv2::WebACL")
    rule = full.one("AWS::WAFv2::WebACL")["Rules"][0]
    limit = rule["Statement"]["RateBasedStatement"]

    assert cdn_of(full)["WebACLId"] == {"Fn::GetAtt": [acl, "Arn"]}
    assert (rule["Action"], limit["AggregateKeyType"]) == ({"Block": {}}, "IP")
    assert (limit["Limit"], limit["EvaluationWindowSec"]) == (500, 300)
    assert limit["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == "/v1/"
    assert dev.of_type("AWS::WAFv2::WebACL") == {}
    assert "WebACLId" not in cdn_of(dev)


def test_without_a_domain_the_page_has_the_name_that_the_cdn_gives(dev: Synthesis) -> None:
    assert "Aliases" not in cdn_of(dev)
    cdn = next(iter(dev.of_type("AWS::CloudFront::Distribution")))
    assert dev.outputs["SiteUrl"]["Fn::Join"][1] == [
        "https://",
        {"Fn::GetAtt": [cdn, "DomainName"]},
    ]


def test_with_a_domain_it_has_its_name_and_certificate(full: Synthesis) -> None:
    config = cdn_of(full)

    assert config["Aliases"] == [FULL.domain]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == FULL.certificate
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert full.outputs["SiteUrl"] == f"https://{FULL.domain}"


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("CachePolicy", "CachePolicyConfig"),
        ("OriginAccessControl", "OriginAccessControlConfig"),
        ("ResponseHeadersPolicy", "ResponseHeadersPolicyConfig"),
    ],
)
def test_a_name_that_is_worldwide_holds_the_region(dev: Synthesis, kind: str, config: str) -> None:
    name = dev.one(f"AWS::CloudFront::{kind}")[config]["Name"]

    assert {"Ref": "AWS::Region"} in name["Fn::Join"][1]
