"""Watch: alarms, the topic that they ring, one dashboard and a budget."""

from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.config import StageConfig

# as the function writes them, which a test of the boundaries compares
METRICS_NAMESPACE: Final = "StyleYourArt"
SERVICE: Final = "style-your-art"
NO_CATALOGUE: Final = "CatalogueUnavailable"
SHARES: Final = ("Unsure", "Refused", NO_CATALOGUE)
_PERIOD: Final = cdk.Duration.minutes(5)
# a canary lasts five minutes
_GUARD_PERIOD: Final = cdk.Duration.minutes(1)
_BUSY: Final = 503
# above a cold start, below the point where people leave
_SLOW_MS: Final = 3_000
# three periods, so that a few cold starts in a quiet hour ring nobody
_SLOW_PERIODS: Final = 3
# pictures without works, of all; a single slow query of a database rings nobody
_MISSED_SHARE: Final = 0.5
_MISSED_PERIODS: Final = 3
_WIDTH: Final = 12


class Watch(Construct):
    """What tells somebody that the service fails, is slow, or costs too much.

    log: of the function. guards: the alarms that must stop a roll-out; they are about the new
    version alone, and made anew with each, so that one that rings already stops no deploy.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: StageConfig,
        alias: lambda_.Alias,
        api: apigateway.HttpApi,
        log: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, name)
        self.topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        if config.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        self._let_ring()
        errors = alias.metric_errors(period=_PERIOD, statistic="Sum")
        throttles = alias.metric_throttles(period=_PERIOD, statistic="Sum")
        failures = api.metric_server_error(period=_PERIOD, statistic="Sum")
        latency = api.metric_latency(period=_PERIOD, statistic="p95")
        self._alarm("Errors", errors, "the function failed")
        self._alarm("ServerErrors", failures, "the API answered 5xx")
        self.guards: list[cloudwatch.IAlarm] = [
            self._guard("NewVersionErrors", _errors_of_version(alias), alias),
            self._guard("NewVersionFailures", self._failures_of_version(alias, log), alias),
        ]
        self._alarm("Throttles", throttles, "the function had no room for a request")
        self._alarm(
            "Slow", latency, f"p95 above {_SLOW_MS} ms", above=_SLOW_MS, periods=_SLOW_PERIODS
        )
        shares = _shares(alias.lambda_.function_name)
        self._alarm(
            "NoCatalogue",
            shares[NO_CATALOGUE],
            "most pictures come without works, the catalogue does not answer",
            above=_MISSED_SHARE,
            periods=_MISSED_PERIODS,
        )
        if config.monthly_budget_usd:
            self._budget(config.monthly_budget_usd)
        function: list[cloudwatch.IMetric] = [
            alias.metric_invocations(period=_PERIOD),
            errors,
            throttles,
        ]
        self._dashboard(function, latency, api, list(shares.values()))

    def _let_ring(self) -> None:
        """Let alarms and the budget publish: the topic's own policy takes the place of AWS's."""
        services = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
        own_account = {"aws:SourceAccount": cdk.Stack.of(self).account}
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service) for service in services],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": own_account},
            )
        )

    def _guard(
        self, name: str, metric: cloudwatch.IMetric, alias: lambda_.Alias
    ) -> cloudwatch.Alarm:
        """Ring within a minute where the newest version fails."""
        alarm = self._alarm(name, metric, "a new version fails")
        resource = cast(cloudwatch.CfnAlarm, alarm.node.default_child)
        stack, version = cdk.Stack.of(self).stack_name, alias.version.version
        resource.alarm_name = f"{stack}-{name}-{version}"
        return alarm

    def _failures_of_version(self, alias: lambda_.Alias, log: logs.ILogGroup) -> cloudwatch.Metric:
        """Count what the newest version itself answered with 5xx; 503 is said on purpose.

        Lambda counts an error only where there is no answer at all.
        """
        version = alias.version.version
        pattern = (
            f'{{ $.function_version = "{version}" && $.status >= 500 && $.status != {_BUSY} }}'
        )
        found = logs.MetricFilter(
            self,
            "FailuresOfNewVersion",
            log_group=log,
            filter_pattern=logs.FilterPattern.literal(pattern),
            metric_namespace=METRICS_NAMESPACE,
            metric_name=f"{cdk.Stack.of(self).stack_name}-failures-of-{version}",
        )
        return found.metric(period=_GUARD_PERIOD, statistic="Sum")

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        meaning: str,
        *,
        above: float = 0,
        periods: int = 1,
    ) -> cloudwatch.Alarm:
        """Ring where a metric is above a value for so many periods; silence is no alarm."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            alarm_description=f"Style Your Art: {meaning}",
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def _budget(self, monthly_usd: int) -> None:
        """Watch the whole account: a budget by tags is blind until they are activated by hand.

        AWS refuses a budget whose topic does not let it publish, so the topic's policy comes first.
        """
        warnings = [("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 100)]
        budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=monthly_usd, unit="USD"),
            ),
            notifications_with_subscribers=[self._warning(*warning) for warning in warnings],
        )
        budget.node.add_dependency(self.topic.node.find_child("Policy"))

    def _warning(
        self, kind: str, percent: int
    ) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
        return budgets.CfnBudget.NotificationWithSubscribersProperty(
            notification=budgets.CfnBudget.NotificationProperty(
                notification_type=kind,
                comparison_operator="GREATER_THAN",
                threshold=percent,
                threshold_type="PERCENTAGE",
            ),
            subscribers=[
                budgets.CfnBudget.SubscriberProperty(
                    subscription_type="SNS", address=self.topic.topic_arn
                )
            ],
        )

    def _dashboard(
        self,
        function: list[cloudwatch.IMetric],
        latency: cloudwatch.IMetric,
        api: apigateway.HttpApi,
        shares: list[cloudwatch.IMetric],
    ) -> None:
        answers: list[cloudwatch.IMetric] = [
            api.metric_count(period=_PERIOD),
            api.metric_client_error(period=_PERIOD, statistic="Sum"),
            api.metric_server_error(period=_PERIOD, statistic="Sum"),
        ]
        median = api.metric_latency(period=_PERIOD, statistic="p50")
        graphs: dict[str, list[cloudwatch.IMetric]] = {
            "API": answers,
            "Function": function,
            "Latency of the API": [median, latency],
            "Shares of the pictures": shares,
        }
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [
                    cloudwatch.GraphWidget(title=title, left=metrics, width=_WIDTH)
                    for title, metrics in graphs.items()
                ]
            ],
        )


def _errors_of_version(alias: lambda_.Alias) -> cloudwatch.Metric:
    name = alias.lambda_.function_name
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions_map={
            "FunctionName": name,
            "Resource": f"{name}:{alias.alias_name}",
            "ExecutedVersion": alias.version.version,
        },
        statistic="Sum",
        period=_GUARD_PERIOD,
    )


def _shares(function_name: str) -> dict[str, cloudwatch.IMetric]:
    """Return by name what the function itself says in its log: 1 or 0 for each picture."""
    return {
        name: cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=name,
            dimensions_map={"function_name": function_name, "service": SERVICE},
            statistic="Average",
            period=_PERIOD,
        )
        for name in SHARES
    }
