"""The Lambda entry answers the events of API Gateway's HTTP API, binary uploads included."""

import base64
import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import draw_picture, encode

_RECORDED = json.loads((Path(__file__).parent / "events" / "http_api_v2.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def handler() -> Any:
    from lambda_fn import handler

    return handler.handler


def make_event(body: bytes = b"", *, path: str = "/v1/predictions", **headers: str) -> Any:
    event = copy.deepcopy(_RECORDED)
    method = "POST" if body else "GET"
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"] |= {"content-length": str(len(body))}
    event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
    event["body"] = base64.b64encode(body).decode()
    return event


def test_a_picture_as_raw_body_is_answered(handler: Any) -> None:
    event = make_event(encode(draw_picture(300, 200)))

    response = handler(event, None)

    answer = json.loads(response["body"])
    assert response["statusCode"] == 200
    assert response["isBase64Encoded"] is False
    assert answer["picture"] == {"width": 300, "height": 200, "format": "jpeg"}
    assert sum(style["probability"] for style in answer["probabilities"]) == pytest.approx(1)


def test_a_picture_in_a_form_is_answered_alike(handler: Any) -> None:
    data = encode(draw_picture(300, 200), "PNG")
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + data
    event = make_event(form + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")

    by_form = json.loads(handler(event, None)["body"])
    by_body = json.loads(handler(make_event(data), None)["body"])

    assert by_form["probabilities"] == by_body["probabilities"]


def test_a_text_is_refused_with_the_error_body(handler: Any) -> None:
    response = handler(make_event(b"only text"), None)

    assert response["statusCode"] == 422
    assert json.loads(response["body"])["error"]["code"] == "unreadable_image"


def test_the_api_address_itself_answers_a_guide(handler: Any) -> None:
    response = handler(make_event(path="/"), None)

    assert json.loads(response["body"])["predictions"] == "/v1/predictions"


@pytest.mark.parametrize("path", ["/docs", "/docs/assets/swagger-ui-bundle.js", "/openapi.json"])
def test_docs_are_served_from_the_image_itself(handler: Any, path: str) -> None:
    assert handler(make_event(path=path), None)["statusCode"] == 200


def test_the_model_is_loaded_once_for_all_events(handler: Any) -> None:
    before = sys.modules["lambda_fn.handler"].__dict__["_app"]

    for _ in range(3):
        handler(make_event(encode(draw_picture())), None)

    assert sys.modules["lambda_fn.handler"].__dict__["_app"] is before
