"""Website: the page's bucket behind a CDN, which also passes on the API under the same name."""

import json
from typing import Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from aws_cdk.aws_logs import ILogGroup
from constructs import Construct

from infra.config import ConfigError, StageConfig
from infra.container_images import ROOT
from infra.logs import PATIENCE, log_group
from infra.nag_suppressions import managed_policy, objects_of, stand_by
from infra.page_version import INDEX, NOT_ASSETS, page_version, versioned_index
from infra.storage import empty_after, private_bucket
from infra.web_acl import WebAcl

WEB: Final = ROOT / "web"
API_PATHS: Final = ("/v1/*", "/docs", "/docs/*", "/openapi.json")
_YEAR: Final = cdk.Duration.days(365)
_MINUTE: Final = cdk.Duration.minutes(1)
_ASSETS: Final = "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>"
_OWN_ORIGIN: Final = "connect-src 'self'"


class Website(Construct):
    """The page for anybody, and the API beside it, at one address.

    api_domain: host of the API. uploads: the bucket to which the page may send large pictures.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: StageConfig,
        api_domain: str,
        uploads: s3.Bucket,
        logs: s3.Bucket,
    ) -> None:
        super().__init__(scope, name)
        self.bucket = private_bucket(self, "Site", logs=logs)
        self.distribution = cloudfront.Distribution(
            self,
            "Cdn",
            comment="Style Your Art",
            default_root_object=INDEX,
            default_behavior=self._page(uploads),
            additional_behaviors=dict.fromkeys(API_PATHS, self._api(api_domain)),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            enable_logging=True,
            log_bucket=logs,
            log_file_prefix="cdn/",
            web_acl_id=WebAcl(self, "Waf").arn if config.has_waf else None,
            **self._name(config),
        )
        empty_after(self.distribution, logs)
        self.url = f"https://{config.domain or self.distribution.distribution_domain_name}"
        self._acknowledge(config)
        self._deploy(log_group(self, "CopierLogs", days=config.log_days))

    def _page(self, uploads: s3.Bucket) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(
                self.bucket, origin_access_control=self._access()
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers(uploads),
            compress=True,
        )

    def _access(self) -> cloudfront.S3OriginAccessControl:
        return cloudfront.S3OriginAccessControl(
            self, "Access", origin_access_control_name=self._worldwide_name
        )

    @property
    def _worldwide_name(self) -> str:
        """A name in a service without regions, where a stack in another region has its own."""
        stack = cdk.Stack.of(self)
        return f"{stack.stack_name}-{stack.region}"

    def _api(self, api_domain: str) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                api_domain,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                read_timeout=cdk.Duration.seconds(30),
            ),
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            cache_policy=self._cache(),
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            compress=True,
        )

    def _cache(self) -> cloudfront.CachePolicy:
        """Keep an answer as long as the service itself says, and else not at all."""
        return cloudfront.CachePolicy(
            self,
            "AsTheServiceSays",
            default_ttl=cdk.Duration.seconds(0),
            min_ttl=cdk.Duration.seconds(0),
            max_ttl=cdk.Duration.days(1),
            query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        )

    def _headers(self, uploads: s3.Bucket) -> cloudfront.ResponseHeadersPolicy:
        """Return the headers of web/headers.json; every one of them must find its place."""
        headers: dict[str, str] = json.loads((WEB / "headers.json").read_text("utf-8"))
        policy = headers.pop("Content-Security-Policy").replace(
            _OWN_ORIGIN, f"{_OWN_ORIGIN} https://{uploads.bucket_regional_domain_name}"
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=self._worldwide_name,
            security_headers_behavior=_security_headers(policy, headers),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=header, value=value, override=True)
                    for header, value in headers.items()
                ]
            ),
        )

    def _name(self, config: StageConfig) -> dict[str, Any]:
        if config.domain is None or config.certificate is None:
            return {}
        certificate = acm.Certificate.from_certificate_arn(self, "Certificate", config.certificate)
        return {
            "domain_names": [config.domain],
            "certificate": certificate,
            "minimum_protocol_version": cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        }

    def _deploy(self, log: ILogGroup) -> None:
        """Put up the files of this version for a year, then the index that points to them."""
        files = deployment.BucketDeployment(
            self,
            "Files",
            sources=[deployment.Source.asset(str(WEB), exclude=list(NOT_ASSETS))],
            destination_bucket=self.bucket,
            destination_key_prefix=page_version(WEB),
            log_group=log,
            cache_control=[
                deployment.CacheControl.set_public(),
                deployment.CacheControl.max_age(_YEAR),
                deployment.CacheControl.immutable(),
            ],
        )
        index = deployment.BucketDeployment(
            self,
            "Index",
            sources=[
                deployment.Source.data(INDEX, versioned_index(WEB)),
                # the API answers at the page's own address
                deployment.Source.json_data("config.json", {"apiBase": ""}),
            ],
            destination_bucket=self.bucket,
            log_group=log,
            # the files of earlier versions stay for those who still look at one
            prune=False,
            cache_control=[
                deployment.CacheControl.set_public(),
                deployment.CacheControl.max_age(_MINUTE),
                deployment.CacheControl.must_revalidate(),
            ],
            distribution=self.distribution,
            distribution_paths=["/", f"/{INDEX}", "/config.json"],
            # it takes minutes, and a browser keeps the index for one
            wait_for_distribution_invalidation=False,
        )
        index.node.add_dependency(files)
        for one in (files, index):
            resource = cast(
                cdk.CfnResource, one.node.find_child("CustomResource").node.default_child
            )
            resource.add_property_override("ServiceTimeout", PATIENCE.to_seconds())
        _answer_for_the_copier(self)

    def _acknowledge(self, config: StageConfig) -> None:
        reasons = {"CFR1": "Art is for everybody; no country is shut out."}
        if not config.has_waf:
            reasons["CFR2"] = "A web ACL costs $6 a month, idle; the API is throttled instead."
        if config.domain is None:
            reasons["CFR4"] = "CloudFront's own name has its own certificate, which fixes the TLS."
        stand_by(self.distribution, reasons)


def _answer_for_the_copier(website: Website) -> None:
    """Answer what is found about the CDK's own function, which copies the page into its bucket."""
    stack = cdk.Stack.of(website)
    copier = next(one for one in stack.node.children if "CDKBucketDeployment" in one.node.id)
    own = "The CDK's own function, which runs at a deploy only; "
    reasons = {
        "L1": f"{own}its runtime comes with the CDK.",
        managed_policy("AWSLambdaBasicExecutionRole"): f"{own}it writes its log.",
        objects_of(website.bucket, seen_from=website): f"{own}it fills this bucket.",
        f"IAM5[Resource::{_ASSETS}/*]": f"{own}it takes the page from there.",
        "IAM5[Resource::*]": f"{own}an invalidation can be allowed for all distributions only.",
    }
    actions = ("GetBucket*", "GetObject*", "List*", "Abort*", "DeleteObject*")
    granted = {f"IAM5[Action::s3:{action}]": f"{own}on those two buckets." for action in actions}
    stand_by(copier, {**reasons, **granted})


def _security_headers(
    policy: str, headers: dict[str, str]
) -> cloudfront.ResponseSecurityHeadersBehavior:
    """Take out of `headers` what CloudFront wants to be told in its own words."""
    if (options := headers.pop("X-Content-Type-Options")) != "nosniff":
        raise ConfigError(f"web/headers.json: X-Content-Type-Options={options!r}: expected nosniff")
    referrer = cloudfront.HeadersReferrerPolicy[
        headers.pop("Referrer-Policy").upper().replace("-", "_")
    ]
    return cloudfront.ResponseSecurityHeadersBehavior(
        content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
            content_security_policy=policy, override=True
        ),
        content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
        referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
            referrer_policy=referrer, override=True
        ),
        strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
            access_control_max_age=_YEAR, include_subdomains=False, override=True
        ),
    )
