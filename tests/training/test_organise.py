"""Labelled pictures become a dataset: labels, lists, pixels and what is left out."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lambda_fn.contract.images import to_pixels
from tests.pictures import paint_collection
from training.config import OrganiseConfig
from training.errors import TrainingError
from training.organise import (
    Work,
    load_dataset,
    load_works,
    organise,
    picture_path,
    split_by_picture,
)

CONFIG = OrganiseConfig(size_px=32, min_pictures_per_style=5)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    return paint_collection(tmp_path / "source", {"cubism": 10, "ukiyo-e": 10})


def write_metadata(folder: Path, rows: list[tuple[str, ...]], *header: str) -> None:
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header or ("path", "style"), *rows])


def all_rows(folder: Path) -> list[tuple[str, ...]]:
    return [(f"{path.parent.name}/{path.name}", path.parent.name) for path in folder.glob("*/*")]


def test_stored_pictures_are_the_pixels_that_the_service_makes(
    collection: Path, tmp_path: Path
) -> None:
    organise(collection, tmp_path / "dataset", CONFIG)

    work = load_works(tmp_path / "dataset")[0]
    expected = to_pixels((collection / work.path).read_bytes(), size_px=32).pixels
    with Image.open(picture_path(tmp_path / "dataset", work.path)) as stored:
        assert np.array_equal(np.asarray(stored, np.float32), expected)


def test_styles_come_in_the_order_of_the_contract(collection: Path, tmp_path: Path) -> None:
    dataset = organise(collection, tmp_path / "dataset", CONFIG)

    assert dataset.styles == ("cubism", "ukiyo-e")
    assert dataset == load_dataset(tmp_path / "dataset")


def test_a_folder_may_be_named_by_the_name_of_the_style(collection: Path, tmp_path: Path) -> None:
    (collection / "cubism").rename(collection / "Cubism")

    dataset = organise(collection, tmp_path / "dataset", CONFIG)

    assert dataset.styles == ("cubism", "ukiyo-e")


def test_unknown_and_rare_styles_are_left_out_and_counted(collection: Path, tmp_path: Path) -> None:
    paint_collection(collection, {"baroque": 4})
    shutil.copytree(collection / "cubism", collection / "vorticism")

    dataset = organise(collection, tmp_path / "dataset", CONFIG)

    assert dataset.pictures == 20
    assert dataset.skipped == {
        "style with too few pictures: baroque": 4,
        "unknown style: vorticism": 10,
    }


def test_unreadable_pictures_are_counted_by_reason(collection: Path, tmp_path: Path) -> None:
    write_metadata(collection, [*all_rows(collection), ("cubism/gone.png", "cubism")])
    (collection / "cubism" / "000.png").write_text("no picture")
    whole = (collection / "cubism" / "001.png").read_bytes()
    (collection / "cubism" / "001.png").write_bytes(whole[:-200])

    dataset = organise(
        collection, tmp_path / "dataset", CONFIG.model_copy(update={"max_unreadable_share": 0.2})
    )

    assert dataset.pictures == 18
    assert dataset.skipped == {
        "FileNotFoundError": 1,
        "TruncatedPictureError": 1,
        "UnreadablePictureError": 1,
    }


def test_too_many_unreadable_pictures_are_an_error(collection: Path, tmp_path: Path) -> None:
    (collection / "cubism" / "000.png").write_text("no picture")

    with pytest.raises(TrainingError, match="1 of 20 pictures are unreadable"):
        organise(collection, tmp_path / "dataset", CONFIG)

    assert not (tmp_path / "dataset" / "dataset.json").exists()


def test_of_two_pictures_that_would_get_one_file_the_second_is_left_out(
    collection: Path, tmp_path: Path
) -> None:
    shutil.copy(collection / "cubism" / "000.png", collection / "cubism" / "000.webp")

    dataset = organise(collection, tmp_path / "dataset", CONFIG)

    assert dataset.skipped == {"same name as another picture": 1}


@pytest.mark.parametrize("path", ["../secret.png", "/etc/secret.png", ""])
def test_a_path_that_leads_out_of_the_folder_is_refused(
    collection: Path, tmp_path: Path, path: str
) -> None:
    write_metadata(collection, [*all_rows(collection), (path, "cubism")])

    with pytest.raises(TrainingError, match="must lie inside"):
        organise(collection, tmp_path / "dataset", CONFIG)


def test_fixed_lists_are_taken_over_even_if_one_is_called_source(
    collection: Path, tmp_path: Path
) -> None:
    rows = all_rows(collection)
    write_metadata(collection, [(*row, "museum") for row in rows], "path", "style", "source")
    with (collection / "splits.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("path", "picture", "source"), *((path, "train", "test") for path, _ in rows[1:])]
        )

    organise(collection, tmp_path / "dataset", CONFIG)

    works = {work.path: work for work in load_works(tmp_path / "dataset")}
    assert works[rows[0][0]].parts == {"picture": "unused", "source": "unused"}
    assert works[rows[1][0]].parts == {"picture": "train", "source": "test"}
    assert {work.source for work in works.values()} == {"museum"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,picture\ncubism/000.png,training\n", "training"),
        ("path,picture\ncubism/000.png\n", "None"),
        ("picture\ntrain\n", "lacks the column path"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    collection: Path, tmp_path: Path, text: str, reason: str
) -> None:
    (collection / "splits.csv").write_text(text)

    with pytest.raises(TrainingError, match=reason):
        organise(collection, tmp_path / "dataset", CONFIG)


def test_metadata_without_a_needed_column_is_refused(collection: Path, tmp_path: Path) -> None:
    write_metadata(collection, [], "path", "artist")

    with pytest.raises(TrainingError, match="style"):
        organise(collection, tmp_path / "dataset", CONFIG)


def test_a_source_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is no folder"):
        organise(tmp_path / "nothing", tmp_path / "dataset", CONFIG)


def test_one_style_is_not_enough(tmp_path: Path) -> None:
    source = paint_collection(tmp_path / "source", {"cubism": 10})

    with pytest.raises(TrainingError, match="fewer than two styles"):
        organise(source, tmp_path / "dataset", CONFIG)


def test_organising_again_keeps_pictures_and_fingerprint(collection: Path, tmp_path: Path) -> None:
    first = organise(collection, tmp_path / "dataset", CONFIG)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "dataset").rglob("*.png")}

    second = organise(collection, tmp_path / "dataset", CONFIG)

    assert second == first
    assert times == {path: path.stat().st_mtime_ns for path in times}


@pytest.mark.parametrize("change", ["pixels", "label"])
def test_the_fingerprint_tells_other_data(collection: Path, tmp_path: Path, change: str) -> None:
    first = organise(collection, tmp_path / "first", CONFIG)
    if change == "pixels":
        Image.new("RGB", (9, 9), "red").save(collection / "cubism" / "000.png")
    else:
        others = [row for row in all_rows(collection) if row[0] != "cubism/000.png"]
        write_metadata(collection, [("cubism/000.png", "ukiyo-e"), *others])

    second = organise(collection, tmp_path / "second", CONFIG)

    assert second.fingerprint != first.fingerprint


def test_another_size_in_the_same_folder_is_refused(collection: Path, tmp_path: Path) -> None:
    organise(collection, tmp_path / "dataset", CONFIG)

    with pytest.raises(TrainingError, match="size_px 32, now 48"):
        organise(collection, tmp_path / "dataset", CONFIG.model_copy(update={"size_px": 48}))


def test_pictures_of_another_pillow_are_refused(
    collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    organise(collection, tmp_path / "dataset", CONFIG)
    monkeypatch.setattr(PIL, "__version__", "99.0")  # there is one Pillow in an environment

    with pytest.raises(TrainingError, match=r"pillow .*, now 99\.0\): name another folder"):
        organise(collection, tmp_path / "dataset", CONFIG)


def test_pictures_of_another_definition_of_pixels_are_refused(
    collection: Path, tmp_path: Path
) -> None:
    organise(collection, tmp_path / "dataset", CONFIG)
    path = tmp_path / "dataset" / "config.json"
    begun = json.loads(path.read_text("utf-8"))
    begun["pixels"]["images_sha256"] = "0" * 64  # as a change of images.py leaves it
    path.write_text(json.dumps(begun), "utf-8")

    with pytest.raises(TrainingError, match="images_sha256 0000"):
        organise(collection, tmp_path / "dataset", CONFIG)


@pytest.fixture
def old_dataset(collection: Path, tmp_path: Path) -> Path:
    """Return a folder as it was made before config.json said what decides the pixels."""
    organise(collection, tmp_path / "dataset", CONFIG)
    (tmp_path / "dataset" / "config.json").write_text(CONFIG.model_dump_json(), "utf-8")
    return tmp_path / "dataset"


def test_a_folder_that_does_not_say_what_made_it_can_be_read(old_dataset: Path) -> None:
    assert load_dataset(old_dataset).pictures == len(load_works(old_dataset)) == 20


def test_a_folder_that_does_not_say_what_made_it_is_not_added_to(
    collection: Path, old_dataset: Path
) -> None:
    with pytest.raises(TrainingError, match="does not say what made them"):
        organise(collection, old_dataset, CONFIG)

    assert load_dataset(old_dataset).pictures == 20


def cut(stored: Path) -> None:
    stored.write_bytes(stored.read_bytes()[:-40])


def empty(stored: Path) -> None:
    stored.write_bytes(b"")


def flip(stored: Path) -> None:
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 1
    stored.write_bytes(data)


def shrink(stored: Path) -> None:
    Image.new("RGB", (8, 8)).save(stored)


@pytest.mark.parametrize("damage", [cut, empty, flip, shrink])
def test_a_damaged_stored_picture_is_made_anew(
    collection: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    first = organise(collection, tmp_path / "dataset", CONFIG)
    stored = picture_path(tmp_path / "dataset", "cubism/000.png")
    whole = stored.read_bytes()
    damage(stored)

    second = organise(collection, tmp_path / "dataset", CONFIG)

    assert stored.read_bytes() == whole
    assert second == first


def test_an_unfinished_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no finished dataset"):
        load_dataset(tmp_path)


def test_too_few_pictures_for_the_shares_are_refused(tmp_path: Path) -> None:
    source = paint_collection(tmp_path / "source", {"cubism": 3, "ukiyo-e": 3})
    config = OrganiseConfig(size_px=32, min_pictures_per_style=3, validation_share=0.01)

    with pytest.raises(TrainingError, match="cannot be split"):
        organise(source, tmp_path / "dataset", config)


counts = st.dictionaries(
    st.sampled_from(["baroque", "cubism", "realism", "ukiyo-e"]),
    st.integers(20, 60),
    min_size=2,
)


def works_of(pictures: dict[str, int]) -> list[Work]:
    return [
        Work(f"{style}/{number}.jpg", style, "unknown", {})
        for style, count in pictures.items()
        for number in range(count)
    ]


@settings(deadline=None)
@given(pictures=counts, seed=st.integers(0, 1000))
def test_every_picture_is_in_one_part_of_each_style_in_the_same_shares(
    pictures: dict[str, int], seed: int
) -> None:
    config = OrganiseConfig(test_share=0.2, validation_share=0.1, seed=seed)

    parts = split_by_picture(works_of(pictures), config)

    assert len(parts) == sum(pictures.values())
    for style, count in pictures.items():
        found = Counter(part for path, part in parts.items() if path.startswith(style))
        assert found["test"] == pytest.approx(0.2 * count, abs=1.01)
        assert found["validation"] == pytest.approx(0.1 * count, abs=1.51)


@settings(deadline=None)
@given(pictures=counts, order=st.randoms(use_true_random=False))
def test_the_split_does_not_depend_on_the_order_of_the_works(
    pictures: dict[str, int], order: Random
) -> None:
    works = works_of(pictures)
    shuffled = order.sample(works, len(works))

    assert split_by_picture(shuffled, CONFIG) == split_by_picture(works, CONFIG)
