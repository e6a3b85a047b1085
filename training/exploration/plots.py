"""The plots of an exploration: how the styles are balanced, and when their works were made."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.exploration.chronology import FIRST_YEAR, LAST_YEAR, YEARS, Chronology, Ridge
from training.exploration.quality import Balance
from training.plots import ACCENT, COOL, INK, PAPER, RULE, SOFT, drawable, figure

_PART_COLOURS = {"train": COOL, "validation": "#9db8c9", "test": ACCENT}
_PEAK = 1.45  # how high a ridge is; the next one stands at 1
_BRIGHT = "#f0a15e"  # the accent, to be seen on the cool colour


def draw_balance(path: Path, balance: Sequence[Balance]) -> None:
    """Draw a bar per style, most pictures on top, and beside it what a picture of it weighs."""
    ordered = sorted(balance, key=lambda one: one.listed)
    names = [STYLE_BY_SLUG[one.style].name for one in ordered]
    with figure(path, width_in=9.0, height_in=1.2 + 0.32 * len(ordered)) as drawing:
        drawing.set_layout_engine("constrained", wspace=0.05)
        counts, weights = drawing.subplots(1, 2, sharey=True, width_ratios=(2, 1))
        _draw_parts(counts, ordered)
        counts.set_yticks(range(len(names)), names)
        _draw_weights(weights, ordered)
        for axes in (counts, weights):
            axes.tick_params(length=0)
            axes.grid(visible=False, axis="y")
            axes.spines[:].set_visible(False)


def _draw_parts(axes: Axes, ordered: Sequence[Balance]) -> None:
    places = np.arange(len(ordered))
    end = np.zeros(len(ordered))
    for part, colour in _PART_COLOURS.items():
        widths = np.array([getattr(one, part) for one in ordered], float)
        axes.barh(places, widths, 0.6, end, color=colour)
        end += widths
    for place, one in enumerate(ordered):
        _label(axes, f" {one.listed:,}", (end[place], place))
    axes.set_xlim(0, max(end.max(), 1) * 1.12)
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    _head(axes, {"Pictures": INK} | _PART_COLOURS)


def _draw_weights(axes: Axes, ordered: Sequence[Balance]) -> None:
    axes.axvline(1, color=INK, linewidth=0.8)
    for place, one in enumerate(ordered):
        if one.weight is None:
            _label(axes, " not trained on", (1, place), color=SOFT)
            continue
        axes.plot((1, one.weight), (place, place), color=INK, linewidth=1.2)
        axes.plot(one.weight, place, "o", color=INK, markersize=5)
        _label(axes, f"  {one.weight:.2f}  ", (one.weight, place), is_left=one.weight < 1)
    axes.set_xlim(0, 1.3 * max(1.5, *(one.weight or 0 for one in ordered)))
    _head(axes, {"Weight of a picture": INK})


def _label(
    axes: Axes, text: str, place: tuple[float, float], *, is_left: bool = False, color: str = INK
) -> None:
    side = "right" if is_left else "left"
    axes.text(*place, text, color=color, ha=side, va="center_baseline")


def _head(axes: Axes, words: Mapping[str, str]) -> None:
    """Write words above the left end, each in its colour: it saves a legend."""
    areas: list[Artist] = [
        TextArea(word, textprops={"color": colour, "size": 11}) for word, colour in words.items()
    ]
    axes.add_artist(
        AnchoredOffsetbox(
            "lower left",
            child=HPacker(children=areas, align="baseline", pad=0, sep=9),
            bbox_to_anchor=(0, 1.01),
            bbox_transform=axes.transAxes,
            pad=0,
            borderpad=0,
            frameon=False,
        )
    )


def draw_chronology(path: Path, result: Chronology) -> None:
    """Draw a ridge per WikiArt style (one at least), the earliest on top."""
    count = len(result.ridges)
    note = fill(_note(result), 95)
    height = 1.4 + 0.34 * count + 0.2 * len(note.splitlines())
    with figure(path, width_in=9.0, height_in=height) as drawing:
        axes = drawing.subplots()
        for place, ridge in enumerate(result.ridges):
            _draw_ridge(axes, ridge, base=count - 1 - place, order=2 + place)
        axes.set_xlim(FIRST_YEAR, LAST_YEAR)
        axes.set_ylim(-0.2, count - 1 + _PEAK + 0.1)
        axes.set_yticks([])
        axes.set_xticks(range(FIRST_YEAR, LAST_YEAR, 100))
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.text(1.012, 1, "dated\nworks", color=SOFT, va="top", transform=axes.transAxes)
        axes.set_xlabel(note, color=SOFT, fontsize=9, loc="left", labelpad=12)


def _note(result: Chronology) -> str:
    """Say how to read the ridges, and which styles have none."""
    note = "Each ridge is scaled to its own peak; the line in it is the median."
    if not result.left_out:
        return note
    names = (f"{drawable(style)} ({works:,})" for style, works in result.left_out.items())
    return f"{note} Not drawn, with fewer dated works: {', '.join(names)}."


def _draw_ridge(axes: Axes, ridge: Ridge, *, base: int, order: int) -> None:
    """Draw a ridge in front of those above it, with its median."""
    heights = base + _PEAK * ridge.density / max(ridge.density.max(), 1e-9)
    axes.plot((FIRST_YEAR, LAST_YEAR), (base, base), color=RULE, linewidth=0.6, zorder=order)
    axes.fill_between(YEARS, base, heights, color=COOL, linewidth=0, zorder=order)
    outline = np.where(heights > base + 0.02, heights, np.nan)  # not along the baseline
    axes.plot(YEARS, outline, color=PAPER, linewidth=1.0, zorder=order)
    median = ridge.quantiles[2]
    if FIRST_YEAR <= median <= LAST_YEAR:
        top = heights[median - FIRST_YEAR]
        axes.plot((median, median), (base, top), color=_BRIGHT, linewidth=1.4, zorder=order)
    for x, text, colour, side in (
        (-0.012, drawable(ridge.style), INK, "right"),
        (1.012, f"{ridge.works:,}", SOFT, "left"),
    ):
        axes.text(x, base, text, color=colour, ha=side, transform=axes.get_yaxis_transform())
