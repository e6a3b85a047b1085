"""Styles: the list of all, and the page of each, in a real browser against the real catalogue."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from lambda_fn.catalogue.stories import read_stories
from lambda_fn.contract.styles import STYLE_BY_SLUG, STYLES
from tests.web.axe import expect_accessible_in_all
from tests.web.conftest import Console
from tests.web.steps import (
    WIDTHS_PX,
    Refused,
    eventually,
    hold,
    released_manifest,
    stop_clock,
    too_narrow,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LookAt = Callable[[str], Page]
LIST = "/#/styles"
BROKEN = {"error": {"code": "internal_error", "message": "Something broke on our side."}}
AWAY = {"error": {"code": "catalogue_unavailable", "message": "The catalogue does not answer."}}


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("^Works of")).get_by_role("listitem")


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)


def expect_filled(page: Page) -> None:
    """Wait for all that the page fetches once its text stands there."""
    expect(page.locator("[data-filling], [aria-busy]")).to_have_count(0)


def said(page: Page, text: str) -> Locator:
    return page.get_by_role("main").get_by_text(text)


# the list


def test_the_list_has_every_style_with_a_taste_and_its_period(look_at: LookAt) -> None:
    page = look_at(LIST)

    entries = page.get_by_role("main").get_by_role("listitem")
    expect(entries).to_have_count(len(STYLES))
    expect(entries.first).to_contain_text("Abstract Art")
    expect(entries.first).to_contain_text(read_stories()["abstract-art"].taste)
    expect(entries.first).to_contain_text("about 1910 to 1965")
    expect(page).to_have_title("Styles · Style Your Art")


def test_the_list_says_which_styles_the_model_does_not_know(look_at: LookAt) -> None:
    unknown = len(STYLES) - len(released_manifest().styles)

    page = look_at(LIST)

    expect(said(page, "Not known to this model")).to_have_count(unknown)
    expect(said(page, "when it says so; finds")).to_have_count(len(released_manifest().styles))


def test_a_table_says_what_each_style_unites(look_at: LookAt) -> None:
    page = look_at(LIST)

    table = page.get_by_role("table", name="Styles and what they unite")
    expect(table.get_by_role("row")).to_have_count(1 + len(STYLES))
    expect(table.get_by_role("row", name=re.compile("^Baroque"))).to_contain_text("Baroque, Rococo")


def test_a_style_is_reached_and_left_by_keyboard(open_page: OpenPage) -> None:
    page = open_page(address=LIST)
    link = page.get_by_role("main").get_by_role("link", name="Abstract Art")
    expect(link).to_be_visible()

    page.get_by_role("link", name="About").focus()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Abstract Art", level=1)).to_be_focused()
    page.go_back()

    expect(page.get_by_role("heading", name="Styles", level=1)).to_be_focused()


@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "late"])
def test_going_back_finds_the_list_where_it_was(open_page: OpenPage, is_late: bool) -> None:
    page = open_page(address=LIST)
    page.get_by_role("main").get_by_role("link", name="Ukiyo-e").scroll_into_view_if_needed()
    # at the click itself, since a click may scroll once more
    page.evaluate("addEventListener('click', () => { window.left = scrollY; }, { capture: true })")
    page.get_by_role("main").get_by_role("link", name="Ukiyo-e").click()
    expect(page.get_by_role("heading", name="Ukiyo-e", level=1)).to_be_focused()
    before = page.evaluate("window.left")
    held = hold(page, "**/v1/styles") if is_late else None

    page.go_back()

    expect(page.get_by_role("heading", name="Styles", level=1)).to_be_focused()
    if held:
        held.first().continue_()
    assert before > 0
    eventually(page, lambda: page.evaluate("scrollY") == before)


# the page of one style


def test_a_style_tells_its_story_and_that_of_every_style_it_unites(open_page: OpenPage) -> None:
    story = read_stories()["renaissance"]

    page = open_page(address="/#/styles/renaissance")

    expect(said(page, story.text)).to_be_visible()
    for part in story.parts:
        article = page.get_by_role("article").filter(has_text=part.text)
        expect(article.get_by_role("heading", name=part.wikiart_style)).to_be_visible()
        expect(article).to_contain_text(part.traits[0])
        expect(article).to_contain_text(part.work.title)
    expect(page).to_have_title("Renaissance · Style Your Art")


def test_a_style_names_traits_artists_and_one_work(look_at: LookAt) -> None:
    story = read_stories()["ukiyo-e"]

    page = look_at("/#/styles/ukiyo-e")

    expect(said(page, story.traits[0])).to_be_visible()
    expect(said(page, story.work.title)).to_be_visible()
    artist = page.get_by_role("link", name=story.artists[0].name).first
    expect(artist).to_have_attribute("href", story.artists[0].url)
    expect(said(page, story.region)).to_be_visible()


def test_a_style_says_how_well_the_model_knows_it(open_page: OpenPage) -> None:
    slug = released_manifest().styles[0]

    page = open_page(address=f"/#/styles/{slug}")

    name = STYLE_BY_SLUG[slug].name
    pictures = released_manifest().test.per_style[slug].support
    expect(said(page, f"When the model says {name}, it is right")).to_contain_text(
        f"Of {pictures:,} test pictures"
    )


def test_a_style_that_the_model_does_not_know_says_so(open_page: OpenPage) -> None:
    known = released_manifest().styles
    unknown = next(style.slug for style in STYLES if style.slug not in known)

    page = open_page(address=f"/#/styles/{unknown}")

    expect(said(page, "Not at all: too few pictures")).to_be_visible()


def test_the_artists_with_most_works_come_first(look_at: LookAt) -> None:
    page = look_at("/#/styles/ukiyo-e")

    artists = page.get_by_role("region", name="Who made most").get_by_role("listitem")
    expect(artists).to_have_count(8)
    counts = [int(text.split("\n")[-1].split()[0]) for text in artists.all_inner_texts()]
    assert counts == sorted(counts, reverse=True)


def test_a_style_that_is_not_there_is_told(open_page: OpenPage, console: Console) -> None:
    console.expect("status of 404")

    page = open_page(address="/#/styles/dadaism")

    expect(page.get_by_role("heading", name="There is no such style")).to_be_visible()
    page.get_by_role("link", name="All 18 styles").click()
    expect(page.get_by_role("heading", name="Styles", level=1)).to_be_focused()


def test_a_style_without_works_has_a_kind_word(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/expressionism")

    expect(said(page, "The catalogue has no works of Expressionism yet.")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    expect(page.get_by_role("heading", name="Who made most")).to_have_count(0)


# its works


def test_a_work_shows_its_picture_when_that_comes(look_at: LookAt) -> None:
    page = look_at("/#/styles/ukiyo-e")
    first = cards(page).first
    first.scroll_into_view_if_needed()

    expect(first.locator("img")).to_have_css("opacity", "1")
    expect(first.get_by_role("link")).to_have_attribute("href", re.compile("^https://www.wikiart"))


def test_a_work_shows_its_colours_when_its_picture_does_not_come(
    open_page: OpenPage, console: Console
) -> None:
    console.expect("ERR_FAILED")
    page = open_page()
    page.route("https://uploads.wikiart.org/**", lambda route: route.abort())

    page.evaluate("location.hash = '#/styles/ukiyo-e'")
    cards(page).first.scroll_into_view_if_needed()

    expect(cards(page).first.locator("img")).to_have_count(0)
    expect(cards(page).first.locator("rect")).to_have_count(5)
    expect(cards(page).first.locator("svg")).to_be_visible()


def test_more_works_come_below_those_that_are_there(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/ukiyo-e")
    expect(cards(page)).to_have_count(24)
    first = cards(page).first.inner_text()

    page.get_by_role("button", name="More works").click()

    expect(cards(page)).to_have_count(48)
    expect(cards(page).first).to_have_text(re.compile(re.escape(first.split("\n")[0])))
    expect(page.get_by_role("status").filter(has_text="24 more works.")).to_have_count(1)
    assert len(set(cards(page).all_inner_texts())) > 40


def test_the_last_works_offer_no_more(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/neoclassicism")

    expect(cards(page)).to_have_count(19)
    expect(page.get_by_role("button", name="More works")).to_be_hidden()


def test_the_last_page_takes_the_focus_along(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/surrealism")
    expect(cards(page)).to_have_count(24)

    page.get_by_role("button", name="More works").focus()
    page.keyboard.press("Enter")

    expect(cards(page)).to_have_count(25)
    expect(cards(page).nth(24)).to_be_focused()  # it has no page at WikiArt, so no link


def test_a_search_finds_works_by_title_or_artist(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/ukiyo-e")
    expect(cards(page)).to_have_count(24)

    search(page, "hokusai wave")

    expect(said(page, "found for “hokusai wave”")).to_be_visible()
    for text in cards(page).all_inner_texts():
        assert "Hokusai" in text
        assert "wave" in text.lower()


def test_a_search_that_finds_nothing_says_so_and_is_taken_back(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/ukiyo-e")

    search(page, "zzzz")
    expect(said(page, "No work of Ukiyo-e has “zzzz” in its title or artist.")).to_be_visible()
    expect(cards(page)).to_have_count(0)
    search(page, "")

    expect(cards(page)).to_have_count(24)


def test_a_search_for_signs_is_told_what_to_search_for(
    open_page: OpenPage, console: Console
) -> None:
    console.expect("status of 422")
    page = open_page(address="/#/styles/ukiyo-e")

    search(page, "{$gt}")

    expect(said(page, "Search for words of a title or an artist")).to_be_visible()


def test_an_older_search_is_broken_off_and_cannot_be_shown_late(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/ukiyo-e")
    expect(cards(page)).to_have_count(24)
    held = hold(page, "**/artworks?*q=zzzz*")

    search(page, "zzzz")
    older = held.first().request
    with page.expect_event("requestfailed", lambda request: request == older):
        search(page, "wave")

    expect(said(page, "found for “wave”")).to_be_visible()


def test_more_works_are_those_of_the_search_that_is_under_way(open_page: OpenPage) -> None:
    page = open_page(address="/#/styles/ukiyo-e")
    expect(cards(page)).to_have_count(24)
    held = hold(page, "**/artworks?*q=wave*", times=1)

    search(page, "wave")
    held.first()
    page.get_by_role("button", name="More works").click()

    expect(said(page, "found for “wave”")).to_be_visible()
    for text in cards(page).all_inner_texts():
        assert "wave" in text.lower()


# a service that fails or is slow


@pytest.mark.parametrize("address", [LIST, "/#/styles/cubism"])
def test_a_broken_service_is_named_and_can_be_asked_again(
    open_page: OpenPage, console: Console, address: str
) -> None:
    console.expect("status of 500")
    page = open_page()
    page.route("**/v1/styles", lambda route: route.fulfill(status=500, json=BROKEN), times=1)

    page.evaluate("(hash) => { location.hash = hash }", address[1:])
    expect(page.get_by_role("heading", name="Something broke on our side")).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name="Something broke on our side")).to_be_hidden()
    expect(page.get_by_role("main").get_by_role("heading", level=2).first).to_be_visible()


def test_a_catalogue_that_is_away_leaves_the_story(open_page: OpenPage, console: Console) -> None:
    console.expect("status of 503")
    page = open_page()
    refused = Refused(page, re.compile("/v1/styles/cubism/art"), status=503, json=AWAY)

    page.evaluate("location.hash = '#/styles/cubism'")
    expect(said(page, read_stories()["cubism"].text)).to_be_visible()
    refused.until(lambda: said(page, "The catalogue does not answer.").count() == 2)

    page.unroute(re.compile("/v1/styles/cubism/art"))
    again = page.get_by_role("button", name="Try again")
    again.first.click()
    expect(again).to_have_count(1)
    again.click()
    expect(cards(page)).to_have_count(24)


def test_waiting_for_long_is_explained(open_page: OpenPage) -> None:
    page = open_page()
    stop_clock(page)
    page.route("**/v1/styles", lambda route: None)

    page.evaluate("location.hash = '#/styles'")
    expect(said(page, "Fetching the styles…")).to_be_visible()
    page.clock.run_for(4500)

    expect(said(page, "the service is waking up")).to_be_visible()
    expect(page.get_by_role("heading", name="Styles", level=1)).to_be_focused()


def test_leaving_before_the_answer_comes_shows_only_the_new_page(open_page: OpenPage) -> None:
    page = open_page()
    stop_clock(page)
    held = hold(page, "**/v1/styles")
    page.evaluate("location.hash = '#/styles'")
    expect(said(page, "Fetching the styles…")).to_be_visible()
    held.first()

    page.get_by_role("link", name="About").click()

    expect(page.get_by_role("heading", name="About", level=1)).to_be_focused()
    expect(said(page, "Fetching the styles…")).to_have_count(0)


# how it looks


@pytest.mark.parametrize("address", [LIST, "/#/styles/renaissance"])
def test_nothing_scrolls_sideways(open_page: OpenPage, address: str) -> None:
    page = open_page(WIDTHS_PX[0], address=address)

    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    expect_filled(page)

    assert too_narrow(page) == []


@pytest.mark.parametrize(
    ("address", "title"),
    [
        (LIST, "Which WikiArt styles each one unites"),
        ("/#/styles/impressionism", "Works of Impressionism"),
        ("/#/styles/expressionism", "Works of Expressionism"),
        ("/#/styles/dadaism", "There is no such style"),
    ],
)
def test_axe_finds_nothing(open_page: OpenPage, console: Console, address: str, title: str) -> None:
    console.expect("status of 404")
    page = open_page(address=address, reduced_motion="reduce")

    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect_filled(page)

    expect_accessible_in_all(page, console)
