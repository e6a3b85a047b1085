"""The Lambda entry answers the events of API Gateway's HTTP API, binary uploads included."""

import base64
import copy
import json
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mangum import Mangum
from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_fn.app import create_app
from lambda_fn.model import load_model
from lambda_fn.runtime import StyleModel
from tests.fakes import FakeCatalogue, FakeModel, make_companions, make_work
from tests.pictures import draw_picture, encode

ROOT = Path(__file__).parents[2]
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


def event_of(gateway: str, path: str, body: bytes) -> Any:
    """Return the event in which a gateway hands a request on."""
    text, headers = base64.b64encode(body).decode(), {"content-type": "image/jpeg", "host": "x"}
    method = "POST" if body else "GET"
    common = {"body": text, "isBase64Encoded": True, "headers": headers}
    if gateway in ("http api", "function url"):
        event = make_event(body, path=path)
        if gateway == "function url":
            event["requestContext"]["domainName"] = "abc.lambda-url.eu-west-1.on.aws"
        return event
    if gateway == "load balancer":
        context = {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:x"}}
        query: dict[str, str] = {}
        return {
            **common,
            "requestContext": context,
            "httpMethod": method,
            "path": path,
            "queryStringParameters": query,
        }
    return {
        **common,
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "identity": {"sourceIp": "192.0.2.1"},
            "stage": "prod",
            "requestId": "x",
        },
    }


@pytest.mark.parametrize("gateway", ["http api", "function url", "load balancer", "rest api"])
def test_every_gateway_hands_pictures_and_questions_on(handler: Any, gateway: str) -> None:
    picture = handler(event_of(gateway, "/v1/predictions", encode(draw_picture())), None)
    health = handler(event_of(gateway, "/v1/health", b""), None)

    assert json.loads(picture["body"])["picture"]["format"] == "jpeg"
    assert json.loads(health["body"])["status"] == "ok"


@pytest.mark.parametrize(
    "event",
    [
        {},
        None,
        [],
        {"key1": "value1", "key2": "value2", "key3": "value3"},
        {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
        {"source": "serverless-plugin-warmup"},
    ],
)
def test_an_event_that_is_no_request_only_wakes(handler: Any, event: Any) -> None:
    assert handler(event, None)["status"] == "ok"


@pytest.mark.parametrize("slash", ["/", "%2F"])
def test_a_work_is_found_through_the_gateway_however_its_slash_is_written(slash: str) -> None:
    """The gateway hands the path on as it was sent, in rawPath."""
    companions = make_companions(FakeCatalogue([make_work(7, id="claude-monet/poppies")]))
    app = create_app(FakeModel(), max_body_bytes=200_000, companions=companions)
    event = make_event(path=f"/v1/artworks/claude-monet{slash}poppies")

    response = Mangum(app, lifespan="off")(event, None)  # type: ignore[arg-type]

    assert response["statusCode"] == 200
    assert json.loads(response["body"])["id"] == "claude-monet/poppies"


def test_a_query_is_read_through_the_gateway() -> None:
    works = [make_work(number, title=title) for number, title in enumerate(["Été", "Ete", "Hiver"])]
    companions = make_companions(FakeCatalogue(works))
    app = create_app(FakeModel(), max_body_bytes=200_000, companions=companions)
    event = make_event(path="/v1/artworks")
    event["rawQueryString"] = "q=%C3%A9t%C3%A9&limit=1"

    response = Mangum(app, lifespan="off")(event, None)  # type: ignore[arg-type]

    body = json.loads(response["body"])
    assert [work["title"] for work in body["works"]] == ["Été"]
    assert body["next_cursor"] is not None


def test_the_released_model_answers_whether_or_not_there_is_a_catalogue(handler: Any) -> None:
    answer = json.loads(handler(make_event(encode(draw_picture())), None)["body"])

    assert answer["story"]["slug"] == answer["style"]["slug"]
    assert answer["catalogue"] in ("ok", "unavailable")
    assert answer["feedback_token"] is None


@dataclass
class Watch:
    """What a handler that was made under watch has done so far."""

    handler: Any
    loaded: list[Path]
    scopes: list[str]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Make the entry anew, as Lambda does at a cold start, and watch both sides of it."""
    loaded: list[Path] = []
    scopes: list[str] = []

    def load(folder: Path, **options: Any) -> StyleModel:
        loaded.append(folder)
        return load_model(folder, **options)

    def create(*arguments: Any, **options: Any) -> ASGIApp:
        app = create_app(*arguments, **options)

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            scopes.append(scope["type"])
            await app(scope, receive, send)

        return watched

    # patches, because a module takes no arguments
    monkeypatch.setattr("lambda_fn.settings.load_model", load)
    monkeypatch.setattr("lambda_fn.composition.create_app", create)
    made = runpy.run_path(str(ROOT / "lambda_fn" / "handler.py"))
    return Watch(made["handler"], loaded, scopes)


def test_the_model_is_loaded_once_for_all_events(watch: Watch) -> None:
    responses = [watch.handler(make_event(encode(draw_picture())), None) for _ in range(3)]

    assert [one["statusCode"] for one in responses] == [200] * 3
    assert len(watch.loaded) == 1


def test_the_app_is_not_started_anew_by_an_event(watch: Watch) -> None:
    for _ in range(3):
        watch.handler(make_event(path="/v1/health"), None)

    assert watch.scopes == ["http"] * 3
