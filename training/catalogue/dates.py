"""Which years can be those of a work, and which only stand in its title.

A year that was taken from a title, such as `The burning of Troy in 1862`, would put a painter of
the twentieth century into the public domain and bend the chronology.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median

from lambda_fn.catalogue.stories import read_stories
from training.sources.raw_folder import Rights

PUBLIC_DOMAIN_UNTIL = 1875
_BEFORE_STYLE = 100
"""years before its style began in which a work may be of it all the same, as Blake's Symbolism"""
_CAREER = 60
"""years between a work and the middle of its artist's works"""
_ENOUGH = 3
"""dated works of an artist that have a middle"""
_LAST_YEAR = re.compile(r"-(\d{4})(?:-\d{1,2})?$")  # a number tells works of one title apart


def likely_year(year: int | None, *, style: str, path: str) -> int | None:
    """Return the year, or a better one, or None where no work of the style can be of it.

    style: slug. path: WikiArt's name of the work, which ends in its year: of two years in it, the
    former belongs to the title.
    """
    last = _LAST_YEAR.search(path)
    if year is not None and last is not None and f"-{year}-" in path:
        year = int(last[1])
    first = read_stories()[style].period.first - _BEFORE_STYLE
    return year if year is not None and first <= year <= datetime.now(UTC).year else None


def years_of_artists(works: Iterable[tuple[str, int | None]]) -> list[int | None]:
    """Return the year of each work, None where its artist cannot have lived then.

    works: the artist and the year, in the order of the answer.
    """
    works = list(works)
    years: dict[str, list[int]] = defaultdict(list)
    for artist, year in works:
        if year is not None:
            years[artist].append(year)
    middles = {artist: median(all_) for artist, all_ in years.items() if len(all_) >= _ENOUGH}
    return [
        None if year is None or abs(year - middles.get(artist, year)) > _CAREER else year
        for artist, year in works
    ]


def rights_of(given: Rights, year: int | None) -> Rights:
    """Return the rights as they are given; else what the year says about them.

    Who made a work in 1875 has been dead for more than 70 years: nobody who was twenty then lived
    to see 1956. So works up to then are in the public domain; of later ones nothing is known.
    """
    if given == "unknown" and year is not None and year <= PUBLIC_DOMAIN_UNTIL:
        return "public-domain"
    return given
