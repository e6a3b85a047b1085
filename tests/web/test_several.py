"""Several pictures at once, and the pictures that the page draws itself."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.web.conftest import PHONE_PX, Console
from tests.web.steps import (
    PREDICTIONS,
    Held,
    choose,
    drop,
    expect_answer,
    frame,
    hold,
    invented,
    jpeg,
    scrolls_sideways,
    text_named_jpg,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def some(count: int) -> list[FilePayload]:
    return [jpeg(f"{number}.jpg", seed=number) for number in range(count)]


def rows(page: Page) -> Locator:
    return page.get_by_role("table", name=re.compile("pictures")).get_by_role("row")


def choose_three_and_hold_the_second(page: Page) -> tuple[Route, list[str]]:
    """Wait until the second is asked about; return its request, and the addresses of all."""
    held = Held(page)
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 2:
            held.add(route)
        else:
            route.fulfill(json=invented())

    page.route(PREDICTIONS, answer)
    choose(page, *some(3))
    expect(rows(page).nth(2)).to_contain_text("looking")
    return held.first(), asked


def test_several_pictures_become_a_table_in_their_order(page: Page) -> None:
    choose(page, *some(3), text_named_jpg())

    heading = page.get_by_role("heading", name=re.compile(r"4\spictures"))
    expect(heading).to_be_focused()
    expect(page.get_by_text(re.compile(r"3\snamed, 1\sfailed\.")).first).to_be_visible()
    expect(rows(page)).to_have_count(5)
    expect(rows(page).get_by_role("rowheader")).to_have_text(
        ["0.jpg", "1.jpg", "2.jpg", "notes.jpg"]
    )
    expect(rows(page).nth(1)).to_contain_text(re.compile(r"\d+\s%"))
    expect(rows(page).nth(4)).to_contain_text("This is not a picture")
    expect(page).to_have_title(re.compile(r"4\spictures · Style Your Art"))


def test_pictures_are_asked_about_one_after_the_other(page: Page) -> None:
    held = hold(page, PREDICTIONS)
    drop(page, *some(4))

    for number in range(4):
        request = held.nth(number)
        expect(rows(page).filter(has_text="looking")).to_have_count(1)
        assert held.count() == number + 1
        request.fulfill(json=invented())
    expect(page.get_by_text(re.compile(r"4\snamed\.")).first).to_be_visible()


def test_a_row_opens_its_answer_and_back_leads_to_the_table(page: Page) -> None:
    choose(page, *some(3))
    expect(page.get_by_text(re.compile(r"3\snamed\.")).first).to_be_visible()

    page.get_by_role("link", name="1.jpg").click()
    expect_answer(page)
    expect(page.get_by_role("img", name="Your picture: 1.jpg")).to_be_visible()
    expect(page.get_by_role("article").get_by_role("heading")).to_be_focused()
    page.go_back()
    expect(rows(page)).to_have_count(4)
    page.get_by_role("link", name="2.jpg").click()
    expect(page.get_by_role("img", name="Your picture: 2.jpg")).to_be_visible()
    page.get_by_role("link", name="All 3 pictures").click()

    expect(page.get_by_role("heading", name=re.compile(r"3\spictures"))).to_be_focused()
    expect(page.get_by_role("article")).to_be_hidden()


def test_who_stops_keeps_what_is_done_and_may_go_on(page: Page) -> None:
    _, asked = choose_three_and_hold_the_second(page)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"1\snamed, 2\sleft out\.")).first).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text(re.compile(r"3\snamed\.")).first).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"3\spictures"))).to_be_focused()
    expect(page.get_by_role("button", name="Go on")).to_be_hidden()
    assert len(asked) == 4


def test_a_row_may_be_opened_while_others_are_still_asked_about(page: Page) -> None:
    second, _ = choose_three_and_hold_the_second(page)

    page.get_by_role("link", name="0.jpg").click()
    expect_answer(page)
    second.fulfill(json=invented())
    expect(page.get_by_role("img", name="Your picture: 0.jpg")).to_be_visible()
    page.get_by_role("link", name="All 3 pictures").click()

    expect(page.get_by_text(re.compile(r"3\snamed\.")).first).to_be_visible()


def test_a_service_that_is_gone_ends_the_row_with_the_reason(page: Page, console: Console) -> None:
    console.expect("ERR_CONNECTION_REFUSED")
    page.route(PREDICTIONS, lambda route: route.abort("connectionrefused"))

    choose(page, *some(3))

    told = page.get_by_text("The service does not answer. It may be restarting.")
    expect(told.filter(visible=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.unroute(PREDICTIONS)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"3\snamed\.")).first).to_be_visible()


def test_the_table_is_saved_as_csv(page: Page, tmp_path: Path) -> None:
    choose(page, jpeg('=say "hi".jpg'), text_named_jpg())
    expect(page.get_by_text(re.compile(r"1\snamed, 1\sfailed\.")).first).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    download.value.save_as(tmp_path / "styles.csv")

    with (tmp_path / "styles.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert download.value.suggested_filename == "styles.csv"
    assert first["file"] == '\'=say "hi".jpg'
    assert float(first["probability"]) == pytest.approx(float(first[first["style"]]))
    assert first["problem"] == ""
    assert (second["file"], second["problem"]) == ("notes.jpg", "This is not a picture")


def test_other_pictures_take_the_place_of_the_table(page: Page) -> None:
    choose(page, *some(2))
    expect(page.get_by_text(re.compile(r"2\snamed\.")).first).to_be_visible()

    choose(page, jpeg("single.jpg"), button="Other pictures")
    expect_answer(page)
    expect(page.get_by_role("link", name=re.compile("All"))).to_be_hidden()
    page.get_by_role("button", name="Take it down").click()

    expect(frame(page)).to_be_focused()


def test_more_than_a_hundred_pictures_are_cut_and_told(page: Page) -> None:
    page.route(PREDICTIONS, lambda route: route.fulfill(json=invented()))
    tiny = jpeg()

    drop(page, *[tiny | {"name": f"{number}.jpg"} for number in range(103)])

    expect(rows(page)).to_have_count(101)
    expect(page.get_by_text("The first 100 of 103").first).to_be_visible()


def test_the_address_of_a_picture_that_is_gone_leads_home(open_page: OpenPage) -> None:
    page = open_page(address="/#/picture/7")

    expect(frame(page)).to_be_visible()
    expect(page).to_have_url(re.compile("#/$"))


@pytest.mark.parametrize("width", [320, PHONE_PX[0]])
def test_the_table_fits_a_phone(open_page: OpenPage, width: int) -> None:
    page = open_page(width, PHONE_PX[1])

    choose(page, jpeg("a-very-long-name-without-any-place-to-break-it-" * 3 + ".jpg"), *some(2))
    expect(page.get_by_text(re.compile(r"3\snamed\.")).first).to_be_visible()

    assert not scrolls_sideways(page)


# famous works to ask about


def test_a_famous_work_is_hung_and_asked_about(page: Page) -> None:
    page.get_by_role("button", name="The Great Wave, Katsushika Hokusai").click()

    expect_answer(page)
    name = "The Great Wave, Katsushika Hokusai.jpg"
    expect(page.get_by_role("img", name=f"Your picture: {name}")).to_be_visible()


def test_the_famous_works_are_shown_with_their_pictures(page: Page) -> None:
    page.locator("#examples").scroll_into_view_if_needed()

    loaded = "[...document.querySelectorAll('#examples img')].filter((one) => one.naturalWidth)"
    page.wait_for_function(f"{loaded}.length === 8")


def test_a_famous_work_whose_picture_does_not_come_is_a_clear_failure(
    page: Page, console: Console
) -> None:
    console.expect("ERR_FAILED")
    page.route("**/art/great-wave.jpg", lambda route: route.abort())

    page.get_by_role("button", name="The Great Wave").click()

    expect(page.get_by_role("heading", name="That picture did not come")).to_be_visible()
    expect(page.get_by_text("Look whether you are online, and try again.")).to_be_visible()


def test_a_phone_offers_its_camera(open_page: OpenPage) -> None:
    page = open_page(*PHONE_PX, has_touch=True, is_mobile=True)

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take a photo").tap()

    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files([jpeg("photo.jpg")])
    expect_answer(page)


def test_a_desktop_offers_no_camera(page: Page) -> None:
    expect(page.get_by_role("button", name="Take a photo")).to_be_hidden()
