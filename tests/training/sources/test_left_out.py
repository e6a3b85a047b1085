"""What an import left out is told by folder and by file; each source has its own rows."""

import csv
import os
from pathlib import Path

import pytest

from tests.pictures import paint, paint_collection
from training.config import ImportConfig
from training.errors import TrainingError
from training.sources.importing import Imported, import_works
from training.sources.left_out import FILES_FILE, FOLDERS_FILE
from training.sources.raw_folder import read_works

CONFIG = ImportConfig(max_unreadable_share=0.5)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of an unknown style, two files that are no pictures, and a loose picture."""
    folder = paint_collection(tmp_path / "source", {"cubism": 4, "ukiyo-e": 2})
    for number in range(3):
        path = folder / "Fauvism" / "deep" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        paint("cubism", seed=number).save(path)
    (folder / "cubism" / "Thumbs.db").write_bytes(b"no picture")
    (folder / "cubism" / "cut.png").write_bytes((folder / "cubism/000.png").read_bytes()[:90])
    paint("cubism", seed=9).save(folder / "loose.png")
    (folder / "readme.txt").write_text("not asked for")
    return folder


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_there_is_a_line_for_each_folder(source: Path, tmp_path: Path) -> None:
    done = import_works(source, tmp_path / "raw", CONFIG)

    assert [str(folder) for folder in done.folders] == [
        ".: all 1 left out, in no folder of a style",
        "Fauvism: all 3 left out, unknown style: Fauvism (a movement of its own between "
        "Post-Impressionism and Expressionism)",
        "cubism: 2 of 6 left out, 1 unreadable: UnreadablePictureError; "
        "1 unreadable: TruncatedPictureError",
    ]


def test_folders_and_files_stand_in_tables_beside_the_works(source: Path, tmp_path: Path) -> None:
    import_works(source, tmp_path / "raw", CONFIG)

    name = str(source.resolve())
    folders, files = (rows_of(tmp_path / "raw" / one) for one in (FOLDERS_FILE, FILES_FILE))
    assert folders[0] == ["source", "folder", "left_out", "pictures", "reason"]
    assert [row[:4] for row in folders[1:]] == [
        [name, ".", "1", "1"],
        [name, "Fauvism", "3", "3"],
        [name, "cubism", "1", "6"],
        [name, "cubism", "1", "6"],
    ]
    assert files == [
        ["source", "path", "reason"],
        [name, "loose.png", "in no folder of a style"],
        [name, "cubism/Thumbs.db", "unreadable: UnreadablePictureError"],
        [name, "cubism/cut.png", "unreadable: TruncatedPictureError"],
    ]


def test_an_import_that_is_refused_has_said_why(source: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=f"{FILES_FILE} names them"):
        import_works(source, tmp_path / "raw", ImportConfig(max_unreadable_share=0))

    assert len(rows_of(tmp_path / "raw" / FILES_FILE)) == 4


def test_each_source_has_its_own_rows(source: Path, tmp_path: Path) -> None:
    other = paint_collection(tmp_path / "other", {"pop-art": 2})
    (other / "pop-art" / "broken.png").write_bytes(b"")
    for one in (source, other):
        import_works(one, tmp_path / "raw", CONFIG)
    (other / "pop-art" / "broken.png").unlink()
    both = rows_of(tmp_path / "raw" / FILES_FILE)

    import_works(other, tmp_path / "raw", CONFIG)

    assert {row[0] for row in both[1:]} == {str(source.resolve()), str(other.resolve())}
    assert rows_of(tmp_path / "raw" / FILES_FILE) == both[:-1]


def test_where_nothing_is_left_out_there_are_no_tables(tmp_path: Path) -> None:
    folder = paint_collection(tmp_path / "source", {"cubism": 2})
    (folder / "cubism" / "broken.png").write_bytes(b"")
    import_works(folder, tmp_path / "raw", CONFIG)
    (folder / "cubism" / "broken.png").unlink()

    done = import_works(folder, tmp_path / "raw", CONFIG)

    assert done.folders == ()
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["pictures", "works.jsonl"]


@pytest.mark.parametrize("content", ["", "path,why\n", "\udcff", '"'])
def test_a_table_that_is_none_of_ours_is_not_overwritten(
    source: Path, tmp_path: Path, content: str
) -> None:
    (tmp_path / "raw").mkdir()
    file = tmp_path / "raw" / FILES_FILE
    file.write_text(content, "utf-8", errors="surrogateescape")

    with pytest.raises(TrainingError, match="delete it"):
        import_works(source, tmp_path / "raw", CONFIG)

    assert file.read_text("utf-8", errors="surrogateescape") == content


def test_a_name_that_is_no_utf8_is_kept_readable(tmp_path: Path) -> None:
    names = [os.fsdecode(name.encode("latin-1")) for name in ("café.png", "père.png")]
    folder = paint_collection(tmp_path / "source", {"cubism": 1})
    paint("cubism", seed=5).save(folder / "cubism" / "plain.png")
    (folder / "cubism" / "plain.png").rename(folder / "cubism" / names[0])
    (folder / "cubism" / names[1]).write_bytes(b"no picture")

    done: Imported = import_works(folder, tmp_path / "raw", CONFIG)

    work = read_works(tmp_path / "raw")[1]
    assert (work.id, work.title, done.works) == ("cubism/café.png", "café", 2)
    assert (tmp_path / "raw" / str(work.picture)).is_file()
    assert rows_of(tmp_path / "raw" / FILES_FILE)[1][1] == "cubism/père.png"
