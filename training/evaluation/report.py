"""An evaluation and its plots -> report.html: what a person should know about a run, first."""

from collections.abc import Mapping
from pathlib import Path

from lambda_fn.contract.manifest import Interval
from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.evaluation.metrics import PARTS, Evaluation, PartMetrics, PartName
from training.report import Plot, Section, Table, write_report

TITLES = {"train": "Training", "validation": "Validation", "test": "Test"}

Cell = str | int | float | None


def write_evaluation_report(
    folder: Path, name: str, evaluation: Evaluation, provenance: Mapping[str, str]
) -> None:
    """Write `report.html` into the folder, where the plots are already.

    name: of the run; provenance: what made it, by heading.
    """
    best, metrics = evaluation.headline
    sections = [
        _figures(evaluation),
        _styles(folder, best, metrics),
        _confusion(folder, best, metrics),
        _curves(folder, best),
        _calibration(folder, best, evaluation),
        *_history(folder),
        *_other_parts(folder, evaluation, best),
        _how(evaluation, provenance),
    ]
    write_report(
        folder / "report.html",
        title=f"{name} on the list “{evaluation.split}”",
        lead=describe(evaluation),
        sections=sections,
    )


def describe(evaluation: Evaluation) -> str:
    """Return three sentences: how good it is, how much of that is memory, what it confuses."""
    part, metrics = evaluation.headline
    return " ".join(
        (
            f"Of {metrics.pictures:,} {_PICTURES[part]} of the list “{evaluation.split}” it names "
            f"{metrics.top1:.1%} rightly{_between(metrics.top1_interval)}, where naming the most "
            f"frequent style every time would give {_majority(metrics):.1%}.",
            _gap(evaluation),
            _mistake(metrics),
        )
    )


def _gap(evaluation: Evaluation) -> str:
    own = evaluation.own_split
    if evaluation.split != own:
        return (
            f"It was trained on the list “{own}”; {evaluation.left_out:,} test pictures that it "
            "knew from there are left out."
        )
    part, metrics = evaluation.headline
    train = evaluation.parts.get("train")
    if train is None or part == "train":
        return "How much better it is on pictures that it knows than on others was not measured."
    gap = 100 * (train.top1 - metrics.top1)
    if gap <= 0:
        return f"On the pictures that it learnt from it is no better ({train.top1:.1%})."
    return (
        f"On the pictures that it learnt from it is right for {train.top1:.1%}: the {gap:.1f} "
        "points in between are memory, not knowledge of style."
    )


def _mistake(metrics: PartMetrics) -> str:
    if not metrics.most_confused:
        return "It takes no style for another."
    worst = metrics.most_confused[0]
    support = metrics.per_style[worst.truth].support
    return (
        f"Most of all it takes {_name(worst.truth)} for {_name(worst.predicted)}: "
        f"{worst.pictures} of {support} pictures ({worst.share:.0%})."
    )


def _figures(evaluation: Evaluation) -> Section:
    parts = [name for name in reversed(PARTS) if name in evaluation.parts]
    header = ["", *(column for name in parts for column in (TITLES[name], "95 %"))]
    rows: list[list[Cell]] = []
    for heading, field, interval in _FIGURES:
        row: list[Cell] = [heading]
        for name in parts:
            metrics = evaluation.parts[name]
            row += [
                _lookup(metrics, field),
                _range(getattr(metrics, interval) if interval else None),
            ]
        rows.append(row)
    return Section(
        "In figures",
        (
            "95 %: bootstrap intervals, how much of a figure is the luck of which pictures are in "
            "the list. They know nothing of wrong labels or of another seed in training.",
        ),
        (Table("Figures of each part", header, rows),),
    )


def _styles(folder: Path, part: PartName, metrics: PartMetrics) -> Section:
    rows: list[list[Cell]] = [
        [_name(slug), one.precision, one.recall, one.f1, metrics.auc[slug], one.support]
        for slug, one in metrics.per_style.items()
        if one.support
    ]
    rows += [
        ["mean of styles", *_three(metrics, "macro"), metrics.macro_auc, metrics.pictures],
        ["mean by pictures", *_three(metrics, "weighted"), None, metrics.pictures],
    ]
    absent = [_name(slug) for slug, one in metrics.per_style.items() if not one.support]
    return Section(
        "Style by style",
        (
            "Precision: how often a picture that it calls by this style is of it. Recall: how many "
            "of the style's pictures it finds.",
            *([f"The list has no pictures of {', '.join(absent)}."] if absent else []),
        ),
        (
            Table(
                f"{TITLES[part]}, by style",
                ("", "precision", "recall", "F1", "AUC", "pictures"),
                rows,
            ),
        ),
        _plots(folder, ("prediction-report", "Training against test, the best style on top")),
    )


def _confusion(folder: Path, part: PartName, metrics: PartMetrics) -> Section:
    rows: list[list[Cell]] = [
        [_name(one.truth), _name(one.predicted), one.pictures, one.share]
        for one in metrics.most_confused
    ]
    return Section(
        "What it takes for what",
        tables=(Table("Most confused", ("true", "predicted", "pictures", "share of true"), rows),)
        if rows
        else (),
        plots=_plots(
            folder,
            (f"confusion-normalised-{part}", "Shares of the true style: rows sum to 1"),
            (f"confusion-{part}", "Pictures"),
        ),
    )


def _curves(folder: Path, part: PartName) -> Section:
    return Section(
        "Finding a style among others",
        ("A style's pictures are set against all others, sorted by the style's probability.",),
        plots=_plots(folder, (f"roc-{part}", "ROC curves, one against all others")),
    )


def _calibration(folder: Path, part: PartName, evaluation: Evaluation) -> Section:
    metrics = evaluation.parts[part]
    return Section(
        "How far to trust its probabilities",
        (
            f"Its logits are divided by {evaluation.temperature:.2f}, fitted on validation. That "
            f"takes the expected calibration error from {metrics.uncalibrated_error:.3f} to "
            f"{metrics.expected_calibration_error:.3f}.",
        ),
        plots=_plots(folder, (f"reliability-{part}", "On the dotted line it knows what it knows")),
    )


def _history(folder: Path) -> tuple[Section, ...]:
    plots = _plots(folder, ("history", "History of the run, with its learning rate"))
    text = (
        "Training figures are the means of an epoch while the weights change, on pictures that are "
        "cropped and changed at random: they are lower than those of the finished model above."
    )
    return (Section("History", (text,), plots=plots),) if plots else ()


def _other_parts(folder: Path, evaluation: Evaluation, best: PartName) -> list[Section]:
    return [
        Section(
            TITLES[part],
            plots=_plots(
                folder,
                (f"confusion-normalised-{part}", "Shares of the true style: rows sum to 1"),
                (f"roc-{part}", "ROC curves, one against all others"),
            ),
        )
        for part in reversed(PARTS)
        if part in evaluation.parts and part != best
    ]


def _how(evaluation: Evaluation, provenance: Mapping[str, str]) -> Section:
    facts = {
        "architecture": evaluation.architecture,
        "list it was trained on": evaluation.own_split,
        "dataset": evaluation.fingerprint,
        "model file": evaluation.model_sha256,
        **provenance,
    }
    return Section(
        "How it was measured",
        (
            "Every picture is shown once, whole and unchanged. Validation chose the best epoch and "
            "the temperature, so its figures flatter a little; the test part chose nothing.",
        ),
        (Table("What was measured", ("", ""), list(facts.items())),),
    )


def _plots(folder: Path, *named: tuple[str, str]) -> tuple[Plot, ...]:
    """Return the plots that were drawn; the tables say the same in words and numbers."""
    return tuple(
        Plot(caption, folder / f"{stem}.png", f"{caption}; its numbers are in the CSV files")
        for stem, caption in named
        if (folder / f"{stem}.png").is_file()
    )


def _majority(metrics: PartMetrics) -> float:
    return max(one.support for one in metrics.per_style.values()) / metrics.pictures


def _three(metrics: PartMetrics, kind: str) -> tuple[float, float, float]:
    means = metrics.macro if kind == "macro" else metrics.weighted
    return means.precision, means.recall, means.f1


def _lookup(metrics: PartMetrics, field: str) -> Cell:
    """Return the value at a place such as `macro.precision`."""
    value = metrics
    for step in field.split("."):
        value = getattr(value, step)
    return value  # type: ignore[return-value] # the places in _FIGURES lead to numbers


def _between(interval: Interval | None) -> str:
    return f" (95 % interval {interval[0]:.1%} to {interval[1]:.1%})" if interval else ""


def _range(interval: Interval | None) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""


def _name(slug: str) -> str:
    return STYLE_BY_SLUG[slug].name


_PICTURES = {
    "train": "pictures that it was trained on",
    "validation": "validation pictures",
    "test": "test pictures",
}
# heading, place in PartMetrics, place of its interval
_FIGURES: tuple[tuple[str, str, str | None], ...] = (
    ("accuracy", "top1", "top1_interval"),
    ("balanced accuracy", "balanced_accuracy", "balanced_accuracy_interval"),
    ("right style among the first three", "top3", "top3_interval"),
    ("F1, mean of styles", "macro_f1", "macro_f1_interval"),
    ("F1, mean by pictures", "weighted.f1", None),
    ("AUC, mean of styles", "macro_auc", "macro_auc_interval"),
    ("AUC, all decisions", "micro_auc", None),
    ("log loss", "log_loss", None),
    ("expected calibration error", "expected_calibration_error", None),
    ("pictures", "pictures", None),
)
