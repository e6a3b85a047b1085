"""Works -> when the works of each WikiArt style were made, as densities over the years.

Years are whole numbers, so a Gaussian kernel density over them is the histogram by year, smoothed
with a Gaussian. At the ends of time it is reflected: nothing was finished in the future.

The bandwidth is Silverman's rule of thumb with the robust spread (Silverman 1986, Density
Estimation, eq. 3.31): the smaller of standard deviation and IQR / 1.34, because a few revivals a
century later would otherwise blur a style's own decades. It never falls below three years: dates
are often rounded to fives and tens, and such teeth say nothing about a style.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from training.dataset.dataset_folder import Work
from training.exploration.quality import EARLIEST_YEAR, is_plausible

FIRST_YEAR, LAST_YEAR = 1400, 2020
YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 1)
"""The axis."""
QUANTILES = MappingProxyType(
    {"earliest": 0.0, "q02": 0.02, "median": 0.5, "q98": 0.98, "latest": 1.0}
)
_LEAST_BANDWIDTH = 3.0


@dataclass(frozen=True, slots=True)
class Ridge:
    """When the dated works of one WikiArt style were made.

    quantiles: years at `QUANTILES`, each the year of a work. density: per year of `YEARS`; it sums
    to 1 where all works lie inside of them.
    """

    style: str
    works: int
    quantiles: tuple[int, ...]
    density: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chronology:
    """The ridges by their 2 % quantile, earliest first; `left_out` maps a style to dated works."""

    ridges: tuple[Ridge, ...]
    left_out: Mapping[str, int]


def chronology(
    works: Sequence[Work], *, this_year: int, least: int = 20, most: int = 25
) -> Chronology:
    """Return when works were made, for the styles with the most dated works.

    least: dated works that a style needs. most: ridges. Years that cannot be are not counted.
    """
    years: dict[str, list[int]] = defaultdict(list)
    for work in works:
        dated = years[work.wikiart_style]
        if work.year is not None and is_plausible(work.year, this_year=this_year):
            dated.append(work.year)
    ranked = sorted(years, key=lambda style: (-len(years[style]), style))
    drawn = [style for style in ranked[:most] if len(years[style]) >= least]
    ridges = [_ridge(style, years[style], this_year) for style in drawn]
    return Chronology(
        tuple(sorted(ridges, key=lambda ridge: (ridge.quantiles[1:], ridge.style))),
        {style: len(years[style]) for style in ranked if style not in drawn},
    )


def _ridge(style: str, years: Sequence[int], this_year: int) -> Ridge:
    quantiles = np.quantile(years, tuple(QUANTILES.values()), method="inverted_cdf")
    return Ridge(style, len(years), tuple(map(int, quantiles)), density(years, this_year=this_year))


def density(years: Sequence[int], *, this_year: int) -> NDArray[np.float64]:
    """Return the density per year of `YEARS`; years lie between 1200 and this year."""
    end = max(this_year, LAST_YEAR)
    counts = np.bincount(np.array(years) - EARLIEST_YEAR, minlength=end - EARLIEST_YEAR + 1)
    smooth = gaussian_filter1d(counts.astype(np.float64), bandwidth(years), mode="reflect")
    axis = slice(FIRST_YEAR - EARLIEST_YEAR, LAST_YEAR - EARLIEST_YEAR + 1)
    return np.asarray(smooth[axis] / len(years))


def bandwidth(years: Sequence[int]) -> float:
    """Return the standard deviation of the Gaussian, in years."""
    low, high = np.quantile(years, (0.25, 0.75))
    spread = min(np.std(years), (high - low) / 1.34)
    return max(float(0.9 * spread * len(years) ** -0.2), _LEAST_BANDWIDTH)
