"""What visitors said: agreement per style, the CSV, and the pictures that they gave."""

import csv
import json
from pathlib import Path

import pytest

from lambda_fn.catalogue.works import Feedback
from tests.pictures import encode, paint
from training.catalogue.feedback import (
    Agreement,
    agreement,
    picture_name,
    write_feedback,
    write_pictures,
)
from training.config import ImportConfig
from training.importing import import_works
from training.raw import read_works, style_of

JPEG = encode(paint("cubism", seed=1))


def make_feedback(id_: str, predicted: str, said: str, picture: bytes | None = None) -> Feedback:
    return Feedback(
        id=id_,
        model="fake-1",
        predicted=predicted,
        said=said,
        probabilities={predicted: 0.75, "pop-art": 0.25},
        received="2026-11-24T10:00:00+00:00",
        picture=picture,
    )


def test_agreement_counts_each_predicted_style() -> None:
    said = ["cubism", "cubism", "pop-art", "baroque", "pop-art"]
    feedback = [make_feedback(str(n), "cubism", one) for n, one in enumerate(said)]
    feedback.append(make_feedback("9", "baroque", "baroque"))

    rows = agreement(feedback)

    assert rows == [
        Agreement("baroque", answers=1, right=1, instead=None, instead_answers=0),
        Agreement("cubism", answers=5, right=2, instead="pop-art", instead_answers=2),
    ]


def test_among_equals_the_first_style_of_the_alphabet_is_named() -> None:
    feedback = [make_feedback(one, "cubism", one) for one in ("pop-art", "baroque")]

    assert agreement(feedback)[0].instead == "baroque"


def test_a_style_that_a_former_model_knew_comes_last() -> None:
    feedback = [make_feedback("1", "bauhaus", "cubism"), make_feedback("2", "ukiyo-e", "cubism")]

    assert [row.style for row in agreement(feedback)] == ["ukiyo-e", "bauhaus"]


@pytest.mark.parametrize(("has_pictures", "file"), [(True, "pop-art/a1.jpg"), (False, "")])
def test_the_csv_has_all_that_was_said(tmp_path: Path, has_pictures: bool, file: str) -> None:
    feedback = [make_feedback("a1", "cubism", "pop-art", JPEG), make_feedback("b2", "a", "a")]

    write_feedback(tmp_path / "said.csv", feedback, has_pictures=has_pictures)

    with (tmp_path / "said.csv").open(encoding="utf-8", newline="") as table:
        first, second = csv.DictReader(table)
    assert json.loads(first.pop("probabilities")) == {"cubism": 0.75, "pop-art": 0.25}
    assert first == {
        "id": "a1",
        "received": "2026-11-24T10:00:00+00:00",
        "model": "fake-1",
        "predicted": "cubism",
        "said": "pop-art",
        "picture": file,
    }
    assert second["picture"] == ""


def test_given_pictures_are_written_so_that_import_takes_them(tmp_path: Path) -> None:
    feedback = [make_feedback("a1", "cubism", "pop-art", JPEG), make_feedback("b2", "cubism", "a")]

    count = write_pictures(tmp_path / "given", feedback)

    import_works(tmp_path / "given", tmp_path / "raw", ImportConfig())
    (work,) = read_works(tmp_path / "raw")
    assert count == 1
    assert style_of(work.wikiart_styles) == "pop-art"
    assert (tmp_path / "given" / "pop-art" / "a1.jpg").read_bytes() == JPEG


@pytest.mark.parametrize("id_", ["../../outside", "..", "/etc/passwd", "a/b"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, id_: str) -> None:
    feedback = make_feedback(id_, "cubism", "..", JPEG)

    write_pictures(tmp_path / "given", [feedback])

    assert len(Path(picture_name(feedback)).parts) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["given"]
