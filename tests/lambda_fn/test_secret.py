"""Secrets come out of Secrets Manager (moto's server, by real HTTP) and stay out of messages."""

import json
import logging

import boto3
import pytest

from lambda_fn.secret import SecretError, read_secret

URI = "mongodb+srv://visitor:hunter2@cluster.example"


def keep(name: str, text: str) -> str:
    """Keep a secret; return its ARN."""
    client = boto3.client("secretsmanager")
    return str(client.create_secret(Name=name, SecretString=text)["ARN"])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "text", [URI, f"{URI}\n", json.dumps({"uri": URI}), json.dumps({"uri": URI, "other": 1})]
)
def test_a_secret_is_text_or_json_and_named_by_arn_or_name(text: str) -> None:
    arn = keep("works", text)

    assert read_secret(arn, key="uri").get_secret_value() == URI
    assert read_secret("works", key="uri").get_secret_value() == URI


@pytest.mark.usefixtures("aws")
def test_a_secret_that_does_not_exist_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SecretError, match="ResourceNotFoundException"):
        read_secret("nothing", key="uri")

    assert "a secret cannot be read (nothing): ResourceNotFoundException" in caplog.text


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    "text",
    ['{"password": "hunter2"}', '{"uri": 1, "x": "hunter2"}', '{"uri": "hunter2', '{"uri": ""}'],
)
def test_a_secret_of_another_kind_is_refused_without_quoting_it(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "lambda_fn")
    keep("works", text)

    with pytest.raises(SecretError) as caught:
        read_secret("works", key="uri")

    assert "hunter2" not in f"{caught.value}{caught.value.__cause__}{caplog.text}"
    assert "JSON" in str(caught.value)


def test_a_manager_that_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(SecretError, match="EndpointConnectionError"):
        read_secret("works", key="uri")


def test_without_a_region_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(SecretError, match="NoRegionError"):
        read_secret("works", key="uri")
