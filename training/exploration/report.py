"""Findings -> the report: what the data holds and, first of all, what it cannot show."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from lambda_fn.contract.styles import STYLE_BY_SLUG, STYLES
from training.exploration.chronology import Ridge
from training.exploration.contact_sheets import Sheet, maker_of, title_of
from training.exploration.findings import Findings
from training.exploration.quality import Balance, Overlap, Quality
from training.report import Plot, Section, Table, write_report

_MOSTLY = 0.9  # of a style from one source
_HARDLY = 0.05  # of what a style is told by its source


def counts_plot(split: str) -> str:
    """Return the file name of the counts of a list, whatever letters its name has."""
    return f"counts_{quote(split, safe='')}.png"


def write_exploration_report(
    folder: Path, found: Findings, sheets: Sequence[Sheet], *, name: str
) -> None:
    """Write `report.html` with the plots that are in the folder already."""
    sections = (
        Section("What it cannot show", paragraphs=tuple(_limits(found))),
        _counts(folder, found),
        _works(sheets),
        _chronology(folder, found),
        _quality(found),
    )
    write_report(
        folder / "report.html",
        title=f"What is in {name}",
        lead=_lead(found),
        sections=sections,
    )


def _lead(found: Findings) -> str:
    total = found.total
    dated = total.pictures - total.undated
    large = max(found.styles, key=lambda slug: found.styles[slug].pictures)
    small = min(found.styles, key=lambda slug: found.styles[slug].pictures)
    ratio = found.styles[large].pictures / found.styles[small].pictures
    return (
        f"{total.pictures:,} pictures of {len(found.styles)} styles by {total.artists:,} known "
        f"artists; {dated:,} of them ({_percent(dated / total.pictures)}) have a year. The largest "
        f"style, {_name(large)}, has {ratio:.1f} times as many as the smallest, {_name(small)}."
    )


def _limits(found: Findings) -> Iterator[str]:
    """Yield a paragraph for each thing that no figure measured on these pictures can tell."""
    missing = [style.name for style in STYLES if style.slug not in found.styles]
    if missing:
        yield (
            f"It has too little or nothing of {_listed(missing)}: a model that is trained on it "
            "never gives these answers, and no figure says how it treats such pictures."
        )
    yield _on_sources(found)
    yield from _on_artists(found)
    yield from _on_years(found)
    yield _on_labels(found)


def _on_sources(found: Findings) -> str:
    sources = found.total.sources
    if len(sources) == 1:
        return (
            f"All pictures come from one source ({found.total.largest_source}): how a model does "
            "on pictures from elsewhere cannot be measured on them."
        )
    told = _percent(found.told_by_source)
    if found.told_by_source < _HARDLY:
        return (
            f"The styles come from the {len(sources)} sources in much the same shares: the source "
            f"tells {told} of the information in a style's name."
        )
    mostly = sum(one.largest_source_share >= _MOSTLY for one in found.styles.values())
    return (
        f"Style and source are confounded: {mostly} of {len(found.styles)} styles have at least "
        f"{_percent(_MOSTLY)} of their pictures from a single source, and knowing only the source "
        f"tells {told} of the information in a style's name. A model can score by reading "
        "sharpness, shape or compression instead of style. Only a test on a source that it was "
        "not trained on shows by how much."
    )


def _on_artists(found: Findings) -> Iterator[str]:
    tested = [one for one in found.overlaps if one.test]
    shared = [
        f"{_percent(one.share)} of the test pictures of list {one.split}"
        for one in tested
        if one.in_training
    ]
    if shared:
        yield (
            f"At least {_listed(shared)} are by artists whom its training part shows too. Such a "
            "figure tells how a model knows these artists, not how it does on new ones."
        )
    apart = [one.split for one in tested if not one.in_training and one.unknown_artist < one.test]
    if apart:
        yield f"No known artist is in both training and test of list {_listed(apart)}."
    unknown = found.total.unknown_artist
    if unknown:
        most = max(found.styles, key=lambda slug: found.styles[slug].unknown_artist)
        yield (
            f"{unknown:,} pictures ({_percent(unknown / found.total.pictures)}) are by unknown "
            f"artists, {found.styles[most].unknown_artist:,} of them in {_name(most)}: nobody can "
            "tell whether these artists are in training too."
        )


def _on_years(found: Findings) -> Iterator[str]:
    if found.chronology.left_out and found.chronology.ridges:
        yield (
            f"The chronology leaves out {_listed(list(found.chronology.left_out))}, with fewer "
            "dated works than it needs."
        )


def _on_labels(found: Findings) -> str:
    """Only a picture under two styles shows that a label is wrong."""
    advice = "Look at the contact sheets, and distrust an accuracy that beats how far people agree."
    if not found.copies:
        return f"How many labels are wrong cannot be counted. {advice}"
    share = _percent(found.disagreeing_copies / found.copies)
    return (
        f"Of {found.copies:,} pictures that organise left out as copies, "
        f"{found.disagreeing_copies:,} ({share}) were filed under another style than the one that "
        f"was kept: the labels contradict themselves that often at least. {advice}"
    )


def _counts(folder: Path, found: Findings) -> Section:
    return Section(
        "Pictures of each style",
        paragraphs=(
            "The weight of a picture is n / (styles * count) over the training part: with it, "
            "every style counts alike. The same figures are in counts.csv.",
        ),
        plots=[
            Plot(_counts_caption(split, balance), folder / counts_plot(split), _in_words(balance))
            for split, balance in found.balances.items()
        ],
    )


def _counts_caption(split: str, balance: Sequence[Balance]) -> str:
    unused = sum(one.unused for one in balance)
    return f"List {split}" + (f"; it leaves {unused:,} pictures unused" if unused else "")


def _in_words(balance: Sequence[Balance]) -> str:
    """Return the counts as text: a plot must tell the same to those who cannot see it."""
    return "; ".join(
        f"{_name(one.style)}: {one.train:,} train, {one.validation:,} validation, {one.test:,} test"
        + ("" if one.weight is None else f", weight {one.weight:.2f}")
        for one in balance
    )


def _works(sheets: Sequence[Sheet]) -> Section:
    return Section(
        "Works of each style",
        paragraphs=(
            "Drawn by lot, by different artists where there are any, and shown as the model sees "
            "them: squashed to a square.",
        ),
        plots=[Plot("", sheet.path, _shown(sheet)) for sheet in sheets],
    )


def _shown(sheet: Sheet) -> str:
    works = (f"{title_of(work)}, {maker_of(work)}" for work in sheet.works)
    return f"{sheet.heading}: {'; '.join(works)}"


def _chronology(folder: Path, found: Findings) -> Section:
    ridges = found.chronology.ridges
    if not ridges:
        return Section("Chronology", ("No style has enough dated works for a chronology.",))
    spans = "; ".join(f"{one.style}: {one.quantiles[1]} to {one.quantiles[3]}" for one in ridges)
    return Section(
        "Chronology",
        paragraphs=(
            "When the works of each WikiArt style were made, in the order in which their first 2 % "
            "were complete. The kernel is Gaussian, its bandwidth Silverman's rule of thumb and at "
            "least three years. chronology.csv has the densities by year.",
        ),
        plots=[Plot("", folder / "chronology.png", f"Years of 96 % of the works. {spans}")],
    )


def _years(ridges: Sequence[Ridge]) -> Table:
    return Table(
        "Years of the dated works; a first or last one far from the rest is often a slip",
        ("WikiArt style", "dated works", "earliest", "2 %", "median", "98 %", "latest"),
        [
            # years as text: they are no quantities, and 1,867 is none
            (one.style, one.works, *(str(year) for year in one.quantiles))
            for one in ridges
        ],
    )


def _quality(found: Findings) -> Section:
    rows = {_name(slug): one for slug, one in found.styles.items()} | {"All": found.total}
    tables = [_gaps(rows), _sources(found, rows), _overlaps(found.overlaps)]
    if found.chronology.ridges:
        tables.append(_years(found.chronology.ridges))
    if found.left_out:
        tables.append(
            Table(
                "Left out by organise",
                ("reason", "pictures"),
                Counter(found.left_out).most_common(),
            )
        )
    return Section("Quality", tables=tables)


def _gaps(rows: Mapping[str, Quality]) -> Table:
    return Table(
        "What is known about the pictures; a year is impossible before 1200 or after this one",
        (
            *("style", "pictures", "artists", "unknown artist", "untitled", "undated"),
            "impossible year",
        ),
        [
            (
                *(name, one.pictures, one.artists, one.unknown_artist, one.untitled, one.undated),
                one.implausible_year,
            )
            for name, one in rows.items()
        ],
    )


def _sources(found: Findings, rows: Mapping[str, Quality]) -> Table:
    names = tuple(found.total.sources)
    return Table(
        "Where the pictures come from",
        ("style", *names, "largest, %"),
        [
            (
                name,
                *(one.sources.get(source) for source in names),
                round(100 * one.largest_source_share),
            )
            for name, one in rows.items()
        ],
    )


def _overlaps(overlaps: Sequence[Overlap]) -> Table:
    return Table(
        "Test pictures whose artist is in training too",
        ("list", "test pictures", "by unknown artists", "artist in training", "%", "artists"),
        [
            (
                *(one.split, one.test, one.unknown_artist, one.in_training),
                *(round(100 * one.share), one.artists),
            )
            for one in overlaps
        ],
    )


def _name(slug: str) -> str:
    return STYLE_BY_SLUG[slug].name


def _percent(share: float) -> str:
    """Return whole percents; only nothing is 0 % and only all is 100 %."""
    percents = round(100 * share)
    if 0 < share < 1:
        percents = min(max(percents, 1), 99)
    return f"{percents} %"


def _listed(words: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
