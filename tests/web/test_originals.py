"""Large originals: sent only where somebody asks for it, by a form that S3 checks."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx2 as httpx
import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.pictures import encode
from tests.web.axe import expect_accessible
from tests.web.conftest import PHONE_PX, Console
from tests.web.server import running_server
from tests.web.steps import (
    HEALTH,
    PREDICTIONS,
    answer_of,
    choose,
    eventually,
    expect_answer,
    expect_failure,
    expect_greeting,
    expect_picture,
    headline_of,
    hold,
    jpeg,
    noise,
    scrolls_sideways,
    stop_clock,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
BUCKET = "uploads"
MAX_BODY_BYTES = 1_500_000
MAX_UPLOAD_BYTES = 2_500_000
UPLOADS = "**/v1/uploads"
OFFER = re.compile("Send the original")


@pytest.fixture(scope="module")
def s3(aws_server: str) -> Any:
    """Return S3 with the bucket of the stack: a browser anywhere may post to it."""
    httpx.post(f"{aws_server}/moto-api/reset")
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    client = session.client("s3", endpoint_url=aws_server)
    place = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    return client


@pytest.fixture(scope="module")
def server(aws_server: str, s3: Any) -> Iterator[str]:
    """Serve as Lambda does: small bodies, and a bucket beside them."""
    with running_server(
        ARTSTYLE_UPLOADS_BUCKET=BUCKET,
        ARTSTYLE_MAX_BODY_BYTES=str(MAX_BODY_BYTES),
        ARTSTYLE_MAX_UPLOAD_BYTES=str(MAX_UPLOAD_BYTES),
        AWS_ENDPOINT_URL=aws_server,
        AWS_DEFAULT_REGION="eu-west-1",
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing"),
    ) as address:
        yield address


def png(width: int, height: int, name: str = "large.png") -> FilePayload:
    """Return about three bytes for each pixel."""
    return {"name": name, "mimeType": "image/png", "buffer": encode(noise(width, height), "PNG")}


def tiff(width: int, height: int) -> FilePayload:
    """Return what Chromium cannot open."""
    data = encode(noise(width, height), "TIFF")
    return {"name": "scan.tiff", "mimeType": "image/tiff", "buffer": data}


def sizes(page: Page) -> list[tuple[str, int]]:
    """Return a list that grows: every address to which the page posts, and how much."""
    sent: list[tuple[str, int]] = []

    def note(request: Any) -> None:
        if request.method == "POST":
            sent.append((request.url, len(request.post_data_buffer or b"")))

    page.on("request", note)
    return sent


def keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def offer(page: Page) -> Any:
    return page.get_by_role("button", name=OFFER)


def test_a_copy_is_sent_unless_somebody_asks_for_the_original(
    page: Page, server: str, s3: Any
) -> None:
    sent = sizes(page)

    choose(page, png(800, 700))
    expect_answer(page)
    expect(offer(page)).to_have_accessible_name(re.compile(r"Send the original, 1\.7\sMB"))
    expect(page.get_by_text("more detail than the model looks at")).to_be_visible()
    copies = list(sent)
    with page.expect_response(PREDICTIONS) as answer:
        offer(page).click()

    expect_answer(page)
    expect(offer(page)).to_be_hidden()
    assert [url for url, _ in copies] == [f"{server}/v1/predictions"]
    assert copies[0][1] < MAX_BODY_BYTES
    assert answer.value.json()["picture"] == {"width": 800, "height": 700, "format": "png"}
    assert re.fullmatch(
        r'\{"upload":"originals/[0-9a-f]{32}"\}', answer.value.request.post_data or ""
    )
    assert keys(s3) == []


def test_what_the_browser_cannot_shrink_can_be_sent_after_all(page: Page, s3: Any) -> None:
    held = hold(page, HEALTH)
    page.reload()

    choose(page, tiff(800, 700))
    expect(page.get_by_role("listitem").filter(has_text="Asking the model")).to_have_attribute(
        "aria-current", "step"
    )
    held.first().continue_()  # only now the page is told what a request holds
    expect_failure(page, "This browser cannot shrink this picture")
    expect(page.get_by_text(re.compile(r"a request holds 1\.5\sMB"))).to_be_visible()
    offer(page).click()

    expect_answer(page)
    assert keys(s3) == []


def test_an_original_that_fits_into_a_request_goes_there(page: Page, server: str) -> None:
    choose(page, png(600, 750))
    expect_answer(page)
    sent = sizes(page)

    offer(page).click()

    expect_answer(page)
    eventually(page, lambda: len(sent) == 1)
    assert sent[0][0] == f"{server}/v1/predictions"
    assert sent[0][1] > 1_350_000


@pytest.mark.parametrize(
    "file", [jpeg(), png(1000, 900)], ids=["small", "larger than the bucket takes"]
)
def test_nothing_is_offered_where_it_is_of_no_use(page: Page, file: FilePayload) -> None:
    choose(page, file)

    expect_answer(page)
    expect(offer(page)).to_be_hidden()


def test_s3_has_the_last_word_about_the_size(page: Page, console: Console, s3: Any) -> None:
    console.expect("400")
    limits = {"body_bytes": MAX_BODY_BYTES, "upload_bytes": 100_000_000}
    page.route(HEALTH, lambda route: route.fulfill(json={"limits": limits}))
    page.reload()

    choose(page, png(1000, 900))
    expect_answer(page)
    offer(page).click()

    expect_failure(page, "This picture is too large")
    expect(page.get_by_text(re.compile(r"may have up to 2\.5\sMB"))).to_be_visible()
    assert keys(s3) == []


def test_the_progress_of_an_original_is_shown_and_it_can_be_cancelled(page: Page, s3: Any) -> None:
    answer = answer_of(page, png(800, 700))
    expect_answer(page)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    # 1.7 MB: they take more than a minute, so they are not there before it is cancelled
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 25_000}
    session.send("Network.emulateNetworkConditions", slow)

    offer(page).click()
    progress = page.get_by_role("progressbar", name="Sent of the original")
    expect(progress).to_be_visible()
    eventually(page, lambda: 0 < float(progress.get_attribute("value") or 0) < 1)
    expect(page.get_by_role("listitem").filter(has_text="Sending the original")).to_have_attribute(
        "aria-current", "step"
    )
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", name=headline_of(answer), level=1)).to_be_focused()
    expect(page.get_by_role("img", name="Your picture: large.png")).to_be_visible()
    expect(offer(page)).to_be_visible()
    assert keys(s3) == []


def test_an_upload_that_breaks_off_is_tried_again(
    page: Page, aws_server: str, console: Console, s3: Any
) -> None:
    console.expect("ERR_CONNECTION_RESET")
    choose(page, png(800, 700))
    expect_answer(page)
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if broken or route.request.method != "POST":
            route.fallback()
            return
        broken.append(route.request.url)
        route.abort("connectionreset")

    page.route(f"{aws_server}/{BUCKET}", break_once)
    stop_clock(page)
    offer(page).click()

    expect(page.get_by_text(re.compile("The connection broke. Retry 1 of 3")).first).to_be_visible()
    page.clock.run_for(1000)
    expect_answer(page)
    assert len(broken) == 1
    assert keys(s3) == []


def test_a_service_that_gives_no_form_is_told_and_asked_again(
    page: Page, console: Console, s3: Any
) -> None:
    console.expect("404")
    choose(page, png(800, 700))
    expect_answer(page)
    gone = {"error": {"code": "unknown_upload", "message": "There is no such upload."}}
    page.route(PREDICTIONS, lambda route: route.fulfill(status=404, json=gone))

    offer(page).click()
    expect_failure(page, "The original did not arrive")
    page.unroute(PREDICTIONS)
    with page.expect_request(UPLOADS):
        page.get_by_role("button", name="Try again").click()

    expect_answer(page)
    for key in keys(s3):  # of the answer that was invented
        s3.delete_object(Bucket=BUCKET, Key=key)


def test_the_page_may_send_to_the_bucket_and_nowhere_else(
    page: Page, server: str, aws_server: str
) -> None:
    policy = page.request.get(server).headers["content-security-policy"]

    assert policy.endswith(f"connect-src 'self' {aws_server}")


def test_the_offer_fits_a_phone_and_is_accessible(open_page: OpenPage, console: Console) -> None:
    page = open_page(*PHONE_PX)

    choose(page, png(800, 700))

    expect(offer(page)).to_be_visible()
    expect_picture(page)
    assert not scrolls_sideways(page)
    expect_accessible(page, console)


def test_without_a_bucket_an_original_beyond_a_request_is_not_offered(
    page: Page, console: Console
) -> None:
    limits = {"body_bytes": MAX_BODY_BYTES, "upload_bytes": None}
    page.route(HEALTH, lambda route: route.fulfill(json={"limits": limits}))
    page.reload()
    expect_greeting(page)

    choose(page, png(800, 700))
    expect_answer(page)
    expect(offer(page)).to_be_hidden()
    choose(page, tiff(800, 700), button="Another picture")

    expect_failure(page, "This browser cannot shrink this picture")
    expect(page.get_by_text("Please save it as a JPEG")).to_be_visible()
    expect(offer(page)).to_be_hidden()
