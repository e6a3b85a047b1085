import json

import pytest

from tests.infra.synthesis import FULL, Synthesis, as_list, statements

ALARM = "AWS::CloudWatch::Alarm"


@pytest.mark.parametrize(
    ("metric", "threshold"),
    [
        ("Errors", 0),
        ("Throttles", 0),
        ("5xx", 0),
        ("Latency", 3000),
        ("CatalogueUnavailable", 0.5),
    ],
)
def test_an_alarm_rings_the_topic(dev: Synthesis, metric: str, threshold: float) -> None:
    topic = next(iter(dev.of_type("AWS::SNS::Topic")))

    dev.assert_one_has(
        ALARM,
        {
            "MetricName": metric,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": topic}],
        },
    )


def test_slowness_is_that_of_the_slowest_twentieth(dev: Synthesis) -> None:
    dev.assert_one_has(
        ALARM, {"MetricName": "Latency", "ExtendedStatistic": "p95", "EvaluationPeriods": 3}
    )


def test_most_pictures_without_works_ring_after_a_quarter_of_an_hour(dev: Synthesis) -> None:
    functions = dev.of_type("AWS::Lambda::Function")
    function = next(name for name in functions if name.startswith("ServiceFunction"))

    dev.assert_one_has(
        ALARM,
        {
            "Namespace": "StyleYourArt",
            "MetricName": "CatalogueUnavailable",
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 3,
            "Dimensions": [
                {"Name": "function_name", "Value": {"Ref": function}},
                {"Name": "service", "Value": "style-your-art"},
            ],
        },
    )


def test_the_functions_alarms_are_about_the_version_that_answers(dev: Synthesis) -> None:
    for alarm in dev.of_type(ALARM).values():
        if alarm["Namespace"] == "AWS/Lambda":
            names = {one["Name"]: json.dumps(one["Value"]) for one in alarm["Dimensions"]}
            assert ":live" in names["Resource"]


def topic_outside(stage: Synthesis) -> str:
    """Return the name by which the stack of the training knows the topic."""
    topic = next(iter(stage.of_type("AWS::SNS::Topic")))
    outputs = stage.document["Outputs"].values()
    return str(
        next(
            one["Export"]["Name"]
            for one in outputs
            if one["Value"] == {"Ref": topic} and "Export" in one
        )
    )


def test_a_failed_training_is_told(dev: Synthesis) -> None:
    queue = next(iter(dev.of_type("AWS::Batch::JobQueue")))

    dev.assert_one_has(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.batch"],
                "detail-type": ["Batch Job State Change"],
                "detail": {
                    "status": ["FAILED"],
                    "jobQueue": [{"Fn::GetAtt": [queue, "JobQueueArn"]}],
                },
            },
            "Targets": [{"Arn": {"Fn::ImportValue": topic_outside(dev)}}],
        },
    )


@pytest.mark.parametrize("service", ["cloudwatch", "budgets", "events"])
def test_what_rings_the_topic_is_allowed_to(dev: Synthesis, service: str) -> None:
    allowed = [
        principal
        for one in statements(dev.one("AWS::SNS::TopicPolicy"))
        if one["Effect"] == "Allow" and one["Action"] == "sns:Publish"
        for principal in as_list(one["Principal"]["Service"])
    ]

    assert f"{service}.amazonaws.com" in allowed


def test_nobody_is_written_to_without_an_address(dev: Synthesis) -> None:
    assert dev.of_type("AWS::SNS::Subscription") == {}


def test_with_an_address_it_is_written_to(full: Synthesis) -> None:
    full.assert_one_has(
        "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": FULL.alarm_email}
    )


def test_the_budget_warns_before_it_is_spent(dev: Synthesis) -> None:
    budget = dev.one("AWS::Budgets::Budget")

    assert budget["Budget"]["BudgetLimit"] == {"Amount": 10, "Unit": "USD"}
    assert budget["Budget"]["TimeUnit"] == "MONTHLY"
    warnings = [one["Notification"] for one in budget["NotificationsWithSubscribers"]]
    assert [(one["NotificationType"], one["Threshold"]) for one in warnings] == [
        ("ACTUAL", 50),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]


def test_the_budget_comes_after_the_leave_to_ring_the_topic(dev: Synthesis) -> None:
    [budget] = [one for one in dev.resources.values() if one["Type"] == "AWS::Budgets::Budget"]
    [policy] = dev.of_type("AWS::SNS::TopicPolicy")

    assert policy in budget["DependsOn"]


def test_an_account_that_can_have_no_budget_deploys_without_one(full: Synthesis) -> None:
    assert FULL.monthly_budget_usd == 0
    assert full.of_type("AWS::Budgets::Budget") == {}
    assert full.of_type("AWS::SNS::Topic")


def test_there_is_one_dashboard_and_no_more_alarms_than_are_free(dev: Synthesis) -> None:
    assert len(dev.of_type("AWS::CloudWatch::Dashboard")) == 1
    assert len(dev.of_type(ALARM)) <= 10
