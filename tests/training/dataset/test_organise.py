"""Raw works become a dataset: labels, copies, lists, pixels and what is left out."""

import errno
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image

from lambda_fn.contract.images import to_pixels
from tests.pictures import paint, paint_collection
from tests.training.conftest import make_raw
from training.config import ImportConfig, OrganiseConfig, Split
from training.dataset.dataset_folder import load_dataset, load_works
from training.dataset.organise import organise
from training.dataset.picture_files import decode, open_store
from training.errors import TrainingError
from training.files import write_table
from training.sources.importing import import_works
from training.sources.raw_folder import RawWork, open_raw

CONFIG = OrganiseConfig(size_px=32, min_pictures_per_style=5)


def change(config: OrganiseConfig = CONFIG, **changes: Any) -> OrganiseConfig:
    return config.model_copy(update=changes)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Twenty works of two styles; their ids are cubism/000.png to ukiyo-e/009.png."""
    return make_raw(tmp_path, {"cubism": 10, "ukiyo-e": 10})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "dataset"


def add(raw: Path, id_: str, picture: Image.Image | bytes | None, **facts: Any) -> None:
    """Add a work, by default a Cubist one, with its picture."""
    options: dict[str, Any] = {"title": "Untitled", "wikiart_styles": ("Cubism",)}
    path = None if picture is None else f"pictures/{id_}.png"
    if isinstance(picture, Image.Image):
        picture.save(raw / f"{path}")
    elif picture is not None:
        (raw / f"{path}").write_bytes(picture)
    with open_raw(raw) as folder:
        folder.add(RawWork(id=id_, picture=path, **(options | facts)))


def test_stored_pictures_are_the_pixels_that_the_service_makes(raw: Path, target: Path) -> None:
    organise(raw, target, CONFIG)

    work = load_works(target)[0]
    expected = to_pixels((raw / "pictures" / work.path).read_bytes(), size_px=32).pixels
    with Image.open(target / "pictures" / "cubism" / "000.png") as stored:
        assert np.array_equal(np.asarray(stored, np.float32), expected)


def test_styles_come_in_the_order_of_the_contract(raw: Path, target: Path) -> None:
    dataset = organise(raw, target, CONFIG)

    assert dataset.styles == ("cubism", "ukiyo-e")
    assert dataset == load_dataset(target)


def test_what_is_known_of_a_work_is_kept(raw: Path, target: Path) -> None:
    styles = ("Vorticism", "post-impressionism", "Cubism")
    for number in range(6):
        add(
            raw,
            f"57{number}",
            paint("impressionism", seed=number),
            title="Wheat, Field",
            artist="Vincent van Gogh",
            artist_sure=False,
            group="vincent van gogh",
            year=1888,
            wikiart_styles=styles,
            rights="public-domain",
            source="museum",
        )

    organise(raw, target, CONFIG)

    work = next(work for work in load_works(target) if work.path == "570")
    assert (work.style, work.wikiart_style) == ("impressionism", "Post-Impressionism")
    assert (work.artist, work.title, work.year) == ("Vincent van Gogh", "Wheat, Field", 1888)
    assert (work.artist_sure, work.group) == (False, "vincent van gogh")
    assert (work.rights, work.source) == ("public-domain", "museum")


def test_missing_artists_and_years_are_counted(raw: Path, target: Path) -> None:
    add(raw, "anonymous", paint("cubism", seed=100), artist="Unknown artist", year=1910)
    add(raw, "picasso", paint("cubism", seed=101), artist="Pablo Picasso")

    dataset = organise(raw, target, CONFIG)

    assert (dataset.unknown_artists, dataset.undated) == (21, 21)
    artists = {work.path: work.artist for work in load_works(target)}
    assert artists["anonymous"] == "UNKNOWN"
    assert artists["picasso"] == "Pablo Picasso"


def test_what_is_left_out_is_counted_by_reason(raw: Path, target: Path) -> None:
    picture = paint("cubism", seed=100)
    add(raw, "vortex", picture, wikiart_styles=("Vorticism",))
    add(raw, "nothing", picture, wikiart_styles=())
    add(raw, "unseen", None)
    add(raw, "rare", picture, wikiart_styles=("Baroque",))

    dataset = organise(raw, target, CONFIG)

    assert dataset.pictures == 20
    assert dataset.skipped == {
        "no picture": 1,
        "style with too few pictures: baroque": 1,
        "unknown style: Vorticism": 1,
        "unknown style: none given": 1,
    }


def test_unreadable_pictures_are_counted_by_reason(raw: Path, target: Path) -> None:
    (raw / "pictures" / "cubism" / "002.png").unlink()
    (raw / "pictures" / "cubism" / "000.png").unlink()  # not written: it may be a hard link
    (raw / "pictures" / "cubism" / "000.png").write_text("no picture")
    whole = (raw / "pictures" / "cubism" / "001.png").read_bytes()
    (raw / "pictures" / "cubism" / "001.png").unlink()
    (raw / "pictures" / "cubism" / "001.png").write_bytes(whole[:-200])

    dataset = organise(raw, target, change(max_unreadable_share=0.2))

    assert dataset.pictures == 17
    assert dataset.skipped == {
        "unreadable: FileNotFoundError": 1,
        "unreadable: TruncatedPictureError": 1,
        "unreadable: UnreadablePictureError": 1,
    }


def test_too_many_unreadable_pictures_are_an_error(raw: Path, target: Path) -> None:
    (raw / "pictures" / "cubism" / "000.png").unlink()

    with pytest.raises(
        TrainingError, match=r"1 of 20 pictures cannot be read, more than the 1\.0%"
    ):
        organise(raw, target, CONFIG)

    assert not (target / "dataset.json").exists()


def test_of_two_pictures_that_would_get_one_file_the_second_is_left_out(
    tmp_path: Path, target: Path
) -> None:
    source = paint_collection(tmp_path / "source", {"cubism": 10, "ukiyo-e": 10})
    paint("cubism", seed=100).save(source / "cubism" / "000.webp")
    import_works(source, tmp_path / "raw", ImportConfig())

    dataset = organise(tmp_path / "raw", target, CONFIG)

    assert dataset.skipped == {"same name as another picture": 1}


@pytest.mark.parametrize("id_", ["../secret", "/etc/secret"])
def test_an_id_that_leads_out_of_the_folder_is_refused(raw: Path, target: Path, id_: str) -> None:
    line = RawWork(id=id_, title="", wikiart_styles=("Cubism",), picture="pictures/cubism/000.png")
    with (raw / "works.jsonl").open("a", encoding="utf-8") as file:
        file.write(line.model_dump_json() + "\n")

    with pytest.raises(TrainingError, match="must be a path inside"):
        organise(raw, target, CONFIG)


def test_a_folder_that_nothing_was_collected_to_is_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(TrainingError, match=r"no works.* collect .* import"):
        organise(tmp_path / "nothing", target, CONFIG)

    assert not target.exists()


def test_works_without_any_picture_are_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "raw").mkdir()
    add(tmp_path / "raw", "unseen", None)

    with pytest.raises(TrainingError, match=r"1 works but no picture.* collect .* import"):
        organise(tmp_path / "raw", target, CONFIG)

    assert not target.exists()


def test_one_style_is_not_enough(tmp_path: Path, target: Path) -> None:
    raw = make_raw(tmp_path, {"cubism": 10, "ukiyo-e": 4})

    with pytest.raises(TrainingError, match=r"10 cubism, 4 ukiyo-e.* lower --min-pictures"):
        organise(raw, target, CONFIG)


def test_styles_that_nobody_knows_are_named(raw: Path, target: Path) -> None:
    with open_raw(raw) as folder:
        for work in list(folder.works.values()):
            folder.add(work.model_copy(update={"wikiart_styles": ("Vorticism",)}))

    with pytest.raises(
        TrainingError, match="no style that we know; left out: 20 unknown style: Vo"
    ):
        organise(raw, target, CONFIG)


def test_copies_are_left_out_and_counted_by_kind(raw: Path, target: Path) -> None:
    with Image.open(raw / "pictures" / "cubism" / "003.png") as picture:
        add(raw, "exact", picture.copy(), wikiart_styles=("Ukiyo-e",))
        add(raw, "near", Image.eval(picture, lambda value: round(0.9 * value)))

    dataset = organise(raw, target, CONFIG)

    assert dataset.pictures == 20
    assert dataset.duplicates == {"exact": 1, "near": 1}
    assert dataset.disagreeing_duplicates == 1
    assert dataset.skipped == {"exact copy": 1, "near copy": 1}
    assert {"cubism/003.png", "exact", "near"} & {work.path for work in load_works(target)} == {
        "cubism/003.png"
    }


def test_copies_may_be_kept(raw: Path, target: Path) -> None:
    with Image.open(raw / "pictures" / "cubism" / "003.png") as picture:
        add(raw, "exact", picture.copy())

    dataset = organise(raw, target, change(keeps_duplicates=True))

    assert (dataset.pictures, dataset.duplicates, dataset.skipped) == (21, {}, {})


def test_a_style_that_has_too_few_pictures_without_its_copies_is_left_out(
    raw: Path, target: Path
) -> None:
    for number in range(10):
        add(raw, f"b{number}", paint("baroque", seed=number // 2), wikiart_styles=("Baroque",))

    dataset = organise(raw, target, change(min_pictures_per_style=10))

    assert dataset.styles == ("cubism", "ukiyo-e")
    assert dataset.skipped == {"exact copy": 5, "style with too few pictures: baroque": 5}


def artists_of(raw: Path, *, per_style: int) -> None:
    """Give the works of each style to so many artists."""
    with open_raw(raw) as folder:
        for number, (_, work) in enumerate(sorted(folder.works.items())):  # imported in any order
            artist = f"{work.wikiart_styles[0]} painter {number % per_style}"
            folder.add(work.model_copy(update={"artist": artist}))


def test_several_lists_are_made_side_by_side(raw: Path, target: Path) -> None:
    artists_of(raw, per_style=5)

    dataset = organise(raw, target, change(splits=(Split.PICTURE, Split.ARTIST)))

    assert dataset.lists == ("picture", "artist")
    for name in dataset.lists:
        parts = Counter((work.style, work.parts[name]) for work in load_works(target))
        for style in dataset.styles:
            assert parts[style, "test"] == 2


def test_a_style_with_too_few_artists_is_told_before_anything_is_converted(
    raw: Path, target: Path
) -> None:
    artists_of(raw, per_style=2)

    with pytest.raises(TrainingError, match="'cubism' has 2 known artists"):
        organise(raw, target, change(splits=(Split.ARTIST,)))

    assert not target.exists()


def test_lists_of_a_csv_come_before_those_that_would_be_made(raw: Path, target: Path) -> None:
    rows = [("cubism/000.png", "test", "train"), ("cubism/001.png", "validation", "test")]
    rows += [(f"cubism/00{n}.png", "train", "train") for n in range(2, 10)]
    write_table(target.parent / "lists.csv", ("path", "picture", "source"), rows)
    splits = (Split.PICTURE,)

    dataset = organise(raw, target, change(lists=target.parent / "lists.csv", splits=splits))

    assert dataset.lists == ("picture", "source")
    works = {work.path: work.parts for work in load_works(target)}
    assert works["cubism/000.png"]["picture"] == "test"
    assert works["cubism/001.png"] == {"picture": "validation", "source": "test"}
    assert works["ukiyo-e/000.png"] == {"picture": "unused", "source": "unused"}


def test_caps_leave_made_lists_shorter_and_fixed_ones_as_they_are(raw: Path, target: Path) -> None:
    paths = [f"{style}/00{number}.png" for style in ("cubism", "ukiyo-e") for number in range(10)]
    rows = [(path, ("train", "validation", "test")[n % 3]) for n, path in enumerate(paths)]
    write_table(target.parent / "lists.csv", ("path", "own"), rows)

    organise(raw, target, change(lists=target.parent / "lists.csv", cap_train=5, cap_test=1))

    works = load_works(target)
    assert Counter(work.parts["picture"] for work in works) == {
        "train": 8,
        "validation": 2,
        "test": 2,
        "unused": 8,
    }
    assert {work.path: work.parts["own"] for work in works} == dict(rows)


def test_organising_again_keeps_pictures_and_fingerprint(raw: Path, target: Path) -> None:
    first = organise(raw, target, CONFIG)
    times = {path: path.stat().st_mtime_ns for path in target.rglob("*.png")}

    second = organise(raw, target, CONFIG)

    assert second == first
    assert times == {path: path.stat().st_mtime_ns for path in times}


@pytest.mark.parametrize("changed", ["pixels", "label", "title"])
def test_the_fingerprint_tells_other_data(raw: Path, target: Path, changed: str) -> None:
    first = organise(raw, target, CONFIG)
    with open_raw(raw) as folder:
        work = folder.works["cubism/000.png"]
        if changed == "label":
            folder.add(work.model_copy(update={"wikiart_styles": ("Ukiyo-e",)}))
        if changed == "title":
            folder.add(work.model_copy(update={"title": "Another"}))
    if changed == "pixels":
        (raw / "pictures" / "cubism" / "000.png").unlink()
        paint("cubism", seed=100).save(raw / "pictures" / "cubism" / "000.png")

    second = organise(raw, target.with_name("second"), CONFIG)

    assert second.fingerprint != first.fingerprint


def test_another_size_in_the_same_folder_is_refused(raw: Path, target: Path) -> None:
    organise(raw, target, CONFIG)

    with pytest.raises(TrainingError, match="size_px 32, now 48"):
        organise(raw, target, change(size_px=48))


def test_another_format_in_the_same_folder_is_refused(raw: Path, target: Path) -> None:
    organise(raw, target, change(format="tar"))

    with pytest.raises(TrainingError, match="format tar, now png"):
        organise(raw, target, CONFIG)


def test_pictures_of_another_pillow_are_refused(
    raw: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    organise(raw, target, CONFIG)
    monkeypatch.setattr(PIL, "__version__", "99.0")  # there is one Pillow in an environment

    with pytest.raises(TrainingError, match=r"pillow .*, now 99\.0\): name another folder"):
        organise(raw, target, CONFIG)


def test_pictures_of_another_definition_of_pixels_are_refused(raw: Path, target: Path) -> None:
    organise(raw, target, CONFIG)
    path = target / "config.json"
    begun = json.loads(path.read_text("utf-8"))
    begun["pixels"]["images_sha256"] = "0" * 64  # as a change of images.py leaves it
    path.write_text(json.dumps(begun), "utf-8")

    with pytest.raises(TrainingError, match="images_sha256 0000"):
        organise(raw, target, CONFIG)


@pytest.fixture
def old_dataset(raw: Path, target: Path) -> Path:
    """Return a folder as it was made before config.json said what decides the pixels."""
    organise(raw, target, CONFIG)
    (target / "config.json").write_text(CONFIG.model_dump_json(), "utf-8")
    return target


def test_a_folder_that_does_not_say_what_made_it_is_not_added_to(
    raw: Path, old_dataset: Path
) -> None:
    with pytest.raises(TrainingError, match="does not say what made them"):
        organise(raw, old_dataset, CONFIG)

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
    raw: Path, target: Path, damage: Callable[[Path], None]
) -> None:
    first = organise(raw, target, CONFIG)
    stored = target / "pictures" / "cubism" / "000.png"
    whole = stored.read_bytes()
    damage(stored)

    second = organise(raw, target, CONFIG)

    assert stored.read_bytes() == whole
    assert second == first


# patched: a disk cannot be made full at a certain time
def test_a_disk_that_fills_up_leaves_nothing_that_is_half_written(
    raw: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = organise(raw, target.with_name("first"), CONFIG)
    written = 0
    write = Path.write_bytes

    def fill_disk(path: Path, data: bytes) -> int:
        nonlocal written
        written += 1
        if written > 7:
            write(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill_disk)
        with pytest.raises(OSError, match="No space left"):
            organise(raw, target, CONFIG)

    stored = [path for path in target.rglob("*") if path.is_file() and path.suffix != ".json"]
    assert len(stored) == 7
    for path in stored:
        decode(path.read_bytes(), size_px=32)
    assert not (target / "dataset.json").exists()
    assert organise(raw, target, CONFIG) == first


def test_a_tar_that_could_not_be_packed_is_packed_the_next_time(
    raw: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = change(format="tar")

    def fill_disk(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "pictures.tar")

    with monkeypatch.context() as patch:
        patch.setattr("tarfile.TarFile.addfile", fill_disk)
        with pytest.raises(OSError, match="No space left"):
            organise(raw, target, config)

    assert not list(target.glob("*.tar"))
    assert not (target / "dataset.json").exists()
    organise(raw, target, config)
    assert open_store(target).read("cubism/000.png").shape == (32, 32, 3)


def test_a_label_that_changed_moves_the_picture(raw: Path, target: Path) -> None:
    organise(raw, target, CONFIG)
    before = open_store(target).read("cubism/000.png")
    with open_raw(raw) as folder:
        work = folder.works["cubism/000.png"]
        folder.add(work.model_copy(update={"wikiart_styles": ("Ukiyo-e",)}))

    organise(raw, target, CONFIG)

    styles = {work.path: work.style for work in load_works(target)}
    assert styles["cubism/000.png"] == "ukiyo-e"
    assert np.array_equal(open_store(target).read("cubism/000.png"), before)
