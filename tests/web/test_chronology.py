"""Chronology: the ridge plot, by mouse, finger, keyboard and as a table, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from lambda_fn.contract.styles import STYLES
from tests.web.axe import expect_accessible_in_all
from tests.web.conftest import PHONE_PX, Console
from tests.web.steps import WIDTHS_PX, Refused, eventually, hold, stop_clock, too_narrow

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
ADDRESS = "/#/chronology"
WIKIART_STYLES = {name for style in STYLES for name in style.wikiart_styles}
AWAY = {"error": {"code": "catalogue_unavailable", "message": "The catalogue does not answer."}}


def hills(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Styles by their first year").get_by_role("option")


def hill(page: Page, name: str) -> Locator:
    return hills(page).and_(page.locator(f'[data-name="{name}"]'))


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="The chosen style")


def tap(page: Page, name: str) -> None:
    hill(page, name).dispatch_event("click")


def width_of_plot(page: Page) -> int:
    return int(page.locator(".ridges").evaluate("(plot) => plot.clientWidth"))


def expect_chosen(page: Page, name: str) -> None:
    expect(panel(page).get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(hill(page, name)).to_have_attribute("aria-selected", "true")
    expect(hills(page).and_(page.locator('[aria-selected="true"]'))).to_have_count(1)


def test_every_wikiart_style_has_a_hill_in_the_order_of_the_service(
    open_page: OpenPage, server: str
) -> None:
    page = open_page(address=ADDRESS)

    expect(hills(page)).to_have_count(len(WIKIART_STYLES))
    wanted = page.request.get(f"{server}/v1/chronology").json()["ridges"]
    shown = hills(page).evaluate_all("(all) => all.map((one) => one.dataset.name)")
    assert shown == [ridge["wikiart_style"] for ridge in wanted]
    assert set(shown) == WIKIART_STYLES
    expect(page).to_have_title("Chronology · Style Your Art")


def test_a_hill_from_books_is_dashed_and_says_so(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)

    quoted = hill(page, "Conceptual Art").locator(".ridge-outline")
    counted = hill(page, "Rococo").locator(".ridge-outline")
    expect(quoted).not_to_have_css("stroke-dasharray", "none")
    expect(counted).to_have_css("stroke-dasharray", "none")
    tap(page, "Conceptual Art")

    expect(panel(page)).to_contain_text("as books have it")


def test_nothing_is_chosen_at_first_but_how_to_is_said(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)

    expect(panel(page)).to_contain_text("Point at a hill or tap it.")
    expect(hills(page)).to_have_count(25)
    expect(hills(page).and_(page.locator('[aria-selected="true"]'))).to_have_count(0)


def test_a_chosen_style_shows_its_years_and_works_of_them(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)

    hill(page, "Rococo").click(position={"x": 10, "y": 20})

    expect_chosen(page, "Rococo")
    expect(panel(page)).to_contain_text("dated works were made from 1723 to 1808")
    works = panel(page).get_by_role("listitem")
    expect(works).to_have_count(4)
    years = [int(text[-4:]) for text in works.locator("figcaption").all_inner_texts()]
    assert years == sorted(years)
    assert years[0] >= 1723
    assert years[-1] <= 1808


def test_the_style_of_the_address_is_chosen_at_once(open_page: OpenPage) -> None:
    page = open_page(address=f"{ADDRESS}/pop-art")

    expect_chosen(page, "Pop Art")


def test_a_chosen_style_leads_to_its_story(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    tap(page, "Post-Impressionism")

    panel(page).get_by_role("link", name="Its story").click()

    expect(page.get_by_role("heading", name="Impressionism", level=1)).to_be_focused()


def test_a_style_without_works_has_a_kind_word(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)

    tap(page, "Expressionism")

    expect(panel(page)).to_contain_text("The catalogue has no works of it yet.")


def test_a_resting_pointer_chooses_and_a_passing_one_does_not(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    expect(hills(page)).to_have_count(25)
    stop_clock(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    hill(page, "Cubism").hover()
    hill(page, "Symbolism").hover()
    page.clock.run_for(400)

    expect(panel(page).get_by_role("list", name="Works of Symbolism")).to_be_visible()
    expect_chosen(page, "Symbolism")
    assert [url for url in asked if "style=cubism" in url] == []


def test_the_keyboard_goes_through_the_hills(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    expect(hills(page)).to_have_count(25)

    page.get_by_role("link", name="About").focus()
    page.keyboard.press("Tab")
    expect(hill(page, "Early Renaissance")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect_chosen(page, "Northern Renaissance")
    page.keyboard.press("End")
    expect_chosen(page, "Neo-Expressionism")
    page.keyboard.press("ArrowDown")
    expect(hill(page, "Neo-Expressionism")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect_chosen(page, "Conceptual Art")
    page.keyboard.press("Home")

    expect_chosen(page, "Early Renaissance")


def test_tab_leaves_the_hills_for_the_chosen_style(open_page: OpenPage) -> None:
    page = open_page(address=f"{ADDRESS}/cubism")
    expect_chosen(page, "Cubism")
    hill(page, "Cubism").focus()

    page.keyboard.press("Tab")

    expect(panel(page).get_by_role("link", name="Its story")).to_be_focused()


def test_what_is_chosen_is_said_to_a_screen_reader(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    expect(hills(page)).to_have_count(25)

    tap(page, "Cubism")

    said = page.get_by_role("status").filter(has_text=re.compile(r"^Cubism\. Nearly all of its"))
    expect(said).to_have_count(1)


def test_the_same_stands_in_a_table(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    page.get_by_text("The same as a table").click()

    table = page.get_by_role("table", name="The styles of WikiArt by their first year")
    expect(table.get_by_role("row")).to_have_count(26)
    expect(table.get_by_role("row", name=re.compile("^Rococo"))).to_contain_text("1723")
    expect(table.get_by_role("row", name=re.compile("^Conceptual"))).to_contain_text("books")


def test_a_smaller_window_draws_anew_and_keeps_what_is_chosen(open_page: OpenPage) -> None:
    page = open_page(address=f"{ADDRESS}/baroque")
    expect_chosen(page, "Baroque")
    before = width_of_plot(page)

    page.set_viewport_size({"width": PHONE_PX[0], "height": PHONE_PX[1]})

    eventually(page, lambda: width_of_plot(page) < PHONE_PX[0])
    assert before > PHONE_PX[0]
    expect_chosen(page, "Baroque")


def test_on_a_phone_the_chosen_style_stays_in_view(open_page: OpenPage) -> None:
    page = open_page(*PHONE_PX, ADDRESS)
    expect(hills(page)).to_have_count(25)

    tap(page, "Baroque")

    expect_chosen(page, "Baroque")
    expect(panel(page).get_by_role("heading")).to_be_in_viewport()
    hill(page, "Cubism").scroll_into_view_if_needed()
    expect(panel(page).get_by_role("heading")).to_be_in_viewport()


def test_works_that_do_not_come_can_be_asked_for_again(
    open_page: OpenPage, console: Console
) -> None:
    console.expect("status of 500")
    page = open_page(address=ADDRESS)
    expect(hills(page)).to_have_count(25)
    broken = {"error": {"code": "internal_error", "message": "Something broke on our side."}}
    page.route("**/v1/artworks?*", lambda route: route.fulfill(status=500, json=broken), times=1)

    tap(page, "Cubism")
    panel(page).get_by_role("button", name="Try again").click()

    expect(panel(page).get_by_role("listitem")).to_have_count(4)


def test_works_of_a_style_that_was_left_are_not_shown(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    expect(hills(page)).to_have_count(25)
    held = hold(page, "**/v1/artworks?style=cubism*")

    tap(page, "Cubism")
    cubism = held.first()
    tap(page, "Rococo")
    expect(panel(page).get_by_role("listitem")).to_have_count(4)
    with page.expect_response("**/v1/artworks?style=cubism*") as late:
        cubism.continue_()
    late.value.finished()

    expect(panel(page).get_by_role("list", name="Works of Rococo")).to_be_visible()
    expect(page.get_by_role("list", name="Works of Cubism")).to_have_count(0)


def test_a_catalogue_that_is_away_is_named_and_asked_again(
    open_page: OpenPage, console: Console
) -> None:
    console.expect("status of 503")
    page = open_page()
    refused = Refused(page, "**/v1/chronology", status=503, json=AWAY)
    page.evaluate("location.hash = '#/chronology'")

    refused.until(lambda: page.get_by_text("The catalogue does not answer.").count() > 0)
    page.unroute("**/v1/chronology")
    page.get_by_role("button", name="Try again").click()

    expect(hills(page)).to_have_count(25)


def test_nothing_scrolls_sideways(open_page: OpenPage) -> None:
    page = open_page(WIDTHS_PX[0], address=f"{ADDRESS}/renaissance")

    expect_chosen(page, "Early Renaissance")
    expect(panel(page)).not_to_contain_text("Fetching")
    page.get_by_text("The same as a table").click()

    assert too_narrow(page) == []


@pytest.mark.parametrize("rest", ["", "/impressionism", "/expressionism"])
def test_axe_finds_nothing(open_page: OpenPage, console: Console, rest: str) -> None:
    page = open_page(address=f"{ADDRESS}{rest}", reduced_motion="reduce")
    expect(hills(page)).to_have_count(25)
    expect(panel(page)).not_to_contain_text("Fetching")
    page.get_by_text("The same as a table").click()

    expect_accessible_in_all(page, console)
