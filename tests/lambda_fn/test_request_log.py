"""Each request leaves one line, which says how it went and nothing about who asked."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.request_log import Facts, write_plainly
from lambda_fn.runtime import StyleModel
from tests.fakes import BrokenModel, FakeModel
from tests.pictures import draw_picture, encode

ROOT = Path(__file__).parents[2]
JPEG = {"Content-Type": "image/jpeg"}
MAX_BODY_BYTES = 200_000
SECRETS = ("192.0.2.1", "curl/8.7.1", "hunter2", "123456789012", "JFIF", "/9j/")


@pytest.fixture
def lines() -> list[Facts]:
    return []


def make_client(model: StyleModel, lines: list[Facts]) -> TestClient:
    app = create_app(model, max_body_bytes=MAX_BODY_BYTES, journal=lines.append)
    return TestClient(app, raise_server_exceptions=False)


def test_a_picture_leaves_its_style_its_size_and_how_long_it_took(lines: list[Facts]) -> None:
    client = make_client(FakeModel(best="cubism", probability=0.87654), lines)

    answer = client.post("/v1/predictions", content=encode(draw_picture(90, 60)), headers=JPEG)

    assert len(lines) == 1
    line = lines[0]
    took = {f"{step}_ms": took_ms for step, took_ms in answer.json()["timing_ms"].items()}
    assert took.items() <= line.items()
    assert line["duration_ms"] >= line["total_ms"] > 0
    assert {name: value for name, value in line.items() if not name.endswith("_ms")} == {
        "method": "POST",
        "route": "/v1/predictions",
        "status": 200,
        "prediction_id": answer.json()["id"],
        "style": "cubism",
        "probability": 0.8765,
        "verdict": "confident",
        "catalogue": "unavailable",
        "width_px": 90,
        "height_px": 60,
        "format": "jpeg",
    }


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/v1/predictions", b"only text", 422, "unreadable_image"),
        ("/v1/predictions?similar=many", b"x", 422, "invalid_request"),
        ("/v1/predictions", bytes(MAX_BODY_BYTES + 1), 413, "body_too_large"),
        ("/v2/hunter2", b"x", 404, "not_found"),
        ("/v1/health", b"x", 405, "method_not_allowed"),
    ],
)
def test_a_refusal_leaves_its_code(
    lines: list[Facts], path: str, body: bytes, status: int, error: str
) -> None:
    make_client(FakeModel(), lines).post(path, content=body, headers=JPEG)

    assert [(line["status"], line["error"]) for line in lines] == [(status, error)]


def test_a_surprise_leaves_a_line_too(lines: list[Facts]) -> None:
    client = make_client(BrokenModel(), lines)

    client.post("/v1/predictions", content=encode(draw_picture()), headers=JPEG)

    assert [(line["status"], line["route"]) for line in lines] == [(500, "/v1/predictions")]
    assert "secret detail" not in str(lines)


def test_a_line_names_the_route_and_not_what_was_asked_of_it(lines: list[Facts]) -> None:
    client = make_client(FakeModel(), lines)

    client.get("/v1/artworks/hunter2/hunter2")
    client.get("/v1/artworks?q=hunter2", headers={"Authorization": "hunter2"})
    client.post("/v1/feedback", json={"token": "hunter2", "style": "cubism"})

    assert [line["route"] for line in lines] == [
        "/v1/artworks/{work_id:path}",
        "/v1/artworks",
        "/v1/feedback",
    ]
    assert "hunter2" not in str(lines)


# as Lambda runs it


@pytest.fixture(scope="module")
def log() -> list[dict[str, Any]]:
    """Return what the real entry writes about two pictures, a text and a wrong path."""
    event = json.loads((Path(__file__).parent / "events" / "http_api_v2.json").read_text("utf-8"))
    script = f"""
import base64, json, sys
from types import SimpleNamespace
from lambda_fn.handler import handler

assert "aws_lambda_powertools" not in sys.modules, "a start imports what only a log needs"
event = json.loads({json.dumps(event)!r})
context = SimpleNamespace(
    function_name="the-function", function_version="7", aws_request_id="the-invocation"
)

def ask(body, path, query):
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["rawQueryString"] = query
    event["headers"]["content-length"] = str(len(body))
    event["body"] = base64.b64encode(body).decode()
    return handler(event, context)

picture = {encode(draw_picture(300, 200))!r}
for body, path in ((picture, "/v1/predictions"), (picture, "/v1/predictions"),
                   (b"hunter2", "/v1/predictions"), (b"hunter2", "/hunter2")):
    ask(body, path, "similar=0" if path.startswith("/v1") else "q=hunter2")
assert "boto3" not in sys.modules, "a picture needs no client of AWS"
"""
    command = [sys.executable, "-W", "error", "-c", script]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert not any(secret in result.stdout + result.stderr for secret in SECRETS)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_function_writes_one_line_of_json_for_each_request(log: list[dict[str, Any]]) -> None:
    facts = [(one["message"], one["status"], one.get("error")) for one in log]

    assert facts == [
        ("request answered", 200, None),
        ("request answered", 200, None),
        ("request answered", 422, "unreadable_image"),
        ("request answered", 404, "not_found"),
    ]
    assert {one["level"] for one in log} == {"INFO"}
    assert all(one["timestamp"].endswith("+00:00") for one in log)


def test_a_line_can_be_found_by_the_ids_of_gateway_and_lambda(log: list[dict[str, Any]]) -> None:
    assert {(one["request_id"], one["function_request_id"]) for one in log} == {
        ("JKJaXmPLvHcESHA=", "the-invocation")
    }


def test_a_line_says_which_version_answered_so_that_an_alarm_can_be_about_it(
    log: list[dict[str, Any]],
) -> None:
    assert {one["function_version"] for one in log} == {"7"}


def test_only_the_first_request_is_cold_and_memory_is_told(log: list[dict[str, Any]]) -> None:
    assert [one["is_cold"] for one in log] == [True, False, False, False]
    # a process begins with what its parent held, so that nothing can be said about the most
    assert all(one["memory_mib"] > 20 for one in log)


def test_a_picture_gives_four_metrics_and_no_style_among_them(log: list[dict[str, Any]]) -> None:
    first, *_, last = log
    (directive,) = first["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}

    assert (directive["Namespace"], directive["Dimensions"]) == (
        "StyleYourArt",
        [["function_name", "service"]],
    )
    assert units == {
        "Latency": "Milliseconds",
        "Unsure": "Count",
        "Refused": "Count",
        "CatalogueUnavailable": "Count",
    }
    assert {first[name] for name in directive["Dimensions"][0]} == {
        "the-function",
        "style-your-art",
    }
    assert first["Latency"] == [first["duration_ms"]]
    assert first["Unsure"] == [float(first["verdict"] == "unsure")]
    assert first["Refused"] == [float(first["verdict"] == "not-a-painting")]
    assert first["CatalogueUnavailable"] == [0.0]
    assert "_aws" not in last


# at home


def test_at_home_a_request_leaves_a_plain_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "lambda_fn.request_log")
    app = create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, journal=write_plainly)
    client = TestClient(app)

    client.post("/v1/predictions", content=encode(draw_picture(90, 60)), headers=JPEG)
    client.post("/v1/predictions", content=b"only text", headers=JPEG)
    client.get("/style.css")

    first, second = [
        record.message for record in caplog.records if record.name == "lambda_fn.request_log"
    ]
    assert first.startswith("POST /v1/predictions 200 ")
    assert first.endswith(" ms: cubism 90%, 90 x 60 px")
    assert second.endswith(" ms: unreadable_image")
