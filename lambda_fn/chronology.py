"""Years of works -> one ridge per WikiArt style, ready to draw.

Works per year, smoothed with a Gaussian, as `training/exploration/chronology.py` does it and says
why: the bandwidth is Silverman's rule of thumb with the robust spread (Silverman 1986, eq. 3.31)
and at least three years, and time ends in a mirror. Here NumPy is enough; the service has no SciPy.
A style with too few dated works has the period of the literature instead, as a soft plateau.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from lambda_fn.catalogue.stories import Period, read_stories
from lambda_fn.contract.styles import STYLES
from lambda_fn.schemas import Chronology, Ridge

FIRST_YEAR: Final = 1400
LAST_YEAR: Final = 2020
BIN_YEARS: Final = 10
LEAST_DATED: Final = 20
"""Dated works that a ridge is drawn from."""
_EARLIEST_YEAR: Final = 1200  # an earlier year is a slip, see training/exploration/quality.py
_LEAST_BANDWIDTH: Final = 3.0
_PLATEAU_BANDWIDTH: Final = 5.0
_REACH: Final = 4  # standard deviations of a Gaussian that are worth counting
_DECIMALS: Final = 3
_BINS: Final = tuple(range(FIRST_YEAR, LAST_YEAR, BIN_YEARS))
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a ridge looks like; density is per year, at any scale."""

    source: Literal["catalogue", "literature"]
    first: int
    median: int | None
    last: int
    density: Floats


def draw_chronology(years: Mapping[str, Mapping[int, int]], *, this_year: int) -> Chronology:
    """Return the ridges of all WikiArt styles, the earliest first.

    years: for each WikiArt style, how many works there are of each year. Years that cannot be are
    not counted.
    """
    ridges = []
    for name, (style, period) in _read_periods().items():
        counts = _count(years.get(name, {}), this_year)
        shape = _measure(counts) if counts.sum() >= LEAST_DATED else _quote(period, len(counts))
        ridges.append(_ridge(name, style, counts, shape))
    ridges.sort(key=lambda ridge: (ridge.first, ridge.last, ridge.wikiart_style))
    return Chronology(bin_years=BIN_YEARS, bins=list(_BINS), ridges=ridges)


def _read_periods() -> dict[str, tuple[str, Period]]:
    """Return style and period of each WikiArt style; a style that unites none is one itself."""
    found: dict[str, tuple[str, Period]] = {}
    for style in STYLES:
        story = read_stories()[style.slug]
        parts = {part.wikiart_style: part.period for part in story.parts}
        for name in style.wikiart_styles:
            found[name] = style.slug, parts.get(name, story.period)
    return found


def _count(years: Mapping[int, int], this_year: int) -> Counts:
    """Return the works of each year from the earliest that can be up to now."""
    counts = np.zeros(max(this_year, LAST_YEAR) - _EARLIEST_YEAR + 1, np.int64)
    for year, works in years.items():
        if _EARLIEST_YEAR <= year <= this_year:
            counts[year - _EARLIEST_YEAR] += works
    return counts


def _measure(counts: Counts) -> _Shape:
    years = np.repeat(np.arange(len(counts)) + _EARLIEST_YEAR, counts)
    quantiles = np.quantile(years, (0.02, 0.5, 0.98), method="inverted_cdf")
    first, median, last = (int(year) for year in quantiles)
    return _Shape("catalogue", first, median, last, _smooth(counts, _bandwidth(years)))


def _quote(period: Period, size: int) -> _Shape:
    plateau = np.zeros(size)
    plateau[period.first - _EARLIEST_YEAR : period.last - _EARLIEST_YEAR + 1] = 1
    density = _smooth(plateau, _PLATEAU_BANDWIDTH)
    return _Shape("literature", period.first, None, period.last, density)


def _bandwidth(years: Counts) -> float:
    low, high = np.quantile(years, (0.25, 0.75))
    spread = min(float(np.std(years)), float(high - low) / 1.34)
    return max(float(0.9 * spread * len(years) ** -0.2), _LEAST_BANDWIDTH)


def _smooth(values: NDArray[Any], bandwidth: float) -> Floats:
    reach = min(round(_REACH * bandwidth), len(values))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / bandwidth) ** 2)
    mirrored = np.pad(values.astype(np.float64), reach, mode="symmetric")
    return np.convolve(mirrored, kernel / kernel.sum(), mode="valid")


def _ridge(name: str, style: str, counts: Counts, shape: _Shape) -> Ridge:
    in_bins = _into_bins(counts)
    in_bins[-1, 0] += counts[LAST_YEAR - _EARLIEST_YEAR]  # the year that ends the axis
    heights = _into_bins(shape.density).mean(axis=1)
    return Ridge(
        wikiart_style=name,
        style=style,
        source=shape.source,
        works=int(counts.sum()),
        counts=in_bins.sum(axis=1).tolist(),
        density=np.round(heights / heights.max(), _DECIMALS).tolist(),
        first=shape.first,
        median=shape.median,
        last=shape.last,
    )


def _into_bins(values: NDArray[Any]) -> NDArray[Any]:
    axis = values[FIRST_YEAR - _EARLIEST_YEAR : LAST_YEAR - _EARLIEST_YEAR]
    return axis.reshape(-1, BIN_YEARS).copy()
