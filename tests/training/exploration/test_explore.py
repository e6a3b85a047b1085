"""An exploration: exact tables, plots, one report that says what the data cannot show."""

import csv
import re
import shutil
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner, Result

from lambda_fn.contract.styles import STYLES
from tests.pictures import paint
from tests.training.works import make_work
from training.cli.commands import cli
from training.config import ExploreConfig
from training.dataset.dataset_folder import Work, load_dataset
from training.exploration.explore import draw_plots, draw_sheets, write_tables
from training.exploration.findings import examine
from training.exploration.report import write_exploration_report

pytestmark = pytest.mark.slow

CONFIG = ExploreConfig()


class PaintedStore:
    """Paints a picture of a work's style instead of reading it."""

    def read(self, path: str) -> NDArray[np.uint8]:
        return np.asarray(paint(path.split("/")[0], seed=len(path)))


def dated_works() -> list[Work]:
    """Return 24 works of Cubism, dated, and six of Ukiyo-e, of which nothing is known."""
    parts = ["train"] * 4 + ["validation", "test"]
    cubism = [
        make_work(
            f"cubism/{n:02}.png",
            artist="Juan Gris" if n % 2 else "Marie Laurencin",
            title=f"Guitar {n}",
            year=1910 + n % 8,
            source="scans",
            parts={"picture": parts[n % 6], "strange/list": parts[n % 6]},
        )
        for n in range(24)
    ]
    ukiyo_e = [
        make_work(
            f"ukiyo-e/{n:02}.png",
            wikiart_style="Ukiyo-e",
            source="prints",
            parts={"picture": parts[n], "strange/list": "unused"},
        )
        for n in range(6)
    ]
    return cubism + ukiyo_e


def describe(folder: Path, works: Sequence[Work], **left_out: int) -> str:
    """Write tables, plots, sheets and the report of these works; return the report."""
    found = examine(works, CONFIG, left_out=left_out, this_year=2020)
    write_tables(folder, found)
    draw_plots(folder, found)
    sheets = draw_sheets(folder / "sheets", works, PaintedStore(), CONFIG)
    write_exploration_report(folder, found, sheets, name="paintings")
    return (folder / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what was written of the dated works; read only."""
    folder = tmp_path_factory.mktemp("described")
    describe(folder, dated_works(), damaged=3)
    return folder


@pytest.fixture(scope="module")
def explored(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command wrote of a dataset with seed 1; read only."""
    folder = tmp_path_factory.mktemp("explored") / "one"
    assert call(dataset, folder, "--seed", 1).exit_code == 0
    return folder


@pytest.fixture
def again(explored: Path, tmp_path: Path) -> Path:
    """The same, to be explored again."""
    return Path(shutil.copytree(explored, tmp_path / "explored"))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["explore", *(str(one) for one in arguments)])


def files_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_counts_have_a_row_per_list_and_style(described: Path) -> None:
    rows = [tuple(row.values()) for row in rows_of(described / "counts.csv")]
    assert rows == [
        ("picture", "cubism", "16", "4", "4", "0", str(20 / (2 * 16))),
        ("picture", "ukiyo-e", "4", "1", "1", "0", str(20 / (2 * 4))),
        ("strange/list", "cubism", "16", "4", "4", "0", "1.0"),
        ("strange/list", "ukiyo-e", "0", "0", "0", "6", ""),
    ]


def test_the_chronology_has_a_row_per_dated_style_and_a_column_per_year(described: Path) -> None:
    (row,) = rows_of(described / "chronology.csv")
    assert (row["style"], row["works"]) == ("Cubism", "24")
    assert (row["earliest"], row["q02"], row["q98"], row["latest"]) == ("1910",) * 2 + ("1917",) * 2
    years = [name for name in row if name.isdigit()]
    assert (years[0], years[-1], len(years)) == ("1400", "2020", 621)
    assert sum(float(row[year]) for year in years) == pytest.approx(1, abs=0.001)


def test_quality_has_a_row_per_style_and_one_for_all(described: Path) -> None:
    rows = [tuple(row.values()) for row in rows_of(described / "quality.csv")]
    assert rows == [
        ("cubism", "24", "2", "0", "0", "0", "0", "1", "scans", "1.0"),
        ("ukiyo-e", "6", "0", "6", "6", "6", "0", "1", "prints", "1.0"),
        ("all", "30", "2", "6", "6", "6", "0", "2", "scans", "0.8"),
    ]


def test_sources_overlaps_and_reasons_have_tables_of_their_own(described: Path) -> None:
    sources, artists, left_out = (
        [tuple(row.values()) for row in rows_of(described / name)]
        for name in ("sources.csv", "artists.csv", "left_out.csv")
    )
    assert sources == [("cubism", "24", "0"), ("ukiyo-e", "0", "6"), ("all", "24", "6")]
    # every sixth work is tested, and all of these have odd numbers
    assert artists == [
        ("picture", "5", "1", "4", "0.8", "1"),
        ("strange/list", "4", "0", "4", "1.0", "1"),
    ]
    assert left_out == [("damaged", "3")]


def test_there_is_a_plot_per_list_a_sheet_per_style_and_a_chronology(described: Path) -> None:
    pictures = {path.relative_to(described).as_posix(): path for path in described.rglob("*.png")}
    assert sorted(pictures) == [
        "chronology.png",
        "counts_picture.png",
        "counts_strange%2Flist.png",
        "sheets/cubism.png",
        "sheets/ukiyo-e.png",
    ]
    for path in pictures.values():
        with Image.open(path) as picture:
            picture.verify()


def test_the_report_opens_with_the_figures(described: Path) -> None:
    report = (described / "report.html").read_text("utf-8")

    assert "30 pictures of 2 styles by 2 known artists; 24 of them (80 %) have a year." in report
    assert "<h1>What is in paintings</h1>" in report
    assert "Cubism, has 4.0 times as many as the smallest, Ukiyo-e." in report


def test_the_report_says_what_the_data_cannot_show(described: Path) -> None:
    report = (described / "report.html").read_text("utf-8")

    assert "too little or nothing of Abstract Art, " in report
    assert "2 of 2 styles have at least 90 % of their pictures from a single source" in report
    assert "knowing only the source tells 100 % of" in report
    assert "At least 80 % of the test pictures of list picture and 100 % of" in report
    assert "6 pictures (20 %) are by unknown artists, 6 of them in Ukiyo-e" in report
    assert "The chronology leaves out Ukiyo-e" in report


def test_a_single_source_is_told(tmp_path: Path) -> None:
    works = [make_work("cubism/1.png", source="scans"), make_work("ukiyo-e/1.png", source="scans")]

    assert "All pictures come from one source (scans)" in describe(tmp_path, works)


def test_sources_that_every_style_shares_are_no_warning(tmp_path: Path) -> None:
    works = [
        make_work(f"{style}/{n}.png", source=source)
        for style in ("cubism", "ukiyo-e")
        for n, source in enumerate(("scans", "prints"))
    ]

    report = describe(tmp_path, works)

    assert "the source tells 0 % of" in report
    assert "confounded" not in report


def test_artists_that_a_list_keeps_apart_are_told(tmp_path: Path) -> None:
    works = [
        make_work("cubism/1.png", artist="Juan Gris", parts={"artist": "train"}),
        make_work("cubism/2.png", artist="Marie Laurencin", parts={"artist": "test"}),
    ]

    report = describe(tmp_path, works)

    assert "No known artist is in both training and test of list artist." in report
    assert "whom its training part shows too" not in report


def test_copies_of_another_style_tell_how_noisy_the_labels_are(tmp_path: Path) -> None:
    found = examine(
        dated_works(), CONFIG, this_year=2020, left_out={}, copies=50, disagreeing_copies=3
    )
    draw_plots(tmp_path, found)

    write_exploration_report(tmp_path, found, [], name="paintings")

    report = (tmp_path / "report.html").read_text("utf-8")
    assert "Of 50 pictures that organise left out as copies, 3 (6 %) were filed under" in report


def test_without_dated_works_the_report_comes_and_says_so(tmp_path: Path) -> None:
    report = describe(tmp_path, [make_work("cubism/1.png"), make_work("ukiyo-e/1.png")])

    assert "No style has enough dated works for a chronology." in report
    assert not (tmp_path / "chronology.png").exists()
    assert rows_of(tmp_path / "chronology.csv") == []


def test_works_older_than_the_axis_leave_their_ridge_empty(tmp_path: Path) -> None:
    works = [make_work(f"cubism/{n}.png", year=1250) for n in range(20)]

    describe(tmp_path, works)

    (row,) = rows_of(tmp_path / "chronology.csv")
    assert row["median"] == "1250"
    assert sum(float(value) for name, value in row.items() if name.isdigit()) == 0


def test_a_dataset_of_all_styles_lacks_none(tmp_path: Path) -> None:
    works = [make_work(f"{style.slug}/1.png") for style in STYLES]

    report = describe(tmp_path, works)

    assert "18 pictures of 18 styles" in report
    assert "too little or nothing" not in report


def test_no_text_of_a_work_becomes_markup(tmp_path: Path) -> None:
    places = ("title", "artist", "source", "wikiart_style")
    hostile = {place: f"<img src=x onerror={place}>" for place in places}
    works = [make_work(f"cubism/{n}.png", year=1910, **hostile) for n in range(20)]

    report = describe(tmp_path, works)

    assert "<img src=x" not in report
    assert [place for place in places if f"&lt;img src=x onerror={place}&gt;" in report] == [
        *places
    ]


def test_the_report_needs_no_other_file(described: Path) -> None:
    report = (described / "report.html").read_text("utf-8")

    addresses = re.findall(r'(?:src|href)="([^"]*)"', report)
    assert len(addresses) == 5 + 5  # sections, then plots and sheets
    assert all(address.startswith(("#s", "data:image/png;base64,")) for address in addresses)
    assert not re.search(r"https?:|@import|url\(", report)


def test_explore_ends_with_what_how_many_and_where(dataset: Path, tmp_path: Path) -> None:
    target = tmp_path / "explored"

    result = call(dataset, target)

    assert result.exit_code == 0
    assert result.stdout == (
        f"80 pictures of 2 styles, 0 of them dated, are described in {target / 'report.html'}\n"
    )
    counted = {(row["list"], row["style"]) for row in rows_of(target / "counts.csv")}
    lists, styles = load_dataset(dataset).lists, load_dataset(dataset).styles
    assert counted == set(product(lists, styles))
    assert [path.name for path in tmp_path.iterdir()] == ["explored"]


def test_the_same_seed_gives_the_same_files_and_another_one_other_sheets(
    dataset: Path, explored: Path, tmp_path: Path
) -> None:
    for name, seed in (("same", 1), ("other", 2)):
        assert call(dataset, tmp_path / name, "--seed", seed).exit_code == 0

    one, same, other = (files_of(one) for one in (explored, tmp_path / "same", tmp_path / "other"))
    assert one == same
    assert one["sheets/cubism.png"] != other["sheets/cubism.png"]
    assert one["quality.csv"] == other["quality.csv"]


def test_a_second_exploration_leaves_nothing_of_the_first(dataset: Path, again: Path) -> None:
    stale = again / "counts_former.png"
    mark = again / "explore.json"
    stale.touch()
    mark.write_text(mark.read_text().replace("counts_picture.png", stale.name))
    (again / "counts_picture.png").unlink()

    result = call(dataset, again)

    assert result.exit_code == 0
    assert not stale.exists()
    assert (again / "counts_picture.png").exists()


def test_a_folder_with_other_things_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")

    result = call(dataset, tmp_path)

    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {tmp_path} is there already and was not made by explore: name another folder\n"
    )
    assert files_of(tmp_path) == {"thesis.tex": b"years of work"}


def test_a_note_beside_the_report_is_not_deleted(
    dataset: Path, again: Path, tmp_path: Path
) -> None:
    (again / "notes.md").write_text("look at Ukiyo-e again")
    before = files_of(tmp_path)

    result = call(dataset, again)

    assert result.exit_code == 1
    assert "holds notes.md, which explore did not write and would delete" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert files_of(tmp_path) == before


def test_a_file_in_the_place_of_the_folder_is_one_clear_line(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = call(dataset, tmp_path / "file")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {tmp_path / 'file'} is there already")


def test_a_dataset_that_is_not_finished_is_one_clear_line(tmp_path: Path) -> None:
    result = call(tmp_path, tmp_path / "explored")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {tmp_path} is no finished dataset")
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
