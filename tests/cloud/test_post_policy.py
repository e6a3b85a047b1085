"""The stand-in for S3 refuses what S3 refuses, so that a test that passes means something."""

import base64
from collections.abc import Iterable
from typing import Any

import boto3
import httpx2 as httpx
import pytest
from botocore.config import Config

BUCKET = "uploads"
ORIGIN = "https://example.org"
MOST_BYTES = 1_000


@pytest.fixture(scope="module")
def client(aws_server: str) -> Any:
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    config = Config(signature_version="s3v4")
    return session.client("s3", endpoint_url=aws_server, config=config)


@pytest.fixture
def s3(client: Any, aws: str) -> Any:
    """Return a client of an S3 with one bucket, to which pages of one origin may send forms."""
    place = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": [ORIGIN], "AllowedHeaders": ["x-*"]}
    client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    return client


def sign(s3: Any, *, lasts_s: int = 60) -> tuple[str, dict[str, str]]:
    """Return the address and the fields of a form for a JPEG below `u/`."""
    form = s3.generate_presigned_post(
        BUCKET,
        "u/${filename}",
        Fields={"Content-Type": "image/jpeg"},
        Conditions=[
            {"Content-Type": "image/jpeg"},
            ["content-length-range", 1, MOST_BYTES],
            ["starts-with", "$key", "u/"],
        ],
        ExpiresIn=lasts_s,
    )
    return form["url"], form["fields"] | {"key": "u/a"}


def send(url: str, fields: dict[str, str], data: bytes = b"JFIF") -> httpx.Response:
    parts: Iterable[tuple[str, Any]] = [(name, (None, text)) for name, text in fields.items()]
    return httpx.post(url, files=[*parts, ("file", ("a.jpg", data))], headers={"Origin": ORIGIN})


def keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_a_form_that_keeps_to_its_policy_is_stored(s3: Any) -> None:
    url, fields = sign(s3)

    answer = send(url, fields, b"x" * MOST_BYTES)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    stored = s3.get_object(Bucket=BUCKET, Key="u/a")
    assert (stored["ContentType"], stored["ContentLength"]) == ("image/jpeg", MOST_BYTES)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "evil/a"}, 403, "AccessDenied"),
        ({"Content-Type": "text/html"}, 403, "AccessDenied"),
        ({"acl": "public-read"}, 403, "AccessDenied"),
        ({"x-amz-signature": "0" * 64}, 403, "SignatureDoesNotMatch"),
        ({"policy": base64.b64encode(b'{"conditions": []}').decode()}, 403, "SignatureDoesNot"),
        ({"x-amz-credential": "other/20260101/eu-west-1/s3/aws4_request"}, 403, "InvalidAccessKey"),
        ({"x-amz-algorithm": "HMAC-SHA1"}, 400, "InvalidArgument"),
    ],
)
def test_a_form_that_was_changed_is_refused(
    s3: Any, change: dict[str, str], status: int, code: str
) -> None:
    url, fields = sign(s3)

    answer = send(url, fields | change)

    assert (answer.status_code, code in answer.text) == (status, True)
    assert keys(s3) == []


@pytest.mark.parametrize("name", ["policy", "x-amz-signature", "Content-Type", "key"])
def test_a_form_with_a_field_less_is_refused(s3: Any, name: str) -> None:
    url, fields = sign(s3)
    del fields[name]

    answer = send(url, fields)

    assert answer.status_code in (400, 403)
    assert keys(s3) == []


@pytest.mark.parametrize(
    ("size", "code"), [(0, "EntityTooSmall"), (MOST_BYTES + 1, "EntityTooLarge")]
)
def test_a_file_of_another_size_is_refused(s3: Any, size: int, code: str) -> None:
    url, fields = sign(s3)

    answer = send(url, fields, b"x" * size)

    assert (answer.status_code, code in answer.text) == (400, True)
    assert keys(s3) == []


def test_a_form_that_is_too_old_is_refused(s3: Any) -> None:
    url, fields = sign(s3, lasts_s=-1)

    answer = send(url, fields)

    assert (answer.status_code, "Policy expired" in answer.text) == (403, True)


def test_what_comes_after_the_file_is_not_read(s3: Any) -> None:
    url, fields = sign(s3)
    key = fields.pop("key")
    parts: list[tuple[str, Any]] = [(name, (None, text)) for name, text in fields.items()]

    answer = httpx.post(url, files=[*parts, ("file", ("a.jpg", b"x")), ("key", (None, key))])

    assert (answer.status_code, "order of the fields" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("origin", "method", "header", "status"),
    [
        (ORIGIN, "POST", "x-own", 200),
        ("https://elsewhere.example", "POST", "x-own", 403),
        (ORIGIN, "PUT", "x-own", 403),
        (ORIGIN, "POST", "authorization", 403),
    ],
)
def test_a_preflight_is_answered_by_the_rules_of_the_bucket(
    s3: Any, origin: str, method: str, header: str, status: int
) -> None:
    url, _ = sign(s3)
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": header,
    }

    answer = httpx.options(url, headers=asked)

    assert answer.status_code == status
    assert ("access-control-allow-origin" in answer.headers) == (status == 200)


def test_a_page_of_another_origin_gets_no_headers(s3: Any, aws: str) -> None:
    answer = httpx.get(f"{aws}/{BUCKET}", headers={"Origin": "https://elsewhere.example"})

    assert "access-control-allow-origin" not in answer.headers
