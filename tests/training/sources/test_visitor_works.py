"""What reviewers accept becomes training pictures, and never a test."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pictures import encode, paint
from tests.training.cli.test_commands import assert_one_clear_line, call
from tests.training.conftest import STYLES, make_raw
from tests.training.visitors.gifts import exported, make_gift, make_gifts
from training.config import ImportConfig, OrganiseConfig, Split
from training.dataset.dataset_folder import Work, load_works
from training.dataset.organise import organise
from training.files import write_table
from training.sources.importing import Imported, import_works
from training.sources.raw_folder import RawWork, read_works, style_of
from training.sources.visitor_reviews import decide

CONFIG = OrganiseConfig(size_px=64, min_pictures_per_style=10)
PER_STYLE = 24
"""so few that they are organised without processes of their own, with a dozen of visitors, too"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures: accepted, corrected, rejected; and one that nobody has looked at."""
    first, second, third, _ = exported(tmp_path / "feedback", make_gifts(4))
    decide(tmp_path / "feedback", first.picture, "accept", "pop-art")
    decide(tmp_path / "feedback", second.picture, "accept", "realism")
    decide(tmp_path / "feedback", third.picture, "reject")
    return tmp_path / "feedback"


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """A raw folder with pictures of two styles, whose artists are known."""
    source = make_raw(tmp_path / "made", dict.fromkeys(STYLES, PER_STYLE)).parent / "source"
    rows = [
        (f"{style}/{number:03d}.png", style, f"{style} {number // 2}")
        for style in STYLES
        for number in range(PER_STYLE)
    ]
    write_table(source / "metadata.csv", ("path", "style", "artist"), rows)
    import_works(source, tmp_path / "raw", ImportConfig())
    return tmp_path / "raw"


def merge(folder: Path, raw: Path) -> Imported:
    return import_works(folder, raw, ImportConfig())


def give(raw: Path, gifts: Iterable[bytes], *, style: str = "cubism") -> None:
    """Bring pictures of visitors to a raw folder."""
    folder = raw.parent / "feedback"
    feedback = [make_gift(f"v{n}", said=style, picture=one) for n, one in enumerate(gifts)]
    for review in exported(folder, feedback):
        decide(folder, review.picture, "accept")
    merge(folder, raw)


def visitors(works: Iterable[Work]) -> list[Work]:
    return [work for work in works if work.source == "visitors"]


def parts_of(works: Iterable[Work], name: str) -> dict[str, str]:
    return {work.path: work.parts[name] for work in works if work.source != "visitors"}


def lists_of(raw: Path) -> Path:
    """Two lists that name every other picture for the test, and one more of a visitor."""
    works = [work.id for work in read_works(raw)]
    rows = [(id_, *["test" if number % 2 else "train"] * 2) for number, id_ in enumerate(works)]
    write_table(raw.parent / "splits.csv", ("path", "picture", "artist"), rows)
    return raw.parent / "splits.csv"


def test_accepted_pictures_come_with_their_provenance(folder: Path, tmp_path: Path) -> None:
    done = merge(folder, tmp_path / "raw")

    first, second = read_works(tmp_path / "raw")
    assert (done.works, done.new, done.skipped, done.taken_out) == (2, 2, {}, 0)
    assert [style_of(work.wikiart_styles) for work in (first, second)] == ["pop-art", "realism"]
    assert {(work.source, work.rights, work.artist) for work in (first, second)} == {
        ("visitors", "unknown", None)
    }
    assert first.title == "Picture of a visitor, 2026-11-24"
    assert str(first.provenance).startswith(
        "model=fake-1; predicted=cubism; said=pop-art; received=2026-11-24T10:00:00.a0+00:00; "
        "decision=accepted; reviewed=20"
    )
    assert "decision=corrected; " in str(second.provenance)
    for work in (first, second):
        stored = tmp_path / "raw" / str(work.picture)
        assert stored.read_bytes() == (folder / work.id).read_bytes()


def test_a_second_merge_changes_nothing(folder: Path, tmp_path: Path) -> None:
    merge(folder, tmp_path / "raw")
    before = (tmp_path / "raw" / "works.jsonl").read_bytes()

    done = merge(folder, tmp_path / "raw")

    assert (done.works, done.new, done.taken_out) == (2, 0, 0)
    assert (tmp_path / "raw" / "works.jsonl").read_bytes() == before


def test_a_decision_by_hand_says_so(folder: Path, tmp_path: Path) -> None:
    file = folder / "review.csv"
    file.write_text(file.read_text("utf-8").replace("pop-art,,,", "pop-art,accept,,"), "utf-8")

    merge(folder, tmp_path / "raw")

    assert str(read_works(tmp_path / "raw")[-1].provenance).endswith("reviewed=by hand")


def test_what_is_rejected_later_leaves_the_raw_folder(folder: Path, tmp_path: Path) -> None:
    merge(folder, tmp_path / "raw")
    first, second = read_works(tmp_path / "raw")
    decide(folder, first.id, "reject")

    done = merge(folder, tmp_path / "raw")

    assert (done.works, done.taken_out) == (1, 1)
    assert read_works(tmp_path / "raw") == [second]
    assert not (tmp_path / "raw" / str(first.picture)).exists()


def test_what_a_visitor_takes_back_leaves_the_raw_folder(folder: Path, tmp_path: Path) -> None:
    merge(folder, tmp_path / "raw")
    exported(folder, [replace(one, picture=None) for one in make_gifts(4)])

    result = call("import", folder, tmp_path / "raw")

    assert result.stdout == (
        f"0 works of 0 styles (0 new) are in {tmp_path / 'raw'}; 2 taken out, as they are not "
        "given any more\n"
    )
    assert read_works(tmp_path / "raw") == []
    assert list((tmp_path / "raw" / "pictures" / "visitors").iterdir()) == []


def test_only_works_of_visitors_are_taken_out(folder: Path, tmp_path: Path) -> None:
    rejected = next(folder.glob("visitors/a2-*")).relative_to(folder).as_posix()
    other = tmp_path / "other"
    (other / "visitors").mkdir(parents=True)
    shutil.copy(folder / rejected, other / rejected)
    write_table(other / "metadata.csv", ("path", "style"), [(rejected, "cubism")])
    import_works(other, tmp_path / "raw", ImportConfig())

    done = merge(folder, tmp_path / "raw")

    assert done.taken_out == 0
    assert rejected in [work.id for work in read_works(tmp_path / "raw")]


def test_without_an_accepted_picture_import_says_what_to_do(tmp_path: Path) -> None:
    exported(tmp_path / "feedback", make_gifts(1))

    result = call("import", tmp_path / "feedback", tmp_path / "raw")

    assert_one_clear_line(result, "is accepted: run `python -m training review")


def test_lines_of_former_versions_are_still_read() -> None:
    line = json.dumps({"id": "1", "title": "Guitar", "wikiart_styles": ["Cubism"]})

    assert RawWork.model_validate_json(line).provenance is None


def test_drawn_lists_stay_as_they_are_and_train_on_visitors(
    collected: Path, tmp_path: Path
) -> None:
    config = CONFIG.model_copy(update={"splits": (Split.PICTURE, Split.ARTIST)})
    organise(collected, tmp_path / "before", config)
    give(collected, [encode(paint("cubism", seed=1000 + number)) for number in range(12)])

    organise(collected, tmp_path / "after", config)

    before, after = (load_works(tmp_path / name) for name in ("before", "after"))
    assert [parts_of(after, name) for name in config.splits] == [
        parts_of(before, name) for name in config.splits
    ]
    assert len(visitors(after)) == 12
    assert {work.parts["picture"] for work in visitors(after)} == {"train"}
    assert {work.parts["artist"] for work in visitors(after)} == {"unused"}


def test_fixed_lists_train_on_visitors_whatever_they_say(collected: Path, tmp_path: Path) -> None:
    before = lists_of(collected)
    organise(collected, tmp_path / "before", CONFIG.model_copy(update={"lists": before}))
    give(collected, [encode(paint("cubism", seed=1000 + number)) for number in range(5)])
    after = lists_of(collected)

    organise(collected, tmp_path / "after", CONFIG.model_copy(update={"lists": after}))

    works = load_works(tmp_path / "after")
    assert parts_of(works, "picture") == parts_of(load_works(tmp_path / "before"), "picture")
    assert [(w.parts["picture"], w.parts["artist"]) for w in visitors(works)] == [
        ("train", "unused")
    ] * 5


def test_visitors_count_to_the_cap_of_training(collected: Path, tmp_path: Path) -> None:
    give(collected, [encode(paint("cubism", seed=1000 + number)) for number in range(12)])
    config = CONFIG.model_copy(update={"cap_train": 16, "cap_test": 4})

    organise(collected, tmp_path / "dataset", config)

    used = [w.parts["picture"] for w in load_works(tmp_path / "dataset") if w.style == "cubism"]
    assert (used.count("train"), used.count("validation"), used.count("test")) == (14, 2, 4)


def test_visitors_make_no_style_of_their_own(collected: Path, tmp_path: Path) -> None:
    pictures = [encode(paint("pop-art", seed=number)) for number in range(12)]
    give(collected, pictures, style="pop-art")

    done = organise(collected, tmp_path / "dataset", CONFIG)

    assert done.styles == STYLES
    assert done.skipped == {"style with too few pictures: pop-art": 12}


@pytest.mark.parametrize("keeps_duplicates", [False, True])
def test_a_copy_of_another_work_is_left_out_whatever_its_name(
    collected: Path, tmp_path: Path, keeps_duplicates: bool
) -> None:
    late = tmp_path / "late" / "zz"
    late.mkdir(parents=True)
    paint("cubism", seed=77).save(late / "1.png")
    write_table(tmp_path / "late" / "metadata.csv", ("path", "style"), [("zz/1.png", "cubism")])
    import_works(tmp_path / "late", collected, ImportConfig())
    known, new = paint("cubism", seed=77), paint("cubism", seed=1000)
    give(collected, [encode(known, quality=60), encode(known, "PNG"), encode(new)])
    config = CONFIG.model_copy(update={"keeps_duplicates": keeps_duplicates})

    done = organise(collected, tmp_path / "dataset", config)

    works = load_works(tmp_path / "dataset")
    assert "zz/1.png" in [work.path for work in works]
    assert [work.path.split("-")[0] for work in visitors(works)] == ["visitors/v2"]
    assert sum(done.duplicates.values()) == 2


def test_copies_of_the_collection_stay_where_they_are_wanted(
    collected: Path, tmp_path: Path
) -> None:
    twice = tmp_path / "twice" / "zz"
    twice.mkdir(parents=True)
    paint("cubism", seed=3).save(twice / "1.png")
    write_table(tmp_path / "twice" / "metadata.csv", ("path", "style"), [("zz/1.png", "cubism")])
    import_works(tmp_path / "twice", collected, ImportConfig())
    give(collected, [encode(paint("cubism", seed=1000))])

    organise(collected, tmp_path / "dataset", CONFIG.model_copy(update={"keeps_duplicates": True}))

    paths = [work.path for work in load_works(tmp_path / "dataset")]
    assert {"cubism/003.png", "zz/1.png"} <= set(paths)
