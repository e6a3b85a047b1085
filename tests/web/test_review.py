"""The page of `python -m training review`, in a real browser against the real command."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pictures import draw_picture, encode
from tests.training.visitors.desk import sitting
from tests.training.visitors.gifts import exported, make_gift
from tests.web.axe import Scheme, expect_accessible, look
from tests.web.conftest import DESKTOP_PX, PHONE_PX, TIMEOUT_MS, Console
from tests.web.steps import resize
from training.sources.visitor_reviews import read_review

pytestmark = pytest.mark.browser

SIZES = [DESKTOP_PX, PHONE_PX]
OpenReview = Callable[..., Page]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A wide, a tall and a tiny picture; about the last, visitor and model agree."""
    wide, tall, tiny = ((900, 600), (500, 900), (90, 60))
    gifts = [
        make_gift("a1", picture=encode(draw_picture(*wide, seed=1))),
        make_gift("a2", picture=encode(draw_picture(*tall, seed=2)), said="art-nouveau"),
        make_gift("a3", picture=encode(draw_picture(*tiny, seed=3)), said="cubism"),
    ]
    exported(tmp_path / "feedback", gifts)
    return tmp_path / "feedback"


@pytest.fixture
def open_review(chromium: Browser, folder: Path, console: Console) -> Iterator[OpenReview]:
    """Give a function that opens the page in a window of a size."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sitting(folder) as now:
        contexts = []

        def open_review(size: tuple[int, int] = DESKTOP_PX, **options: Any) -> Page:
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]}, **options
            )
            contexts.append(context)
            context.set_default_timeout(TIMEOUT_MS)
            page = context.new_page()
            console.listen(page)
            page.goto(now.address)
            return page

        yield open_review
        for context in contexts:
            context.close()


def expect_page(page: Page, title: str) -> None:
    """Wait for the next page: the one before it has a form and links with the same names."""
    expect(page).to_have_title(f"{title} · Style Your Art")
    page.wait_for_load_state()


def decisions(folder: Path) -> list[tuple[str, str]]:
    return [(one.decision, one.style) for one in read_review(folder)]


def test_the_picture_stands_beside_what_was_said(open_review: OpenReview) -> None:
    page = open_review()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Pop Art")
    expect(page.get_by_role("img", name="The picture that the visitor gave")).to_be_visible()
    expect(page.get_by_role("definition").nth(1)).to_have_text("Cubism, 75\N{NO-BREAK SPACE}%")
    assert page.title() == "Picture 1 of 3 · Style Your Art"


def test_every_picture_is_decided_with_the_mouse(open_review: OpenReview, folder: Path) -> None:
    page = open_review()

    page.get_by_role("button", name="Yes, Pop Art").click()
    expect_page(page, "Picture 2 of 3")
    page.get_by_label("It is rather").select_option("Baroque")
    page.get_by_role("button", name="Take as this").click()
    expect_page(page, "Picture 3 of 3")
    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("heading", name="All is decided")).to_be_visible()
    assert decisions(folder) == [("accept", "pop-art"), ("accept", "baroque"), ("reject", "")]


def test_every_picture_is_decided_with_the_keyboard_only(
    open_review: OpenReview, folder: Path
) -> None:
    page = open_review()
    heading = page.get_by_role("heading", level=1)

    expect(page.get_by_role("button", name="Yes, Pop Art")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("Art Nouveau")
    # the focus comes a moment after the heading, and not where a key was quicker
    expect(page.get_by_role("button", name="Yes, Art Nouveau")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("B")  # one letter: between two a list waits for a second at most
    expect(page.get_by_label("It is rather")).to_have_value("baroque")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(heading).to_contain_text("Cubism")
    expect(page.get_by_role("button", name="Yes, Cubism")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reject")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="All is decided")).to_be_visible()
    assert decisions(folder) == [("accept", "pop-art"), ("accept", "baroque"), ("reject", "")]


def test_a_decision_can_be_changed(open_review: OpenReview, folder: Path) -> None:
    page = open_review()
    page.get_by_role("button", name="Reject").click()
    expect(page).to_have_title("Picture 2 of 3 · Style Your Art")

    page.get_by_role("link", name="All pictures").click()
    page.get_by_role("link", name="Rejected picture 1").click()
    expect(page.get_by_role("heading", name="Rejected")).to_be_visible()
    expect(page.locator(":focus")).to_have_count(0)  # Enter must not undo what was decided
    page.get_by_role("button", name="Yes, Pop Art").click()

    expect(page).to_have_title("Picture 2 of 3 · Style Your Art")
    assert decisions(folder)[0] == ("accept", "pop-art")


def test_a_correction_needs_a_style(open_review: OpenReview, folder: Path) -> None:
    page = open_review()
    page.get_by_role("link", name="Next").click()
    expect_page(page, "Picture 2 of 3")
    page.get_by_role("link", name="Next").click()
    expect_page(page, "Picture 3 of 3")

    page.get_by_role("button", name="Take as this").click()

    expect(page.get_by_label("It is rather")).to_be_focused()  # as what the browser wants first
    expect(page).to_have_title("Picture 3 of 3 · Style Your Art")
    assert decisions(folder) == [("", "")] * 3


def test_the_page_works_without_scripts_and_asks_no_other_machine(
    open_review: OpenReview, folder: Path
) -> None:
    page = open_review()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_role("button", name="Yes, Pop Art").click()
    expect(page).to_have_title("Picture 2 of 3 · Style Your Art")

    assert page.locator("script").count() == 0
    assert {address.split("/")[2] for address in asked if address.startswith("http")} == {
        page.url.split("/")[2]
    }


def test_axe_finds_nothing(open_review: OpenReview, console: Console) -> None:
    page = open_review()
    expect_accessible_everywhere(page, console)
    page.get_by_role("button", name="Reject").click()
    expect_page(page, "Picture 2 of 3")
    expect_accessible_everywhere(page, console)
    page.get_by_role("link", name="All pictures").click()
    expect_page(page, "3 pictures")
    expect_accessible_everywhere(page, console)
    page.get_by_role("link", name="Rejected picture 1").click()
    expect_page(page, "Picture 1 of 3")
    expect_accessible_everywhere(page, console)


def expect_accessible_everywhere(page: Page, console: Console) -> None:
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        for size in SIZES:
            look(page, scheme, size)
            expect_accessible(page, console)


def test_nothing_is_wider_than_the_window(open_review: OpenReview) -> None:
    page = open_review()
    wider = []

    for title in ("Picture 1 of 3", "Picture 2 of 3", "Picture 3 of 3", "3 pictures"):
        expect_page(page, title)
        for size in SIZES:
            resize(page, *size)
            if page.evaluate("document.documentElement.scrollWidth") > size[0]:
                wider.append((title, size))
        if title != "3 pictures":
            page.get_by_role("button", name="Yes, ").click()

    assert wider == []


def test_on_a_phone_picture_and_first_button_are_in_sight_together(
    open_review: OpenReview,
) -> None:
    page = open_review(PHONE_PX)

    page.get_by_role("link", name="Next").click()
    expect_page(page, "Picture 2 of 3")

    for one in (page.get_by_role("img"), page.get_by_role("button", name="Yes, Art Nouveau")):
        expect(one).to_be_in_viewport(ratio=1)
