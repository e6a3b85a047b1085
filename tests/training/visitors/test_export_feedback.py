"""The export: all that was said, the pictures that were given, twice the same, and no more."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pictures import encode, paint
from tests.training.visitors.gifts import exported, make_gift, make_gifts
from training.errors import TrainingError
from training.sources.visitor_reviews import decide, read_review
from training.visitors.export_feedback import export_feedback


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "feedback.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def files_in(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_table_has_all_that_was_said(tmp_path: Path) -> None:
    silent = replace(make_gift("b2", said="cubism"), picture=None)

    done = export_feedback([make_gift("a1"), silent], tmp_path / "feedback")

    first, second = rows_of(tmp_path / "feedback")
    assert json.loads(first.pop("probabilities")) == {"cubism": 0.75, "pop-art": 0.25}
    assert (tmp_path / "feedback" / first.pop("picture")).read_bytes() == make_gift("a1").picture
    assert first == {
        "id": "a1",
        "received": "2026-11-24T10:00:00.a1+00:00",
        "model": "fake-1",
        "predicted": "cubism",
        "predicted_probability": "0.75",
        "said": "pop-art",
        "said_probability": "0.25",
        "agrees": "no",
    }
    assert (second["picture"], second["agrees"]) == ("", "yes")
    assert (done.pictures, done.new, done.removed) == (1, 1, 0)
    assert [one.picture for one in done.said] == [None, None]


def test_a_second_export_changes_nothing(tmp_path: Path) -> None:
    gifts = make_gifts(3)
    export_feedback(gifts, tmp_path)
    before = files_in(tmp_path)

    done = export_feedback(gifts, tmp_path)

    assert files_in(tmp_path) == before
    assert (done.pictures, done.new, done.removed) == (3, 0, 0)


def test_a_later_export_brings_what_is_new_and_keeps_decisions(tmp_path: Path) -> None:
    first, *_ = exported(tmp_path, make_gifts(1))
    decide(tmp_path, first.picture, "accept", "realism")

    reviews = exported(tmp_path, make_gifts(2))

    assert [(one.decision, one.style) for one in reviews] == [("accept", "realism"), ("", "")]


def test_what_is_no_longer_given_goes(tmp_path: Path) -> None:
    gifts = make_gifts(2)
    first, _ = exported(tmp_path, gifts)

    done = export_feedback([replace(gifts[0], picture=None), gifts[1]], tmp_path)

    assert not (tmp_path / first.picture).exists()
    assert next(row["picture"] for row in rows_of(tmp_path)) == ""
    assert len(read_review(tmp_path)) == 1
    assert done.removed == 1


def test_a_store_without_a_word_takes_nothing_away(tmp_path: Path) -> None:
    exported(tmp_path, make_gifts(2))
    before = files_in(tmp_path)

    with pytest.raises(TrainingError, match="look at the store's name"):
        export_feedback([], tmp_path)

    assert files_in(tmp_path) == before


def test_a_rejected_picture_does_not_come_back(tmp_path: Path) -> None:
    (review,) = exported(tmp_path, make_gifts(1))
    decide(tmp_path, review.picture, "reject")

    done = export_feedback(make_gifts(1), tmp_path)

    assert not (tmp_path / review.picture).exists()
    assert (done.pictures, done.skipped) == (0, {"rejected": 1})
    assert [one.decision for one in read_review(tmp_path)] == ["reject"]


def test_another_picture_for_the_same_answer_has_to_be_decided_anew(tmp_path: Path) -> None:
    (review,) = exported(tmp_path, [make_gift("a1", seed=1)])
    decide(tmp_path, review.picture, "accept", "pop-art")

    reviews = exported(tmp_path, [make_gift("a1", seed=2)])

    assert sorted((one.decision, one.picture == review.picture) for one in reviews) == [
        ("", False),
        ("accept", True),
    ]
    assert not (tmp_path / review.picture).exists()


def test_an_undecided_row_has_what_the_visitor_says_now(tmp_path: Path) -> None:
    gift = make_gift()
    exported(tmp_path, [gift])

    (review,) = exported(tmp_path, [replace(gift, said="realism")])

    assert review.said == "realism"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_is_named_by_what_it_is(tmp_path: Path, kind: str) -> None:
    (review,) = exported(tmp_path, [make_gift(picture=encode(paint("cubism", seed=1), kind))])

    assert review.picture.endswith(f".{kind.lower()}")


@pytest.mark.parametrize("picture", [b"no picture", encode(paint("cubism", seed=1), "BMP")])
def test_what_is_no_picture_is_counted(tmp_path: Path, picture: bytes) -> None:
    done = export_feedback([make_gift(picture=picture)], tmp_path)

    assert done.skipped == {"unreadable": 1}
    assert read_review(tmp_path) == []


@pytest.mark.parametrize("id_", ["../../outside", "..", "/etc/passwd", "a/b"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, id_: str) -> None:
    (review,) = exported(tmp_path / "feedback", [make_gift(id_)])

    assert len(Path(review.picture).parts) == 2
    assert (tmp_path / "feedback" / review.picture).is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["feedback"]


def test_what_a_killed_export_left_behind_goes(tmp_path: Path) -> None:
    exported(tmp_path, make_gifts(1))
    (tmp_path / "visitors" / ".a1-0123456789abcdef.4711.jpg").write_bytes(b"half of a picture")

    export_feedback(make_gifts(1), tmp_path)

    assert len(list((tmp_path / "visitors").iterdir())) == 1


def test_a_folder_of_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "visitors").mkdir()
    (tmp_path / "visitors" / "mine.jpg").write_bytes(b"mine")

    with pytest.raises(TrainingError, match="holds something else"):
        export_feedback(make_gifts(1), tmp_path)

    assert files_in(tmp_path) == {"visitors/mine.jpg": b"mine"}
