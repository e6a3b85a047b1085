"""Runs side by side: what the page claims, marks and draws."""

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from training.errors import TrainingError
from training.evaluation.comparison_report import Entry, describe, read_comparison, write_comparison

pytestmark = pytest.mark.slow

FIRST = Entry(
    tag="first",
    architecture="mobilenetv2",
    head="gap",
    trains="network",
    val_loss=1.5,
    val_accuracy=0.6,
    loss=1.2,
    accuracy=0.7,
    size_base_MB=9.0,
    size_top_MB=0.1,
    size_total_MB=9.1,
    epochs=16,
    seconds=4140.4,
    size_px=160,
    latency_ms=5.0,
    test_top1=0.62,
    test_top1_low=0.6,
    test_top1_high=0.64,
    test_macro_f1=0.61,
    test_macro_f1_low=0.59,
    test_macro_f1_high=0.63,
    data="A",
    split="picture",
    fingerprint="f" * 64,
)
SECOND = replace(FIRST, tag="second", val_accuracy=0.5, test_top1=None, note="not evaluated")
OTHER = replace(FIRST, tag="other", val_accuracy=0.9, data="B", split="artist")
UNRUN = Entry(
    tag="vgg16",
    architecture="vgg16",
    head="gap",
    size_base_MB=58.9,
    size_top_MB=0.1,
    size_total_MB=59.0,
    size_px=160,
    latency_ms=70.0,
    note="not run here",
)


def write(folder: Path, *entries: Entry) -> str:
    write_comparison(folder, entries, rounds=40, threads=2)
    return (folder / "compare.html").read_text("utf-8")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and an architecture without one; read only."""
    folder = tmp_path_factory.mktemp("compared")
    write(folder, FIRST, UNRUN)
    return folder


def test_the_best_on_validation_is_named_with_its_test_figure() -> None:
    text = describe([SECOND, FIRST])

    assert text == (
        "Best on validation: first, 60.0% (62.0% on test, 95 % interval 60.0% to 64.0%)."
    )


def test_runs_on_other_data_are_never_ranked_together() -> None:
    text = describe([FIRST, SECOND, OTHER])

    assert text.startswith("These runs cannot be compared directly: ")
    assert "Best on validation of data A: first, 60.0%" in text
    assert "Best on validation of data B: other, 90.0%" in text


def test_the_quickest_is_named_where_architectures_differ() -> None:
    assert "Quickest: mobilenetv2, 5.0 ms" in describe([UNRUN, FIRST])
    assert "Quickest" not in describe([FIRST, SECOND])


def test_the_csv_has_the_columns_of_the_original_and_a_row_per_model(compared: Path) -> None:
    with (compared / "compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    original = ("val_loss", "val_accuracy", "loss", "accuracy")
    sizes = ("size_base_MB", "size_top_MB", "size_total_MB")
    assert [rows[0][name] for name in (*original, *sizes)] == [
        *("1.5", "0.6", "1.2", "0.7", "9.0", "0.1", "9.1")
    ]
    assert [rows[1][name] for name in original] == [""] * 4
    assert rows[1]["note"] == "not run here"


def test_other_data_is_marked_by_a_letter_in_the_table(tmp_path: Path) -> None:
    text = write(tmp_path, FIRST, OTHER)

    assert re.search(r'<th scope="row">first</th>\s*<td>A</td>', text)
    assert re.search(r'<th scope="row">other</th>\s*<td>B</td>', text)


def test_random_weights_are_admitted_where_there_are_some(compared: Path, tmp_path: Path) -> None:
    assert "random weights" in (compared / "compare.html").read_text("utf-8")
    assert "random weights" not in write(tmp_path, FIRST)


@pytest.mark.parametrize(
    ("entries", "plots"),
    [
        ((FIRST, SECOND), {"compare.png"}),
        ((UNRUN, replace(UNRUN, architecture="xception")), {"compare-costs.png"}),
        ((FIRST, UNRUN), {"compare.png", "compare-costs.png"}),
    ],
)
def test_only_plots_that_say_something_are_drawn(
    entries: tuple[Entry, ...], plots: set[str], compared: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(compared, tmp_path / "again"))  # what an earlier call left behind

    text = write(folder, *entries)

    assert {path.name for path in folder.glob("*.png")} == plots
    assert text.count("data:image/png;base64,") == len(plots)


def test_the_report_refers_to_nothing_outside_of_itself(tmp_path: Path) -> None:
    text = write(tmp_path, FIRST, OTHER, UNRUN)

    assert re.findall(r"""(?:src|href)=["'](?!data:|#)|https?:|@import|url\(""", text) == []


def test_the_page_gets_what_was_compared(compared: Path) -> None:
    first, unrun = read_comparison(compared / "compare.csv")

    assert (first.tag, first.size_mb, first.latency_ms) == ("first", 9.1, 5.0)
    assert (first.top1, first.top1_interval, first.val_accuracy) == (0.62, (0.6, 0.64), 0.6)
    assert (unrun.top1, unrun.top1_interval, unrun.accuracy) == (None, None, None)
    assert unrun.note == "not run here"


@pytest.mark.parametrize("content", ["tag,note\nfirst,\n", "\0\n", None])
def test_a_table_that_is_no_comparison_is_refused(tmp_path: Path, content: str | None) -> None:
    table = tmp_path / "compare.csv"
    if content is not None:
        table.write_text(content, "utf-8")

    with pytest.raises(TrainingError, match=r"compare\.csv cannot be read as a comparison"):
        read_comparison(table)
