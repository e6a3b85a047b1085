"""The review page over HTTP: what it gives, what it refuses, and how its command ends."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.training.cli.test_commands import assert_one_clear_line, call
from tests.training.visitors.desk import sitting
from tests.training.visitors.gifts import exported, make_gift, make_gifts
from training.sources.visitor_reviews import decide, read_review
from training.visitors.review_page import ReviewDesk, open_desk

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    exported(tmp_path / "feedback", make_gifts(3))
    return tmp_path / "feedback"


@pytest.fixture
def desk(folder: Path) -> Iterator[ReviewDesk]:
    with open_desk(folder) as desk:
        yield desk


@pytest.fixture
def browser(desk: ReviewDesk) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.address, follow_redirects=True) as client:
        yield client


def word_of(page: httpx.Response) -> str:
    found = re.search(r'name="word" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


def send(browser: httpx.Client, folder: Path, **changes: str) -> httpx.Response:
    """Send the form of the first picture."""
    form = {
        "word": word_of(browser.get("/1")),
        "picture": read_review(folder)[0].picture,
        "decision": "accept",
        "style": "",
    }
    return browser.post("/decide", data=form | changes)


def decisions(folder: Path) -> list[tuple[str, str]]:
    return [(one.decision, one.style) for one in read_review(folder)]


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ({"decision": "accept", "style": "realism"}, ("accept", "pop-art")),
        ({"decision": "correct", "style": "realism"}, ("accept", "realism")),
        ({"decision": "reject", "style": "realism"}, ("reject", "")),
        ({"decision": "later"}, ("", "")),
    ],
)
def test_a_decision_is_in_the_file_at_once_and_leads_on(
    browser: httpx.Client, folder: Path, form: dict[str, str], kept: tuple[str, str]
) -> None:
    answer = send(browser, folder, **form)

    assert decisions(folder) == [kept, ("", ""), ("", "")]
    assert answer.url.path == "/2"


def test_after_the_last_picture_come_those_that_were_left(
    browser: httpx.Client, folder: Path
) -> None:
    last = read_review(folder)[2].picture

    answer = send(browser, folder, picture=last)

    assert answer.url.path == "/1"


def test_when_all_is_decided_the_page_says_how_to_go_on(
    browser: httpx.Client, folder: Path
) -> None:
    for one in read_review(folder)[1:]:
        decide(folder, one.picture, "accept")

    answer = send(browser, folder)

    assert answer.url.path == "/all"
    assert "All is decided" in answer.text
    assert f"python -m training import {folder} raw" in answer.text


def test_the_picture_is_given_as_the_visitor_gave_it(browser: httpx.Client, folder: Path) -> None:
    path = read_review(folder)[0].picture

    answer = browser.get(f"/{path}")

    assert answer.content == make_gift(seed=1000).picture
    assert answer.headers["Content-Type"] == "image/jpeg"


def test_any_id_of_an_answer_makes_a_picture_that_can_be_seen(tmp_path: Path) -> None:
    exported(tmp_path, [make_gift("../a b&amp;%41?#")])

    with open_desk(tmp_path) as desk, httpx.Client(base_url=desk.address) as browser:
        (source,) = re.findall(r'<img src="([^"]+)"', browser.get("/1").text)
        answer = browser.get(source)

    assert (answer.status_code, answer.content) == (200, make_gift(seed=1000).picture)


@pytest.mark.parametrize(
    "path", ["/review.csv", "/visitors/../review.csv", "/visitors/none.jpg", "/4", "/0"]
)
def test_nothing_else_is_given_away(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code == 404
    assert answer.text.startswith("error: there is no")


def test_every_answer_keeps_scripts_and_other_sites_out(
    browser: httpx.Client, folder: Path
) -> None:
    paths = ("/1", "/all", "/review.css", f"/{read_review(folder)[0].picture}", "/none")

    headers = [browser.get(path).headers for path in paths]

    for one in headers:
        assert one["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert one["X-Content-Type-Options"] == "nosniff"
        assert one["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"word": "guessed"}, 403),
        ({"decision": "burn"}, 400),
        ({"decision": "correct", "style": ""}, 400),
        ({"decision": "correct", "style": "Bauhaus"}, 400),
        ({"picture": "feedback.csv"}, 404),
        ({"style": "x" * 20_000}, 400),
    ],
)
def test_a_form_that_is_none_of_the_page_changes_nothing(
    browser: httpx.Client, folder: Path, form: dict[str, str], status: int
) -> None:
    answer = send(browser, folder, **form)

    assert answer.status_code == status
    assert decisions(folder) == [("", "")] * 3


def test_another_name_of_this_machine_is_refused(browser: httpx.Client) -> None:
    answer = browser.get("/1", headers={"Host": "rebound.example"})

    assert answer.status_code == 421


def test_a_slip_in_an_editor_is_said_on_the_page(browser: httpx.Client, folder: Path) -> None:
    file = folder / "review.csv"
    file.write_text(file.read_text("utf-8").replace("pop-art,,,", "pop-art,yes,,", 1), "utf-8")

    answer = browser.get("/1")

    assert answer.status_code == 409
    assert "row 2: the decision is 'yes'" in answer.text


def test_what_an_editor_writes_meanwhile_is_shown(browser: httpx.Client, folder: Path) -> None:
    file = folder / "review.csv"
    file.write_text(file.read_text("utf-8").replace("pop-art,,,", "pop-art,accept,realism,", 1))

    page = browser.get("/1").text

    assert "Taken as Realism" in page
    assert '<option value="realism" selected>' in page


def test_a_probability_that_is_missing_is_left_out(browser: httpx.Client, folder: Path) -> None:
    file = folder / "feedback.csv"
    assert "0.75" in file.read_text("utf-8")
    before = browser.get("/1").text
    file.write_text(file.read_text("utf-8").replace(",0.75,", ",,"), "utf-8")

    after = browser.get("/1").text

    assert "75\N{NO-BREAK SPACE}%" in before
    assert "75\N{NO-BREAK SPACE}%" not in after


def test_the_page_listens_on_this_machine_only(desk: ReviewDesk) -> None:
    assert desk.address.startswith("http://127.0.0.1:")


def test_ctrl_c_ends_the_review_and_deletes_what_is_rejected(folder: Path) -> None:
    first, second, third = (one.picture for one in read_review(folder))
    decide(folder, third, "accept", "realism")

    with sitting(folder) as now, httpx.Client(base_url=now.address) as browser:
        send(browser, folder, decision="reject")
        was_there = (folder / first).is_file()
        send(browser, folder, picture=second)

    assert was_there
    assert not (folder / first).exists()
    assert now.exit_code == 0
    assert now.last_line == (
        "1 pictures are accepted, 1 corrected, 1 rejected (1 removed now), 0 wait; "
        f"{folder / 'review.csv'} says so\n"
    )


def test_a_killed_review_has_kept_every_decision(folder: Path) -> None:
    with sitting(folder, ends_with=signal.SIGKILL) as now, httpx.Client() as browser:
        browser.base_url = now.address
        send(browser, folder)

    assert decisions(folder)[0] == ("accept", "pop-art")


def test_what_was_rejected_before_is_gone_when_the_review_begins(folder: Path) -> None:
    first = read_review(folder)[0].picture
    decide(folder, first, "reject")

    with open_desk(folder):
        is_there = (folder / first).is_file()

    assert not is_there


def test_without_pictures_there_is_nothing_to_review(tmp_path: Path) -> None:
    exported(tmp_path / "feedback", [])

    result = call("review", tmp_path / "feedback")

    assert_one_clear_line(result, "has no pictures to review: no visitor gave one")


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    assert_one_clear_line(call("review", tmp_path), "holds no feedback (no feedback.csv)")


def test_a_port_that_is_taken_is_one_clear_line(desk: ReviewDesk, folder: Path) -> None:
    port = desk.address.rstrip("/").rpartition(":")[2]

    assert_one_clear_line(call("review", folder, "--port", port), "Address already in use")
