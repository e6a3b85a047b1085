"""What a client of HTTP may expect of every address."""

from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.http_manners import TAGGED
from tests.fakes import FakeModel
from tests.lambda_fn.replies import assert_error
from tests.pictures import draw_picture, encode

PICTURE = encode(draw_picture())


@pytest.fixture
def client() -> TestClient:
    app = create_app(FakeModel(), max_body_bytes=200_000)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def page(tmp_path: Path) -> TestClient:
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>", "utf-8")
    (tmp_path / "headers.json").write_text("{}", "utf-8")
    return TestClient(create_app(FakeModel(), max_body_bytes=200_000, web=tmp_path))


def post(client: TestClient, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/predictions?similar=0", content=PICTURE, headers=named)


@pytest.mark.parametrize(
    "path", ["/", "/v1/health", "/v1/model", "/v1/styles", "/v1/styles/cubism", "/openapi.json"]
)
def test_head_tells_what_get_would_and_nothing_more(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


def test_head_works_for_the_page_too(page: TestClient) -> None:
    response = page.head("/")

    assert (response.status_code, response.content) == (200, b"")
    assert page.head("/v1/health").status_code == 200
    assert page.head("/nothing").status_code == 404


def test_head_of_what_takes_only_post_is_refused(client: TestClient) -> None:
    assert client.head("/v1/predictions").status_code == 405


@pytest.mark.parametrize("path", TAGGED)
def test_who_has_the_answer_is_told_that_it_is_the_same(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]

    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_packed_body_is_refused_with_the_reason(client: TestClient) -> None:
    response = post(client, content_type="image/jpeg", content_encoding="gzip")

    assert "gzip" in assert_error(response, 415, "unsupported_content_type")
    assert post(client, content_type="image/jpeg", content_encoding="identity").is_success


def test_packed_json_is_refused_alike(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "br"}

    response = client.post("/v1/uploads", content=b"{}", headers=headers)

    assert response.status_code in (404, 415)  # 404: no uploads are taken here at all


@pytest.mark.parametrize("kind", ["binary/octet-stream", "application/octet-stream", ""])
def test_bytes_of_no_known_type_are_judged_by_their_content(client: TestClient, kind: str) -> None:
    response = post(client, **({"content_type": kind} if kind else {}))

    assert response.json()["picture"]["format"] == "jpeg"


@pytest.mark.parametrize("path", ["/v1/health/", "/v1/predictions/", "/v1/styles/"])
def test_a_slash_too_many_is_not_found_and_sends_nobody_elsewhere(
    client: TestClient, path: str
) -> None:
    response = client.get(path, follow_redirects=False)

    assert_error(response, 404, "not_found")


def test_a_surprise_may_be_read_by_any_page(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeModel, "answer", lambda *_: 1 / 0)

    response = post(client, content_type="image/jpeg", origin="https://example.org")

    assert_error(response, 500, "internal_error")
    assert response.headers["access-control-allow-origin"] == "*"


def test_any_page_may_read_when_to_come_back(client: TestClient) -> None:
    response = client.get("/v1/health", headers={"Origin": "https://example.org"})

    assert "Retry-After" in response.headers["access-control-expose-headers"]
