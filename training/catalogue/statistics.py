"""What a catalogue holds, style by style."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table

from lambda_fn.catalogue.works import RIGHTS, Catalogue, Filters, Work
from lambda_fn.contract.styles import STYLES

_PAGE = 1000
_HEADINGS = ("works", "dated", "artists", "palettes", "pictures", *RIGHTS)


@dataclass(frozen=True, slots=True)
class StyleStatistics:
    """How many works of a style there are, and how many of them have what."""

    name: str
    works: int
    dated: int
    artists: int
    palettes: int
    pictures: int
    """addresses that nobody has found empty"""
    rights: tuple[int, ...]
    """in the order of RIGHTS"""

    @property
    def counts(self) -> tuple[int, ...]:
        """All numbers, as the table has them."""
        return (
            *(self.works, self.dated, self.artists, self.palettes, self.pictures),
            *self.rights,
        )


def every_work(catalogue: Catalogue) -> Iterator[Work]:
    """Yield all works in the order of their ids."""
    last = ""
    while page := catalogue.find(Filters(), limit=_PAGE, after=last):
        yield from page
        last = page[-1].id


def statistics(catalogue: Catalogue) -> list[StyleStatistics]:
    """Return the counts of each style that has works, and last those of all together."""
    works = list(every_work(catalogue))
    by_style = {style: [work for work in works if work.style == style.slug] for style in STYLES}
    rows = [_count(style.name, chosen) for style, chosen in by_style.items() if chosen]
    return [*rows, _count("all", works)]


def _count(name: str, works: Sequence[Work]) -> StyleStatistics:
    return StyleStatistics(
        name,
        works=len(works),
        dated=sum(work.year is not None for work in works),
        artists=len({work.artist_slug for work in works}),
        palettes=sum(bool(work.palette) for work in works),
        pictures=sum(work.image_url is not None for work in works),
        rights=tuple(sum(work.rights == one for work in works) for one in RIGHTS),
    )


def as_table(rows: Sequence[StyleStatistics]) -> Table:
    """Return the counts for a terminal."""
    table = Table("style", box=None, pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(row.name, *(f"{count:,}" for count in row.counts))
    return table
