"""A dataset folder is read as it was written, or refused with what to do."""

import csv
import hashlib
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.training.conftest import make_work
from training.config import OrganiseConfig
from training.dataset.dataset_folder import (
    VERSION,
    Dataset,
    Work,
    load_dataset,
    load_works,
    write_works,
)
from training.errors import TrainingError

TITLES = ["Nu, descendant", 'The "Bride"', "Zwölf\nMonate", "南瓜"]


def write_dataset(folder: Path, works: list[Work], lists: tuple[str, ...]) -> Dataset:
    dataset = Dataset(
        version=VERSION,
        config=OrganiseConfig(),
        styles=("cubism",),
        lists=lists,
        pictures=len(works),
        unknown_artists=0,
        undated=0,
        duplicates={},
        disagreeing_duplicates=0,
        skipped={},
        fingerprint=write_works(folder, works, lists),
    )
    (folder / "dataset.json").write_text(dataset.model_dump_json(), "utf-8")
    return dataset


@pytest.fixture
def works() -> list[Work]:
    return [
        Work(
            path=f"cubism/{number}.jpg",
            style="cubism",
            wikiart_style="Cubism",
            artist="Édouard",
            title=title,
            year=number or None,
            rights="unknown",
            source="museum",
            digest=f"{number:064x}",
            parts={"picture": "train", "path": "unused"},  # a list called like a column
            artist_sure=(True, False, None, None)[number],
            group="edouard",
        )
        for number, title in enumerate(TITLES)
    ]


def test_works_are_read_as_they_were_written(tmp_path: Path, works: list[Work]) -> None:
    dataset = write_dataset(tmp_path, works, ("picture", "path"))

    assert load_works(tmp_path) == works
    assert load_dataset(tmp_path) == dataset


def test_works_csv_names_each_column_once(tmp_path: Path, works: list[Work]) -> None:
    write_works(tmp_path, works, ("picture", "path"))

    assert (tmp_path / "works.csv").read_text("utf-8").splitlines()[0] == (
        "path,style,wikiart_style,artist,title,year,rights,source,digest,artist_sure,group,"
        "list_picture,list_path"
    )


def former_table(works: list[Work]) -> str:
    """Return works.csv as it was before lists were marked, where two columns could be `path`."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    facts = ("path", "style", "wikiart_style", "artist", "title", "year", "rights", "source")
    table.writerow([*facts, "digest", "picture", "path"])
    for work in works:
        known = (getattr(work, name) for name in facts)
        parts = (work.parts["picture"], work.parts["path"])
        table.writerow(["" if one is None else one for one in known] + [work.digest, *parts])
    return text.getvalue()


def test_a_dataset_of_before_is_read_and_has_its_fingerprint(
    tmp_path: Path, works: list[Work]
) -> None:
    """Runs and models that were trained on it know it by that."""
    dataset = write_dataset(tmp_path, works, ("picture", "path"))
    former = former_table(works)
    (tmp_path / "works.csv").write_text(former, "utf-8", newline="")

    assert dataset.fingerprint == hashlib.sha256(former.encode()).hexdigest()
    assert load_works(tmp_path) == [replace(one, artist_sure=None, group="") for one in works]


@pytest.mark.parametrize("missing", ["version", "fingerprint", "skipped"])
def test_a_dataset_of_another_version_is_refused(
    tmp_path: Path, works: list[Work], missing: str
) -> None:
    fields = write_dataset(tmp_path, works, ("picture",)).model_dump(mode="json")
    del fields[missing]
    (tmp_path / "dataset.json").write_text(json.dumps(fields), "utf-8")

    with pytest.raises(TrainingError, match=r"of another version .* organise again"):
        load_dataset(tmp_path)


def test_an_unfinished_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no finished dataset .* organise RAW"):
        load_dataset(tmp_path)


def test_works_that_were_changed_by_hand_are_refused(tmp_path: Path, works: list[Work]) -> None:
    write_dataset(tmp_path, works, ("picture",))
    text = (tmp_path / "works.csv").read_text("utf-8")
    (tmp_path / "works.csv").write_text(text.replace("train", "test"), "utf-8")

    with pytest.raises(TrainingError, match="organise again"):
        load_works(tmp_path)


@pytest.mark.parametrize("content", [b"", b"path,style\n1.png\n", b"\xff", b'"'])
def test_works_that_are_damaged_are_refused(
    tmp_path: Path, works: list[Work], content: bytes
) -> None:
    write_dataset(tmp_path, works, ("picture",))
    (tmp_path / "works.csv").write_bytes(content)

    with pytest.raises(TrainingError, match="organise again"):
        load_works(tmp_path)


def test_works_that_are_gone_are_refused(tmp_path: Path, works: list[Work]) -> None:
    write_dataset(tmp_path, works, ("picture",))
    (tmp_path / "works.csv").unlink()

    with pytest.raises(TrainingError, match="organise again"):
        load_works(tmp_path)


@pytest.mark.parametrize(
    ("path", "style", "name"),
    [
        ("cubism/00012.jpg", "cubism", "cubism/00012"),
        ("cubism/00012.jpg", "realism", "realism/cubism/00012"),
        ("57727444edc2cb3880cb7bf6", "cubism", "cubism/57727444edc2cb3880cb7bf6"),
        ("St. Jerome", "baroque", "baroque/St. Jerome"),
        ("Kubismus/a.b.JPEG", "cubism", "cubism/Kubismus/a.b"),
    ],
)
def test_a_picture_lies_in_the_folder_of_its_style(path: str, style: str, name: str) -> None:
    assert make_work(path, style).name == name
