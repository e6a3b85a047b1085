"""The routes: what they answer, and the one error body for whatever goes wrong."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from starlette.types import Message

from lambda_fn.app import create_app
from lambda_fn.contract.images import Pixels
from lambda_fn.contract.styles import STYLES
from lambda_fn.runtime import Answer
from tests.fakes import SLUGS, BrokenModel, FakeModel, make_evaluation
from tests.lambda_fn.replies import assert_error
from tests.pictures import draw_picture, encode, png_bomb

MAX_BODY_BYTES = 200_000
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def model() -> FakeModel:
    return FakeModel(best="impressionism")


@pytest.fixture
def client(model: FakeModel) -> Iterator[TestClient]:
    with TestClient(create_app(model, max_body_bytes=MAX_BODY_BYTES)) as client:
        yield client


def test_prediction_names_the_style_of_a_raw_body(client: TestClient) -> None:
    response = client.post("/v1/predictions", content=encode(draw_picture(90, 60)), headers=JPEG)

    answer = response.json()
    assert response.status_code == 200
    assert answer["style"]["slug"] == "impressionism"
    assert answer["style"]["name"] == "Impressionism"
    assert answer["picture"] == {"width": 90, "height": 60, "format": "jpeg"}
    assert answer["model"] == {"id": "fake-1", "architecture": "mobilenetv2"}
    assert set(answer["timing_ms"]) == {"decode", "infer", "catalogue", "total"}


def test_prediction_lists_every_known_style_most_likely_first(client: TestClient) -> None:
    answer = client.post("/v1/predictions", content=encode(draw_picture()), headers=JPEG).json()

    odds = [style["probability"] for style in answer["probabilities"]]
    assert {style["slug"] for style in answer["probabilities"]} == set(SLUGS)
    assert odds == sorted(odds, reverse=True)
    assert sum(odds) == pytest.approx(1, abs=1e-5)
    assert answer["probabilities"][0] == answer["style"]


def test_prediction_says_how_sure_it_is_what_else_it_may_be_and_where_it_looked(
    model: FakeModel, client: TestClient
) -> None:
    model.probability = 0.6

    answer = client.post("/v1/predictions", content=encode(draw_picture()), headers=JPEG).json()

    assert answer["verdict"] == "unsure"
    assert answer["candidates"][0] == "impressionism"
    assert set(answer["heat_maps"]) == set(answer["candidates"])
    assert answer["heat_maps"]["impressionism"] == [[1, 0], [0, 0]]
    assert answer["track_record"] == {
        "precision": 0.6,
        "recall": 0.4,
        "confused_with": "ukiyo-e",
        "pictures": 10,
    }


def test_prediction_refuses_to_call_a_photograph_a_painting(
    model: FakeModel, client: TestClient
) -> None:
    model.painting = 0.1

    answer = client.post("/v1/predictions", content=encode(draw_picture()), headers=JPEG).json()

    assert answer["verdict"] == "not-a-painting"
    assert answer["painting"] == {"probability": 0.1}


def test_the_model_tells_its_manifest_and_what_its_tests_showed(
    model: FakeModel, tmp_path: Path
) -> None:
    evaluation = tmp_path / "evaluation.json"
    evaluation.write_text(make_evaluation().model_dump_json(), "utf-8")
    app = create_app(model, max_body_bytes=MAX_BODY_BYTES, evaluation=evaluation)

    card = TestClient(app).get("/v1/model").json()

    assert card["manifest"] == model.manifest.model_dump(mode="json")
    assert card["evaluation"]["lists"]["picture"]["metrics"]["pictures"] == 30


def test_the_model_without_an_evaluation_tells_its_manifest(client: TestClient) -> None:
    card = client.get("/v1/model").json()

    assert card["manifest"]["id"] == "fake-1"
    assert card["evaluation"] is None


def test_prediction_takes_the_file_of_a_form(client: TestClient, model: FakeModel) -> None:
    data = encode(draw_picture(), "PNG")

    response = client.post("/v1/predictions", files={"file": ("a.png", data, "image/png")})
    client.post("/v1/predictions", content=data, headers={"Content-Type": "image/png"})

    assert response.status_code == 200
    assert np.array_equal(model.seen[0], model.seen[1])


@pytest.mark.parametrize("kind", ["image/png", "image/anything", "application/octet-stream", ""])
def test_prediction_goes_by_content_whatever_the_content_type_says(
    client: TestClient, kind: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}

    response = client.post("/v1/predictions", content=encode(draw_picture()), headers=headers)

    assert response.json()["picture"]["format"] == "jpeg"


def test_every_prediction_has_an_id_of_its_own(client: TestClient) -> None:
    data = encode(draw_picture())

    ids = {
        client.post("/v1/predictions", content=data, headers=JPEG).json()["id"] for _ in range(3)
    }

    assert len(ids) == 3


def test_a_picture_of_one_pixel_is_answered(client: TestClient) -> None:
    data = encode(Image.new("RGB", (1, 1)), "PNG")

    assert client.post("/v1/predictions", content=data, headers=JPEG).status_code == 200


def test_an_empty_body_is_told_so(client: TestClient) -> None:
    response = client.post("/v1/predictions", headers=JPEG)

    assert "send a picture" in assert_error(response, 400, "empty_body")


def test_a_form_without_a_file_is_told_so(client: TestClient) -> None:
    response = client.post("/v1/predictions", files={"other": (None, "text")})

    assert "'file'" in assert_error(response, 400, "missing_file")


def test_a_form_whose_file_has_another_name_is_told_so(client: TestClient) -> None:
    response = client.post("/v1/predictions", files={"image": ("a.jpg", b"x", "image/jpeg")})

    assert "'file'" in assert_error(response, 400, "missing_file")


def test_a_form_with_an_empty_file_is_told_so(client: TestClient) -> None:
    response = client.post("/v1/predictions", files={"file": ("a.jpg", b"", "image/jpeg")})

    assert_error(response, 400, "empty_body")


def test_a_form_with_two_files_is_told_so(client: TestClient) -> None:
    picture = ("a.jpg", encode(draw_picture()), "image/jpeg")

    response = client.post("/v1/predictions", files=[("file", picture), ("file", picture)])

    assert "one at a time" in assert_error(response, 400, "several_files")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"nothing like a form"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nNo-Disposition: y\r\n\r\nz\r\n--x--\r\n"),
    ],
)
def test_a_broken_form_is_a_client_error(client: TestClient, kind: str, body: bytes) -> None:
    response = client.post("/v1/predictions", content=body, headers={"Content-Type": kind})

    assert "curl -F" in assert_error(response, 400, "broken_multipart")


def test_text_sent_as_an_image_is_told_so(client: TestClient) -> None:
    response = client.post("/v1/predictions", content=b"only text", headers=JPEG)

    assert "JPEG" in assert_error(response, 422, "unreadable_image")


def test_a_truncated_picture_is_told_so(client: TestClient) -> None:
    data = encode(draw_picture(400, 300))

    response = client.post("/v1/predictions", content=data[: len(data) // 2], headers=JPEG)

    assert "whole file" in assert_error(response, 422, "truncated_image")


def test_a_decompression_bomb_is_refused(client: TestClient) -> None:
    response = client.post("/v1/predictions", content=png_bomb(60_000, 2_000), headers=JPEG)

    assert "100 megapixels" in assert_error(response, 413, "too_many_pixels")


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 10_000):
        yield bytes(10_000)


@pytest.mark.parametrize("factor", [2, 10], ids=["a little", "by far"])
def test_a_body_over_the_limit_is_refused(client: TestClient, factor: int) -> None:
    response = client.post("/v1/predictions", content=bytes(factor * MAX_BODY_BYTES), headers=JPEG)

    assert "0.2 MB" in assert_error(response, 413, "body_too_large")


@pytest.mark.parametrize("factor", [2, 10], ids=["a little", "by far"])
def test_a_body_over_the_limit_is_refused_without_its_length(
    client: TestClient, factor: int
) -> None:
    response = client.post("/v1/predictions", content=chunks(factor * MAX_BODY_BYTES), headers=JPEG)

    assert_error(response, 413, "body_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "video/mp4"])
def test_another_content_type_is_told_what_to_send(client: TestClient, kind: str) -> None:
    response = client.post("/v1/predictions", content=b"{}", headers={"Content-Type": kind})

    assert "image/jpeg" in assert_error(response, 415, "unsupported_content_type")


def test_an_unknown_route_has_the_same_error_body(client: TestClient) -> None:
    assert "/docs" in assert_error(client.get("/v2/nothing"), 404, "not_found")


def test_a_wrong_method_has_the_same_error_body(client: TestClient) -> None:
    response = client.get("/v1/predictions")

    assert_error(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


def test_a_surprise_has_the_same_error_body_and_no_detail() -> None:
    app = create_app(BrokenModel(), max_body_bytes=MAX_BODY_BYTES)

    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.post("/v1/predictions", content=encode(draw_picture()), headers=JPEG)

    assert "secret" not in assert_error(response, 500, "internal_error")


def test_a_surprise_is_raised_to_the_server_which_logs_it() -> None:
    app = create_app(BrokenModel(), max_body_bytes=MAX_BODY_BYTES)

    with TestClient(app) as client, pytest.raises(RuntimeError, match="secret detail"):
        client.post("/v1/predictions", content=encode(draw_picture()), headers=JPEG)


def test_a_form_with_many_files_is_told_so(client: TestClient) -> None:
    picture = ("a.jpg", b"x", "image/jpeg")

    response = client.post("/v1/predictions", files=[("file", picture)] * 9)

    assert_error(response, 400, "several_files")


def test_a_form_with_very_many_fields_is_refused(client: TestClient) -> None:
    fields = [(f"field{number}", (None, "x")) for number in range(100)]

    assert_error(client.post("/v1/predictions", files=fields), 400, "broken_multipart")


async def ask(app: FastAPI, messages: AsyncIterator[Message]) -> dict[str, Any]:
    """Send a raw body, message by message, as a server would; return the error it was told."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/predictions",
        "raw_path": b"/v1/predictions",
        "query_string": b"",
        "headers": [(b"content-type", b"image/jpeg")],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return await anext(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return {"status": sent[0]["status"], **json.loads(body)}


async def begin_a_body(until: asyncio.Event) -> AsyncIterator[Message]:
    """Send as much as one body may hold, wait, and break off."""
    yield {"type": "http.request", "body": bytes(MAX_BODY_BYTES), "more_body": True}
    await until.wait()
    yield {"type": "http.disconnect"}


async def one_more() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b"one more", "more_body": False}
    await asyncio.Event().wait()  # a server says nothing more until its client has gone


def test_bodies_beyond_the_budget_are_told_to_come_back_until_there_is_room() -> None:
    app = create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES)

    async def crowd() -> list[dict[str, Any]]:
        until = asyncio.Event()
        slow = [asyncio.create_task(ask(app, begin_a_body(until))) for _ in range(8)]
        await asyncio.sleep(0.05)
        late = await ask(app, one_more())
        until.set()
        return [late, *await asyncio.gather(*slow), await ask(app, one_more())]

    late, *broken_off, afterwards = asyncio.run(crowd())

    assert (late["status"], late["error"]["code"]) == (503, "busy")
    assert {(one["status"], one["error"]["code"]) for one in broken_off} == {
        (400, "incomplete_body")
    }
    assert afterwards["error"]["code"] == "unreadable_image"


@dataclass
class CountingModel(FakeModel):
    """Remembers how many pictures were at work at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at_work: int = 0
    most: int = 0

    def answer(self, pixels: Pixels) -> Answer:
        with self.lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        time.sleep(0.02)
        with self.lock:
            self.at_work -= 1
        return super().answer(pixels)


def test_only_two_pictures_are_at_work_at_once() -> None:
    model = CountingModel()
    data = encode(draw_picture())
    with TestClient(create_app(model, max_body_bytes=MAX_BODY_BYTES)) as client:

        def send(_: int) -> int:
            return client.post("/v1/predictions", content=data, headers=JPEG).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = set(pool.map(send, range(16)))

    assert statuses == {200}
    assert model.most == 2


def test_styles_lists_all_and_says_which_the_model_knows(client: TestClient) -> None:
    body = client.get("/v1/styles").json()

    assert [style["slug"] for style in body["styles"]] == [style.slug for style in STYLES]
    assert {style["slug"] for style in body["styles"] if style["known"]} == set(SLUGS)
    assert body["model"]["id"] == "fake-1"
    assert body["model"]["test"]["top1"] == 0.5


def test_health_names_the_model(client: TestClient) -> None:
    assert client.get("/v1/health").json() == {
        "status": "ok",
        "model": "fake-1",
        "limits": {"body_bytes": MAX_BODY_BYTES, "upload_bytes": None},
    }


def test_root_is_a_guide_where_no_page_is_served(client: TestClient) -> None:
    guide = client.get("/").json()

    for name in ("styles", "health", "docs", "openapi"):
        assert client.get(guide[name]).status_code == 200


def test_the_guide_says_the_same_whatever_the_query(client: TestClient) -> None:
    assert client.get("/?name=other&docs=//elsewhere").json() == client.get("/").json()
    assert "parameters" not in client.get("/openapi.json").json()["paths"]["/"]["get"]


def test_openapi_describes_every_way_to_send_a_picture(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/v1/predictions"]["post"]

    content = operation["requestBody"]["content"]
    assert set(content) == {"application/octet-stream", "multipart/form-data", "application/json"}
    assert {"400", "413", "415", "422"} <= set(operation["responses"])


def operations(client: TestClient) -> dict[str, dict[str, Any]]:
    """Return what the description says of each operation, by its id."""
    paths = client.get("/openapi.json").json()["paths"]
    return {one["operationId"]: one for methods in paths.values() for one in methods.values()}


def test_openapi_names_operations_as_a_client_would(client: TestClient) -> None:
    named = set(operations(client))

    assert {"create_prediction", "list_styles", "read_work", "keep_feedback"} <= named
    assert not [name for name in named if "v1" in name or name.endswith(("_get", "_post"))]


def test_openapi_tells_every_error_as_it_is_sent(client: TestClient) -> None:
    for name, operation in operations(client).items():
        assert "500" in operation["responses"], name
        for status, response in operation["responses"].items():
            schema = response["content"]["application/json"]["schema"]
            assert (schema == {"$ref": "#/components/schemas/ErrorBody"}) == (int(status) >= 400)


def test_openapi_lists_the_slugs_of_styles_wherever_one_is_taken(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    of_path = operations(client)["read_style"]["parameters"][0]["schema"]
    of_body = described["components"]["schemas"]["FeedbackRequest"]["properties"]["style"]

    assert of_path["enum"] == of_body["enum"] == [style.slug for style in STYLES]


def test_openapi_names_the_bodies_of_requests_and_what_the_tags_mean(client: TestClient) -> None:
    described = client.get("/openapi.json").json()

    assert {"FeedbackRequest", "Uploaded", "UploadRequest"} <= set(
        described["components"]["schemas"]
    )
    assert {one["name"] for one in described["tags"]} == {
        tag for operation in operations(client).values() for tag in operation["tags"]
    }
    assert described["servers"][0]["url"] == "/"


def test_any_origin_may_send_any_header(client: TestClient) -> None:
    headers = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-anything",
    }

    response = client.options("/v1/predictions", headers=headers)

    assert response.status_code == 200
    assert "x-anything" in response.headers["access-control-allow-headers"]


def test_any_origin_may_ask(client: TestClient) -> None:
    response = client.get("/v1/health", headers={"Origin": "https://elsewhere.example"})

    assert response.headers["access-control-allow-origin"] == "*"


def test_docs_load_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")

    assert "//" not in page.text
    assert "'self'" in page.headers["content-security-policy"]
    for name in ("assets/swagger-ui.css", "assets/swagger-ui-bundle.js", "start.js"):
        assert client.get(f"/docs/{name}").status_code == 200


@pytest.fixture
def web(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>", "utf-8")
    (tmp_path / "headers.json").write_text('{"X-Content-Type-Options": "nosniff"}', "utf-8")
    return tmp_path


def test_the_page_is_served_at_root_under_its_headers(web: Path) -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, web=web))

    response = client.get("/")

    assert "<title>page</title>" in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/predictions", 405, "method_not_allowed"),
        ("POST", "/v1/styles", 405, "method_not_allowed"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/../settings.py", 404, "not_found"),
        ("GET", "/%2e%2e/settings.py", 404, "not_found"),
    ],
)
def test_the_api_refuses_alike_with_and_without_a_page(
    web: Path, method: str, path: str, status: int, code: str
) -> None:
    for folder in (web, None):
        app = create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, web=folder)

        assert_error(TestClient(app).request(method, path), status, code)


@pytest.mark.parametrize("wanted", ["bytes=0-3", "bytes=999-", "nonsense"])
def test_the_page_is_served_whole_whatever_part_is_asked_for(web: Path, wanted: str) -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, web=web))

    response = client.get("/", headers={"Range": wanted})

    assert response.status_code == 200
    assert "accept-ranges" not in response.headers


def test_an_unchanged_page_is_not_sent_again(web: Path) -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, web=web))
    tag = client.get("/").headers["etag"]

    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_a_file_that_the_page_does_not_have_has_the_same_error_body(web: Path) -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, web=web))

    assert_error(client.get("/nothing.js"), 404, "not_found")


def test_a_form_never_touches_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (800, 800, 3), np.uint8)
    data = encode(Image.fromarray(noise), "PNG")
    client = TestClient(create_app(FakeModel(), max_body_bytes=2 * len(data)))

    def refuse(*args: object, **options: object) -> BytesIO:
        raise AssertionError("a temporary file was made")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    response = client.post("/v1/predictions", files={"file": ("a.png", data, "image/png")})

    assert len(data) > 1_500_000  # the framework's own parser spools to disk from 1 MB on
    assert response.status_code == 200
