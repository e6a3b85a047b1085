"""About: it stands without the service, says what is kept, and names what it builds on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.web.axe import expect_accessible_in_all
from tests.web.conftest import Console
from tests.web.steps import WIDTHS_PX, expect_drawn, too_narrow

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LookAt = Callable[[str], Page]
ADDRESS = "/#/about"


def test_it_tells_goal_parts_data_privacy_references_and_thanks(look_at: LookAt) -> None:
    page = look_at(ADDRESS)

    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(
        [
            "What it is for",
            "How it works",
            "Data and rights",
            "Privacy",
            "What it builds on",
            "The pictures shown here",
            "Thanks",
        ]
    )
    expect(page).to_have_title("About · Style Your Art")


def test_the_parts_are_drawn_and_described(look_at: LookAt) -> None:
    page = look_at(ADDRESS)

    drawing = page.get_by_role("region", name="How it works").get_by_role("img")

    expect(drawing).to_have_accessible_name(
        re.compile("^This page sends the picture to API Gateway")
    )
    for part in ("This page", "API Gateway", "Lambda", "Catalogue", "Training", "Model folder"):
        expect(drawing.get_by_text(part, exact=True)).to_be_visible()


def test_it_thanks_the_original_and_links_the_papers(look_at: LookAt) -> None:
    page = look_at(ADDRESS)

    original = page.get_by_role("main").get_by_role("link", name="Style Your Art of 2020")
    paper = page.get_by_role("link", name="MobileNetV2: Inverted Residuals")
    expect(original).to_have_attribute("href", "https://github.com/tdody/StyleYourArt")
    expect(paper).to_have_attribute("href", "https://arxiv.org/abs/1801.04381")


def test_what_it_says_of_cookies_is_true(look_at: LookAt) -> None:
    page = look_at(ADDRESS)

    expect(page.get_by_role("main").get_by_text("There are no cookies")).to_be_visible()

    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_it_opens_while_the_service_is_away(open_page: OpenPage, console: Console) -> None:
    console.expect("ERR_CONNECTION_REFUSED")
    page = open_page()
    page.route("**/v1/**", lambda route: route.abort("connectionrefused"))
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))

    page.get_by_role("link", name="About").click()

    expect(page.get_by_role("heading", name="About", level=1)).to_be_focused()
    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()
    assert [request.url for request in asked if "/v1/" in request.url] == []


def test_its_links_lead_to_the_other_pages(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)

    page.get_by_role("main").get_by_role("link", name="Chronology").click()

    expect(page.get_by_role("heading", name="Chronology", level=1)).to_be_focused()


def test_nothing_scrolls_sideways(open_page: OpenPage) -> None:
    page = open_page(WIDTHS_PX[0], address=ADDRESS)

    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()
    expect_drawn(page)

    assert too_narrow(page) == []


def test_axe_finds_nothing(open_page: OpenPage, console: Console) -> None:
    page = open_page(address=ADDRESS, reduced_motion="reduce")

    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()
    expect_drawn(page)

    expect_accessible_in_all(page, console)
