"""What was compared -> compare.csv, compare.png, compare-costs.png and compare.html."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from lambda_fn.contract.evaluation import ComparedModel
from training.errors import TrainingError
from training.evaluation.charts import Bar, Cost, draw_costs, draw_scores
from training.files import write_table
from training.report import Plot, Section, Table, write_report

Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model of a comparison; the fields are the columns of the CSV, in order.

    val_loss to accuracy are of the best epoch. None: not measured.
    """

    tag: str
    architecture: str
    head: str
    trains: str | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    size_base_MB: float | None
    size_top_MB: float | None
    size_total_MB: float
    epochs: int | None = None
    seconds: float | None = None
    size_px: int
    latency_ms: float
    test_top1: float | None = None
    test_top1_low: float | None = None
    test_top1_high: float | None = None
    test_macro_f1: float | None = None
    test_macro_f1_low: float | None = None
    test_macro_f1_high: float | None = None
    data: str | None = None
    """a letter: runs with different ones had other pictures or another list"""
    split: str | None = None
    fingerprint: str | None = None
    note: str = ""


def write_comparison(target: Path, entries: Sequence[Entry], *, rounds: int, threads: int) -> None:
    """Write `compare.csv`, the plots that say something, and `compare.html`.

    rounds, threads: how latency was measured.
    """
    names = [field.name for field in fields(Entry)]
    rows = ([getattr(entry, name) for name in names] for entry in entries)
    write_table(target / "compare.csv", names, rows)
    plots = [*_draw_scores(target, entries), *_draw_costs(target, entries)]
    write_report(
        target / "compare.html",
        title="Runs side by side",
        lead=describe(entries),
        sections=_sections(entries, plots, f"the median of {rounds} answers on {threads} threads"),
    )


def _draw_scores(target: Path, entries: Sequence[Entry]) -> Iterable[Plot]:
    path = target / "compare.png"
    path.unlink(missing_ok=True)
    bars = [
        Bar(entry.tag, entry.accuracy, entry.val_accuracy)
        for entry in entries
        if entry.accuracy is not None and entry.val_accuracy is not None
    ]
    if bars:
        draw_scores(path, bars)
        yield Plot("Accuracy at the best epoch", path, "Bars of the accuracies in the table")


def _draw_costs(target: Path, entries: Sequence[Entry]) -> Iterable[Plot]:
    """Draw one dot for each kind of model; a single one would say nothing."""
    path = target / "compare-costs.png"
    path.unlink(missing_ok=True)
    kinds = {(entry.architecture, entry.head, entry.size_px): entry for entry in entries}
    if len({entry.architecture for entry in entries}) > 1:
        is_one_head = len({entry.head for entry in entries}) == 1
        draw_costs(
            path,
            [
                Cost(
                    entry.architecture + ("" if is_one_head else f", {entry.head}"),
                    entry.size_total_MB,
                    entry.latency_ms,
                )
                for entry in kinds.values()
            ],
        )
        yield Plot("Size against latency", path, "A dot per model, as in the table")


def read_comparison(table: Path) -> list[ComparedModel]:
    """Read a `compare.csv` for the page.

    Raises:
        TrainingError: it is missing, or no comparison.
    """
    try:
        with table.open(encoding="utf-8", newline="") as file:
            if compared := [_compared(row) for row in csv.DictReader(file)]:
                return compared
            raise ValueError("no rows")
    except (OSError, KeyError, ValueError) as error:
        raise TrainingError(
            f"{table} cannot be read as a comparison ({type(error).__name__}): give the "
            "compare.csv that `python -m training compare` wrote"
        ) from error


def _compared(row: Mapping[str, str]) -> ComparedModel:
    low, high = row["test_top1_low"], row["test_top1_high"]
    facts: dict[str, object] = {
        "tag": row["tag"],
        "architecture": row["architecture"],
        "head": row["head"],
        "size_px": row["size_px"],
        "size_mb": row["size_total_MB"],
        "latency_ms": row["latency_ms"],
        "accuracy": row["accuracy"] or None,
        "val_accuracy": row["val_accuracy"] or None,
        "top1": row["test_top1"] or None,
        "top1_interval": (low, high) if low and high else None,
        "note": row["note"],
    }
    return ComparedModel.model_validate(facts)


def describe(entries: Sequence[Entry]) -> str:
    """Return a few sentences: whether the runs can be compared, and what comes out."""
    return " ".join(
        sentence
        for sentence in (_comparable(entries), _best(entries), _quickest(entries))
        if sentence
    )


def _comparable(entries: Sequence[Entry]) -> str:
    letters = sorted({entry.data for entry in entries if entry.data})
    if len(letters) < 2:
        return ""
    return (
        f"These runs cannot be compared directly: they had different pictures or lists (data "
        f"{', '.join(letters)}). Compare within a letter only."
    )


def _best(entries: Sequence[Entry]) -> str:
    sentences = []
    for letter in sorted({entry.data for entry in entries if entry.data}):
        scored = [one for one in entries if one.data == letter and one.val_accuracy is not None]
        if scored:
            best = max(scored, key=lambda entry: entry.val_accuracy or 0.0)
            place = f" of data {letter}" if _comparable(entries) else ""
            sentences.append(
                f"Best on validation{place}: {best.tag}, {best.val_accuracy:.1%}{_on_test(best)}."
            )
    return " ".join(sentences)


def _on_test(entry: Entry) -> str:
    if entry.test_top1 is None or entry.test_top1_low is None:
        return ""
    return (
        f" ({entry.test_top1:.1%} on test, 95 % interval {entry.test_top1_low:.1%} to "
        f"{entry.test_top1_high:.1%})"
    )


def _quickest(entries: Sequence[Entry]) -> str:
    if len({entry.architecture for entry in entries}) < 2:
        return ""
    quick = min(entries, key=lambda entry: entry.latency_ms)
    return f"Quickest: {quick.architecture}, {quick.latency_ms:.1f} ms for a picture."


def _sections(entries: Sequence[Entry], plots: Sequence[Plot], latency: str) -> list[Section]:
    return [
        Section(
            "Scores",
            (
                "Validation and training are of the best epoch, as the history has them: training "
                "while the weights change and on pictures changed at random. Test is of the run's "
                "evaluation, with 95 % bootstrap intervals; where two overlap widely, nothing "
                "says that one is better.",
            ),
            (Table("Scores", *_columns(entries, _SCORES)),),
            [plot for plot in plots if plot.path.name == "compare.png"],
        ),
        Section(
            "Size and time",
            (
                "Sizes are the weights in float32, in millions of bytes; the original's table has "
                "those of its files, whose tops held a second number for each weight. Latency is "
                f"{latency} of the machine that compared, float32, one picture at a time, all "
                "models in turn.",
                *_WITHOUT_RUN[: any(entry.data is None for entry in entries)],
            ),
            (Table("Size and time", *_columns(entries, _COSTS)),),
            [plot for plot in plots if plot.path.name == "compare-costs.png"],
        ),
        Section(
            "Data",
            ("Runs with the same letter had the same pictures and the same list.",),
            (Table("Data", *_columns(entries, _DATA)),),
        ),
    ]


def _columns(
    entries: Sequence[Entry], columns: Sequence[tuple[str, str]]
) -> tuple[list[str], list[list[Cell]]]:
    """Return heading and rows of a table with these columns."""
    rows = [[_cell(entry, name) for _, name in columns] for entry in entries]
    return [heading for heading, _ in columns], rows


def _cell(entry: Entry, name: str) -> Cell:
    if name.endswith("_interval"):
        low, high = (getattr(entry, name.replace("interval", end)) for end in ("low", "high"))
        return None if low is None else f"{low:.3f} to {high:.3f}"
    value: Cell = getattr(entry, name)
    if name == "seconds" and value is not None:
        return round(float(value))
    return f"{value[:12]} …" if name == "fingerprint" and isinstance(value, str) else value


_WITHOUT_RUN = (
    "Models without a run have random weights here, on which neither size nor latency depends.",
)
_SCORES = (
    ("tag", "tag"),
    ("data", "data"),
    ("val_loss", "val_loss"),
    ("val_accuracy", "val_accuracy"),
    ("loss", "loss"),
    ("accuracy", "accuracy"),
    ("test top-1", "test_top1"),
    ("95 %", "test_top1_interval"),
    ("test macro F1", "test_macro_f1"),
    ("95 %", "test_macro_f1_interval"),
    ("note", "note"),
)
_COSTS = (
    ("tag", "tag"),
    ("architecture", "architecture"),
    ("head", "head"),
    ("trains", "trains"),
    ("base MB", "size_base_MB"),
    ("top MB", "size_top_MB"),
    ("total MB", "size_total_MB"),
    ("epochs", "epochs"),
    ("seconds", "seconds"),
    ("picture px", "size_px"),
    ("latency ms", "latency_ms"),
)
_DATA = (
    ("tag", "tag"),
    ("data", "data"),
    ("list", "split"),
    ("dataset", "fingerprint"),
)
