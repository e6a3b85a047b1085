"""What the functions and conditions of a template stand for."""

from typing import Any

import pytest

from tests.cloud.template import NOTHING, Resolver, TemplateError, in_order, parameters_of, parse

VALUES = {"AWS::Region": "eu-west-1", "Stage": "prod"}
CONDITIONS = {
    "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
    "IsEither": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
    "IsBoth": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
}


def find(name: str, attribute: str | None) -> str:
    return f"{name}.{attribute}" if attribute else f"id-of-{name}"


@pytest.fixture
def resolver() -> Resolver:
    return Resolver({"Conditions": CONDITIONS}, VALUES, find)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Bucket"}, "id-of-Bucket"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket.Arn"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "Bucket.Arn"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-prod"),
        ({"Fn::Split": ["-", "a-b"]}, ["a", "b"]),
        ({"Fn::Select": [1, {"Fn::GetAZs": ""}]}, "eu-west-1b"),
        (
            {"Fn::Sub": "${Stage}/${Bucket}/${Bucket.Arn}/${!kept}"},
            "prod/id-of-Bucket/Bucket.Arn/${kept}",
        ),
        ({"Fn::Sub": ["${Own}", {"Own": {"Ref": "Stage"}}]}, "prod"),
        ({"Fn::If": ["IsProd", 1, 2]}, 1),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a": "prod"}'),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}]}, {"b": []}),
        ({"Ref": "AWS::NoValue"}, NOTHING),
        ({"Condition": "no function here"}, {"Condition": "no function here"}),
    ],
)
def test_a_function_becomes_its_value(resolver: Resolver, node: Any, value: Any) -> None:
    assert resolver.resolve(node) == value


@pytest.mark.parametrize(
    ("condition", "is_wanted"),
    [("IsProd", True), ("IsDev", False), ("IsEither", True), ("IsBoth", False)],
)
def test_a_condition_decides_what_is_wanted(
    resolver: Resolver, condition: str, is_wanted: bool
) -> None:
    assert resolver.wants({"Condition": condition}) is is_wanted


def test_a_resource_comes_after_those_that_it_needs() -> None:
    document = {
        "Resources": {
            "A": {"Properties": {"Of": {"Fn::Sub": "${B.Arn}"}}},
            "B": {"Properties": {"Of": [{"Ref": "C"}]}},
            "C": {"DependsOn": ["D"]},
            "D": {"Properties": {"Of": {"Ref": "AWS::Region"}}},
        }
    }

    assert in_order(document) == ["D", "C", "B", "A"]


def test_a_date_in_a_policy_stays_text() -> None:
    assert parse("Version: 2012-10-17") == {"Version": "2012-10-17"}


def test_a_parameter_is_given_or_read_or_has_a_default() -> None:
    document = {
        "Parameters": {
            "Given": {"Type": "String"},
            "Default": {"Type": "CommaDelimitedList", "Default": "a,b"},
            "Read": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"},
        }
    }

    values = parameters_of(document, {"Given": "g"}, read=lambda name: f"what {name} holds")

    assert values == {"Given": "g", "Default": ["a", "b"], "Read": "what /name holds"}


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"\[Stage\] must have values"):
        parameters_of({"Parameters": {"Stage": {"Type": "String"}}}, {}, read=str)
