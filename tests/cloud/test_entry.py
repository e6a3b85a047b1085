"""The entry of the image, run by the real runtime client and asked over HTTP as in the cloud."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from infra.config import MAX_BODY_BYTES, TIMEOUT_S
from lambda_fn.deadline import BUDGET_S
from tests.cloud import http_front
from tests.cloud.function import (
    NOT_READ_ONLY,
    READ_ONLY,
    Function,
    alone,
    can_be_read_only,
    start_here,
)
from tests.cloud.http_front import serving_front
from tests.cloud.runtime_api import FunctionError
from tests.pictures import draw_picture, encode

pytestmark = pytest.mark.slow

JPEG = {"Content-Type": "image/jpeg"}
SETTINGS = {"ARTSTYLE_MAX_BODY_BYTES": str(MAX_BODY_BYTES)}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Give a client of the service behind its gateway; it may write to /tmp only, where it can."""
    start = start_here(settings=SETTINGS, within=alone())
    with (
        Function(start, timeout_s=TIMEOUT_S) as function,
        serving_front(function.invoke) as address,
        httpx.Client(base_url=f"http://{address}", timeout=60) as client,
    ):
        yield client


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_picture_is_answered_alike_as_raw_body_and_in_a_form(client: httpx.Client) -> None:
    data = encode(draw_picture(300, 200), "PNG")

    by_body = client.post("/v1/predictions", content=data, headers={"Content-Type": "image/png"})
    by_form = client.post("/v1/predictions", files={"file": ("a.png", data)})

    assert (by_body.status_code, by_form.status_code) == (200, 200)
    assert by_body.json()["picture"] == {"width": 300, "height": 200, "format": "png"}
    assert by_body.json()["probabilities"] == by_form.json()["probabilities"]


def test_a_picture_of_curl_is_answered(client: httpx.Client, tmp_path: Path) -> None:
    """As the README shows it; curl asks first whether it may send a large body."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(encode(draw_picture(1200, 900), "PNG", compress_level=0))

    said = subprocess.run(
        ["curl", "-sS", "-F", f"file=@{picture}", str(client.base_url.join("/v1/predictions"))],
        capture_output=True,
        text=True,
        check=True,
    )

    assert '"verdict":' in said.stdout


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (b"only text", JPEG, (422, "unreadable_image")),
        (b"", JPEG, (400, "empty_body")),
        (b"only text", {"Content-Type": "text/plain"}, (415, "unsupported_content_type")),
        (b"--x", {"Content-Type": "multipart/form-data; boundary=x"}, (400, "broken_multipart")),
    ],
)
def test_what_is_no_picture_is_refused_by_the_service_itself(
    client: httpx.Client, content: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    response = client.post("/v1/predictions", content=content, headers=headers)

    assert error_of(response) == expected


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/docs", "text/html"),
        ("/docs/assets/swagger-ui-bundle.js", "text/javascript"),
        ("/openapi.json", "application/json"),
    ],
)
def test_the_docs_come_from_the_image_itself(client: httpx.Client, path: str, kind: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith(kind)
    assert len(response.content) > 300


def test_another_site_may_ask_and_reads_the_errors_too(client: httpx.Client) -> None:
    headers = JPEG | {"Origin": "https://example.org"}

    response = client.post("/v1/predictions", content=b"only text", headers=headers)

    assert response.headers["access-control-allow-origin"] == "*"


def test_a_body_over_our_limit_is_refused_with_a_reason_before_lambda_refuses_it(
    client: httpx.Client,
) -> None:
    ours = client.post("/v1/predictions", content=bytes(MAX_BODY_BYTES + 1), headers=JPEG)
    lambdas = client.post("/v1/predictions", content=bytes(5_000_000), headers=JPEG)

    assert error_of(ours) == (413, "body_too_large")
    assert "4.5 MB" in ours.json()["error"]["message"]
    assert lambdas.json() == {"message": "Request Entity Too Large"}


def test_the_longest_answer_is_far_below_what_lambda_takes(client: httpx.Client) -> None:
    data = encode(draw_picture(1024, 768))

    response = client.post("/v1/predictions?similar=50", content=data, headers=JPEG)

    assert len(response.json()["similar"]) == 50
    assert len(response.content) < 100_000


def test_our_own_answer_comes_before_the_function_and_the_gateway_give_up() -> None:
    assert BUDGET_S < TIMEOUT_S < http_front.TIMEOUT_S


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ARTSTYLE_MODEL", "/nowhere", "no model in /nowhere"),
        ("ARTSTYLE_THREADS", "many", "threads"),
    ],
)
def test_settings_that_are_wrong_are_an_error_of_the_start(
    name: str, value: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    function = Function(start_here(settings={name: value}))

    with function, pytest.raises(FunctionError) as caught:
        function.invoke({})

    assert caught.value.kind in ("ModelFolderError", "ValidationError")
    assert said in caught.value.facts["errorMessage"]
    assert said in capfd.readouterr().out  # what CloudWatch would show


@pytest.mark.skipif(not can_be_read_only(), reason=NOT_READ_ONLY)
def test_nothing_is_written_but_to_tmp_and_nothing_stays_there() -> None:
    listed: list[Any] = []

    def start_and_list(address: str, number: int) -> "subprocess.Popen[bytes]":
        process = start_here(settings=SETTINGS, within=READ_ONLY)(address, number)
        listed.append(process)
        return process

    with Function(start_and_list) as function, serving_front(function.invoke) as address:
        for kind in ("PNG", "TIFF", "WEBP"):
            files = {"file": (f"a.{kind}", encode(draw_picture(800, 600), kind))}
            url = f"http://{address}/v1/predictions"
            # the first waits for a start, which a busy machine makes long
            assert httpx.post(url, files=files, timeout=60).status_code == 200
        inside = Path(f"/proc/{listed[0].pid}/root/tmp")

        assert list(inside.iterdir()) == []
