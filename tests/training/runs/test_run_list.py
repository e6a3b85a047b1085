"""The list of runs: finished, under way, broken and foreign ones, sorted and exported."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from training.config import TrainConfig
from training.errors import TrainingError
from training.runs.run_list import COLUMNS, as_table, as_text, list_runs, sort_runs, write_runs

ROOT = Path(__file__).parents[3]
HISTORY = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n"


def write_run(
    folder: Path,
    *,
    val_accuracies: tuple[float, ...] = (0.3, 0.5, 0.4),
    outcome: dict[str, Any] | None = None,
    **plan: Any,
) -> Path:
    """Write a run folder as train does, without its models."""
    folder.mkdir(parents=True)
    config = json.loads(TrainConfig(epochs=4).model_dump_json())
    defaults = {
        "config": config,
        "styles": ["cubism", "ukiyo-e"],
        "size_px": 160,
        "fingerprint": "f" * 64,
        "commit": "0123456789abcdef",
        "versions": {"tensorflow": "2.21.0"},
        "started": "2026-11-20T10:30:00Z",
    }
    (folder / "plan.json").write_text(json.dumps(defaults | plan), "utf-8")
    rows = [
        f"{number},1.{number},0.{number},2.{number},{value},0.01,60.0\n"
        for number, value in enumerate(val_accuracies, start=1)
    ]
    if rows:
        (folder / "history.csv").write_text(HISTORY + "".join(rows), "utf-8")
    if outcome is not None:
        (folder / "run.json").write_text(json.dumps(outcome), "utf-8")
    return folder


def only(folder: Path) -> dict[str, Any]:
    rows = list_runs(folder)
    assert len(rows) == 1
    return dict(rows[0])


def test_a_finished_run_is_listed_with_all_that_the_log_of_the_original_kept(
    tmp_path: Path,
) -> None:
    write_run(
        tmp_path / "first",
        outcome={"best_epoch": 2, "seconds": 200.0, "finished": "2026-11-20T11:00:00Z"},
        shapes={"picture": [160, 160, 3], "features": [5, 5, 1280]},
        callbacks=["CSVLogger", "TensorBoard"],
        device="cpu",
        note="a try",
    )
    metrics = {"parts": {"test": {"top1": 0.45, "macro_f1": 0.41}}}
    (tmp_path / "first" / "evaluation").mkdir()
    (tmp_path / "first" / "evaluation" / "metrics.json").write_text(json.dumps(metrics))

    row = only(tmp_path)

    assert tuple(row) == COLUMNS
    wanted = {
        "id": "first",
        "state": "finished",
        "started": "2026-11-20 10:30",
        "finished": "2026-11-20 11:00",
        "seconds": 200.0,
        "commit": "012345678",
        "tensorflow": "2.21.0",
        "device": "cpu",
        "architecture": "mobilenetv2",
        "input_shape": "160x160x3",
        "head_shape": "5x5x1280",
        "split": "picture",
        "val_accuracy": 0.5,
        "val_loss": 2.2,
        "accuracy": 0.2,
        "loss": 1.2,
        "test_top1": 0.45,
        "test_macro_f1": 0.41,
        "best_epoch": 2,
        "epochs": 3,
        "planned_epochs": 4,
        "batch_size": 32,
        "callbacks": "CSVLogger TensorBoard",
        "note": "a try",
        "problem": None,
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (None, "epoch 3 of 4"),
        ({"best_epoch": 2, "stopped_early": True}, "stopped early"),
        ({"best_epoch": 2, "stopped_early": False}, "finished"),
    ],
)
def test_the_state_says_whether_and_how_a_run_ended(
    outcome: dict[str, Any] | None, state: str, tmp_path: Path
) -> None:
    write_run(tmp_path / "first", outcome=outcome)

    assert only(tmp_path)["state"] == state


@pytest.mark.parametrize(("formerly", "now"), [("fine-tune", "network"), ("frozen", "head")])
def test_a_run_of_a_version_that_had_another_name_for_an_option_is_read(
    formerly: str, now: str, tmp_path: Path
) -> None:
    config = json.loads(TrainConfig().model_dump_json())
    del config["trains"]

    write_run(tmp_path / "first", config=config | {"recipe": formerly})

    assert (only(tmp_path)["trains"], only(tmp_path)["problem"]) == (now, None)


def test_a_run_under_way_shows_its_best_epoch_so_far(tmp_path: Path) -> None:
    write_run(tmp_path / "first", val_accuracies=(0.3, 0.5, 0.5, 0.4))

    row = only(tmp_path)

    assert (row["best_epoch"], row["val_accuracy"], row["seconds"]) == (3, 0.5, 240.0)


def test_a_run_that_has_just_begun_has_no_scores(tmp_path: Path) -> None:
    write_run(tmp_path / "first", val_accuracies=())

    row = only(tmp_path)

    assert row["state"] == "epoch 0 of 4"
    assert (row["val_accuracy"], row["seconds"], row["problem"]) == (None, None, None)


def test_a_plan_that_does_not_say_when_it_was_made_has_the_time_of_its_file(tmp_path: Path) -> None:
    run = write_run(tmp_path / "first", started=None)
    os.utime(run / "plan.json", (1_700_000_000, 1_700_000_000))

    assert only(tmp_path)["started"] == "2023-11-14 22:13"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("plan.json", "{", "plan.json cannot be read"),
        ("plan.json", "[]", "plan.json cannot be read"),
        ("run.json", "", "run.json cannot be read"),
        ("history.csv", HISTORY + "1,x\n", "history.csv cannot be read"),
        ("history.csv", "loss\n1.0\n", "history.csv cannot be read"),
        ("evaluation/metrics.json", "?", "metrics.json cannot be read"),
        ("plan.json", '{"config": {"magic": 1}}', "of another version (magic: Extra inputs"),
    ],
)
def test_what_is_wrong_with_a_run_stands_beside_it_and_the_others_are_listed(
    name: str, text: str, problem: str, tmp_path: Path
) -> None:
    write_run(tmp_path / "good")
    bad = write_run(tmp_path / "bad", outcome={"best_epoch": 2})
    (bad / name).parent.mkdir(exist_ok=True)
    (bad / name).write_text(text, "utf-8")

    rows = {row["id"]: row for row in list_runs(tmp_path)}

    assert problem in str(rows["bad"]["problem"])
    assert rows["good"]["problem"] is None
    assert problem in as_text(list(rows.values()))


def test_no_value_of_a_foreign_plan_spoils_the_list(tmp_path: Path) -> None:
    write_run(tmp_path / "good")
    odd = {"learning_rate": "slow", "epochs": [1], "batch_size": {"a": 1}}
    others = {"note": "two\nlines", "callbacks": [1], "started": 5, "commit": 7}
    foreign = write_run(tmp_path / "odd", outcome={"seconds": "long"})
    (foreign / "plan.json").write_text(json.dumps({"config": odd} | others), "utf-8")

    rows = sort_runs(list_runs(tmp_path), "learning_rate")

    assert [row["id"] for row in rows] == ["good", "odd"]
    assert len(as_text(rows).splitlines()) == 3
    assert (rows[1]["note"], rows[1]["batch_size"]) == ("two lines", '{"a": 1}')


def test_a_folder_with_a_model_but_no_plan_is_a_broken_run(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "model.keras").touch()

    row = only(tmp_path)

    assert (row["state"], row["problem"]) == ("unreadable", "no plan.json")


def test_runs_are_found_at_any_depth_and_a_run_folder_itself_is_one(tmp_path: Path) -> None:
    write_run(tmp_path / "study" / "phase-1" / "vgg16")

    assert only(tmp_path)["id"] == "study/phase-1/vgg16"
    assert only(tmp_path / "study" / "phase-1" / "vgg16")["id"] == "vgg16"


def test_runs_are_listed_in_the_order_they_were_started(tmp_path: Path) -> None:
    for name, day in (("b", 3), ("a", 2), ("c", 1)):
        write_run(tmp_path / name, started=f"2026-11-0{day}T10:00:00Z")

    assert [row["id"] for row in list_runs(tmp_path)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("is_reversed", "order"), [(False, ["low", "high", "none"]), (True, ["high", "low", "none"])]
)
def test_runs_without_a_value_come_last_whichever_way_they_are_sorted(
    is_reversed: bool, order: list[str], tmp_path: Path
) -> None:
    write_run(tmp_path / "none", val_accuracies=())
    write_run(tmp_path / "high", val_accuracies=(0.9,))
    write_run(tmp_path / "low", val_accuracies=(0.2,))

    rows = sort_runs(list_runs(tmp_path), "val_accuracy", is_reversed=is_reversed)

    assert [row["id"] for row in rows] == order


def test_an_unknown_column_is_refused_with_those_there_are(tmp_path: Path) -> None:
    write_run(tmp_path / "first")

    with pytest.raises(TrainingError, match=r"no column 'speed': sort by one of id, .*val_accur"):
        sort_runs(list_runs(tmp_path), "speed")


@pytest.mark.parametrize(("name", "text"), [("nothing", "no folder"), ("empty", "holds no run")])
def test_a_place_without_runs_is_told(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(TrainingError, match=text):
        list_runs(tmp_path / name)


def test_the_csv_has_all_columns_and_full_figures(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "first", val_accuracies=(0.123456789,), note='a, "b"')

    write_runs(tmp_path / "log.csv", list_runs(tmp_path / "runs"))

    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["val_accuracy"], rows[0]["note"]) == ("0.123456789", 'a, "b"')


def test_plain_text_is_aligned_and_leaves_empty_columns_out(tmp_path: Path) -> None:
    write_run(tmp_path / "a-long-name", started="2026-11-01T10:00:00Z")
    write_run(tmp_path / "b", started="2026-11-02T10:00:00Z")

    heading, one, other = as_text(list_runs(tmp_path)).splitlines()

    place = heading.index("validation")
    assert one[place:].startswith("50.0%")
    assert other[place:].startswith("50.0%")
    assert "test" not in heading
    assert "note" not in heading


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_a_terminal_shows_as_many_columns_as_fit_and_no_line_is_longer(
    width: int, tmp_path: Path
) -> None:
    write_run(tmp_path / "first", note="a note [with brackets] that goes on for quite a while")
    console = Console(width=width, force_terminal=True, color_system=None)

    with console.capture() as capture:
        console.print(as_table(list_runs(tmp_path), width=width))

    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= width
    assert "epoch 3 of 4" in capture.get()
    assert ("commit" in lines[0]) == (width == 200)
    assert ("[with" in capture.get()) == (width > 40)


def test_listing_runs_does_not_wait_for_tensorflow() -> None:
    program = (
        "import sys, training.runs.run_list; print({'tensorflow', 'sklearn'} & set(sys.modules))"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout == "set()\n"
