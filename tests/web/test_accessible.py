"""axe-core finds nothing on any state of Home, in the dark and in the light, large and small."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import violations, violations_of_all
from tests.web.conftest import Console
from tests.web.steps import (
    PREDICTIONS,
    answer_with,
    choose,
    expect_answer,
    expect_failure,
    frame,
    jpeg,
    text_named_jpg,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def show_empty(page: Page) -> None:
    expect(frame(page)).to_be_visible()
    expect(page.get_by_text("Styles this model knows")).to_be_visible()


def show_loading(page: Page) -> None:
    page.route(PREDICTIONS, lambda route: None)
    choose(page, jpeg())
    expect(page.get_by_role("heading", name="Looking…")).to_be_visible()


def show_confident(page: Page) -> None:
    answer_with(page)
    choose(page, jpeg())
    expect_answer(page)


def show_unsure(page: Page) -> None:
    answer_with(page, candidates=("impressionism", "realism"))
    choose(page, jpeg())
    expect_answer(page)
    page.get_by_role("group").get_by_role("button", name="Realism").click()


def show_no_painting(page: Page) -> None:
    answer_with(page, verdict="not-a-painting")
    choose(page, jpeg())
    expect_answer(page)


def show_no_catalogue(page: Page) -> None:
    answer_with(page, artists=[], works=[], similar=[], catalogue="unavailable")
    choose(page, jpeg())
    expect_answer(page)


def show_failure(page: Page) -> None:
    choose(page, text_named_jpg())
    expect_failure(page, "This is not a picture")


def show_several(page: Page) -> None:
    answer_with(page)
    choose(page, jpeg("one.jpg"), jpeg("two.jpg"), text_named_jpg())
    expect(page.get_by_text(re.compile(r"2\snamed, 1\sfailed\.")).first).to_be_visible()


def show_offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()


def show_no_page(page: Page) -> None:
    page.evaluate("location.hash = '#/nowhere'")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


STATES = {
    "empty": show_empty,
    "loading": show_loading,
    "confident": show_confident,
    "unsure": show_unsure,
    "no painting": show_no_painting,
    "no catalogue": show_no_catalogue,
    "failure": show_failure,
    "several": show_several,
    "offline": show_offline,
    "no page": show_no_page,
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(open_page: OpenPage, console: Console, state: str) -> None:
    console.expect("ERR_INTERNET_DISCONNECTED")
    page = open_page(reduced_motion="reduce")

    STATES[state](page)

    assert violations_of_all(page) == []


def test_axe_would_find_something(open_page: OpenPage) -> None:
    page = open_page()

    page.evaluate("document.querySelector('#frame').textContent = ''")

    assert any("button-name" in one for one in violations(page))
