"""A finished run is measured: what is written, and on which pictures."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import SIZE_PX, make_raw
from tests.training.measured import measured_run
from training.config import OrganiseConfig
from training.dataset.batches import load_part
from training.dataset.organise import organise
from training.errors import TrainingError
from training.evaluation.evaluate import evaluate, read_answers, read_logits
from training.evaluation.metrics import Evaluation
from training.runs.run_folder import load_run
from training.runs.train import load_classifier

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(dataset: Path, run: Path) -> tuple[Path, Evaluation]:
    """The run with its evaluation, and its figures; read only."""
    folder = measured_run(dataset, run)
    text = (folder / "evaluation" / "metrics.json").read_text("utf-8")
    return folder, Evaluation.model_validate_json(text)


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_figures_are_those_of_the_runs_own_parts(
    measured: tuple[Path, Evaluation], dataset: Path
) -> None:
    test = load_part(dataset, split="picture", part="test")
    pixels = test.read(range(len(test.names))).astype(np.float32)
    predicted = np.asarray(load_classifier(measured[0])(pixels, training=False)).argmax(axis=1)

    assert measured[1].pictures == {"train": 40, "validation": 16, "test": 24}
    assert measured[1].parts["test"].top1 == pytest.approx(np.mean(predicted == test.labels))
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

    header, *rows = table(folder / "evaluation" / "confusion-test.csv")

    assert header == ["truth", "cubism", "ukiyo-e"]
    assert [row[0] for row in rows] == header[1:]
    for row in rows:
        assert sum(map(int, row[1:])) == evaluation.parts["test"].per_style[row[0]].support


def test_the_report_is_what_the_confusion_table_says_with_precision_by_column(
    measured: tuple[Path, Evaluation],
) -> None:
    folder = measured[0] / "evaluation"
    _, *confusion = table(folder / "confusion-test.csv")
    counts = np.array([[int(cell) for cell in row[1:]] for row in confusion])
    right, predicted, support = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)

    _, *rows = table(folder / "report-test.csv")

    per_style = np.array([[float(cell) for cell in row[1:]] for row in rows[:2]])
    np.testing.assert_allclose(per_style[:, 0], right / np.maximum(predicted, 1))
    np.testing.assert_allclose(per_style[:, 1], right / support)
    np.testing.assert_array_equal(per_style[:, 3], support)
    assert [row[0] for row in rows[2:]] == ["accuracy", "macro", "weighted"]
    assert float(rows[2][3]) == pytest.approx(right.sum() / support.sum())


def test_logits_come_in_the_order_of_the_part(dataset: Path, run: Path) -> None:
    part = load_part(dataset, split="picture", part="test")
    classifier = load_classifier(run)

    forwards = read_logits(classifier, part)
    backwards = read_logits(classifier, part.take(range(len(part.labels))[::-1]))

    np.testing.assert_allclose(forwards, backwards[::-1], atol=1e-4)


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def expected_files(*parts: str) -> set[str]:
    per_part = (
        *("auc-{}.csv", "confusion-{}.csv", "confusion-normalised-{}.csv", "pairs-{}.csv"),
        *("report-{}.csv", "confusion-{}.png", "confusion-normalised-{}.png", "roc-{}.png"),
        *("reliability-{}.png", "logits-{}.npz"),
    )
    whole = {"metrics.json", "report.html", "history.png"}
    return whole | {name.format(part) for part in parts for name in per_part}


def test_every_part_gets_its_tables_and_plots(measured: tuple[Path, Evaluation]) -> None:
    files = files_of(measured[0] / "evaluation")

    wanted = expected_files("train", "validation", "test")
    assert files == wanted | {"prediction-report.png"}


def test_training_pictures_are_measured_as_the_finished_model_sees_them(
    measured: tuple[Path, Evaluation], dataset: Path
) -> None:
    train = load_part(dataset, split="picture", part="train")
    pixels = train.read(range(len(train.names))).astype(np.float32)
    predicted = np.asarray(load_classifier(measured[0])(pixels, training=False)).argmax(axis=1)

    assert measured[1].parts["train"].top1 == pytest.approx(np.mean(predicted == train.labels))


@pytest.fixture
def again(measured: tuple[Path, Evaluation], tmp_path: Path) -> Path:
    """A run that was evaluated, to be evaluated again."""
    return Path(shutil.copytree(measured[0], tmp_path / "run"))


@pytest.fixture(scope="module")
def chosen(
    measured: tuple[Path, Evaluation], dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Evaluation]:
    """The run after a second evaluation, of the validation part only; its test was never asked."""

    def refuse(_: Path) -> None:
        raise AssertionError("the model was loaded")

    folder = Path(shutil.copytree(measured[0], tmp_path_factory.mktemp("chosen") / "run"))
    (folder / "evaluation" / "logits-test.npz").unlink()
    with pytest.MonkeyPatch.context() as monkeypatch:
        # patched because nothing else tells answers that were kept from answers made anew
        monkeypatch.setattr("training.evaluation.evaluate.open_classifier", refuse)
        return folder, evaluate(dataset, folder, parts=("validation",))


def test_metrics_json_holds_the_evaluation(chosen: tuple[Path, Evaluation]) -> None:
    text = (chosen[0] / "evaluation" / "metrics.json").read_text("utf-8")

    assert Evaluation.model_validate_json(text) == chosen[1]


def test_a_second_call_needs_no_model_and_gives_the_same(
    measured: tuple[Path, Evaluation], chosen: tuple[Path, Evaluation]
) -> None:
    before = measured[1]
    pictures = {name: before.pictures[name] for name in ("train", "validation")}
    parts = {"validation": before.parts["validation"]}

    assert chosen[1] == before.model_copy(update={"pictures": pictures, "parts": parts})


@pytest.mark.parametrize("change", ["model", "names", "logits", "damage", "nothing"])
def test_kept_answers_are_believed_only_if_they_are_of_this_model_and_these_pictures(
    change: str, again: Path, dataset: Path
) -> None:
    path = again / "evaluation" / "logits-test.npz"
    with np.load(path) as file:
        kept = dict(file)
    right = kept["logits"].copy()
    kept["logits"] = -kept["logits"]  # what would be believed
    changes = {"model": "0" * 64, "names": kept["names"][::-1], "logits": kept["logits"][:-1]}
    if change in changes:
        kept[change] = np.array(changes[change])
    np.savez_compressed(path, **kept)
    if change == "damage":
        path.write_bytes(path.read_bytes()[:100])

    answers = read_answers(dataset, again, ("test",))["test"]

    is_believed = change == "nothing"
    assert np.allclose(answers.logits, right, atol=1e-4) != is_believed
    with np.load(path) as file:
        assert np.allclose(file["logits"], right, atol=1e-4) != is_believed


def test_parts_can_be_chosen_and_what_they_leave_behind_is_theirs_only(
    chosen: tuple[Path, Evaluation],
) -> None:
    folder, evaluation = chosen

    assert set(evaluation.parts) == {"validation"}
    assert files_of(folder / "evaluation") == expected_files("validation") | {"logits-train.npz"}


def test_without_the_test_part_its_pictures_are_not_looked_at(
    chosen: tuple[Path, Evaluation],
) -> None:
    assert not (chosen[0] / "evaluation" / "logits-test.npz").exists()


@pytest.mark.parametrize(
    ("split", "part", "reason"),
    [
        (None, "dev", "there is none; choose from train, validation, test"),
        ("half", "train", "of another list only test can be measured"),
    ],
)
def test_a_part_that_means_nothing_is_refused(
    split: str | None, part: str, reason: str, dataset: Path, run: Path
) -> None:
    with pytest.raises(TrainingError, match=reason):
        evaluate(dataset, run, split=split, parts=(part,))


def test_a_run_of_another_version_is_one_clear_error(
    dataset: Path, run: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    outcome = json.loads((copy / "run.json").read_text("utf-8"))
    outcome["plan"]["config"]["magic"] = 1
    (copy / "run.json").write_text(json.dumps(outcome), "utf-8")

    with pytest.raises(TrainingError, match=r"run\.json is damaged or of another version"):
        evaluate(dataset, copy)


def test_a_damaged_model_is_one_clear_error(dataset: Path, run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    (copy / "model.keras").write_text("no model")

    with pytest.raises(TrainingError, match=r"model\.keras is missing or damaged"):
        evaluate(dataset, copy)


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

    assert evaluation.parts["test"].pictures == len(unseen & set(wanted))
    assert evaluation.left_out == 40 - evaluation.parts["test"].pictures
    assert files_of(copy / "evaluation-half") == expected_files("test")
    assert not (copy / "evaluation" / "metrics.json").exists()


def test_a_list_of_seen_pictures_only_is_refused(dataset: Path, run: Path) -> None:
    with pytest.raises(TrainingError, match="every test picture of list 'seen'"):
        evaluate(dataset, run, split="seen")
