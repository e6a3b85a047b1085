"""The page in a real Chromium, against the real service and the released model."""

import json
import re
from base64 import b64encode
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    FilePayload,
    Page,
    Request,
    Route,
    expect,
)

from lambda_fn.contract.styles import STYLES
from tests.pictures import draw_picture, encode
from tests.web.browser import launch
from tests.web.conftest import PHONE_PX, TIMEOUT_MS, Console
from tests.web.steps import (
    HEALTH,
    PREDICTIONS,
    ROOT,
    WIDTHS_PX,
    answer_in_full,
    answer_of,
    answer_with,
    choose,
    drop,
    eventually,
    expect_answer,
    expect_failure,
    expect_picture,
    expect_step,
    frame,
    headline_of,
    hold,
    jpeg,
    noise,
    released_manifest,
    stop_clock,
    text_named_jpg,
    times_in_ten,
    too_narrow,
)

pytestmark = pytest.mark.browser

GATEWAY_BUSY = {"status": 503, "json": {"message": "Service Unavailable"}}
OpenPage = Callable[..., Page]
PAGES = ("Home", "Styles", "Chronology", "Model", "About")


# the answer


def test_an_upload_is_answered_with_a_style_and_its_odds(page: Page) -> None:
    answer = answer_of(page, jpeg())

    heading = page.get_by_role("article").get_by_role("heading", name=headline_of(answer))
    expect(heading).to_be_visible()
    expect(heading).to_be_focused()
    expect(page.get_by_role("img", name="Your picture: harbour.jpg")).to_be_visible()
    expect(page.get_by_text("harbour.jpg", exact=True)).to_be_visible()
    share = min(99, max(1, int(100 * answer["style"]["probability"] + 0.5)))  # "> 99 %", "< 1 %"
    expect(page.get_by_text(re.compile(rf"{share}\s%")).filter(visible=True).first).to_be_visible()
    expect(page.get_by_text(answer["model"]["id"])).to_have_count(1)
    expect(page).to_have_title(re.compile(f"{headline_of(answer).pattern}.* · Style Your Art"))


def test_the_chart_is_a_table_of_all_known_styles_most_likely_first(page: Page) -> None:
    answer = answer_in_full(page, jpeg())

    table = page.get_by_role("table", name="Every style the model knows, most likely first")
    rows = table.get_by_role("row")
    expect(rows).to_have_count(1 + len(released_manifest().styles))
    expect(rows.first.get_by_role("columnheader")).to_have_text(["Style", "Probability"])
    names = table.get_by_role("rowheader").all_text_contents()
    shares = [
        float(re.sub(r"[^0-9]", "", text)) if "<" not in text else 0.0
        for text in table.get_by_role("cell").all_text_contents()
    ]
    # a candidate among several carries a mark behind its name
    assert [name.split("\u2009")[0] for name in names] == [
        style["name"] for style in answer["probabilities"]
    ]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=len(shares) / 2)


def test_bars_are_as_long_as_the_probabilities(page: Page) -> None:
    answer_with(page, odds={"impressionism": 0.6, "realism": 0.3, "ukiyo-e": 0.1})

    choose(page, jpeg())

    expect_answer(page)
    widths = page.locator(".bar").evaluate_all(
        "(bars) => bars.map((bar) => bar.getBoundingClientRect().width)"
    )
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.02)


def test_styles_that_the_model_does_not_know_are_listed(page: Page) -> None:
    known = released_manifest().styles
    unknown = [style.name for style in STYLES if style.slug not in known]

    answer_in_full(page, jpeg())

    line = f"Not yet known to this model: {', '.join(unknown)}."
    expect(page.get_by_role("article").get_by_text(line)).to_be_visible()


def test_the_page_says_beforehand_how_often_the_model_is_right(page: Page) -> None:
    manifest = released_manifest()
    times = times_in_ten((manifest.elsewhere or manifest.test).top1).pattern

    sentence = re.compile(rf"names the right\sstyle {times}")

    expect(page.get_by_text(sentence).filter(visible=True)).to_be_visible()


def test_the_answer_says_how_far_its_style_can_be_trusted(page: Page) -> None:
    answer = answer_in_full(page, jpeg())

    record = released_manifest().test.per_style[answer["style"]["slug"]]
    times = times_in_ten(record.precision).pattern
    sentence = f"Right {times} when it says {re.escape(answer['style']['name'])}"
    expect(page.get_by_text(re.compile(sentence))).to_be_visible()


# ways to bring a picture


def test_a_second_picture_replaces_the_first(page: Page) -> None:
    choose(page, jpeg("first.jpg"))
    expect_answer(page)

    choose(page, jpeg("second.jpg", seed=1), button="Another picture")

    expect(page.get_by_role("img", name="Your picture: second.jpg")).to_be_visible()
    expect_answer(page)
    expect(page.get_by_text("first.jpg")).to_have_count(0)


def test_a_picture_may_be_dropped_anywhere(page: Page) -> None:
    drop(page, jpeg("dropped.jpg"))

    expect_answer(page)
    expect(page.get_by_text("dropped.jpg", exact=True)).to_be_visible()


def test_a_picture_may_be_pasted(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    png = b64encode(encode(draw_picture(), "PNG")).decode()
    page.evaluate(
        """async (png) => {
          const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
          const blob = new Blob([bytes], { type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        png,
    )

    page.keyboard.press("Control+V")

    expect_answer(page)


def paste_text(page: Page) -> None:
    brought = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.setData("text/plain", "only text");
          return transfer;
        }"""
    )
    page.get_by_role("main").dispatch_event("paste", {"clipboardData": brought})


def test_a_pasted_text_is_told_what_to_bring(page: Page) -> None:
    paste_text(page)

    expect_failure(page, "There is no picture in that")


def test_a_pasted_text_leaves_the_answer_where_it_is(page: Page) -> None:
    choose(page, jpeg())
    expect_answer(page)

    paste_text(page)

    expect(page.get_by_role("heading", name="There is no picture in that")).to_be_hidden()
    expect_answer(page)


def test_a_pasted_text_does_not_stop_a_request(page: Page) -> None:
    stop_clock(page)
    held = hold(page, PREDICTIONS, times=1)
    choose(page, jpeg())
    expect_step(page)
    request = held.first()

    paste_text(page)
    request.continue_()

    expect_answer(page)


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    for name in ("Skip to the page", "Style Your Art", *PAGES):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(frame(page)).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([jpeg()])

    expect(page.get_by_role("article").get_by_role("heading")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Take it down")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Another picture")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files([text_named_jpg()])
    expect_failure(page, "This is not a picture")


def test_the_skip_link_leads_past_the_pages(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(frame(page)).to_be_focused()
    expect(page).to_have_url(re.compile("/$"))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_the_service_accepts_every_kind_that_the_page_sends(page: Page, kind: str) -> None:
    file: FilePayload = {
        "name": f"picture.{kind.lower()}",
        "mimeType": "application/octet-stream",  # as where the system does not know the ending
        "buffer": encode(draw_picture(90, 60), kind),
    }

    answer = answer_of(page, file)

    assert answer["picture"] == {"width": 90, "height": 60, "format": kind.lower()}


def test_a_small_picture_is_sent_as_it_is(page: Page) -> None:
    answer = answer_of(page, jpeg())

    assert answer["picture"] == {"width": 300, "height": 200, "format": "jpeg"}


def test_a_large_picture_is_shrunk_and_turned_upright_before_it_is_sent(page: Page) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    large = encode(noise(1600, 800), quality=97, exif=exif)
    answer = answer_of(page, {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large})

    assert answer["picture"] == {"width": 512, "height": 1024, "format": "jpeg"}


@pytest.mark.parametrize(("width", "height", "sent"), [(1500, 900, (1024, 614)), (1024, 768, None)])
def test_what_is_larger_than_1024_px_is_shrunk(
    page: Page, width: int, height: int, sent: tuple[int, int] | None
) -> None:
    picture = encode(draw_picture(width, height))

    answer = answer_of(page, {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture})

    expected = sent or (width, height)
    assert (answer["picture"]["width"], answer["picture"]["height"]) == expected


def test_no_upload_is_larger_than_a_megabyte(page: Page) -> None:
    sizes: list[int] = []
    page.on("request", lambda request: sizes.append(len(request.post_data_buffer or b"")))
    large = encode(noise(1600, 1600), quality=95)

    answer_of(page, {"name": "noise.jpg", "mimeType": "image/jpeg", "buffer": large})

    assert len(large) > 2_000_000
    assert 0 < max(sizes) <= 1_000_000


# what is no picture


def test_text_named_jpg_is_refused_before_anything_is_sent(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))

    choose(page, text_named_jpg())

    expect_failure(page, "This is not a picture")
    expect(page.get_by_text("“notes.jpg” holds none")).to_be_visible()
    expect(frame(page)).to_be_visible()
    assert "POST" not in sent


def test_an_empty_file_is_refused(page: Page) -> None:
    choose(page, {"name": "empty.png", "mimeType": "image/png", "buffer": b""})

    expect_failure(page, "This file is empty")


def test_heic_that_the_browser_cannot_open_gets_advice(page: Page) -> None:
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)

    choose(page, {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": heic})

    expect_failure(page, "This browser cannot open HEIC pictures")
    expect(page.get_by_text("as JPEG or PNG")).to_be_visible()


def test_a_truncated_picture_gets_the_message_of_the_service(page: Page, console: Console) -> None:
    console.expect("status of 422")
    whole = encode(draw_picture(800, 600), quality=95)

    choose(page, {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": whole[: len(whole) // 2]})

    expect_failure(page, "This picture ends too early")
    expect(page.get_by_text("send the whole file again")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


# a service that fails or is slow


def test_a_broken_service_is_named_and_can_be_asked_again(page: Page, console: Console) -> None:
    console.expect("status of 500")
    message = "Something broke on our side. It is logged; try again later."
    body = {"error": {"code": "internal_error", "message": message}}
    page.route(PREDICTIONS, lambda route: route.fulfill(status=500, json=body), times=1)

    choose(page, jpeg())
    expect_failure(page, "Something broke on our side")
    expect(page.get_by_text("It is logged; try again later.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect_answer(page)


def test_a_busy_gateway_is_asked_again_by_itself(page: Page, console: Console) -> None:
    console.expect("status of 503")
    page.route(PREDICTIONS, lambda route: route.fulfill(**GATEWAY_BUSY), times=1)
    stop_clock(page)

    choose(page, jpeg())

    expect(page.get_by_role("status").filter(has_text="Retry 1 of 3 in 1")).to_have_count(1)
    page.clock.run_for(1000)
    expect_answer(page)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (429, "There is a queue"),
        (503, "The service is not ready"),
        (504, "The service is not ready"),
    ],
)
def test_retries_end_with_a_message(page: Page, console: Console, status: int, title: str) -> None:
    console.expect(f"status of {status}")
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=status, json={"message": "no"})

    page.route(PREDICTIONS, refuse)
    stop_clock(page)

    choose(page, jpeg())
    for retry, wait_s in ((1, 1), (2, 2), (3, 4)):
        expect(page.get_by_text(f"Retry {retry} of 3").filter(visible=True).first).to_be_visible()
        page.clock.run_for(wait_s * 1000)

    expect_failure(page, title)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert len(asked) == 4


@pytest.mark.parametrize("body", ['{"message": "Request Too Long"}', "<html>413</html>"])
def test_a_body_too_large_for_the_gateway_is_explained(
    page: Page, console: Console, body: str
) -> None:
    console.expect("status of 413")
    page.route(PREDICTIONS, lambda route: route.fulfill(status=413, body=body))

    choose(page, jpeg())

    expect_failure(page, "This picture is too large")
    expect(page.get_by_text("Save it smaller")).to_be_visible()


def test_an_answer_that_is_no_json_is_a_failure_and_no_crash(page: Page) -> None:
    page.route(PREDICTIONS, lambda route: route.fulfill(body="<html>Welcome</html>"))

    choose(page, jpeg())

    expect_failure(page, "That did not work")


def test_a_slow_service_is_waited_for_and_can_be_cancelled(page: Page) -> None:
    stop_clock(page)
    page.route(PREDICTIONS, lambda route: None)

    choose(page, jpeg())

    expect(page.get_by_role("heading", name="Looking…")).to_be_focused()
    expect_step(page)
    expect(page.get_by_role("listitem").filter(has_text="Asking the model")).to_have_attribute(
        "aria-current", "step"
    )
    expect(frame(page)).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    expect(frame(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Looking…")).to_be_hidden()


def test_cancelling_another_picture_brings_the_first_answer_back(page: Page) -> None:
    answer = answer_in_full(page, jpeg("first.jpg"))
    page.get_by_role("group").get_by_role("button").first.click()  # its light
    page.route(PREDICTIONS, lambda route: None)

    choose(page, jpeg("second.jpg", seed=1), button="Another picture")
    expect(page.get_by_role("img", name="Your picture: second.jpg")).to_be_visible()
    expect(page.locator("#heat")).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", name=headline_of(answer), level=1)).to_be_focused()
    expect(page.get_by_role("img", name="Your picture: first.jpg")).to_be_visible()
    expect(page.get_by_text("second.jpg")).to_have_count(0)
    expect(page.locator("#heat")).to_be_visible()


def test_cancelling_a_retry_leads_back_to_the_failure(page: Page, console: Console) -> None:
    console.expect("status of 500")
    broken = {"error": {"code": "internal_error", "message": "Something broke on our side."}}
    page.route(PREDICTIONS, lambda route: route.fulfill(status=500, json=broken), times=1)
    choose(page, jpeg())
    expect_failure(page, "Something broke on our side")
    page.route(PREDICTIONS, lambda route: None)

    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Cancel").click()

    expect_failure(page, "Something broke on our side")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_waiting_for_long_is_explained(page: Page) -> None:
    choose(page, jpeg("first.jpg"))
    expect_answer(page)
    stop_clock(page)
    page.route(PREDICTIONS, lambda route: None)

    drop(page, jpeg("second.jpg"))
    expect_to_wait_for_long(page, "This takes longer than usual.")


def test_a_service_that_has_not_answered_yet_is_waking_up(page: Page) -> None:
    page.route(HEALTH, lambda route: None)
    page.route(PREDICTIONS, lambda route: None)
    stop_clock(page)
    page.reload()

    choose(page, jpeg())
    expect_to_wait_for_long(page, "The service is waking up;")


def test_long_reading_does_not_hide_that_the_service_takes_long(page: Page) -> None:
    choose(page, jpeg("first.jpg"))
    expect_answer(page)
    stop_clock(page)
    page.route(PREDICTIONS, lambda route: None)
    page.evaluate(
        """() => {
          const read = window.createImageBitmap.bind(window);
          const released = new Promise((resolve) => { window.release = resolve; });
          window.createImageBitmap = async (...picture) => {
            await released;
            return read(...picture);
          };
        }"""
    )

    drop(page, jpeg("second.jpg"))
    expect_to_wait_for_long(page, "This takes longer than usual.", during="Reading the picture.")
    page.evaluate("window.release()")
    expect_to_wait_for_long(page, "This takes longer than usual.")


def expect_to_wait_for_long(page: Page, text: str, *, during: str = "Asking the model.") -> None:
    expect_step(page, during)
    page.clock.run_for(4500)
    expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()


def test_a_service_that_never_answers_is_given_up(page: Page) -> None:
    stop_clock(page)
    page.route(PREDICTIONS, lambda route: None)

    choose(page, jpeg())
    expect_step(page)
    page.clock.run_for(61_000)

    expect_failure(page, "This takes too long")


def test_the_answer_to_a_replaced_picture_is_not_shown(page: Page) -> None:
    stop_clock(page)
    held = hold(page, PREDICTIONS, times=1)
    choose(page, jpeg("first.jpg"))
    expect_step(page)
    held.first()

    drop(page, jpeg("second.jpg"))

    expect_answer(page)
    expect(page.get_by_text("second.jpg", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Looking…")).to_be_hidden()


def test_one_picture_is_asked_about_once(page: Page) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))

    choose(page, jpeg())

    expect_answer(page)
    # what the page asked before anything that is asked now
    page.evaluate("fetch('/v1/health')")
    eventually(page, lambda: any(request.url.endswith("/v1/health") for request in asked))
    assert len([request for request in asked if request.method == "POST"]) == 1


def test_going_offline_is_noticed_and_forgiven(page: Page, console: Console) -> None:
    console.expect("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    expect(page.get_by_role("status").filter(has_text="You are offline.")).to_be_visible()

    choose(page, jpeg())
    expect_failure(page, "You are offline")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()

    expect_answer(page)
    expect(page.get_by_role("status").filter(has_text="You are offline.")).to_have_count(0)


def test_a_service_that_is_gone_is_told_from_being_offline(page: Page, console: Console) -> None:
    console.expect("ERR_CONNECTION_REFUSED")
    page.route(PREDICTIONS, lambda route: route.abort("connectionrefused"))

    choose(page, jpeg())

    expect_failure(page, "The service does not answer")


# the page itself


def test_the_service_is_woken_on_load(page: Page, server: str) -> None:
    with page.expect_response(f"{server}/v1/health") as health:
        page.reload()

    assert health.value.ok


def test_nothing_scrolls_sideways(open_page: OpenPage) -> None:
    page = open_page(WIDTHS_PX[0])
    assert too_narrow(page) == []

    choose(page, jpeg("a-very-long-name-without-any-place-to-break-it-" * 4 + ".jpg"))

    expect_answer(page)
    expect_picture(page)
    assert too_narrow(page) == []


def test_on_a_phone_the_style_stands_below_the_picture(open_page: OpenPage) -> None:
    page = open_page(*PHONE_PX)

    choose(page, jpeg())

    expect_answer(page)
    expect_picture(page)
    picture = page.get_by_role("img", name="Your picture").bounding_box()
    style = page.get_by_role("article").get_by_role("heading").bounding_box()
    assert picture is not None
    assert style is not None
    assert picture["y"] + picture["height"] <= style["y"] < PHONE_PX[1]


def test_going_back_and_forward_leaves_a_page_that_works(page: Page) -> None:
    choose(page, jpeg())
    expect_answer(page)

    page.get_by_role("link", name="The API").click()
    page.wait_for_url("**/docs")
    page.go_back()
    expect(frame(page)).to_be_enabled()  # it listens from then on
    drop(page, jpeg("again.jpg"))

    expect(page.get_by_role("img", name="Your picture: again.jpg")).to_be_visible()
    expect_answer(page)


def test_the_page_is_served_under_its_headers(page: Page, server: str) -> None:
    wanted = json.loads((ROOT / "web" / "headers.json").read_text("utf-8"))

    got = page.request.get(server).headers

    assert {name: got.get(name.lower()) for name in wanted} == wanted


def test_the_policy_stops_what_is_inline(page: Page, console: Console) -> None:
    console.expect("Content Security Policy|Content-Security-Policy|TrustedScript|TrustedHTML")
    said: list[ConsoleMessage] = []
    page.on("console", lambda message: said.append(message))

    page.evaluate("document.body.setAttribute('style', 'display: none')")
    stopped = page.evaluate("try { document.body.innerHTML = '<b>x</b>' } catch (e) { e.name }")

    expect(page.get_by_role("main")).to_be_visible()
    assert stopped == "TypeError"
    eventually(page, lambda: len(said) > 0)


def test_without_scripts_the_page_says_how_else_to_ask(chromium: Browser, server: str) -> None:
    # Playwright's own switch leaves <noscript> hidden; with this one its locators cannot work
    browser = launch(chromium.browser_type, "--blink-settings=scriptEnabled=false")
    page = browser.new_page()

    page.goto(server, timeout=TIMEOUT_MS)
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")

    shown = [node["name"]["value"] for node in tree["nodes"] if "name" in node]
    browser.close()
    assert any(text.startswith("curl -H 'Content-Type: image/jpeg'") for text in shown)
    assert any("$PAGE/v1/predictions" in text for text in shown)  # it is served anywhere
    assert not any("127.0.0.1" in text for text in shown)
    assert not any("Hang a picture" in text for text in shown)


def test_the_docs_show_the_operation_and_ask_nobody_else(page: Page, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    response = page.goto(f"{server}/docs")

    operation = page.get_by_role("button", name="POST /v1/predictions Create")
    expect(operation).to_be_visible()
    assert response is not None
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert f"{server}/openapi.json" in asked
    assert [url for url in asked if not url.startswith((f"{server}/", "data:"))] == []
