"""Originals by way of a bucket: who may send what, and that nothing of it stays."""

import logging
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, get_args

import boto3
import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.contract.images import FORMATS
from lambda_fn.schemas import PictureType
from lambda_fn.uploads import Uploads, UploadsError
from tests.fakes import FakeModel
from tests.lambda_fn.replies import assert_error
from tests.pictures import draw_picture, encode

BUCKET = "uploads"
MAX_BODY_BYTES = 20_000
MAX_UPLOAD_BYTES = 50_000
UNKNOWN = f"originals/{'0' * 32}"


def make_client(uploads: Uploads | None) -> TestClient:
    app = create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, uploads=uploads)
    return TestClient(app)


@pytest.fixture
def s3(aws: str) -> Any:
    client = boto3.client("s3")
    place = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    return client


@pytest.fixture
def client(s3: Any) -> TestClient:
    """Return a client of a service whose bucket is there."""
    return make_client(Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES))


def invite(client: TestClient, kind: str = "image/jpeg") -> dict[str, Any]:
    response = client.post("/v1/uploads", json={"content_type": kind})
    assert response.status_code == 201
    form: dict[str, Any] = response.json()
    return form


def send(form: dict[str, Any], data: bytes, **changes: str) -> httpx.Response:
    fields = (form["fields"] | changes).items()
    parts: list[tuple[str, Any]] = [(name, (None, text)) for name, text in fields]
    return httpx.post(form["url"], files=[*parts, ("file", ("a", data))])


def put(s3: Any, data: bytes, kind: str = "image/jpeg") -> str:
    """Put an object where no form would let it go."""
    key = f"originals/{'a' * 32}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=data, ContentType=kind)
    return key


def keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_an_original_is_answered_and_forgotten(client: TestClient, s3: Any) -> None:
    form = invite(client, "image/png")
    data = encode(draw_picture(400, 300, seed=1), "PNG")

    sent = send(form, data)
    response = client.post("/v1/predictions?similar=0", json={"upload": form["upload"]})

    assert sent.status_code == 204
    assert response.status_code == 200
    assert response.json()["picture"] == {"width": 400, "height": 300, "format": "png"}
    assert keys(s3) == []


def test_a_form_is_for_one_key_that_nobody_can_guess(client: TestClient) -> None:
    first, second = invite(client), invite(client)

    assert re.fullmatch(r"originals/[0-9a-f]{32}", first["upload"])
    assert first["upload"] == first["fields"]["key"] != second["upload"]
    assert (first["max_bytes"], first["expires_in_s"]) == (MAX_UPLOAD_BYTES, 300)


@pytest.mark.parametrize(
    ("size", "changes"),
    [
        (MAX_UPLOAD_BYTES + 1, {}),
        (0, {}),
        (10, {"key": "originals/mine"}),
        (10, {"Content-Type": "text/html"}),
    ],
    ids=["too large", "empty", "another key", "another type"],
)
def test_a_form_takes_nothing_else(
    client: TestClient, s3: Any, size: int, changes: dict[str, str]
) -> None:
    answer = send(invite(client), bytes(size), **changes)

    assert answer.status_code in (400, 403)
    assert keys(s3) == []


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "", None])
def test_a_form_is_given_for_pictures_only(client: TestClient, kind: str | None) -> None:
    response = client.post("/v1/uploads", json={"content_type": kind})

    assert "image/jpeg" in assert_error(response, 422, "invalid_request")


def test_a_form_is_given_for_every_kind_that_can_be_read() -> None:
    assert set(get_args(PictureType)) == {f"image/{name.lower()}" for name in FORMATS}


@pytest.mark.parametrize(
    "key",
    [UNKNOWN, "", "secret.jpg", "../secret.jpg", f"{UNKNOWN}/../../secret.jpg", f"{UNKNOWN}\n"],
)
def test_no_other_object_can_be_read(client: TestClient, s3: Any, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="secret.jpg", Body=encode(draw_picture()))

    response = client.post("/v1/predictions", json={"upload": key})

    assert "Send the picture again" in assert_error(response, 404, "unknown_upload")
    assert keys(s3) == ["secret.jpg"]


def test_an_original_is_answered_once(client: TestClient, s3: Any) -> None:
    key = put(s3, encode(draw_picture()))

    first = client.post("/v1/predictions", json={"upload": key})
    second = client.post("/v1/predictions", json={"upload": key})

    assert first.status_code == 200
    assert_error(second, 404, "unknown_upload")


def test_an_original_that_was_not_answered_is_there_for_the_retry(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES)
    app = create_app(FakeModel(), max_body_bytes=MAX_BODY_BYTES, uploads=uploads)
    client = TestClient(app, raise_server_exceptions=False)
    key = put(s3, encode(draw_picture()))

    with monkeypatch.context() as patch:
        patch.setattr(FakeModel, "answer", lambda *_: 1 / 0)
        first = client.post("/v1/predictions", json={"upload": key})
    second = client.post("/v1/predictions", json={"upload": key})

    assert_error(first, 500, "internal_error")
    assert second.status_code == 200
    assert keys(s3) == []


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"only text", "image/jpeg", 422, "unreadable_image"),
        (b"%PDF", "application/pdf", 415, "unsupported_content_type"),
        (bytes(MAX_UPLOAD_BYTES + 1), "image/jpeg", 413, "body_too_large"),
    ],
)
def test_what_is_no_picture_after_all_is_told_and_forgotten(
    client: TestClient, s3: Any, data: bytes, kind: str, status: int, code: str
) -> None:
    key = put(s3, data, kind)

    response = client.post("/v1/predictions", json={"upload": key})

    assert_error(response, status, code)
    assert keys(s3) == []


@pytest.mark.parametrize(
    "body", ["{}", "[]", "no JSON", '{"upload": 1}', '{"upload": "x", "y": 1}']
)
def test_a_body_that_names_no_upload_is_told_so(client: TestClient, body: str) -> None:
    headers = {"Content-Type": "application/json"}

    response = client.post("/v1/predictions", content=body, headers=headers)

    assert_error(response, 422, "invalid_request")


def test_a_form_is_asked_for_by_json(client: TestClient) -> None:
    response = client.post("/v1/uploads", content=b"image/jpeg")

    assert "application/json" in assert_error(response, 415, "unsupported_content_type")


def test_a_body_that_is_too_large_is_told_where_else_to_send_it(client: TestClient) -> None:
    response = client.post("/v1/predictions", content=bytes(MAX_BODY_BYTES + 1))

    assert "0.05 MB: POST /v1/uploads" in assert_error(response, 413, "body_too_large")
    assert client.get("/v1/health").json()["limits"] == {
        "body_bytes": MAX_BODY_BYTES,
        "upload_bytes": MAX_UPLOAD_BYTES,
    }


# no bucket, or one that fails


@pytest.mark.parametrize(
    ("path", "body"), [("uploads", {"content_type": "image/png"}), ("predictions", {"upload": "x"})]
)
def test_without_a_bucket_the_service_says_what_to_do(path: str, body: dict[str, str]) -> None:
    response = make_client(None).post(f"/v1/{path}", json=body)

    assert "POST /v1/predictions" in assert_error(response, 404, "uploads_off")


def test_without_a_bucket_a_body_that_is_too_large_hears_nothing_of_uploads() -> None:
    response = make_client(None).post("/v1/predictions", content=bytes(MAX_BODY_BYTES + 1))

    assert "uploads" not in assert_error(response, 413, "body_too_large")


class _Failing(BaseHTTPRequestHandler):
    """Answers as S3 does when it fails, or breaks off in the middle."""

    failure: str

    def do_GET(self) -> None:
        if self.failure == "breaks off":
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half of it")
            return
        status = {"SlowDown": 503, "AccessDenied": 403, "InternalError": 500}[self.failure]
        body = f"<Error><Code>{self.failure}</Code><Message>secret</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self) -> None:
        raise AssertionError("an original was deleted that nobody has read")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    handler = type("Failing", (_Failing,), {"failure": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("failing", ["SlowDown", "InternalError", "breaks off"], indirect=True)
@pytest.mark.usefixtures("failing")
def test_a_bucket_that_fails_is_a_503_and_keeps_the_original(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = make_client(Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES))

    response = client.post("/v1/predictions", json={"upload": UNKNOWN})

    assert "try again" in assert_error(response, 503, "uploads_unavailable")
    assert response.headers["retry-after"] == "5"
    assert [record.levelno for record in caplog.records if record.name == "lambda_fn.uploads"] == [
        logging.ERROR
    ]


@pytest.mark.parametrize("failing", ["AccessDenied"], indirect=True)
@pytest.mark.usefixtures("failing")
def test_what_is_not_there_is_unknown_though_s3_says_denied() -> None:
    """The service may not list the bucket, and then S3 tells nobody what it lacks."""
    client = make_client(Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES))

    response = client.post("/v1/predictions", json={"upload": UNKNOWN})

    assert_error(response, 404, "unknown_upload")


def test_a_bucket_that_is_not_reached_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    client = make_client(Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES))

    response = client.post("/v1/predictions", json={"upload": UNKNOWN})

    assert_error(response, 503, "uploads_unavailable")


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")


@pytest.mark.usefixtures("no_credentials")
def test_without_credentials_no_form_is_given() -> None:
    client = make_client(Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES))

    response = client.post("/v1/uploads", json={"content_type": "image/jpeg"})

    assert_error(response, 503, "uploads_unavailable")


@pytest.mark.usefixtures("no_credentials")
def test_who_serves_a_page_without_credentials_is_told_what_is_missing() -> None:
    with pytest.raises(UploadsError, match="credentials"):
        _ = Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES).origin


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_a_form_goes_to_the_buckets_own_host_in_its_region(
    monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    """Another host would redirect, which no browser follows with a form."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    uploads = Uploads(BUCKET, max_bytes=MAX_UPLOAD_BYTES)

    form = uploads.invite("image/jpeg")

    assert form.url == f"https://{BUCKET}.s3.{region}.amazonaws.com/"
    assert uploads.origin == f"https://{BUCKET}.s3.{region}.amazonaws.com"
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
