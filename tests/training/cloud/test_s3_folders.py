"""Folders in S3 are whole or absent, and what arrives is what was put."""

from pathlib import Path
from typing import Any

import pytest

from training.cloud.s3_folders import (
    MARKER,
    FileFacts,
    Listing,
    Place,
    fetch_folder,
    find_listing,
    put_folder,
)
from training.errors import TrainingError

pytestmark = pytest.mark.slow

PLACE = Place("the-runs", "runs/first")


def make_folder(folder: Path, **files: str) -> Path:
    for name, text in {"a.txt": "first", "deep/b.txt": "second", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def keys_of(s3: Any) -> list[str]:
    found = s3.list_objects_v2(Bucket=PLACE.bucket).get("Contents", [])
    return [one["Key"] for one in sorted(found, key=lambda one: one["LastModified"])]


def test_a_folder_arrives_as_it_was_put(s3: Any, tmp_path: Path) -> None:
    put_folder(s3, make_folder(tmp_path / "here"), PLACE)

    fetch_folder(s3, PLACE, tmp_path / "there")

    assert (tmp_path / "there/a.txt").read_text("utf-8") == "first"
    assert (tmp_path / "there/deep/b.txt").read_text("utf-8") == "second"
    assert not (tmp_path / "there" / MARKER).exists()


def test_a_file_of_many_parts_arrives_whole(s3: Any, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "here")
    (folder / "large").write_bytes(bytes(range(256)) * 70_000)  # 18 MB, in three parts

    put_folder(s3, folder, PLACE)
    fetch_folder(s3, PLACE, tmp_path / "there")

    assert (tmp_path / "there/large").read_bytes() == (folder / "large").read_bytes()


def test_hidden_files_stay_behind(s3: Any, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "here", **{".half": "written", ".new/c": "too"})

    listing = put_folder(s3, folder, PLACE)

    assert sorted(listing.files) == ["a.txt", "deep/b.txt"]


def test_the_same_folder_again_sends_nothing(s3: Any, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "here")
    put_folder(s3, folder, PLACE)
    before = s3.head_object(Bucket=PLACE.bucket, Key=PLACE.key("a.txt"))["LastModified"]

    put_folder(s3, folder, PLACE)

    after = s3.head_object(Bucket=PLACE.bucket, Key=PLACE.key("a.txt"))["LastModified"]
    assert after == before


def test_another_folder_is_not_overwritten_by_accident(s3: Any, tmp_path: Path) -> None:
    put_folder(s3, make_folder(tmp_path / "here"), PLACE)

    with pytest.raises(TrainingError, match=r"exists already and holds another folder"):
        put_folder(s3, make_folder(tmp_path / "here", **{"a.txt": "changed"}), PLACE)


def test_another_folder_is_replaced_when_asked_for(s3: Any, tmp_path: Path) -> None:
    put_folder(s3, make_folder(tmp_path / "here"), PLACE)

    put_folder(s3, make_folder(tmp_path / "here", **{"a.txt": "new"}), PLACE, is_replacing=True)

    fetch_folder(s3, PLACE, tmp_path / "there")
    assert (tmp_path / "there/a.txt").read_text("utf-8") == "new"


def test_a_folder_without_its_marker_is_absent(s3: Any, tmp_path: Path) -> None:
    put_folder(s3, make_folder(tmp_path / "here"), PLACE)
    s3.delete_object(Bucket=PLACE.bucket, Key=PLACE.key(MARKER))

    with pytest.raises(TrainingError, match=r"no whole folder"):
        fetch_folder(s3, PLACE, tmp_path / "there")

    assert find_listing(s3, PLACE) is None
    assert not (tmp_path / "there").exists()


def test_a_file_that_is_not_what_the_marker_says_is_refused(s3: Any, tmp_path: Path) -> None:
    put_folder(s3, make_folder(tmp_path / "here"), PLACE)
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.key("a.txt"), Body=b"fakes")

    with pytest.raises(TrainingError, match=r"a\.txt is not what whole\.json says"):
        fetch_folder(s3, PLACE, tmp_path / "there")

    assert not list(tmp_path.glob("*there*"))


def test_a_file_that_is_missing_is_refused(s3: Any, tmp_path: Path) -> None:
    put_folder(s3, make_folder(tmp_path / "here"), PLACE)
    s3.delete_object(Bucket=PLACE.bucket, Key=PLACE.key("a.txt"))

    with pytest.raises(TrainingError, match=r"s3://the-runs: "):
        fetch_folder(s3, PLACE, tmp_path / "there")


def test_a_damaged_marker_is_refused(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.key(MARKER), Body=b'{"files": 3}')

    with pytest.raises(TrainingError, match=r"damaged or of another version"):
        fetch_folder(s3, PLACE, tmp_path / "there")


def test_an_empty_folder_is_not_put(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no file"):
        put_folder(s3, tmp_path, PLACE)


def test_a_bucket_that_is_not_there_is_named(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"s3://nowhere/"):
        put_folder(s3, make_folder(tmp_path / "here"), Place("nowhere", "x"))


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "a//b", "./a", MARKER])
def test_a_marker_names_no_file_outside_of_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match="is no path inside of a folder"):
        Listing(files={name: FileFacts(size=1, sha256="0" * 64)})


@pytest.mark.parametrize("address", ["runs/first", "s3://", "s3://bucket", "s3:///x", "s3://b//"])
def test_what_is_no_folder_of_s3_is_refused(address: str) -> None:
    with pytest.raises(TrainingError, match="expected s3://BUCKET/FOLDER"):
        Place.parse(address)


def test_a_place_is_read_from_its_address() -> None:
    place = Place.parse("s3://the-runs/runs/first/")

    assert place == PLACE
    assert str(place) == "s3://the-runs/runs/first"
