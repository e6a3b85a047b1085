"""Real runs are compared: what is read, weighed, measured and refused."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import pytest

from tests.made_once import made_once
from tests.training.measured import measured_run
from tests.training.small import registered
from training.errors import TrainingError
from training.evaluation.compare import NOT_RUN, compare, measure_latencies, weigh
from training.evaluation.comparison_report import Entry
from training.evaluation.metrics import Evaluation
from training.network.architectures import ARCHITECTURES
from training.network.litert import convert
from training.runs.run_folder import load_run, read_history

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def architectures() -> Any:
    """A small one, which has runs, and one without, so that little is converted."""
    known = {"mobilenetv2": ARCHITECTURES["mobilenetv2"]}
    with patch.dict(ARCHITECTURES, known, clear=True), registered():
        yield


@pytest.fixture(scope="module")
def evaluated(
    dataset: Path, run: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Evaluation]:
    measured = measured_run(dataset, run)
    folder = Path(shutil.copytree(measured, tmp_path_factory.mktemp("runs") / "first"))
    text = (folder / "evaluation" / "metrics.json").read_text("utf-8")
    return folder, Evaluation.model_validate_json(text)


@pytest.fixture(scope="module")
def elsewhere(evaluated: tuple[Path, Evaluation]) -> Path:
    """The same run as if it had been trained on another list, and evaluated with another model."""
    folder = Path(shutil.copytree(evaluated[0], evaluated[0].parent / "second"))
    outcome = json.loads((folder / "run.json").read_text("utf-8"))
    outcome["plan"]["config"]["split"] = "artist"
    (folder / "run.json").write_text(json.dumps(outcome), "utf-8")
    path = folder / "evaluation" / "metrics.json"
    stale = evaluated[1].model_copy(update={"model_sha256": "0" * 64})
    path.write_text(stale.model_dump_json(), "utf-8")
    return folder


@pytest.fixture(scope="module")
def compared(
    architectures: None, evaluated: tuple[Path, Evaluation], elsewhere: Path
) -> list[Entry]:
    """The rows of a comparison that is made once: it builds and converts a MobileNetV2."""

    def make(folder: Path) -> None:
        entries = compare([evaluated[0], elsewhere], folder / "out", has_all_architectures=True)
        text = json.dumps([asdict(one) for one in entries])
        (folder / "entries.json").write_text(text, "utf-8")

    folder = made_once("compared", make)
    assert {path.name for path in (folder / "out").iterdir()} == {
        *("compare.csv", "compare.html", "compare.png", "compare-costs.png")
    }
    return [Entry(**row) for row in json.loads((folder / "entries.json").read_text("utf-8"))]


def test_scores_are_those_of_the_best_epoch(
    compared: list[Entry], evaluated: tuple[Path, Evaluation]
) -> None:
    best = read_history(evaluated[0])[load_run(evaluated[0]).best_epoch - 1]

    found = {name: getattr(compared[0], name) for name in ("val_loss", "val_accuracy", "loss")}

    assert found == {name: best[name] for name in found}
    assert compared[0].epochs == 2


def test_test_figures_come_from_the_evaluation(
    compared: list[Entry], evaluated: tuple[Path, Evaluation]
) -> None:
    test = evaluated[1].parts["test"]

    assert compared[0].test_top1 == test.top1
    assert (compared[0].test_top1_low, compared[0].test_top1_high) == test.top1_interval
    assert compared[0].test_macro_f1 == test.macro_f1
    assert compared[0].note == ""


def test_an_evaluation_of_another_model_is_not_believed(compared: list[Entry]) -> None:
    assert compared[1].test_top1 is None
    assert compared[1].note == "evaluated with another model: evaluate again"


def test_runs_on_other_lists_get_other_letters(compared: list[Entry]) -> None:
    assert [entry.data for entry in compared] == ["A", "B", None]


def test_sizes_are_four_bytes_for_each_weight_of_backbone_and_head(compared: list[Entry]) -> None:
    convolutions, norm, head = (3 * 9 + 1) * 8 + (8 * 9 + 1) * 8, 4 * 8, 8 * 2 + 2

    assert compared[0].size_base_MB == pytest.approx((convolutions + norm) * 4 / 1e6)
    assert compared[0].size_top_MB == pytest.approx(head * 4 / 1e6)
    assert compared[0].size_total_MB == pytest.approx((convolutions + norm + head) * 4 / 1e6)


def test_an_architecture_without_a_run_has_size_and_latency_and_no_scores(
    compared: list[Entry],
) -> None:
    last = compared[-1]
    head = 1280 * 2 + 2

    assert (last.tag, last.architecture, last.note) == ("mobilenetv2", "mobilenetv2", NOT_RUN)
    assert last.size_base_MB == pytest.approx(2_257_984 * 4 / 1e6)  # as Keras documents it
    assert last.size_total_MB == pytest.approx((2_257_984 + head) * 4 / 1e6)
    assert last.latency_ms > 0
    assert (last.val_accuracy, last.test_top1, last.epochs, last.data) == (None,) * 4


def test_each_model_is_timed_on_one_picture(compared: list[Entry]) -> None:
    assert all(entry.latency_ms > 0 for entry in compared)


def nested(*names: str) -> keras.Model:
    """Return a classifier made of models of these names, with 16 weights each."""
    pixels = values = keras.Input((4,))
    for name in names:
        inside = keras.Input((4,))
        part = keras.Model(inside, keras.layers.Dense(4, use_bias=False)(inside), name=name)
        values = part(values)
    return keras.Model(pixels, values)


@pytest.mark.parametrize(
    ("names", "base", "top"),
    [
        (("backbone", "head"), 16, 16),
        (("mobilenetv2_1.00_160",), 16, 0),
        (("stem", "body"), None, None),
        ((), None, None),
    ],
)
def test_backbone_and_head_are_weighed_apart_where_they_can_be_told_apart(
    names: tuple[str, ...], base: int | None, top: int | None
) -> None:
    sizes = weigh(nested(*names))

    to_mb = 4 / 1e6
    assert sizes.base == (None if base is None else pytest.approx(base * to_mb))
    assert sizes.top == (None if top is None else pytest.approx(top * to_mb))
    assert sizes.total == pytest.approx(16 * len(names) * to_mb)


def test_models_answer_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = keras.Input((8, 8, 3))
    model = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(pixels))
    file = convert(model, size_px=8, precision="float32")
    # patched: the clock of a machine on which every first answer takes 4 ms, every second one 2
    ticks = np.cumsum([0.0, 0.004, 0.0, 0.002] * 100).tolist()
    monkeypatch.setattr("training.evaluation.compare.perf_counter", iter(ticks).__next__)

    latencies = measure_latencies([file, file])

    assert latencies == pytest.approx([4.0, 2.0])


def test_nothing_to_compare_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="name run folders, or add --all-architectures"):
        compare([], tmp_path)


def test_a_run_given_twice_is_refused(evaluated: tuple[Path, Evaluation], tmp_path: Path) -> None:
    same = evaluated[0].parent / "." / evaluated[0].name

    with pytest.raises(TrainingError, match="given twice"):
        compare([evaluated[0], same], tmp_path)


def test_an_unfinished_run_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    with pytest.raises(TrainingError, match="no finished run"):
        compare([tmp_path / "run"], tmp_path / "out")

    assert not (tmp_path / "out").exists()
