"""The stand-in for API Gateway makes events as the HTTP API does, and answers for itself."""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2 as httpx
import pytest

from tests.cloud.http_front import MAX_BODY_BYTES, serving_front
from tests.cloud.runtime_api import FunctionError, PayloadTooLargeError, ThrottledError

Ask = Callable[..., httpx.Response]


class Recorder:
    """Stands for a function: keeps the event, and does as it was told."""

    def __init__(self) -> None:
        self.result: Any = {"statusCode": 200, "body": "done"}
        self.error: Exception | None = None
        self.may_end = threading.Event()
        self.may_end.set()
        self.event: Any = None

    def __call__(self, event: object) -> Any:
        self.event = event
        self.may_end.wait(60)
        if self.error is not None:
            raise self.error
        return self.result


@pytest.fixture
def function() -> Recorder:
    return Recorder()


@pytest.fixture
def ask(function: Recorder) -> Iterator[Ask]:
    """Give a function that sends a request through the gateway."""
    with ExitStack() as exits:
        address = exits.enter_context(serving_front(function, timeout_s=0.5))
        client = exits.enter_context(httpx.Client(base_url=f"http://{address}", timeout=30))
        yield client.request


def test_a_request_becomes_an_event_of_format_2(function: Recorder, ask: Ask) -> None:
    ask(
        "GET",
        "/v1/artworks/monet%2Fpoppies?q=a&q=b&empty=",
        headers=[("X-Twice", "1"), ("X-Twice", "2"), ("Cookie", "a=1; b=2")],
    )

    event = function.event
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/v1/artworks/monet%2Fpoppies"
    assert event["rawQueryString"] == "q=a&q=b&empty="
    assert event["queryStringParameters"] == {"q": "a,b", "empty": ""}
    assert event["headers"]["x-twice"] == "1,2"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["requestContext"]["http"]["method"] == "GET"
    assert event["requestContext"]["http"]["path"] == event["rawPath"]
    assert "body" not in event


@pytest.mark.parametrize(
    ("kind", "body", "is_base64"),
    [
        ("image/jpeg", b"\xff\xd8\xff", True),
        ("multipart/form-data; boundary=x", b"--x--", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("application/octet-stream", b"abc", True),
        ("application/json", b'{"a": 1}', False),
        ("text/plain; charset=utf-8", "Été".encode(), False),
        ("text/plain", b"\xff", True),
    ],
)
def test_all_bodies_but_texts_are_base64(
    function: Recorder, ask: Ask, kind: str, body: bytes, is_base64: bool
) -> None:
    ask("POST", "/", content=body, headers={"Content-Type": kind})

    event = function.event
    sent = base64.b64decode(event["body"]) if is_base64 else event["body"].encode()
    assert event["isBase64Encoded"] is is_base64
    assert sent == body


def test_a_body_in_chunks_arrives_whole(function: Recorder, ask: Ask) -> None:
    ask("POST", "/", content=iter([b"\xff" * 10, b"\xd8" * 10]))

    assert base64.b64decode(function.event["body"]) == b"\xff" * 10 + b"\xd8" * 10


def test_a_result_becomes_an_answer(function: Recorder, ask: Ask) -> None:
    function.result = {
        "statusCode": 201,
        "headers": {"content-type": "image/png"},
        "cookies": ["a=1", "b=2"],
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }

    response = ask("GET", "/")

    assert (response.status_code, response.content) == (201, b"\x89PNG")
    assert response.headers["content-type"] == "image/png"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_a_result_without_a_status_is_the_body(function: Recorder, ask: Ask) -> None:
    function.result = {"style": "cubism"}

    response = ask("GET", "/")

    assert (response.status_code, response.json()) == (200, {"style": "cubism"})


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (PayloadTooLargeError(), 413, "Request Entity Too Large"),
        (ThrottledError(), 503, "Service Unavailable"),
        (FunctionError({"errorType": "ValueError"}), 500, "Internal Server Error"),
    ],
)
def test_what_the_function_cannot_answer_the_gateway_does(
    function: Recorder, ask: Ask, error: Exception, status: int, message: str
) -> None:
    function.error = error

    response = ask("GET", "/")

    assert (response.status_code, response.json()) == (status, {"message": message})


def test_a_function_that_is_too_slow_is_not_waited_for(function: Recorder, ask: Ask) -> None:
    function.may_end.clear()

    response = ask("GET", "/")
    function.may_end.set()

    assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_over_the_gateways_limit_never_reaches_the_function(
    function: Recorder, ask: Ask, is_announced: bool
) -> None:
    body = bytes(MAX_BODY_BYTES + 1)

    response = ask("POST", "/", content=body if is_announced else iter([body]))

    assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})
    assert function.event is None
