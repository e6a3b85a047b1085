"""Figures in one look, saved whole and closed at once; nothing of matplotlib's global state."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from matplotlib import get_data_path, rc_context
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import LogFormatter

from training.files import whole_file

INK, PAPER, RULE, ACCENT, COOL = "#1d1b19", "#fbf8f1", "#cfc7b8", "#c8590a", "#33658a"
"""Text, ground, grid, and the two colours of data: the one that matters and the other."""
SOFT = "#6b645a"
"""Text that explains."""
# matplotlib brings these fonts, so that a plot looks alike everywhere
_FONTS = Path(get_data_path()) / "fonts" / "ttf"
SANS, SERIF = str(_FONTS / "DejaVuSans.ttf"), str(_FONTS / "DejaVuSerif.ttf")
"""Font files, for what is drawn without matplotlib."""
_DPI = 150
_LOOK = {
    "axes.edgecolor": RULE,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "figure.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a title may hold two dollar signs
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextmanager
def figure(path: Path, *, width_in: float = 8.0, height_in: float = 5.0) -> Iterator[Figure]:
    """Yield an empty figure; when the block ends well it is stored as PNG at `path`.

    What is drawn is drawn inside of the block: it decides the look of everything made in it.
    """
    with rc_context(_LOOK):  # type: ignore[arg-type] # its keys are a very long Literal
        drawing = Figure(figsize=(width_in, height_in), layout="constrained")
        FigureCanvasAgg(drawing)
        yield drawing
        with whole_file(path) as file:
            drawing.savefig(file, dpi=_DPI, format="png")


def drawable(text: str) -> str:
    """Return the text with a hollow square for each letter that the plots' font does not have.

    matplotlib would draw the same, and warn.
    """
    return "".join(letter if ord(letter) in _letters() else "□" for letter in text)


def label_powers(axis: Axis) -> None:
    """Write the numbers of a logarithmic axis as 1e-03; matplotlib's own labels are formulas."""
    axis.set_major_formatter(LogFormatter())
    axis.set_minor_formatter(LogFormatter(labelOnlyBase=False))


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(SANS).get_charmap())
