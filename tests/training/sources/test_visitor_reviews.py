"""review.csv: written by the page or by hand, and never misunderstood."""

from pathlib import Path

import pytest

from tests.training.visitors.gifts import exported, make_gifts
from training.errors import TrainingError
from training.sources.visitor_reviews import (
    Tally,
    decide,
    read_review,
    remove_rejected,
    require_export,
    tally,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    exported(tmp_path / "feedback", make_gifts(3))
    return tmp_path / "feedback"


def edit(folder: Path, before: str, after: str) -> None:
    file = folder / "review.csv"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8-sig")  # as Excel saves it


def test_a_decision_is_kept_with_its_time(folder: Path) -> None:
    first, *others = read_review(folder)

    decide(folder, first.picture, "accept", "realism")

    now, *rest = read_review(folder)
    assert (now.decision, now.label, now.said) == ("accept", "realism", "pop-art")
    assert now.reviewed.endswith("+00:00")
    assert rest == others


def test_a_decision_can_be_taken_back(folder: Path) -> None:
    before = read_review(folder)
    decide(folder, before[0].picture, "reject")

    decide(folder, before[0].picture, "")

    assert read_review(folder) == before


@pytest.mark.parametrize(
    ("decided", "label"),
    [
        ("accept,,", "pop-art"),
        (" Accept ,realism,", "realism"),
        ("accept,Naive Art (Primitivism),", "naive-art"),
    ],
)
def test_a_row_may_be_decided_by_hand(folder: Path, decided: str, label: str) -> None:
    edit(folder, "pop-art,,,", f"pop-art,{decided}")

    first = read_review(folder)[0]

    assert (first.decision, first.label, first.reviewed) == ("accept", label, "")


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("pop-art,,,", "pop-art,yes,,", "row 2: the decision is 'yes'; it is accept or reject"),
        ("pop-art,,,", "pop-art,accept,Bauhaus,", "row 2: the style is 'Bauhaus'; it is one of"),
        ("visitors/", "../visitors/", "is no path inside of the folder"),
        ("picture,", "picture;", "lacks the columns picture, received: it has to keep its heading"),
        ("picture,", '"picture,', "is no CSV in UTF-8"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    folder: Path, before: str, after: str, text: str
) -> None:
    edit(folder, before, after)

    with pytest.raises(TrainingError) as refused:
        read_review(folder)

    assert text in str(refused.value)


def test_only_rejected_pictures_are_removed(folder: Path) -> None:
    first, second, third = (one.picture for one in read_review(folder))
    decide(folder, first, "reject")
    decide(folder, second, "accept")

    removed = (remove_rejected(folder), remove_rejected(folder))

    assert removed == (1, 0)
    assert [(folder / one).is_file() for one in (first, second, third)] == [False, True, True]


def test_decisions_are_counted(folder: Path) -> None:
    first, second, _ = (one.picture for one in read_review(folder))
    decide(folder, first, "accept", "pop-art")
    decide(folder, second, "accept", "realism")

    assert tally(read_review(folder)) == Tally(1, corrected=1, rejected=0, undecided=1)


def test_a_folder_without_feedback_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="training feedback STORE --export"):
        require_export(tmp_path)
