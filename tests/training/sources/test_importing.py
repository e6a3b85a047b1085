"""Import: any labelled collection becomes a raw folder, and a second time changes nothing."""

import csv
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.pictures import paint, paint_collection
from training.cli.commands import cli
from training.config import ImportConfig
from training.errors import TrainingError
from training.sources.importing import import_works
from training.sources.raw_folder import read_works, style_of

CONFIG = ImportConfig(max_unreadable_share=0.5)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    return paint_collection(tmp_path / "source", {"cubism": 3, "ukiyo-e": 2})


def write_csv(source: Path, rows: list[dict[str, str]], *, name: str = "metadata.csv") -> Path:
    source.mkdir(exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (source / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        path = source / row["path"]
        if source in path.resolve().parents and path.suffix == ".png":
            path.parent.mkdir(parents=True, exist_ok=True)
            paint("cubism", seed=len(row["path"])).save(path)
    return source


def one_row(**changes: str) -> dict[str, str]:
    return {"path": "a/1.png", "style": "cubism"} | changes


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, arguments)])


def test_a_folder_per_style_becomes_works_with_pictures(folders: Path, tmp_path: Path) -> None:
    done = import_works(folders, tmp_path / "raw", CONFIG)

    works = read_works(tmp_path / "raw")
    assert (done.works, done.new, done.styles, done.skipped) == (5, 5, 2, {})
    assert [work.id for work in works][:2] == ["cubism/000.png", "cubism/001.png"]
    assert {style_of(work.wikiart_styles) for work in works} == {"cubism", "ukiyo-e"}
    assert {(work.width, work.height, work.rights) for work in works} == {(72, 72, "unknown")}
    for work in works:
        stored = tmp_path / "raw" / str(work.picture)
        assert stored.read_bytes() == (folders / work.id).read_bytes()


def test_a_csv_brings_everything_it_says(tmp_path: Path) -> None:
    row = one_row(
        style="abstract-art",
        wikiart_style="Abstract Expressionism",
        artist="Aaron Siskind",
        artist_sure="yes",
        group="aaron siskind",
        title="Chicago 6",
        year="1961",
        genre="photo",
        source="squares",
        rights="copyright",
        provenance="bought in 1998",
        wikiart_path="aaron-siskind/chicago-6-1961",
    )
    source = write_csv(tmp_path / "source", [row])

    import_works(source, tmp_path / "raw", CONFIG)

    assert read_works(tmp_path / "raw")[0].model_dump() == {
        "id": "a/1.png",
        "title": "Chicago 6",
        "artist": "Aaron Siskind",
        "artist_sure": True,
        "artist_slug": "aaron-siskind",
        "group": "aaron siskind",
        "year": 1961,
        "wikiart_styles": ("Abstract Expressionism",),
        "genre": "photo",
        "width": 72,
        "height": 72,
        "image_url": "https://uploads.wikiart.org/images/aaron-siskind/chicago-6-1961.jpg",
        "page_url": "https://www.wikiart.org/en/aaron-siskind/chicago-6-1961",
        "rights": "copyright",
        "source": "squares",
        "provenance": "bought in 1998",
        "picture": "pictures/a/1.png",
    }


def test_a_csv_that_says_little_is_enough(tmp_path: Path) -> None:
    row = one_row(artist="Édouard Manet", year="about 1865", rights="mine")
    source = write_csv(tmp_path / "source", [row], name="list.csv")

    import_works(source, tmp_path / "raw", ImportConfig(csv=Path("list.csv")))

    (work,) = read_works(tmp_path / "raw")
    assert (work.title, work.artist_slug, work.year) == ("Untitled", "edouard-manet", None)
    assert (work.rights, work.page_url, work.source) == ("unknown", None, "import")


@pytest.mark.parametrize(
    ("style", "wikiart_style", "kept"),
    [
        ("realism", "Naturalism|Realism", ("Naturalism", "Realism")),
        ("realism", "", ("Realism",)),
        ("realism", "Cubism", ("Realism", "Cubism")),
        ("Naive Art (Primitivism)", "", ("Naïve Art (Primitivism)",)),
        ("Early_Renaissance", "", ("Early Renaissance",)),
    ],
)
def test_the_styles_of_a_work_always_lead_to_its_label(
    tmp_path: Path, style: str, wikiart_style: str, kept: tuple[str, ...]
) -> None:
    row = one_row(style=style, wikiart_style=wikiart_style)

    import_works(write_csv(tmp_path / "source", [row]), tmp_path / "raw", CONFIG)

    (work,) = read_works(tmp_path / "raw")
    assert work.wikiart_styles == kept
    assert style_of(work.wikiart_styles) == style_of([style])


def test_a_download_of_wikiart_is_taken_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder, name in [
        ("Art_Nouveau_Modern", "alphonse-mucha_the-seasons-1896.jpg"),
        ("Color_Field_Painting", "mark-rothko_no-5(1).jpg"),
        ("Pointillism", "scan 7.jpg"),
    ]:
        (source / folder).mkdir(parents=True)
        paint("cubism", seed=len(name)).save(source / folder / name)

    import_works(source, tmp_path / "raw", CONFIG)

    assert [
        (work.artist, work.title, work.year, work.wikiart_styles)
        for work in read_works(tmp_path / "raw")
    ] == [
        ("Alphonse Mucha", "The seasons", 1896, ("Art Nouveau (Modern)",)),
        ("Mark Rothko", "No 5", None, ("Abstract Expressionism", "Color Field Painting")),
        (None, "scan 7", None, ("Post-Impressionism", "Pointillism")),
    ]


def test_what_a_csv_says_counts_more_than_the_name_of_the_file(tmp_path: Path) -> None:
    path = "a/juan-gris_guitar-1913.png"
    rows = [one_row(path=path, artist="Pablo Picasso"), one_row(path=f"b/{path}", title="Guitar")]
    source = write_csv(tmp_path / "source", rows)

    import_works(source, tmp_path / "raw", CONFIG)

    assert [(work.artist, work.title, work.year) for work in read_works(tmp_path / "raw")] == [
        ("Pablo Picasso", "Untitled", None),
        (None, "Guitar", None),
    ]


def test_pictures_are_linked_and_not_stored_twice(folders: Path, tmp_path: Path) -> None:
    import_works(folders, tmp_path / "raw", CONFIG)

    stored = tmp_path / "raw" / "pictures" / "cubism" / "000.png"
    assert stored.samefile(folders / "cubism" / "000.png")


def test_pictures_are_copied_where_links_are_not_possible(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:  # a second disk cannot be had in a test
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)

    import_works(folders, tmp_path / "raw", CONFIG)
    again = import_works(folders, tmp_path / "raw", CONFIG)

    stored = tmp_path / "raw" / "pictures" / "cubism" / "000.png"
    assert stored.read_bytes() == (folders / "cubism" / "000.png").read_bytes()
    assert not stored.samefile(folders / "cubism" / "000.png")
    assert (again.works, again.new) == (5, 0)


def test_a_second_import_changes_nothing(folders: Path, tmp_path: Path) -> None:
    import_works(folders, tmp_path / "raw", CONFIG)
    before = (tmp_path / "raw" / "works.jsonl").read_bytes()

    done = import_works(folders, tmp_path / "raw", CONFIG)

    assert (done.works, done.new) == (5, 0)
    assert (tmp_path / "raw" / "works.jsonl").read_bytes() == before


def test_a_corrected_title_takes_the_place_of_the_former(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "source", [one_row(title="Gitarre")])
    import_works(source, tmp_path / "raw", CONFIG)
    write_csv(source, [one_row(title="Guitar")])

    import_works(source, tmp_path / "raw", CONFIG)

    assert [(work.title, work.width) for work in read_works(tmp_path / "raw")] == [("Guitar", 72)]


def test_a_lost_picture_is_brought_again(folders: Path, tmp_path: Path) -> None:
    import_works(folders, tmp_path / "raw", CONFIG)
    (tmp_path / "raw" / "pictures" / "cubism" / "000.png").unlink()

    import_works(folders, tmp_path / "raw", CONFIG)

    assert (tmp_path / "raw" / "pictures" / "cubism" / "000.png").is_file()


def test_what_cannot_be_imported_is_counted_by_reason(tmp_path: Path) -> None:
    rows = [
        *(one_row(path=f"a/{number}.png") for number in range(8)),
        one_row(path="a/0.png"),
        one_row(path="a/8.png", style="Bauhaus"),
        one_row(path="a/9.png", style=""),
        one_row(path="a/missing.jpg"),
        one_row(path="../outside.jpg"),
        one_row(path=""),
        one_row(path="a/broken.png"),
    ]
    source = write_csv(tmp_path / "source", rows)
    (source / "a" / "broken.png").write_bytes(b"no picture")

    done = import_works(source, tmp_path / "raw", CONFIG)

    assert done.works == 8
    assert done.skipped == {
        "listed twice": 1,
        "unknown style: Bauhaus": 1,
        "unknown style: none given": 1,
        "unreadable: no such file": 1,
        "unreadable: path outside of its folder": 2,
        "unreadable: UnreadablePictureError": 1,
    }


def test_a_name_that_another_picture_has_is_counted(folders: Path, tmp_path: Path) -> None:
    import_works(folders, tmp_path / "raw", CONFIG)
    other = tmp_path / "other"
    shutil.copytree(folders, other)
    (other / "cubism" / "000.png").unlink()
    paint("pop-art", seed=1).save(other / "cubism" / "000.png")

    done = import_works(other, tmp_path / "raw", CONFIG)

    assert done.skipped == {"unreadable: its name is taken by another picture": 1}
    assert read_works(tmp_path / "raw")[0].id == "cubism/000.png"


def test_hidden_files_are_no_pictures(folders: Path, tmp_path: Path) -> None:
    (folders / "cubism" / ".DS_Store").write_bytes(b"x")

    assert import_works(folders, tmp_path / "raw", CONFIG).skipped == {}


def test_import_ends_with_what_how_many_and_where(folders: Path, tmp_path: Path) -> None:
    (folders / "Bauhaus").mkdir()
    paint("cubism", seed=1).save(folders / "Bauhaus" / "1.png")

    result = call(folders, tmp_path / "raw")

    assert result.exit_code == 0
    assert result.stdout == (
        "Bauhaus: all 1 left out, unknown style: Bauhaus\n"
        f"5 works of 2 styles (5 new) are in {tmp_path / 'raw'}; left out: "
        "1 unknown style: Bauhaus; left-out-*.csv there name them\n"
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"name,label\n1.png,cubism\n", "lacks the columns path, style"),
        (b"path,style\n\xff\xfe.png,cubism\n", "is no CSV in UTF-8"),
        (b"", "lacks the columns path, style"),
        (b"path,style\n", "has no picture of a known style (no pictures)"),
        (b'path,style\n"1.png,cubism\n', "is no CSV in UTF-8"),
        (b"path,style\n1.png,Bauhaus\n", "1 unknown style: Bauhaus"),
        (b"path,style\n1.png,cubism\n", "1 of 1 pictures cannot be imported"),
    ],
)
def test_a_bad_csv_is_one_clear_line(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "metadata.csv").write_bytes(content)

    result = call(tmp_path / "source", tmp_path / "raw")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert text in result.stderr


def test_a_source_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    for arguments, text in [
        ((tmp_path / "nothing",), "is no folder"),
        ((tmp_path, "--csv", "list.csv"), "list.csv: No such file"),
    ]:
        result = call(*arguments[:1], tmp_path / "raw", *arguments[1:])

        assert result.exit_code == 1
        assert text in result.stderr


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no picture of a known style"):
        import_works(tmp_path, tmp_path / "raw", CONFIG)


@pytest.mark.data
def test_the_paintings_csv_is_taken_whole(tmp_path: Path) -> None:
    paintings = Path(os.environ["ARTSTYLE_DATA"]) / "paintings"
    with (paintings / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for number, row in enumerate(csv.DictReader(file)) if number % 100 == 0]
    source = tmp_path / "source"
    source.mkdir()
    for row in rows:
        (source / row["path"]).parent.mkdir(exist_ok=True)
        (source / row["path"]).symlink_to(paintings / row["path"])
    with (source / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)

    done = import_works(source, tmp_path / "raw", ImportConfig())

    assert (done.works, done.skipped) == (len(rows), {})
    styles = {work.id: style_of(work.wikiart_styles) for work in read_works(tmp_path / "raw")}
    assert styles == {row["path"]: row["style"] for row in rows}
