"""dataset/ -> what a data scientist looks at before training: counts, pictures, years, gaps.

The folder that it writes is replaced as a whole when the step runs again, so that no plot of
another dataset stays behind. `explore.json`, which lists its files, tells such a folder from one
that holds anything else: that one is refused.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from tqdm import tqdm

from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.config import ExploreConfig
from training.dataset.dataset_folder import Work, load_dataset, load_works
from training.dataset.picture_files import PictureStore, open_store
from training.errors import TrainingError
from training.exploration.chronology import QUANTILES, YEARS
from training.exploration.contact_sheets import Sheet, choose, draw_sheet
from training.exploration.findings import Findings, examine
from training.exploration.plots import draw_balance, draw_chronology
from training.exploration.quality import by_style
from training.exploration.report import counts_plot, write_exploration_report
from training.files import whole_folder, write_table

_MARK = "explore.json"


class _Written(BaseModel):
    """What `explore.json` keeps: how the folder came about, and which files are its own."""

    model_config = ConfigDict(frozen=True)

    config: ExploreConfig
    fingerprint: str  # of the dataset
    files: tuple[str, ...]


def explore(dataset: Path, target: Path, config: ExploreConfig) -> Findings:
    """Write tables (CSV), plots and contact sheets (PNG), and `report.html` that shows them.

    Raises:
        TrainingError: the dataset is not finished or lacks a picture, or `target` holds other
            things.
    """
    index = load_dataset(dataset)
    works = load_works(dataset)
    target = target.resolve()  # "." has no name to write beside
    _refuse_foreign(target)
    found = examine(
        works,
        config,
        this_year=datetime.now(UTC).year,
        left_out=index.skipped,
        copies=sum(index.duplicates.values()),
        disagreeing_copies=index.disagreeing_duplicates,
    )
    with whole_folder(target, is_replacing=True) as folder:
        write_tables(folder, found)
        draw_plots(folder, found)
        sheets = draw_sheets(folder / "sheets", works, open_store(dataset), config)
        write_exploration_report(folder, found, sheets, name=dataset.resolve().name)
        written = _Written(
            config=config, fingerprint=index.fingerprint, files=tuple(sorted(_files_in(folder)))
        )
        (folder / _MARK).write_text(written.model_dump_json(indent=2) + "\n", "utf-8")
    return found


def _refuse_foreign(target: Path) -> None:
    """Refuse a folder that holds what this step did not write: it would be lost."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        own = _Written.model_validate_json((target / _MARK).read_bytes()).files
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"{target} is there already and was not made by explore: name another folder"
        ) from error
    foreign = sorted(set(_files_in(target)) - {*own, _MARK})
    if foreign:
        raise TrainingError(
            f"{target} holds {foreign[0]}, which explore did not write and would delete: move it "
            "away, or name another folder"
        )


def _files_in(folder: Path) -> Iterator[str]:
    """Yield the files of a folder, without those that a system hides in it."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix()


def write_tables(folder: Path, found: Findings) -> None:
    """Write what was found as CSV files; a row per style, list or reason."""
    write_table(
        folder / "counts.csv",
        ("list", "style", "train", "validation", "test", "unused", "weight"),
        (
            (split, one.style, one.train, one.validation, one.test, one.unused, one.weight)
            for split, balance in found.balances.items()
            for one in balance
        ),
    )
    write_table(
        folder / "chronology.csv",
        ("style", "works", *QUANTILES, *map(str, YEARS)),
        (
            (one.style, one.works, *one.quantiles, *(f"{value:.7f}" for value in one.density))
            for one in found.chronology.ridges
        ),
    )
    _write_quality(folder, found)


def _write_quality(folder: Path, found: Findings) -> None:
    rows = {**found.styles, "all": found.total}
    sources = tuple(found.total.sources)
    write_table(
        folder / "quality.csv",
        (
            *("style", "pictures", "artists", "unknown_artist", "untitled", "undated"),
            *("implausible_year", "sources", "largest_source", "largest_source_share"),
        ),
        (
            (
                *(slug, one.pictures, one.artists, one.unknown_artist, one.untitled, one.undated),
                *(one.implausible_year, len(one.sources)),
                *(one.largest_source, one.largest_source_share),
            )
            for slug, one in rows.items()
        ),
    )
    write_table(
        folder / "sources.csv",
        ("style", *sources),
        ((slug, *(one.sources.get(name, 0) for name in sources)) for slug, one in rows.items()),
    )
    write_table(
        folder / "artists.csv",
        ("list", "test", "unknown_artist", "artist_in_training", "share", "artists"),
        (
            (one.split, one.test, one.unknown_artist, one.in_training, one.share, one.artists)
            for one in found.overlaps
        ),
    )
    write_table(folder / "left_out.csv", ("reason", "pictures"), found.left_out.items())


def draw_plots(folder: Path, found: Findings) -> None:
    """Draw the counts of each list, and the chronology where there is one."""
    for split, balance in found.balances.items():
        draw_balance(folder / counts_plot(split), balance)
    if found.chronology.ridges:
        draw_chronology(folder / "chronology.png", found.chronology)


def draw_sheets(
    folder: Path, works: Sequence[Work], store: PictureStore, config: ExploreConfig
) -> list[Sheet]:
    """Draw a contact sheet per style, in the order of `STYLES`."""
    sheets = []
    for slug, group in tqdm(by_style(works).items(), "explore", unit="sheet", disable=None):
        sheet = Sheet(
            path=folder / f"{slug}.png",
            heading=STYLE_BY_SLUG[slug].name,
            note=f"{len(group):,} picture{'s'[: len(group) != 1]}",
            works=tuple(choose(group, config.works_per_style, seed=config.seed)),
        )
        draw_sheet(sheet, [store.read(work.path) for work in sheet.works])
        sheets.append(sheet)
    return sheets
