"""The frame of the page: five pages by the hash of the address, each with ways to fail."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Console
from tests.web.steps import (
    PREDICTIONS,
    choose,
    drop,
    eventually,
    expect_answer,
    expect_step,
    hold,
    invented,
    jpeg,
    stop_clock,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
NOTES = """
export function open(place, rest, services) {
  const heading = document.createElement("h1");
  heading.tabIndex = -1;
  heading.textContent = `Notes on ${rest || "nothing"}`;
  place.append(heading);
  place.style.minHeight = "3000px";
  services.title(heading.textContent);
  services.announce("The notes are open.");
  return { close: () => { document.body.dataset.closed = rest; } };
}
"""


def serve_notes(page: Page) -> None:
    """Let a page of the tests stand where About is."""
    page.route(
        "**/pages/about.js*",
        lambda route: route.fulfill(body=NOTES, content_type="text/javascript"),
    )
    page.route("**/pages/about.css", lambda route: route.fulfill(body="", content_type="text/css"))


def follow(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def test_a_page_is_fetched_when_it_is_opened(page: Page) -> None:
    serve_notes(page)

    follow(page, "About")

    heading = page.get_by_role("heading", name="Notes on nothing")
    expect(heading).to_be_focused()
    expect(page).to_have_title("Notes on nothing · Style Your Art")
    expect(page.get_by_role("link", name="About")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("status").filter(has_text="The notes are open.")).to_have_count(1)
    expect(page.get_by_role("button", name="Hang a picture here")).to_be_hidden()


def test_a_page_is_told_the_rest_of_its_address_and_when_it_closes(page: Page) -> None:
    serve_notes(page)
    follow(page, "About")

    page.evaluate("location.hash = '#/about/the%20frame/two'")
    expect(page.get_by_role("heading", name="Notes on the frame/two")).to_be_focused()
    follow(page, "Home")

    expect(page.locator("body")).to_have_attribute("data-closed", "the frame/two")


def test_an_address_opens_its_page_at_once(open_page: OpenPage, server: str) -> None:
    page = open_page()
    serve_notes(page)

    page.goto(f"{server}/#/about/links")
    page.reload()

    expect(page.get_by_role("heading", name="Notes on links")).to_be_visible()


def test_the_answer_survives_a_visit_to_another_page(page: Page) -> None:
    serve_notes(page)
    choose(page, jpeg())
    expect_answer(page)
    title = page.title()

    follow(page, "About")
    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()
    page.go_back()

    expect_answer(page)
    expect(page.get_by_role("article").get_by_role("heading")).to_be_focused()
    expect(page).to_have_title(title)
    page.go_forward()
    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()


def test_an_answer_that_comes_meanwhile_is_told_and_takes_nobody_away(page: Page) -> None:
    serve_notes(page)
    stop_clock(page)
    held = hold(page, PREDICTIONS, times=1)
    choose(page, jpeg())
    expect_step(page)

    follow(page, "About")
    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()
    held.first().fulfill(json=invented())

    expect(page.get_by_role("status").filter(has_text="Impressionism. 71")).to_have_count(1)
    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()
    expect(page).to_have_title("Notes on nothing · Style Your Art")


def test_a_picture_that_is_dropped_on_another_page_leads_home(page: Page) -> None:
    serve_notes(page)
    follow(page, "About")
    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()

    drop(page, jpeg())

    expect_answer(page)
    expect(page).to_have_url(re.compile("#/$"))


def test_back_leads_to_where_one_was(page: Page) -> None:
    serve_notes(page)
    follow(page, "About")
    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()
    page.evaluate("scrollTo(0, 1200)")

    page.evaluate("location.hash = '#/'")
    expect(page.get_by_role("button", name="Hang a picture here")).to_be_visible()
    page.go_back()

    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()
    eventually(page, lambda: page.evaluate("scrollY") == 1200)


def test_a_page_whose_files_do_not_come_says_so_and_can_be_tried_again(
    page: Page, console: Console
) -> None:
    console.expect("ERR_CONNECTION_REFUSED")
    page.route("**/pages/about.*", lambda route: route.abort("connectionrefused"))
    follow(page, "About")

    expect(page.get_by_role("heading", name="About does not open")).to_be_focused()
    expect(page.locator('link[href="pages/about.css"]')).to_have_count(0)  # it has failed, too
    serve_notes(page)
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name="Notes on nothing")).to_be_focused()


def test_a_page_that_breaks_is_reported_and_the_others_go_on(page: Page, console: Console) -> None:
    console.expect("broken notes")
    serve_notes(page)
    page.route(
        "**/pages/about.js*",
        lambda route: route.fulfill(
            body="export const open = () => { throw new Error('broken notes'); };",
            content_type="text/javascript",
        ),
    )

    follow(page, "About")
    expect(page.get_by_role("heading", name="About does not open")).to_be_focused()
    follow(page, "Home")

    expect(page.get_by_role("heading", name="Which style is it?")).to_be_focused()
    assert any("broken notes" in message for message in console.messages)


@pytest.mark.parametrize("address", ["/#/nowhere", "/#/constructor", "/#/%E0%A4%A"])
def test_an_address_without_a_page_is_told(open_page: OpenPage, address: str) -> None:
    page = open_page(address=address)

    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Go home").click()
    expect(page.get_by_role("button", name="Hang a picture here")).to_be_visible()
