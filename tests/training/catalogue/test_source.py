"""What becomes a work of the catalogue, under which id, and what is left out for which reason."""

from pathlib import Path

import pytest

from lambda_fn.catalogue.works import Work
from tests.training.catalogue.sources import Row, one_row, write_source
from tests.training.wikiart_server import serve_wikiart
from training.catalogue.source import read_source
from training.config import CollectConfig, ImportConfig
from training.errors import TrainingError
from training.sources.collect import collect
from training.sources.importing import import_works


def works_of(folder: Path, *rows: Row) -> list[Work]:
    return [one.work for one in read_source(write_source(folder, rows)).works]


def test_a_csv_brings_all_facts_of_a_work(tmp_path: Path) -> None:
    rows = [one_row(style="naive-art", wikiart_style="Naive Art (Primitivism)", title=" The  sea ")]

    works = works_of(tmp_path, *rows)

    assert works == [
        Work(
            id="juan-gris/guitar-1",
            title="The sea",
            artist="Juan Gris",
            style="naive-art",
            wikiart_style="Naïve Art (Primitivism)",
            year=1913,
            genre="still life",
            rights="unknown",
            page_url="https://www.wikiart.org/en/juan-gris/guitar-1",
            image_url="https://uploads.wikiart.org/images/juan-gris/guitar-1.jpg",
        )
    ]


def test_the_picture_lies_beside_the_csv_or_where_it_is_said(tmp_path: Path) -> None:
    table = write_source(tmp_path / "a", [one_row()])
    bare = write_source(tmp_path / "b", [one_row()], has_pictures=False)

    assert read_source(table).works[0].picture == table.parent / "cubism/00001.png"
    assert read_source(bare).works[0].picture is None
    given = read_source(bare, pictures=tmp_path / "a").works[0].picture
    assert given == table.parent / "cubism/00001.png"


def test_a_folder_with_a_metadata_csv_is_a_source_too(tmp_path: Path) -> None:
    table = write_source(tmp_path, [one_row()])

    assert read_source(tmp_path) == read_source(table)


def test_what_wikiart_collected_keeps_its_addresses_and_rights(tmp_path: Path) -> None:
    with serve_wikiart() as server:
        config = CollectConfig(base_url=server.base_url, own_domains=(), requests_per_window=9999)
        collect(tmp_path / "raw", config)

    source = read_source(tmp_path / "raw")

    works = {one.work.id: one for one in source.works}
    assert "katsushika-hokusai/wave" in works
    guitar = works["pablo-picasso/guitar"].work
    assert (guitar.style, guitar.rights, guitar.year) == ("cubism", "copyright", 1913)
    assert guitar.page_url == f"{server.base_url}/en/pablo-picasso/guitar"
    assert guitar.image_url == f"{server.base_url}/images/pablo-picasso/guitar.jpg!Large.jpg"
    assert all(one.picture and one.picture.is_file() for one in source.works)
    assert source.skipped == {"other style": 1}


def test_imported_pictures_without_artists_are_counted(tmp_path: Path) -> None:
    rows = [one_row(1), one_row(2, artist="")]
    write_source(tmp_path / "source", rows)
    import_works(tmp_path / "source", tmp_path / "raw", ImportConfig())

    source = read_source(tmp_path / "raw")

    assert [one.work.id for one in source.works] == ["juan-gris/guitar-1"]
    assert source.skipped == {"artist unknown": 1}


def test_an_artist_who_is_a_guess_stays_one_in_a_raw_folder(tmp_path: Path) -> None:
    write_source(tmp_path / "source", [one_row(1), one_row(2, artist_sure="no")])
    import_works(tmp_path / "source", tmp_path / "raw", ImportConfig())

    source = read_source(tmp_path / "raw")

    assert [one.work.id for one in source.works] == ["juan-gris/guitar-1"]
    assert source.skipped == {"artist unsure": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"artist": ""}, "artist unknown"),
        ({"artist": "Unknown artist"}, "artist unknown"),
        ({"artist_sure": "no"}, "artist unsure"),
        ({"title": ""}, "title unknown"),
        ({"title": "Unknown title"}, "title unknown"),
        ({"title": "???"}, "title unknown"),
        ({"title": "Untitled", "wikiart_path": ""}, "title unknown"),
        ({"style": "Bauhaus"}, "unknown style: Bauhaus"),
    ],
)
def test_a_work_that_lacks_something_is_counted_by_reason(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    source = read_source(write_source(tmp_path, [one_row(1, **changes), one_row(2)]))

    assert [one.work.id for one in source.works] == ["juan-gris/guitar-2"]
    assert source.skipped == {reason: 1}


def test_what_wikiart_calls_untitled_is_a_title(tmp_path: Path) -> None:
    (work,) = works_of(tmp_path, one_row(title="Untitled"))

    assert work.title == "Untitled"


@pytest.mark.parametrize(
    ("written", "title"),
    [("Mirth 1820(1)", "Mirth"), ("Batumi(2)", "Batumi"), ("(1)", "(1)"), ("Nº 5", "Nº 5")],
)
def test_numbers_that_only_tell_files_apart_are_no_part_of_a_title(
    tmp_path: Path, written: str, title: str
) -> None:
    (work,) = works_of(tmp_path, one_row(title=written))

    assert work.title == title


def test_a_work_without_a_page_gets_an_id_like_wikiarts(tmp_path: Path) -> None:
    (work,) = works_of(
        tmp_path, one_row(wikiart_path="", artist="Édouard Manet", title="L'Été à Arcachon")
    )

    assert work.id == "edouard-manet/l-ete-a-arcachon"
    assert (work.page_url, work.image_url) == (None, None)


def test_new_ids_never_take_one_that_is_there(tmp_path: Path) -> None:
    rows = [
        one_row(1, wikiart_path="", title="Guitar"),
        one_row(2, wikiart_path="juan-gris/guitar"),
        one_row(3, wikiart_path="", title="Guitar", artist="Gris, Juan"),
    ]

    works = works_of(tmp_path, *reversed(rows))

    assert [work.id for work in works] == [
        "juan-gris/guitar",
        "juan-gris/guitar-2",
        "juan-gris/guitar-3",
    ]
    assert [work.title for work in works] == ["Guitar 2", "Guitar", "Guitar"]
    assert {work.artist for work in works} == {"Juan Gris"}


def test_the_same_work_twice_is_taken_once(tmp_path: Path) -> None:
    rows = [
        one_row(2, title="Second"),
        one_row(1, title="First", wikiart_path="juan-gris/guitar-2"),
    ]

    source = read_source(write_source(tmp_path, rows))

    assert [one.work.title for one in source.works] == ["First"]
    assert source.skipped == {"same work twice": 1}


def test_a_garbled_name_is_mended_and_its_path_not_believed(tmp_path: Path) -> None:
    (work,) = works_of(
        tmp_path, one_row(artist="Arnold Bã¶cklin", wikiart_path="arnold-ba-cklin/guitar-1")
    )

    assert (work.id, work.artist) == ("arnold-bocklin/guitar-1", "Arnold Böcklin")
    assert (work.page_url, work.image_url) == (None, None)


def test_a_year_in_a_title_moves_no_work_to_the_public_domain(tmp_path: Path) -> None:
    rows = [
        one_row(1, year="1862", wikiart_path="juan-gris/troy-in-1862-1923"),
        one_row(2, year="1204", wikiart_path="juan-gris/fall-of-constantinople-in-1204"),
    ]

    works = works_of(tmp_path, *rows)

    assert {(work.year, work.rights) for work in works} == {(1923, "unknown"), (None, "unknown")}


def test_a_source_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no works"):
        read_source(tmp_path)
