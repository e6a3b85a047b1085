"""Figures of runs -> plots: ROC, confusion, history, calibration, training against test, costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from lambda_fn.contract.manifest import StyleMetrics
from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.evaluation.metrics import Bins, Curve, Curves, normalise_rows
from training.plots import ACCENT, COOL, INK, RULE, figure, label_powers

CONFUSION_COLOURS = {"train": "Blues", "validation": "Purples", "test": "Oranges"}
"""By part; blue for training and orange for test as the original had them."""
_ROW_IN = 0.34  # height of a style's row
# 18 colours that differ on paper, fixed by style so that a style looks alike in every plot
_COLOURS = """
    #e6194b #3cb44b #d4a900 #4363d8 #f58231 #911eb4 #2aa5c0 #f032e6 #8fb300
    #e58fb0 #469990 #b08fe0 #9a6324 #800000 #66b58a #808000 #e8a37a #000075
""".split()
_COLOUR_BY_SLUG = dict(zip(STYLE_BY_SLUG, _COLOURS, strict=True))


@dataclass(frozen=True, slots=True)
class Bar:
    """A run in the plots of a comparison; accuracies are of its best epoch."""

    name: str
    accuracy: float
    val_accuracy: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What an architecture costs."""

    name: str
    size_mb: float
    latency_ms: float


def draw_roc(path: Path, curves: Curves, *, title: str) -> None:
    """Draw a curve for each style and both means; the legend has the areas, the largest first."""
    known = {slug: curve for slug, curve in curves.styles.items() if curve}
    by_area = sorted(known.items(), key=lambda item: item[1].auc, reverse=True)
    with figure(path, width_in=9.5, height_in=6.2) as drawing:
        axes = drawing.add_subplot()
        # in the order of the legend, but with the means above the styles
        thick = {"color": INK, "linewidth": 2.2, "zorder": 3}
        _draw_curve(axes, curves.micro, "all decisions (micro)", **thick)
        if curves.macro:
            dashed = thick | {"linestyle": (0, (2, 1))}
            _draw_curve(axes, curves.macro, "mean of styles (macro)", **dashed)
        for slug, curve in by_area:
            look = {"color": _COLOUR_BY_SLUG[slug], "linewidth": 1.2}
            _draw_curve(axes, curve, STYLE_BY_SLUG[slug].name, **look)
        axes.plot((0, 1), (0, 1), color=RULE, linewidth=1, label="guessing (.500)")
        axes.set(xlim=(-0.01, 1), ylim=(0, 1.01), aspect="equal", title=title)
        axes.set_xlabel("other styles taken for it (false positive rate)")
        axes.set_ylabel("found (true positive rate)")
        axes.legend(
            title="area under the curve",
            alignment="left",
            loc="upper left",
            bbox_to_anchor=(1.02, 1),
        )


def draw_confusion(
    path: Path,
    confusion: NDArray[np.int64],
    styles: Sequence[str],
    *,
    title: str,
    colours: str,
    is_normalised: bool,
) -> None:
    """Draw a row per true style and a column per predicted one: counts, or shares of the row.

    A style without pictures has no row, but others may be taken for it.
    """
    places = np.flatnonzero(confusion.sum(axis=1))
    shown = (normalise_rows(confusion) if is_normalised else confusion)[places]
    names = [STYLE_BY_SLUG[slug].name for slug in styles]
    size_in = (3.4 + 0.48 * len(names), 2.65 + 0.48 * len(places))
    with figure(path, width_in=size_in[0], height_in=size_in[1]) as drawing:
        axes = drawing.add_subplot()
        axes.grid(visible=False)
        top = 1.0 if is_normalised else max(int(confusion.max()), 1)
        axes.imshow(shown, cmap=colours, vmin=0, vmax=top)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(places)), [names[place] for place in places])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlabel="predicted", ylabel="true", title=title)
        for (row, column), value in np.ndenumerate(shown):
            text = _share_text(float(value)) if is_normalised else f"{value:.0f}" * bool(value)
            colour = "white" if value > 0.6 * top else INK
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)


def draw_history(path: Path, rows: Sequence[Mapping[str, float]], *, best_epoch: int) -> None:
    """Draw accuracy and loss by epoch, and below them the learning rate on an axis of its own.

    Two scales in one panel would cross where nothing crosses.
    """
    epochs = [row["epoch"] for row in rows]
    with figure(path, width_in=9.0, height_in=5.2) as drawing:
        grid = drawing.add_gridspec(2, 2, height_ratios=(3, 1))
        for column, (name, title) in enumerate((("accuracy", "Accuracy"), ("loss", "Loss"))):
            axes = drawing.add_subplot(grid[0, column])
            axes.set_title(title)
            lines = (("", "training", COOL), ("val_", "validation", ACCENT))
            for prefix, label, colour in lines:
                values = [row[prefix + name] for row in rows]
                axes.plot(epochs, values, color=colour, marker="o", markersize=3, label=label)
            axes.axvline(best_epoch, color=INK, linewidth=0.8, linestyle=":")
            axes.legend(loc="best")
            if name == "accuracy":
                axes.yaxis.set_major_formatter(PercentFormatter(1))
            _draw_rates(drawing.add_subplot(grid[1, column], sharex=axes), rows, best_epoch)
            axes.tick_params(labelbottom=False)


def draw_prediction_report(
    path: Path, train: Mapping[str, StyleMetrics], test: Mapping[str, StyleMetrics]
) -> None:
    """Draw precision, recall and F1 of each style in training and test, the best style on top.

    The original drew six lines over the styles; a line between styles means nothing, the distance
    between a style's two dots means what was learnt by heart. Styles without pictures stay out.
    """
    slugs = sorted(
        (slug for slug, one in test.items() if one.support and train[slug].support),
        key=lambda slug: test[slug].f1,
    )
    places = np.arange(len(slugs))
    with figure(path, width_in=10.5, height_in=1.4 + _ROW_IN * len(slugs)) as drawing:
        panels = drawing.subplots(1, 3, sharey=True, squeeze=False)[0]
        for axes, name in zip(panels, ("precision", "recall", "f1"), strict=True):
            far = np.array([getattr(train[slug], name) for slug in slugs])
            near = np.array([getattr(test[slug], name) for slug in slugs])
            axes.hlines(places, near, far, color=RULE, linewidth=2.5)
            axes.scatter(far, places, color=COOL, s=34, label="training", zorder=3)
            axes.scatter(near, places, color=ACCENT, s=34, label="test", zorder=3)
            axes.set_title({"f1": "F1"}.get(name, name.capitalize()))
            axes.set_xlim(-0.02, 1.02)
            axes.grid(visible=False, axis="y")
            axes.tick_params(axis="y", length=0)
        panels[0].set_yticks(places, [STYLE_BY_SLUG[slug].name for slug in slugs])
        panels[0].set_ylim(-0.6, len(slugs) - 0.4)
        drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower right", ncols=2)


def draw_reliability(path: Path, before: Bins, after: Bins, *, title: str) -> None:
    """Draw how often answers are right by how sure they are, before and after the temperature.

    Below stands how many pictures each bin has. On the diagonal a model knows what it knows.
    """
    with figure(path, width_in=6.4, height_in=6.2) as drawing:
        upper, lower = drawing.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        upper.plot((0, 1), (0, 1), color=INK, linewidth=0.8, linestyle=":")
        for bins, label, colour in ((before, "as trained", COOL), (after, "calibrated", ACCENT)):
            filled = bins.pictures > 0
            upper.plot(
                bins.confidence[filled],
                bins.accuracy[filled],
                color=colour,
                marker="o",
                markersize=4,
                clip_on=False,
                label=label,
            )
        upper.set(xlim=(0, 1), ylim=(0, 1), title=title, ylabel="share of right answers")
        upper.legend(loc="upper left")
        width = 1 / len(after.pictures)
        lefts = np.arange(len(after.pictures)) * width
        lower.bar(lefts, after.pictures, width=0.9 * width, align="edge", color=ACCENT)
        lower.set(xlabel="probability of the first style", ylabel="pictures")
        for axis in (upper.xaxis, upper.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))


def draw_scores(path: Path, bars: Sequence[Bar]) -> None:
    """Draw accuracy in validation and training of each run, the first run on top."""
    places = np.arange(len(bars))[::-1]
    with figure(path, width_in=8.0, height_in=1.3 + 0.62 * len(bars)) as drawing:
        axes = drawing.add_subplot()
        kinds = (
            (0.2, [bar.val_accuracy for bar in bars], ACCENT, "validation"),
            (-0.2, [bar.accuracy for bar in bars], COOL, "training"),
        )
        for shift, values, colour, label in kinds:
            drawn = axes.barh(places + shift, values, height=0.36, color=colour, label=label)
            axes.bar_label(drawn, [f"{value:.1%}" for value in values], padding=4, fontsize=9)
        axes.set_yticks(places, [bar.name for bar in bars])
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, 1.15 * max(max(bar.accuracy, bar.val_accuracy) for bar in bars) or 1)
        axes.set_title("Accuracy at the best epoch")
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(visible=False, axis="y")
        drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower right", ncols=2)


def draw_costs(path: Path, costs: Sequence[Cost]) -> None:
    """Draw size against latency: what is small and quick stands at the lower left."""
    with figure(path, width_in=8.0, height_in=4.6) as drawing:
        axes = drawing.add_subplot()
        axes.scatter(
            [cost.size_mb for cost in costs],
            [cost.latency_ms for cost in costs],
            color=ACCENT,
            s=40,
            zorder=3,
        )
        for cost in costs:
            place = (cost.size_mb, cost.latency_ms)
            axes.annotate(cost.name, place, xytext=(7, 4), textcoords="offset points")
        axes.set(xlabel="float32 weights, MB", ylabel="time for one picture, ms")
        axes.set_title("Size and latency")
        axes.set_xlim(0, 1.25 * max(cost.size_mb for cost in costs))
        axes.set_ylim(0, 1.15 * max(cost.latency_ms for cost in costs))


def _draw_curve(axes: Axes, curve: Curve, name: str, **look: Any) -> None:
    axes.plot(
        curve.false_positive_rate,
        curve.true_positive_rate,
        label=f"{name} ({curve.auc:.3f})".replace("(0.", "(."),
        **look,
    )


def _draw_rates(axes: Axes, rows: Sequence[Mapping[str, float]], best_epoch: int) -> None:
    axes.plot(
        [row["epoch"] for row in rows],
        [row["learning_rate"] for row in rows],
        color=INK,
        marker="o",
        markersize=3,
        linewidth=1,
    )
    axes.set_yscale("log")
    label_powers(axes.yaxis)
    axes.set(xlabel=f"epoch (dotted: {best_epoch}, the best)", ylabel="learning rate")
    axes.axvline(best_epoch, color=INK, linewidth=0.8, linestyle=":")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _share_text(value: float) -> str:
    """Return .05 for .05; nothing for what rounds to 0 or is unknown."""
    return f"{value:.2f}".replace("0.", ".") if value >= 0.005 else ""
