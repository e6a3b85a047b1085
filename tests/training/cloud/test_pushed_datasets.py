"""Datasets in the cloud: only what changed is sent, and what arrives is the dataset."""

import shutil
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.training.cloud.conftest import BUCKETS
from tests.training.conftest import SIZE_PX
from training.cloud.pushed_datasets import (
    Push,
    fetch_file,
    fetch_set,
    find_set,
    plan_push,
    push_file,
    push_set,
)
from training.config import OrganiseConfig
from training.dataset.dataset_folder import load_dataset, load_works
from training.dataset.organise import organise
from training.errors import TrainingError

pytestmark = pytest.mark.slow

BUCKET = BUCKETS["datasets"]


def push(s3: Any, folder: Path) -> Push:
    plan = plan_push(s3, BUCKET, folder)
    push_set(s3, BUCKET, plan)
    return plan


def test_a_dataset_arrives_as_it_was_pushed(s3: Any, dataset: Path, tmp_path: Path) -> None:
    done = push(s3, dataset)

    fetched = fetch_set(s3, BUCKET, done.pushed.fingerprint, tmp_path / "there")

    assert fetched == done.pushed
    assert load_dataset(tmp_path / "there") == load_dataset(dataset)
    assert load_works(tmp_path / "there") == load_works(dataset)
    for name in done.pushed.listing.files:
        assert (tmp_path / "there" / name).read_bytes() == (dataset / name).read_bytes()


def test_a_dataset_tells_how_many_pictures_each_list_trains_on(s3: Any, dataset: Path) -> None:
    done = push(s3, dataset)

    expected = {
        name: sum(work.parts[name] == "train" for work in load_works(dataset))
        for name in load_dataset(dataset).lists
    }
    assert done.pushed.training == expected
    assert done.pushed.fingerprint == load_dataset(dataset).fingerprint


def test_a_dataset_that_is_there_is_not_sent_again(s3: Any, dataset: Path) -> None:
    push(s3, dataset)

    again = push(s3, dataset)

    assert not again.missing
    assert again.size == 0


def test_only_what_changed_is_sent(s3: Any, raw: Path, dataset: Path, tmp_path: Path) -> None:
    push(s3, dataset)
    config = OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10, seed=7)
    organise(raw, tmp_path / "other", config)

    plan = plan_push(s3, BUCKET, tmp_path / "other")

    names = {path.name for path in plan.missing.values()}
    assert names <= {"dataset.json", "config.json", "works.csv"}
    assert "works.csv" in names


def test_a_push_that_broke_off_goes_on(s3: Any, dataset: Path) -> None:
    plan = plan_push(s3, BUCKET, dataset)
    first = dict(list(plan.missing.items())[:20])
    push_set(s3, BUCKET, Push(plan.pushed, first, 0))
    s3.delete_object(Bucket=BUCKET, Key=f"sets/{plan.pushed.fingerprint}/whole.json")

    rest = plan_push(s3, BUCKET, dataset)

    assert rest.missing.keys() == plan.missing.keys() - first.keys()
    with pytest.raises(TrainingError, match="no dataset"):
        find_set(s3, BUCKET, plan.pushed.fingerprint)


def test_a_raw_folder_is_pushed_as_such(s3: Any, raw: Path, tmp_path: Path) -> None:
    done = push(s3, raw)

    fetch_set(s3, BUCKET, done.pushed.fingerprint, tmp_path / "there")

    assert done.pushed.kind == "raw"
    config = OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10)
    assert organise(tmp_path / "there", tmp_path / "dataset", config).pictures == 80


def test_pictures_that_are_the_same_travel_once_and_arrive_twice(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for name in ("a.png", "b.png", ".hidden"):
        (tmp_path / "here" / name).write_bytes(b"the same")

    done = push(s3, tmp_path / "here")
    fetch_set(s3, BUCKET, done.pushed.fingerprint, tmp_path / "there")

    assert done.pushed.kind == "folder"
    assert len(done.missing) == 1
    assert {path.name for path in (tmp_path / "there").iterdir()} == {"a.png", "b.png"}


def test_what_was_fetched_is_not_fetched_again(s3: Any, dataset: Path, tmp_path: Path) -> None:
    done = push(s3, dataset)
    fetch_set(s3, BUCKET, done.pushed.fingerprint, tmp_path / "there")
    before = (tmp_path / "there/works.csv").stat().st_ino

    fetch_set(s3, BUCKET, done.pushed.fingerprint, tmp_path / "there")

    assert (tmp_path / "there/works.csv").stat().st_ino == before


def test_a_dataset_is_found_by_the_beginning_of_its_fingerprint(s3: Any, dataset: Path) -> None:
    done = push(s3, dataset)

    assert find_set(s3, BUCKET, done.pushed.fingerprint[:6]) == done.pushed


@pytest.mark.parametrize("beginning", ["abc", "no-such-folder", "ABCDEF"])
def test_what_can_be_no_fingerprint_is_refused(s3: Any, beginning: str) -> None:
    with pytest.raises(TrainingError, match="neither a folder nor the beginning"):
        find_set(s3, BUCKET, beginning)


def test_a_dataset_that_is_not_there_says_how_to_put_it_there(s3: Any) -> None:
    with pytest.raises(TrainingError, match="training push DATASET"):
        find_set(s3, BUCKET, "abcdef")


def test_a_beginning_that_fits_two_datasets_is_refused(s3: Any) -> None:
    for digit in "01":
        s3.put_object(Bucket=BUCKET, Key=f"sets/abcdef{digit}/whole.json", Body=b"{}")

    with pytest.raises(TrainingError, match="2 datasets begin with abcdef"):
        find_set(s3, BUCKET, "abcdef")


def test_a_damaged_marker_of_a_set_is_refused(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="sets/abcdef0/whole.json", Body=b"{}")

    with pytest.raises(TrainingError, match="is damaged: push the dataset again"):
        find_set(s3, BUCKET, "abcdef0")


def test_a_dataset_that_lacks_a_picture_is_not_pushed(
    s3: Any, dataset: Path, tmp_path: Path
) -> None:
    shutil.copytree(dataset, tmp_path / "here")
    picture = next((tmp_path / "here/pictures").rglob("*.png"))
    picture.unlink()

    with pytest.raises(TrainingError, match=r"is missing: organise again"):
        plan_push(s3, BUCKET, tmp_path / "here")


def test_a_packed_dataset_is_pushed_with_its_index(s3: Any, raw: Path, tmp_path: Path) -> None:
    config = OrganiseConfig(size_px=SIZE_PX, min_pictures_per_style=10, format="tar")
    organise(raw, tmp_path / "packed", config)

    plan = plan_push(s3, BUCKET, tmp_path / "packed")

    assert {"pictures.tar", "pictures.csv"} <= plan.pushed.listing.files.keys()


@pytest.mark.parametrize(("folder", "said"), [("empty", "holds no pictures"), ("x", "no folder")])
def test_what_holds_nothing_is_not_pushed(s3: Any, folder: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(TrainingError, match=said):
        plan_push(s3, BUCKET, tmp_path / folder)


def test_a_file_is_pushed_once_and_fetched_once(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"numbers")

    digests = {push_file(s3, BUCKET, tmp_path / "weights") for _ in range(2)}
    [sha256] = digests
    for _ in range(2):
        fetch_file(s3, BUCKET, sha256, tmp_path / "fetched.weights.h5")

    assert (tmp_path / "fetched.weights.h5").read_bytes() == b"numbers"


def test_a_bucket_that_is_gone_is_named(s3: Any, dataset: Path) -> None:
    boto3.client("s3").delete_bucket(Bucket=BUCKET)

    with pytest.raises(TrainingError, match=BUCKET):
        plan_push(s3, BUCKET, dataset)
