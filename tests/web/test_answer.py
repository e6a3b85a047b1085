"""The answer on Home: verdicts, light, works, feedback and what is taken along."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from lambda_fn.contract.styles import STYLES
from lambda_fn.schemas import FeedbackRequest
from tests.pictures import draw_picture, encode
from tests.web.conftest import PHONE_PX, Console
from tests.web.steps import (
    FEEDBACK,
    PREDICTIONS,
    answer_in_full,
    answer_with,
    choose,
    eventually,
    expect_answer,
    expect_picture,
    hold,
    invented,
    jpeg,
    work,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
TWO = ("impressionism", "realism")
FOUR = ("impressionism", "realism", "ukiyo-e", "baroque")
FOUR_ODDS = {"impressionism": 0.34, "realism": 0.3, "ukiyo-e": 0.2, "baroque": 0.16}


def bring(page: Page, **changes: Any) -> None:
    """Bring a picture that gets an invented answer."""
    answer_with(page, **changes)
    choose(page, jpeg())
    expect_answer(page)
    expect_picture(page)


# verdicts


@pytest.mark.parametrize(
    ("changes", "headline", "odds"),
    [
        ({}, "Impressionism", "71 % sure. Next: Realism, 19 %."),
        (
            {"candidates": TWO},
            "Impressionism or Realism",
            "90 % sure it is one of these two. The likeliest: Impressionism, 71 %.",
        ),
        (
            {"odds": FOUR_ODDS, "candidates": FOUR},
            "Perhaps Impressionism",
            "90 % sure it is one of the 4 marked styles. The likeliest: Impressionism, 34 %.",
        ),
    ],
)
def test_a_verdict_is_told_in_words(
    page: Page, changes: dict[str, Any], headline: str, odds: str
) -> None:
    bring(page, **changes)

    expect(page.get_by_role("heading", name=headline, exact=True)).to_be_focused()
    expect(page.get_by_text(re.compile(odds.replace(" ", r"\s")))).to_be_visible()


def test_the_styles_that_may_be_right_are_marked(page: Page) -> None:
    bring(page, candidates=TWO)

    marked = page.get_by_role("rowheader").filter(has_text="marked")
    expect(marked).to_have_text([re.compile("Impressionism"), re.compile("Realism")])


def test_what_may_be_no_painting_gets_a_whole_answer_and_a_word_of_doubt(page: Page) -> None:
    bring(page, verdict="not-a-painting", painting={"probability": 0.12})

    expect(page.get_by_role("heading", name="Impressionism", exact=True)).to_be_focused()
    expect(page.get_by_text(re.compile(r"no painting at all \(12\s% that it is"))).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("heading", name="Works that look like yours")).to_be_visible()


def test_a_painting_after_a_photograph_is_not_doubted(page: Page) -> None:
    bring(page, verdict="not-a-painting")

    page.unroute(PREDICTIONS)
    answer_with(page)
    choose(page, jpeg("painting.jpg"), button="Another picture")

    expect(page.get_by_text("no painting at all")).to_be_hidden()


# the light


def light_of(page: Page) -> list[float]:
    """Return how dark the heat map is in the middle of each cell of its diagonal, 0 to 1."""
    values: list[float] = page.locator("#heat").evaluate(
        """(canvas) => {
          const { width, height } = canvas;
          const image = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          return [1, 3, 5].map((sixth) => {
            const [x, y] = [width, height].map((side) => Math.floor((side * sixth) / 6));
            return image[(y * width + x) * 4 + 3] / 255;
          });
        }"""
    )
    return values


def chip(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Where the picture speaks for").get_by_role(
        "button", name=name
    )


def test_a_tap_lights_what_speaks_for_a_style_and_another_puts_it_out(page: Page) -> None:
    bring(page, candidates=TWO)
    expect(page.locator("#heat")).to_have_css("opacity", "0")

    chip(page, "Realism").click()
    page.mouse.move(0, 0)

    expect(chip(page, "Realism")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#heat")).to_have_css("opacity", "0.75")
    first, second, third = light_of(page)
    assert second < 0.1  # the middle speaks for it and stays bright
    assert min(first, third) > 0.8
    chip(page, "Realism").click()
    page.mouse.move(0, 0)
    expect(page.locator("#heat")).to_have_css("opacity", "0")


def test_pointing_at_a_row_lights_its_style_for_as_long(page: Page) -> None:
    bring(page, candidates=TWO)

    page.get_by_role("row", name="Realism").hover()
    expect(page.locator("#heat")).to_have_css("opacity", "0.75")
    assert light_of(page)[1] < 0.1
    page.mouse.move(0, 0)

    expect(page.locator("#heat")).to_have_css("opacity", "0")


def test_the_keyboard_lights_a_style_and_sets_the_strength(page: Page) -> None:
    bring(page)

    page.keyboard.press("Tab")
    expect(chip(page, "Impressionism")).to_be_focused()
    expect(page.locator("#heat")).to_have_css("opacity", "0.75")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name="Strength")).to_be_focused()
    page.keyboard.press("End")

    expect(page.locator("#heat")).to_have_css("opacity", "1")


def test_the_light_lies_exactly_on_the_picture(page: Page) -> None:
    bring(page)

    chip(page, "Impressionism").click()

    picture, light = page.evaluate(
        """() => ["picture", "heat"].map((id) => {
          const { x, y, width, height } = document.getElementById(id).getBoundingClientRect();
          return [x, y, width, height];
        })"""
    )
    assert picture[2] > 0
    assert picture == pytest.approx(light, abs=0.5)


def test_another_picture_starts_without_light(page: Page) -> None:
    bring(page)
    chip(page, "Impressionism").click()

    choose(page, jpeg("second.jpg", seed=1), button="Another picture")
    expect(page.get_by_text("second.jpg", exact=True)).to_be_visible()
    page.mouse.move(0, 0)

    expect_answer(page)
    expect(page.locator("#heat")).to_have_css("opacity", "0")


# the story


def test_the_story_of_the_style_is_told(page: Page) -> None:
    answer = answer_in_full(page, jpeg())

    story, name = answer["story"], answer["style"]["name"]
    room = page.get_by_role("region", name=f"About {name}")
    expect(room.get_by_text(story["text"])).to_be_visible()
    for text in (story["period"]["words"], story["region"], *story["traits"]):
        expect(room.get_by_text(text, exact=True)).to_be_visible()
    expect(room.get_by_text(story["work"]["title"])).to_be_visible()
    for artist in answer["artists"]:
        expect(room.get_by_role("link", name=artist["name"])).to_have_attribute(
            "href", artist["page_url"]
        )
    expect(room.get_by_text("Most works in the catalogue")).to_be_visible()


def test_where_the_catalogue_has_no_artists_the_key_artists_are_named_as_such(page: Page) -> None:
    bring(page, artists=[], works=[])

    room = page.get_by_role("region", name="About Impressionism")
    expect(room.get_by_text("Key artists, none of them in the catalogue yet")).to_be_visible()
    expect(room.get_by_role("link", name="Claude Monet")).to_be_visible()


# works


def works(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("works of"))


def test_fifteen_works_of_the_style_are_shown_with_artist_and_year(page: Page) -> None:
    answer = answer_in_full(page, jpeg())

    expect(page.get_by_role("heading", name=re.compile(r"15\sworks of"))).to_be_visible()
    cards = works(page).get_by_role("listitem")
    expect(cards).to_have_count(15)
    for card, shown in zip(cards.all(), answer["works"], strict=True):
        label = shown["artist"] if shown["year"] is None else f"{shown['artist']}, {shown['year']}"
        expect(card).to_contain_text(shown["title"])
        expect(card).to_contain_text(label)


def test_the_picture_of_a_work_hides_its_palette_when_it_comes(page: Page) -> None:
    bring(page)

    first = works(page).get_by_role("listitem").first
    expect(first.locator("img")).to_have_js_property("complete", True)
    expect(first.locator(".palette")).to_be_hidden()


def test_the_palette_stands_where_the_picture_does_not_come(page: Page, console: Console) -> None:
    console.expect("ERR_FAILED|status of 404")
    page.route("https://*.wikiart.org/**", lambda route: route.fulfill(status=404))

    bring(page)

    first = works(page).get_by_role("listitem").first
    expect(first.locator("img")).to_have_count(0)
    expect(first.locator(".palette")).to_be_visible()
    fills = first.locator(".palette rect").evaluate_all(
        "(all) => all.map((r) => r.attributes.fill.value)"
    )
    assert fills == work(0)["palette"]


def test_a_work_without_picture_and_palette_still_has_a_card(page: Page) -> None:
    bare = work(0, image_url=None, palette=[], page_url=None)

    bring(page, works=[bare])

    expect(
        page.get_by_role("heading", name=re.compile(r"^1\swork of Impressionism"))
    ).to_be_visible()
    card = (
        works(page)
        .or_(page.get_by_role("list", name=re.compile("work of")))
        .get_by_role("listitem")
    )
    expect(card.locator(".palette")).to_be_visible()
    expect(card.get_by_role("link")).to_have_count(0)


def left_of(page: Page) -> float:
    return float(page.locator("#works").evaluate("(list) => list.scrollLeft"))


def test_the_works_are_leafed_through_by_buttons(page: Page) -> None:
    bring(page)
    back = page.get_by_role("button", name="Earlier works")
    on = page.get_by_role("button", name="Later works")
    expect(back).to_have_attribute("aria-disabled", "true")

    on.click()
    eventually(page, lambda: left_of(page) > 300)
    expect(back).to_have_attribute("aria-disabled", "false")
    back.click()

    eventually(page, lambda: left_of(page) == 0)


def test_the_works_are_leafed_through_by_arrow_keys(page: Page) -> None:
    bring(page)
    works(page).focus()

    page.keyboard.press("ArrowRight")
    eventually(page, lambda: left_of(page) > 100)
    page.keyboard.press("ArrowLeft")

    eventually(page, lambda: left_of(page) == 0)


def test_the_works_are_swiped_on_a_phone(open_page: OpenPage) -> None:
    page = open_page(*PHONE_PX, has_touch=True, is_mobile=True)
    bring(page)
    works(page).scroll_into_view_if_needed()
    box = works(page).bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page)

    y = box["y"] + 60
    for kind, x in (("Start", 320), ("Move", 300), ("Move", 200), ("Move", 100), ("End", None)):
        points = [] if x is None else [{"x": x, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    eventually(page, lambda: left_of(page) > 100)


def test_a_catalogue_that_is_away_is_said_and_takes_nothing_else(page: Page) -> None:
    bring(page, artists=[], works=[], similar=[], catalogue="unavailable")

    expect(page.get_by_text("The catalogue does not answer right now")).to_be_visible()
    expect(page.get_by_role("heading", name="Works that look like yours")).to_be_hidden()
    expect(page.get_by_text("Key artists; the catalogue does not answer")).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("button", name="Later works")).to_be_hidden()


def test_a_style_without_works_says_so(page: Page) -> None:
    bring(page, artists=[], works=[])

    expect(page.get_by_text("The catalogue has no works of Impressionism yet.")).to_be_visible()


# works that look alike


def test_similar_works_are_listed_and_placed_on_their_years(page: Page) -> None:
    bring(page)

    room = page.get_by_role("region", name="Works that look like yours")
    items = room.get_by_role("listitem")
    expect(items).to_have_count(10)
    expect(items.first).to_contain_text(
        re.compile(r"Work 0.*Artist 0.*Realism, 1860.*90\s%\salike")
    )
    expect(items.nth(4)).to_contain_text("year unknown")
    expect(room.locator(".dot")).to_have_count(8)  # two have no year
    chart = room.get_by_role("img", name=re.compile("above the period of Impressionism"))
    expect(chart).to_be_visible()
    expect(
        room.get_by_text("The year of 8 of 10 is known: made from 1860 to 1916.")
    ).to_be_visible()


def test_a_catalogue_that_knows_no_similar_work_says_so(page: Page) -> None:
    bring(page, similar=[])

    room = page.get_by_role("region", name="Works that look like yours")
    expect(room.get_by_text("The catalogue knows none yet.")).to_be_visible()
    expect(room.get_by_role("list")).to_be_hidden()


def test_a_later_work_stands_further_right(page: Page) -> None:
    bring(page)

    middles = page.locator(".dot circle").evaluate_all(
        "(all) => all.map((c) => c.getBoundingClientRect().x)"
    )
    assert middles == sorted(middles)
    assert len(set(middles)) == 8


def test_pointing_at_a_similar_work_points_out_its_year(page: Page) -> None:
    bring(page)

    page.get_by_role("region", name="Works that look").get_by_role("listitem").nth(3).hover()

    expect(page.locator(".dot.is-pointed")).to_have_text(re.compile("4$"))


def test_the_real_catalogue_knows_similar_works(page: Page) -> None:
    answer = answer_in_full(page, jpeg())

    assert len(answer["similar"]) == 10
    room = page.get_by_role("region", name="Works that look like yours")
    expect(room.get_by_role("listitem")).to_have_count(10)
    expect(room.get_by_text(answer["similar"][0]["title"]).first).to_be_visible()


# feedback


def kept(page: Page) -> list[FeedbackRequest]:
    """Return what the page sends as feedback, as the service reads it."""
    words: list[FeedbackRequest] = []

    def keep(route: Route) -> None:
        words.append(FeedbackRequest.model_validate_json(route.request.post_data or ""))
        route.fulfill(status=201, json={"stored": True})

    page.route(FEEDBACK, keep)
    return words


def test_right_is_said_with_one_click_and_without_the_picture(page: Page) -> None:
    words = kept(page)
    bring(page)

    page.get_by_role("button", name="Yes, Impressionism").click()

    thanks = page.get_by_text("Thank you. Kept: Impressionism is right.").first
    expect(thanks).to_be_visible()
    assert [(word.token, word.style, word.picture) for word in words] == [
        ("a-token", "impressionism", None)
    ]


def test_what_it_is_rather_is_chosen_among_all_other_styles(page: Page) -> None:
    words = kept(page)
    bring(page)
    select = page.get_by_role("combobox", name="It is rather")
    expect(select.get_by_role("option")).to_have_count(len(STYLES) - 1)
    expect(select).to_have_value("realism")  # the second guess

    select.select_option("Surrealism")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_text("Thank you. Kept: It is rather Surrealism.").first).to_be_visible()
    assert [word.style for word in words] == ["surrealism"]


def test_what_was_chosen_stays_when_the_other_styles_come_later(page: Page) -> None:
    held = hold(page, "**/v1/styles")
    page.reload()
    bring(page)
    select = page.get_by_role("combobox", name="It is rather")

    select.select_option("Ukiyo-e")
    held.first().continue_()

    expect(select.get_by_role("option")).to_have_count(len(STYLES) - 1)
    expect(select).to_have_value("ukiyo-e")


@pytest.mark.parametrize("side_px", [300, 2000])
def test_the_picture_goes_along_only_if_one_ticks(page: Page, side_px: int) -> None:
    words = kept(page)
    answer_with(page)
    buffer = encode(draw_picture(side_px, side_px))
    choose(page, {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": buffer})
    tick = page.get_by_role("checkbox", name="Also give my picture for training")
    expect(tick).not_to_be_checked()

    tick.check()
    page.get_by_role("button", name="Yes, Impressionism").click()

    expect(page.get_by_text("Your picture is kept with it.").first).to_be_visible()
    sent = b64decode(words[0].picture or "")
    assert sent.startswith(b"\xff\xd8\xff")
    assert len(sent) <= 1_000_000


def test_a_picture_in_another_format_is_given_as_a_jpeg(page: Page) -> None:
    words = kept(page)
    answer_with(page)
    buffer = encode(draw_picture(), "GIF")
    choose(page, {"name": "a.gif", "mimeType": "image/gif", "buffer": buffer})

    page.get_by_role("checkbox", name="Also give my picture").check()
    page.get_by_role("button", name="Yes, Impressionism").click()

    expect(page.get_by_text("Your picture is kept with it.").first).to_be_visible()
    assert b64decode(words[0].picture or "").startswith(b"\xff\xd8\xff")


def test_the_tick_does_not_outlive_its_picture(page: Page) -> None:
    bring(page)
    page.get_by_role("checkbox", name="Also give my picture").check()

    choose(page, jpeg("second.jpg", seed=1), button="Another picture")
    expect(page.get_by_text("second.jpg", exact=True)).to_be_visible()

    expect(page.get_by_role("checkbox", name="Also give my picture")).not_to_be_checked()


def test_a_word_may_be_changed(page: Page) -> None:
    words = kept(page)
    bring(page)
    page.get_by_role("button", name="Yes, Impressionism").click()

    page.get_by_role("button", name="Change my word").click()
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_text("It is rather Realism.").first).to_be_visible()
    assert [word.style for word in words] == ["impressionism", "realism"]


def test_the_real_service_keeps_a_word(page: Page) -> None:
    answer = answer_in_full(page, jpeg())

    page.get_by_role("button", name=f"Yes, {answer['style']['name']}").click()

    expect(page.get_by_text("Thank you. Kept:").first).to_be_visible()


def test_a_word_that_is_not_kept_is_told_with_the_reason(page: Page, console: Console) -> None:
    console.expect("status of 410")
    message = "The answer is more than a day old: ask for the picture's style again."
    body = {"error": {"code": "expired_token", "message": message}}
    page.route(FEEDBACK, lambda route: route.fulfill(status=410, json=body))
    bring(page)

    page.get_by_role("button", name="Yes, Impressionism").click()

    told = f"Your word was not kept. {message}"
    expect(page.get_by_text(told).filter(visible=True).first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=told)).to_have_count(1)
    expect(page.get_by_role("button", name="Yes, Impressionism")).to_be_visible()


def test_where_no_feedback_is_kept_none_is_asked_for(page: Page) -> None:
    bring(page, feedback_token=None)

    expect(page.get_by_role("heading", name="To take along")).to_be_visible()
    expect(page.get_by_role("heading", name="Is that right?")).to_be_hidden()


def test_the_page_says_that_nothing_is_stored_before_and_after(page: Page) -> None:
    told = page.get_by_text(re.compile(r"stored\s+(unless|only\s+if)\s+you\s+tick")).filter(
        visible=True
    )
    expect(told).to_have_count(2)

    bring(page)

    expect(told).to_have_count(2)


# to take along


def test_the_figures_are_saved_as_json(page: Page, tmp_path: Path) -> None:
    answer = answer_in_full(page, jpeg())

    with page.expect_download() as download:
        page.get_by_role("button", name="All figures (JSON)").click()
    download.value.save_as(tmp_path / "answer.json")

    saved = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    assert download.value.suggested_filename == f"harbour, {answer['style']['slug']}.json"
    assert saved == {key: value for key, value in answer.items() if key != "feedback_token"}


def test_the_picture_card_is_a_picture_of_picture_and_label(page: Page, tmp_path: Path) -> None:
    bring(page)

    with page.expect_download() as download:
        page.get_by_role("button", name="Picture card").click()
    download.value.save_as(tmp_path / "card.png")

    card = np.asarray(Image.open(tmp_path / "card.png").convert("RGB"))
    assert card.shape == (1500, 1200, 3)
    assert download.value.suggested_filename == "harbour, impressionism.png"
    assert card[260, 110] == pytest.approx((255, 0, 0), abs=30)  # a corner of the drawn picture
    assert card[1120:1300].min() < 60  # something is written


SHARE = """
Object.defineProperty(navigator, "canShare", { value: () => true });
Object.defineProperty(navigator, "share", {
  value: async (what) => {
    window.shared = { text: what.text, files: what.files.map((file) => file.type) };
  },
});
"""


def test_the_card_is_shared_where_the_system_can(open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script(SHARE)
    page.reload()
    bring(page)

    page.get_by_role("button", name="Share").click()

    wanted = {"text": "Impressionism, 71\u00a0%", "files": ["image/png"]}
    eventually(page, lambda: page.evaluate("window.shared") == wanted)


def test_hostile_words_of_the_catalogue_stay_words(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>"
    answer = invented()
    story = answer["story"] | {"text": evil, "region": evil}

    bring(page, works=[work(0, title=evil, artist=evil)], story=story)

    expect(page.get_by_text(evil)).not_to_have_count(0)
    assert page.locator("img[src=x]").count() == 0


def test_a_picture_as_thin_as_a_line_makes_no_endless_page(page: Page) -> None:
    thin = encode(draw_picture(1, 3000), "PNG")

    choose(page, {"name": "thin.png", "mimeType": "image/png", "buffer": thin})
    expect_answer(page)

    assert page.evaluate("document.documentElement.scrollHeight") < 8000
