"""runs/ -> the list of all runs: what each was, how far it came and how well it does.

Run folders of other versions belong in the list too, so their files are read here without the
models that wrote them: what is missing stays empty, and what is wrong is said beside the run.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from training.config import TrainConfig
from training.errors import TrainingError
from training.files import write_table
from training.runs.run_folder import CLASSIFIER_FILE, with_names_of_today

Cell = str | int | float | None
Row = Mapping[str, Cell]

COLUMNS = (
    *("id", "state", "started", "finished", "seconds", "commit", "tensorflow", "device"),
    *("architecture", "head", "trains", "input_shape", "head_shape", "split", "fingerprint"),
    *("val_accuracy", "val_loss", "accuracy", "loss", "test_top1", "test_macro_f1"),
    *("best_epoch", "epochs", "planned_epochs", "batch_size", "optimizer", "learning_rate"),
    *("schedule", "callbacks", "note", "problem"),
)
"""Of the CSV; scores are of the best epoch, `test` of the run's own list."""

_FILES = ("plan.json", "run.json", "history.csv", CLASSIFIER_FILE)  # any of them makes it a run
_COMMIT_DIGITS = 9
_GAP = 2  # between the columns of a table
_MIN_NOTE = 20  # characters; a longer note is broken into lines


def list_runs(folder: Path) -> list[Row]:
    """Return a row (`COLUMNS`) for each run folder at any depth, in the order they were started.

    Raises:
        TrainingError: no folder, or no run in it.
    """
    if not folder.is_dir():
        raise TrainingError(f"{folder} is no folder: name the one that holds your run folders")
    found = {path.parent for name in _FILES for path in folder.rglob(name)}
    if not found:
        raise TrainingError(
            f"{folder} holds no run: `python -m training train DATASET {folder / 'NAME'}` makes one"
        )
    return sort_runs([_describe(run, folder) for run in sorted(found)], "started")


def sort_runs(rows: Iterable[Row], column: str, *, is_reversed: bool = False) -> list[Row]:
    """Return the rows sorted by a column; those without a value come last either way.

    Raises:
        TrainingError: no such column.
    """
    if column not in COLUMNS:
        raise TrainingError(f"no column {column!r}: sort by one of {', '.join(COLUMNS)}")
    known: list[Row] = []
    unknown: list[Row] = []
    for row in rows:
        (unknown if row[column] is None else known).append(row)
    return sorted(known, key=lambda row: _order(row[column]), reverse=is_reversed) + unknown


def write_runs(path: Path, rows: Iterable[Row]) -> None:
    """Write all columns as CSV."""
    write_table(path, COLUMNS, ([row[column] for column in COLUMNS] for row in rows))


def as_table(rows: Sequence[Row], *, width: int) -> Table:
    """Return a table for a terminal with the columns that matter most and fit into its width."""
    lines = [_shorten(row) for row in rows]
    kept = _fitting(lines, width)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in kept:
        is_text = heading in ("id", "state", "architecture", "head", "trains", "optimiser", "note")
        table.add_column(
            heading,
            justify="left" if is_text else "right",
            overflow="fold",
            no_wrap=heading != "note",
        )
    for line in lines:
        # as Text: square brackets in a note are no markup
        table.add_row(*(Text(line[heading]) for heading in kept))
    return table


def as_text(rows: Sequence[Row]) -> str:
    """Return the same columns as plain lines, aligned by spaces."""
    lines = [_shorten(row) for row in rows]
    kept = [heading for heading in _SHOWN if any(line[heading] for line in lines)]
    widths = {heading: _widest(lines, heading) for heading in kept}
    whole = [dict(zip(kept, kept, strict=True)), *lines]
    return "\n".join(
        "  ".join(line[heading].ljust(widths[heading]) for heading in kept).rstrip()
        for line in whole
    )


def _describe(run: Path, folder: Path) -> Row:
    problems: list[str] = []
    plan = _read(run / "plan.json", problems)
    outcome = _read(run / "run.json", problems) if (run / "run.json").is_file() else {}
    history = _read_history(run / "history.csv", problems)
    evaluation = _read_evaluation(run, problems)
    config = with_names_of_today(_dig(plan, "config")) or {}
    _check_version(config, problems)
    best = _best_epoch(history, _dig(outcome, "best_epoch"))
    done = int(history[-1]["epoch"]) if history else 0
    values = {
        "id": run.name if run == folder else run.relative_to(folder).as_posix(),
        "state": _state(plan, outcome, done),
        "started": _started(run / "plan.json", plan),
        "finished": _minute(_dig(outcome, "finished")),
        "seconds": _seconds(outcome, history),
        "commit": str(_dig(plan, "commit") or "")[:_COMMIT_DIGITS],
        "tensorflow": _dig(plan, "versions", "tensorflow"),
        "device": _dig(plan, "device"),
        "input_shape": _shape(_dig(plan, "shapes", "picture"), _dig(plan, "size_px")),
        "head_shape": _shape(_dig(plan, "shapes", "features"), None),
        "fingerprint": _dig(plan, "fingerprint"),
        "best_epoch": int(best["epoch"]) if best else None,
        "epochs": done if history else None,
        "planned_epochs": _dig(config, "epochs"),
        "callbacks": " ".join(map(str, _dig(plan, "callbacks") or ())),
        "test_top1": _dig(evaluation, "parts", "test", "top1"),
        "test_macro_f1": _dig(evaluation, "parts", "test", "macro_f1"),
        "note": _dig(plan, "note"),
        "problem": "; ".join(problems),
    }
    values |= {name: best.get(name) for name in ("val_accuracy", "val_loss", "accuracy", "loss")}
    # the other columns are options, by their names
    return {name: _cell(values.get(name, _dig(config, name))) for name in COLUMNS}


def _read(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        problems.append(f"no {path.name}")
    except (OSError, ValueError):
        problems.append(f"{path.name} cannot be read")
    else:
        if isinstance(data, dict):
            return data
        problems.append(f"{path.name} cannot be read")
    return {}


def _read_history(path: Path, problems: list[str]) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {name: float(value) for name, value in row.items()} for row in csv.DictReader(file)
            ]
        return [row | {"epoch": int(row["epoch"])} for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        problems.append(f"{path.name} cannot be read")
        return []


def _read_evaluation(run: Path, problems: list[str]) -> dict[str, Any]:
    path = run / "evaluation" / "metrics.json"
    return _read(path, problems) if path.is_file() else {}


def _check_version(config: Mapping[str, Any], problems: list[str]) -> None:
    if not config:
        return
    try:
        TrainConfig.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "options"
        problems.append(f"of another version ({place}: {first['msg']})")


def _best_epoch(history: Sequence[dict[str, float]], best: object) -> dict[str, float]:
    """Return the row of the best epoch; of a run that is not finished, the best so far."""
    for row in history:
        if row.get("epoch") == best:
            return row
    scored = [row for row in history if {"val_accuracy", "epoch"} <= row.keys()]
    return max(scored, key=lambda row: (row["val_accuracy"], row["epoch"]), default={})


def _seconds(outcome: Mapping[str, Any], history: Sequence[dict[str, float]]) -> float | None:
    told = _dig(outcome, "seconds")
    if isinstance(told, int | float):
        return round(told, 1)
    return round(sum(row.get("seconds", 0.0) for row in history), 1) if history else None


def _state(plan: Mapping[str, Any], outcome: Mapping[str, Any], done: int) -> str:
    if outcome:
        return "stopped early" if outcome.get("stopped_early") else "finished"
    planned = _dig(plan, "config", "epochs")
    return f"epoch {done} of {planned}" if planned else "unreadable"


def _started(path: Path, plan: Mapping[str, Any]) -> str | None:
    """Return when the plan was made; plans that do not say it were written just then."""
    if not path.is_file():
        return None
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return _minute(_dig(plan, "started")) or _minute(written.isoformat())


def _minute(time: object) -> str | None:
    try:
        return f"{datetime.fromisoformat(str(time)).astimezone(UTC):%Y-%m-%d %H:%M}"
    except ValueError:
        return None


def _shape(shape: object, size_px: object) -> str | None:
    if isinstance(shape, list) and shape:
        return "x".join(map(str, shape))
    return f"{size_px}x{size_px}x3" if size_px else None


def _dig(data: object, *names: str) -> Any:
    """Return what stands at a place in JSON, or None."""
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _order(value: Cell) -> tuple[bool, Any]:
    """Return what to sort by: where a foreign run has a text for a number, it comes after them."""
    return isinstance(value, str), value


def _cell(value: object) -> Cell:
    """Return what fits into one cell and one line, whatever stands in the JSON."""
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split()) or None


def _shorten(row: Row) -> dict[str, str]:
    return {heading: show(row) for heading, show in _SHOWN.items()}


def _fitting(lines: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """Return the headings that fit, in the order of `_SHOWN`; an empty column is left out."""
    chosen: set[str] = set()
    left = width
    for heading in _PRIORITY:
        needed = min(_widest(lines, heading), _MIN_NOTE if heading == "note" else width) + _GAP
        if any(line[heading] for line in lines) and (needed <= left or not chosen):
            chosen.add(heading)
            left -= needed
    return [heading for heading in _SHOWN if heading in chosen]


def _widest(lines: Iterable[Mapping[str, str]], heading: str) -> int:
    return max(len(heading), *(len(line[heading]) for line in lines))


def _text(name: str) -> Callable[[Row], str]:
    return lambda row: "" if row[name] is None else str(row[name])


def _share(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:.1%}" if isinstance(row[name], float) else ""


def _duration(row: Row) -> str:
    seconds = row["seconds"]
    return "" if seconds is None else str(timedelta(seconds=round(float(seconds))))


_SHOWN: dict[str, Callable[[Row], str]] = {
    "id": _text("id"),
    "state": _text("state"),
    "started": _text("started"),
    "commit": _text("commit"),
    "architecture": _text("architecture"),
    "head": _text("head"),
    "trains": _text("trains"),
    "input": _text("input_shape"),
    "validation": _share("val_accuracy"),
    "test": _share("test_top1"),
    "epochs": _text("epochs"),
    "batch": _text("batch_size"),
    "optimiser": _text("optimizer"),
    "time": _duration,
    "note": lambda row: "; ".join(str(row[name]) for name in ("problem", "note") if row[name]),
}
_PRIORITY = (
    *("id", "state", "validation", "test", "architecture", "note", "head", "trains", "time"),
    *("started", "epochs", "batch", "optimiser", "input", "commit"),
)
