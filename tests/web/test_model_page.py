"""Model: every figure of the released model, drawn and as a table, in a real browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from lambda_fn.contract.history import ChangeFigures, ModelChange
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.schemas import ModelCard
from tests.web.axe import expect_accessible, expect_accessible_in_all
from tests.web.conftest import DESKTOP_PX, PHONE_PX, Console
from tests.web.steps import (
    WIDTHS_PX,
    expect_drawn,
    released_manifest,
    resize,
    scrolls_sideways,
    stop_clock,
    times_in_ten,
    too_narrow,
)

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LookAt = Callable[[str], Page]
ADDRESS = "/#/model"
# by what of the model card they show, where a model may come without it
SECTIONS = {
    "How good it is": None,
    "Style by style": None,
    "What it takes for what": None,
    "How well it ranks": None,
    "Whether it knows how sure it is": None,
    "When it names several styles": None,
    "When it says: this is no painting": "painting",
    "Where it was sure and wrong": None,
    "Whether works that look alike belong together": None,
    "Whether it has learnt the collection instead of the style": "source_probe",
    "How it learnt": None,
    "What is inside: MobileNetV2": None,
    "Why this network, and not another": "comparison",
    "How to make it again": None,
}
HISTORY = (  # the oldest first, as the service has it
    ModelChange(
        at=datetime(2026, 11, 28, 23, 30, tzinfo=UTC),
        kind="promoted",
        model="mobilenetv2-224-20261129-dc0fed",
        figures=ChangeFigures(pictures=6812, top1=0.66, macro_f1=0.646, macro_f1_before=0.5994),
    ),
    ModelChange(
        at=datetime(2026, 12, 3, 9, tzinfo=UTC),
        kind="promoted",
        model="mobilenetv2-224-20261202-0c4f17",
        forced=(
            "macro-F1 may be lower: 0.646 is live, 0.641 was measured, and it may well be 1.3 "
            "points lower on other pictures",
            "it has 9.0 MB, not 6",
        ),
        figures=ChangeFigures(pictures=954, top1=0.65, macro_f1=0.641, macro_f1_before=0.646),
    ),
    ModelChange(
        at=datetime(2026, 12, 3, 11, tzinfo=UTC),
        kind="rolled back",
        model="mobilenetv2-224-20261129-dc0fed",
    ),
)
CHANGES = "Which model answered when"
BROKEN = {"error": {"code": "internal_error", "message": "Something broke on our side."}}


def region(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def known() -> int:
    return len(released_manifest().styles)


def card_of(page: Page, server: str) -> dict[str, Any]:
    body: dict[str, Any] = page.request.get(f"{server}/v1/model").json()
    return body


def change_card(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the service answer with its own card after a change that the API allows."""

    def answer(route: Route) -> None:
        body = route.fetch().json()
        change(body)
        ModelCard.model_validate(body)
        route.fulfill(json=body)

    page.route("**/v1/model", answer)
    page.evaluate("location.hash = '#/model'")


def test_the_page_has_a_section_for_everything_that_was_measured(
    look_at: LookAt, server: str
) -> None:
    page = look_at(ADDRESS)
    evaluation = card_of(page, server)["evaluation"]

    headings = page.get_by_role("main").get_by_role("heading", level=2)
    expect(headings).to_have_text(
        [title for title, key in SECTIONS.items() if key is None or evaluation[key]]
    )
    expect(page).to_have_title("Model · Style Your Art")
    expect(page.get_by_text(f"This is {released_manifest().id}.")).to_be_visible()


def test_the_first_sentence_says_what_the_model_can(look_at: LookAt) -> None:
    test = released_manifest().elsewhere or released_manifest().test

    page = look_at(ADDRESS)

    lede = page.get_by_text(f"how likely each of {known()} styles is.")
    expect(lede).to_contain_text(f"Of {test.pictures:,} pictures")
    expect(lede).to_contain_text(times_in_ten(test.top1))


def test_the_headline_gives_each_list_with_its_interval(open_page: OpenPage, server: str) -> None:
    page = open_page(address=ADDRESS)
    metrics = next(iter(card_of(page, server)["evaluation"]["lists"].values()))["metrics"]
    section = region(page, "How good it is")

    drawing = section.get_by_role("img")
    expect(drawing).to_have_accessible_name(re.compile(f"{metrics['top1']:.1%}"[:-1]))
    section.get_by_text("All figures of each list").click()

    row = section.get_by_role("row").nth(1)
    expect(row).to_contain_text(f"{metrics['top1']:.3f}")
    expect(row).to_contain_text(" to ".join(f"{end:.3f}" for end in metrics["top1_interval"]))


@pytest.mark.parametrize(
    ("choice", "key"),
    [("Both in one", "f1"), ("Right when it says so", "precision"), ("Found", "recall")],
)
def test_each_style_is_drawn_by_the_chosen_measure(
    look_at: LookAt, server: str, choice: str, key: str
) -> None:
    page = look_at(ADDRESS)
    evaluation = card_of(page, server)["evaluation"]
    slug = evaluation["styles"][0]
    test = next(iter(evaluation["lists"].values()))["metrics"]["per_style"][slug]
    learnt = evaluation["training"]["per_style"][slug]
    name = re.escape(STYLE_BY_SLUG[slug].name)

    section = region(page, "Style by style")
    section.get_by_role("radio", name=choice).check()

    expect(section.get_by_role("img")).to_have_accessible_name(
        re.compile(f"{name} {test[key]:.1%}"[:-1] + r".*in training " + f"{learnt[key]:.1%}"[:-1])
    )


def test_the_confusion_matrix_shows_shares_and_pictures(open_page: OpenPage, server: str) -> None:
    page = open_page(address=ADDRESS)
    evaluation = card_of(page, server)["evaluation"]
    counts = next(iter(evaluation["lists"].values()))["confusion"]
    section = region(page, "What it takes for what")

    first = section.get_by_role("table").get_by_role("row").nth(1)
    expect(section.get_by_role("table").get_by_role("row")).to_have_count(1 + known())
    share = int(100 * counts[0][0] / sum(counts[0]) + 0.5)
    expect(first.get_by_role("cell").first).to_have_text(str(share))
    section.get_by_role("radio", name="Pictures").check()

    expect(first.get_by_role("cell").first).to_have_text(str(counts[0][0]))


def test_the_strong_roc_curve_can_be_chosen(open_page: OpenPage, server: str) -> None:
    page = open_page(address=ADDRESS)
    evaluation = card_of(page, server)["evaluation"]
    slug = evaluation["styles"][0]
    area = next(iter(evaluation["lists"].values()))["curves"][slug]["auc"]
    name = STYLE_BY_SLUG[slug].name
    section = region(page, "How well it ranks")
    expect(section.locator(".line.is-faint")).to_have_count(known() + 1)

    section.get_by_label("Strong curve").select_option(name)

    expect(section.get_by_text(f"Strong: {name}: area {area:.3f}.")).to_be_visible()
    section.get_by_text("The same as a table").click()
    expect(section.get_by_role("row")).to_have_count(1 + known() + 2)


@pytest.mark.parametrize(
    ("title", "drawings"),
    [
        ("Whether it knows how sure it is", 1),
        ("When it names several styles", 1),
        ("When it says: this is no painting", 1),
        ("How it learnt", 3),
        ("What is inside: MobileNetV2", 2),
    ],
)
def test_a_drawing_has_a_description_and_a_caption(
    look_at: LookAt, title: str, drawings: int
) -> None:
    page = look_at(ADDRESS)

    section = region(page, title)

    expect(section.get_by_role("img", name=re.compile(".{30}"))).to_have_count(drawings)
    expect(section.locator("figcaption")).to_have_count(drawings)


def test_likeness_and_collection_are_bars_with_their_figures(look_at: LookAt, server: str) -> None:
    page = look_at(ADDRESS)
    evaluation = card_of(page, server)["evaluation"]

    likeness = region(page, "Whether works that look alike belong together")
    source = region(page, "Whether it has learnt the collection instead of the style")

    expect(likeness).to_contain_text(f"{evaluation['neighbours']['style']['nearest']:.1%}"[:-1])
    expect(source).to_contain_text(f"{evaluation['source_probe']['from_both']:.1%}"[:-1])


def test_mistakes_are_told_in_words(look_at: LookAt, server: str) -> None:
    page = look_at(ADDRESS)
    mistakes = card_of(page, server)["evaluation"]["mistakes"]

    items = region(page, "Where it was sure and wrong").get_by_role("listitem")

    expect(items).to_have_count(len(mistakes))
    expect(items.first).to_contain_text(mistakes[0]["title"])
    expect(items.first).to_contain_text(f"named {STYLE_BY_SLUG[mistakes[0]['predicted']].name}")


def test_recipe_versions_and_files_can_be_read(open_page: OpenPage) -> None:
    manifest = released_manifest()
    page = open_page(address=ADDRESS)
    section = region(page, "How to make it again")

    expect(section).to_contain_text(manifest.data.fingerprint[:12])
    for summary in ("All options of the training", "Versions", "Files"):
        section.get_by_text(summary, exact=True).click()

    expect(section.get_by_role("row", name=re.compile("^epochs"))).to_be_visible()
    expect(section.get_by_text(manifest.versions["keras"])).to_be_visible()
    expect(section.get_by_text(manifest.files["model.tflite"])).to_be_visible()


def test_a_link_of_the_contents_leads_to_its_section_by_keyboard(open_page: OpenPage) -> None:
    page = open_page(address=ADDRESS)
    link = page.get_by_role("navigation", name="On this page").get_by_role("link", name="How it le")

    link.focus()
    page.keyboard.press("Enter")

    heading = page.get_by_role("heading", name="How it learnt")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    assert page.url.endswith("#/model")


def test_an_address_may_name_a_section(open_page: OpenPage) -> None:
    page = open_page(address=f"{ADDRESS}/mistakes")

    expect(page.get_by_role("heading", name="Where it was sure and wrong")).to_be_in_viewport()


# what another model may bring


def test_each_test_list_can_be_shown(open_page: OpenPage) -> None:
    def add_list(body: dict[str, Any]) -> None:
        lists = body["evaluation"]["lists"]
        first = next(iter(lists.values()))
        curves = first["curves"] | {body["evaluation"]["styles"][0]: None}
        lists.clear()
        lists["picture"] = first
        lists["artist"] = first | {"reliability": first["reliability"][:3], "curves": curves}

    page = open_page()
    change_card(page, add_list)
    bubbles = region(page, "Whether it knows how sure it is").locator(".bubble")
    expect(bubbles.first).to_be_visible()
    all_of_first = bubbles.count()

    page.get_by_role("radio", name="New artists").check()

    expect(bubbles).to_have_count(3)
    assert all_of_first > 3
    expect(region(page, "Style by style").locator(".chart-dot.is-hollow")).to_have_count(0)
    expect(region(page, "How well it ranks").get_by_role("option")).to_have_count(known() + 1)
    said = page.get_by_role("status").filter(has_text="The figures show: New artists.")
    expect(said).to_have_count(1)


def test_another_architecture_is_not_explained_as_mobilenet(open_page: OpenPage) -> None:
    page = open_page()

    change_card(page, lambda body: body["manifest"].update(architecture="resnet50"))

    expect(page.get_by_text("ResNet50 looks at a picture")).to_be_visible()
    expect(region(page, "How to make it again")).to_be_visible()  # it comes last
    expect(page.get_by_role("heading", name="What is inside: MobileNetV2")).to_have_count(0)


def test_a_model_without_evaluation_still_has_its_recipe(open_page: OpenPage) -> None:
    page = open_page()

    change_card(page, lambda body: body.update(evaluation=None))

    expect(page.get_by_text("It came without an evaluation")).to_be_visible()
    expect(region(page, "How to make it again")).to_be_visible()


def test_what_was_not_measured_is_left_out(open_page: OpenPage) -> None:
    def leave_out(body: dict[str, Any]) -> None:
        body["manifest"].update(painting=None)
        body["evaluation"].update(painting=None, source_probe=None, baselines=[], mistakes=[])
        body["evaluation"]["neighbours"].update(artist=None, years=None)

    page = open_page()

    change_card(page, leave_out)

    expect(region(page, "How good it is")).to_be_visible()
    expect(region(page, "How to make it again")).to_be_visible()  # it comes last
    expect(page.get_by_role("heading", name="When it says: this is no painting")).to_have_count(0)
    expect(page.get_by_role("heading", name="Same artist")).to_have_count(0)


def bring_history(page: Page) -> Locator:
    history = [change.model_dump(mode="json") for change in HISTORY]
    change_card(page, lambda body: body.update(history=history))
    section = region(page, CHANGES)
    expect(section).to_be_visible()
    return section


def test_the_models_that_were_live_are_told_newest_first(open_page: OpenPage) -> None:
    page = open_page(timezone_id="Pacific/Auckland")
    first, second, back = HISTORY

    section = bring_history(page)

    expect(section.get_by_role("table", name="Changes of the model")).to_be_visible()
    rows = section.get_by_role("row")
    expect(rows).to_have_count(1 + len(HISTORY))
    expect(rows.nth(1).get_by_role("cell")).to_have_text(
        [f"Rolled back to: {back.model}", "not measured"]
    )
    expect(rows.nth(2).get_by_role("cell")).to_have_text(
        [
            f"Promoted against the gate: {second.model}",
            "0.646 before, 0.641 after, on 954 pictures",
        ]
    )
    expect(rows.nth(3).get_by_role("cell")).to_have_text(
        [f"Promoted: {first.model}", "0.599 before, 0.646 after, on 6,812 pictures"]
    )
    # it was the next day already where the reader is
    expect(rows.nth(3).get_by_role("rowheader")).to_have_text("29 Nov 2026, 12:30")
    expect(page.get_by_role("navigation", name="On this page")).to_contain_text(CHANGES)


def test_what_the_gate_had_against_a_model_is_told(open_page: OpenPage) -> None:
    section = bring_history(open_page())

    expect(section.get_by_role("heading", level=3)).to_have_text(
        [f"What the gate had against {HISTORY[1].model}"]
    )
    expect(section.get_by_role("listitem")).to_have_text(list(HISTORY[1].forced))


@pytest.mark.parametrize("history", [None, []], ids=["unknown", "empty"])
def test_without_changes_none_are_told(open_page: OpenPage, history: list[Any] | None) -> None:
    page = open_page()

    change_card(page, lambda body: body.update(history=history))

    expect(region(page, "How to make it again")).to_be_visible()
    expect(page.get_by_role("heading", name=CHANGES)).to_have_count(0)
    expect(page.get_by_role("link", name=CHANGES)).to_have_count(0)


def test_the_changes_fit_and_axe_finds_nothing(open_page: OpenPage, console: Console) -> None:
    page = open_page(WIDTHS_PX[0], color_scheme="dark", reduced_motion="reduce")

    bring_history(page)
    expect(region(page, "How to make it again")).to_be_visible()
    expect_drawn(page)

    for size in (DESKTOP_PX, PHONE_PX, (320, 844)):
        resize(page, *size)
        assert not scrolls_sideways(page)
        expect_accessible(page, console)


# a service that fails, and how it looks


def test_a_broken_service_is_named_and_can_be_asked_again(
    open_page: OpenPage, console: Console
) -> None:
    console.expect("status of 500")
    page = open_page()
    page.route("**/v1/model", lambda route: route.fulfill(status=500, json=BROKEN), times=1)

    page.evaluate("location.hash = '#/model'")
    expect(page.get_by_role("heading", name="Something broke on our side")).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect(region(page, "How good it is")).to_be_visible()


def test_waiting_for_long_is_explained(open_page: OpenPage) -> None:
    page = open_page()
    stop_clock(page)
    page.route("**/v1/model", lambda route: None)

    page.evaluate("location.hash = '#/model'")
    expect(page.get_by_text("Fetching what is known about the model…")).to_be_visible()
    page.clock.run_for(4500)

    expect(page.get_by_role("main").get_by_text("the service is waking up")).to_be_visible()


def test_nothing_scrolls_sideways(open_page: OpenPage) -> None:
    page = open_page(WIDTHS_PX[0], address=ADDRESS)
    expect(region(page, "How to make it again")).to_be_visible()
    expect_drawn(page)

    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

    assert too_narrow(page) == []


def test_axe_finds_nothing(open_page: OpenPage, console: Console) -> None:
    page = open_page(address=ADDRESS, reduced_motion="reduce")
    expect(region(page, "How to make it again")).to_be_visible()
    expect_drawn(page)

    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

    expect_accessible_in_all(page, console)
