"""A finished run is measured: what is written, and on which pictures."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import SIZE_PX, make_raw
from training.config import OrganiseConfig
from training.data import load_part, read_pixels
from training.errors import TrainingError
from training.evaluate import Evaluation, evaluate, read_logits
from training.organise import organise
from training.train import load_classifier, load_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(
    dataset: Path, run: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Evaluation]:
    folder = Path(shutil.copytree(run, tmp_path_factory.mktemp("measured") / "run"))
    return folder, evaluate(dataset, folder)


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_metrics_json_holds_the_evaluation(measured: tuple[Path, Evaluation]) -> None:
    text = (measured[0] / "evaluation" / "metrics.json").read_text("utf-8")

    assert Evaluation.model_validate_json(text) == measured[1]


def test_figures_are_those_of_the_runs_own_parts(
    measured: tuple[Path, Evaluation], dataset: Path, run: Path
) -> None:
    test = load_part(dataset, split="picture", part="test")
    pixels = read_pixels(test).astype(np.float32)
    predicted = np.asarray(load_classifier(run)(pixels, training=False)).argmax(axis=1)

    assert measured[1].pictures == {"train": 40, "validation": 16, "test": 24}
    assert measured[1].test.top1 == pytest.approx(np.mean(predicted == test.labels))
    assert measured[1].left_out == 0


def test_the_best_epochs_accuracy_on_validation_is_found_again(
    measured: tuple[Path, Evaluation],
) -> None:
    folder, evaluation = measured
    rows = table(folder / "history.csv")
    best = dict(zip(rows[0], rows[load_run(folder).best_epoch], strict=True))

    assert evaluation.validation_top1 == pytest.approx(float(best["val_accuracy"]))


def test_the_confusion_table_has_truth_in_rows(measured: tuple[Path, Evaluation]) -> None:
    folder, evaluation = measured

    header, *rows = table(folder / "evaluation" / "confusion.csv")

    assert header == ["truth", "cubism", "ukiyo-e"]
    assert [row[0] for row in rows] == header[1:]
    for row in rows:
        assert sum(map(int, row[1:])) == evaluation.test.per_style[row[0]].support


def test_the_table_per_style_is_that_of_the_metrics(measured: tuple[Path, Evaluation]) -> None:
    folder, evaluation = measured

    _, *rows = table(folder / "evaluation" / "per_style.csv")

    assert {row[0]: float(row[2]) for row in rows} == {
        slug: one.recall for slug, one in evaluation.test.per_style.items()
    }


def test_logits_come_in_the_order_of_the_part(dataset: Path, run: Path) -> None:
    part = load_part(dataset, split="picture", part="test")
    classifier = load_classifier(run)

    forwards = read_logits(classifier, part)
    backwards = read_logits(classifier, part.take(range(len(part.labels))[::-1]))

    np.testing.assert_allclose(forwards, backwards[::-1], atol=1e-4)


def test_another_dataset_is_refused(run: Path, tmp_path: Path) -> None:
    raw = make_raw(tmp_path, {"cubism": 12, "ukiyo-e": 12})
    organise(raw, tmp_path / "dataset", OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10))

    with pytest.raises(TrainingError, match="another dataset"):
        evaluate(tmp_path / "dataset", run)


def test_on_another_list_pictures_that_the_run_has_seen_are_left_out(
    dataset: Path, run: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    unseen = set(load_part(dataset, split="picture", part="test").names)
    wanted = load_part(dataset, split="half", part="test").names

    evaluation = evaluate(dataset, copy, split="half")

    assert evaluation.test.pictures == len(unseen & set(wanted))
    assert evaluation.left_out == 40 - evaluation.test.pictures
    assert (copy / "evaluation-half" / "metrics.json").is_file()
    assert not (copy / "evaluation").exists()


def test_a_list_of_seen_pictures_only_is_refused(dataset: Path, run: Path) -> None:
    with pytest.raises(TrainingError, match="every test picture of list 'seen'"):
        evaluate(dataset, run, split="seen")
