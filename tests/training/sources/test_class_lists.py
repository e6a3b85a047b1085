"""Lists of pictures and numbers of classes, and CSVs with other headings, are imported, too."""

from pathlib import Path

import pytest

from tests.pictures import paint
from training.config import ImportConfig
from training.errors import TrainingError
from training.sources.importing import import_works
from training.sources.raw_folder import RawWork, read_works

CLASSES = "0 Abstract_Expressionism\n1 Analytical_Cubism\n\n2 Fauvism\n"
LINES = (
    "Analytical_Cubism/juan-gris_guitar-1913.jpg,1\n"
    "Analytical_Cubism/juan-gris_guitar, blue-1914.jpg,1\n"
    "Fauvism/andre-derain_the-pool-of-london-1906.jpg,2\n"
)


def write_source(source: Path, lines: str = LINES, classes: str | None = CLASSES) -> Path:
    source.mkdir()
    for seed, line in enumerate(lines.splitlines()):
        path = source / line.rpartition(",")[0]
        path.parent.mkdir(exist_ok=True)
        paint("cubism", seed=seed).save(path)
    (source / "style_train.csv").write_text(lines, "utf-8")
    if classes is not None:
        (source / "style_class.txt").write_text(classes, "utf-8")
    return source


def imported(source: Path, raw: Path, table: str = "style_train.csv") -> list[RawWork]:
    import_works(source, raw, ImportConfig(csv=Path(table), max_unreadable_share=0.5))
    return read_works(raw)


def test_a_class_list_names_the_styles_by_numbers(tmp_path: Path) -> None:
    works = imported(write_source(tmp_path / "source"), tmp_path / "raw")

    assert [(work.id, work.wikiart_styles) for work in works] == [
        ("Analytical_Cubism/juan-gris_guitar, blue-1914.jpg", ("Cubism", "Analytical Cubism")),
        ("Analytical_Cubism/juan-gris_guitar-1913.jpg", ("Cubism", "Analytical Cubism")),
    ]
    assert (works[1].artist, works[1].title, works[1].year) == ("Juan Gris", "Guitar", 1913)


def test_a_class_list_may_lie_elsewhere(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    lists = tmp_path / "lists"
    lists.mkdir()
    for name in ("style_train.csv", "style_class.txt"):
        (source / name).rename(lists / name)

    works = imported(source, tmp_path / "raw", str(lists / "style_train.csv"))

    assert len(works) == 2


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        (None, r"names classes by numbers: .*style_class\.txt must say"),
        (
            "0 Abstract_Expressionism\n1 Analytical_Cubism\n",
            r"has the classes 2, which .* not name",
        ),
        ("Cubism\n", r"line 1: 'Cubism' is not as `0 Cubism`"),
    ],
)
def test_numbers_that_nothing_explains_are_refused(
    tmp_path: Path, classes: str | None, text: str
) -> None:
    source = write_source(tmp_path / "source", classes=classes)

    with pytest.raises(TrainingError, match=text):
        imported(source, tmp_path / "raw")


@pytest.mark.parametrize("name", ["style_train.csv", "style_class.txt"])
def test_a_list_that_is_no_utf8_is_refused(tmp_path: Path, name: str) -> None:
    source = write_source(tmp_path / "source")
    file = source / name
    file.write_bytes(file.read_bytes() + b"\n\xff.jpg,1")

    with pytest.raises(TrainingError, match="in UTF-8"):
        imported(source, tmp_path / "raw")


@pytest.mark.parametrize("header", ["filename,class", "file,style", "artist,path,style_name,file"])
def test_path_and_style_may_have_other_names(tmp_path: Path, header: str) -> None:
    source = write_source(tmp_path / "source")
    path = LINES.partition(",")[0]
    known = {"artist": "Juan Gris", "path": path, "filename": path, "file": path}
    row = ",".join(known.get(name, "Rococo") for name in header.split(","))
    (source / "list.csv").write_text(f"{header}\n{row}\n", "utf-8")

    (work,) = imported(source, tmp_path / "raw", "list.csv")

    assert (work.id, work.wikiart_styles) == (path, ("Rococo",))


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    (source / "list.csv").write_text("path,style,artist,artist\n", "utf-8")

    with pytest.raises(TrainingError, match="has the column artist twice"):
        imported(source, tmp_path / "raw", "list.csv")
