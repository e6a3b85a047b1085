"""The report of a run: its first sentences tell the truth, and it needs no other file."""

import re
from pathlib import Path

import pytest

from tests.pictures import draw_picture
from tests.training.answers import draw_evaluation
from training.evaluation.metrics import Evaluation, Pair
from training.evaluation.report import describe, write_evaluation_report

pytestmark = pytest.mark.slow


def write(folder: Path, evaluation: Evaluation) -> str:
    write_evaluation_report(folder, "first", evaluation, {"commit": "abc"})
    return (folder / "report.html").read_text("utf-8")


def test_it_opens_with_accuracy_interval_gap_and_mistake() -> None:
    evaluation = draw_evaluation({"train": 3.0, "test": 1.5})
    train, test = evaluation.parts["train"], evaluation.parts["test"]
    low, high = test.top1_interval or (0.0, 0.0)
    worst = test.most_confused[0]

    text = describe(evaluation)

    assert f"Of 400 test pictures of the list “picture” it names {test.top1:.1%} rightly" in text
    assert f"(95 % interval {low:.1%} to {high:.1%})" in text
    assert f"the {100 * (train.top1 - test.top1):.1f} points in between are memory" in text
    assert f"{worst.pictures} of {test.per_style[worst.truth].support} pictures" in text


def test_it_claims_no_gap_where_there_is_none() -> None:
    text = describe(draw_evaluation({"train": 1.0, "test": 3.0}))

    assert "memory" not in text
    assert "On the pictures that it learnt from it is no better" in text


@pytest.mark.parametrize("part", ["train", "test"])
def test_it_claims_no_gap_that_was_not_measured(part: str) -> None:
    text = describe(draw_evaluation({part: 2.0}))  # type: ignore[dict-item]

    assert "memory" not in text
    assert "was not measured" in text


def test_on_another_list_it_says_what_was_left_out() -> None:
    text = describe(draw_evaluation({"test": 2.0}, split="source", left_out=57))

    assert "trained on the list “picture”; 57 test pictures that it knew" in text


def test_a_model_without_mistakes_is_said_to_make_none() -> None:
    evaluation = draw_evaluation({"test": 2.0})
    perfect = evaluation.parts["test"].model_copy(update={"most_confused": ()})

    text = describe(evaluation.model_copy(update={"parts": {"test": perfect}}))

    assert text.endswith("It takes no style for another.")


def test_the_report_refers_to_nothing_outside_of_itself(tmp_path: Path) -> None:
    for name in ("roc-test.png", "confusion-test.png"):
        draw_picture().save(tmp_path / name)

    text = write(tmp_path, draw_evaluation({"train": 3.0, "test": 1.0}))

    assert text.count("data:image/png;base64,") == 2
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)|https?:|@import|url\(""", text) == []


def test_styles_that_a_list_lacks_are_named_and_have_no_row(tmp_path: Path) -> None:
    evaluation = draw_evaluation({"test": 2.0})
    test = evaluation.parts["test"]
    absent = test.per_style["naive-art"].model_copy(update={"support": 0})
    lacking = test.model_copy(update={"per_style": test.per_style | {"naive-art": absent}})

    text = write(tmp_path, evaluation.model_copy(update={"parts": {"test": lacking}}))

    assert "The list has no pictures of Naïve Art (Primitivism)." in text
    assert '<th scope="row">Naïve Art (Primitivism)</th>' not in text.split("<caption>Most")[0]


def test_a_table_has_every_figure_of_every_part(tmp_path: Path) -> None:
    evaluation = draw_evaluation({"train": 3.0, "validation": 2.0, "test": 1.0})

    text = write(tmp_path, evaluation)

    for metrics in evaluation.parts.values():
        for value in (metrics.top1, metrics.macro_f1, metrics.micro_auc, metrics.log_loss):
            assert f'<td class="number">{value:,.3f}</td>' in text


def test_what_comes_from_a_file_cannot_become_markup(tmp_path: Path) -> None:
    evaluation = draw_evaluation({"test": 2.0}, split="<b>")

    text = write(tmp_path, evaluation)

    assert "<b>" not in text
    assert "&lt;b&gt;" in text


def test_mistakes_are_told_with_the_names_that_people_know(tmp_path: Path) -> None:
    evaluation = draw_evaluation({"test": 2.0})
    pair = Pair(truth="ukiyo-e", predicted="naive-art", pictures=1, share=0.05)
    one = evaluation.parts["test"].model_copy(update={"most_confused": (pair,)})

    text = describe(evaluation.model_copy(update={"parts": {"test": one}}))

    assert "it takes Ukiyo-e for Naïve Art (Primitivism): 1 of 22 pictures (5%)." in text
