"""WebAcl: shuts out an address that asks the API through the CDN too often."""

from typing import Final

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

# in five minutes, of one address: a visitor who looks at much stays far below
REQUESTS: Final = 500
_WINDOW_S: Final = 300
_BLOCK: Final = waf.CfnWebACL.RuleActionProperty(block={})


class WebAcl(Construct):
    """One rule: whoever asks more than 500 times in five minutes waits until it is less.

    Only what goes to the API counts, not the files of the page. arn: for the CDN, which takes it
    from us-east-1 alone.
    """

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("requests"),
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="TooMany",
                    priority=0,
                    action=_BLOCK,
                    visibility_config=_visible("too-many"),
                    statement=waf.CfnWebACL.StatementProperty(rate_based_statement=_too_many()),
                )
            ],
        )
        self.arn = acl.attr_arn


def _too_many() -> waf.CfnWebACL.RateBasedStatementProperty:
    to_the_api = waf.CfnWebACL.ByteMatchStatementProperty(
        field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
        positional_constraint="STARTS_WITH",
        search_string="/v1/",
        text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    return waf.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="IP",
        evaluation_window_sec=_WINDOW_S,
        limit=REQUESTS,
        scope_down_statement=waf.CfnWebACL.StatementProperty(byte_match_statement=to_the_api),
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=False,
        metric_name=f"style-your-art-{name}",
        sampled_requests_enabled=True,
    )
