"""The raw folder: what is written is there whole or not at all, and never twice."""

import errno
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lambda_fn.contract.styles import STYLES
from tests.pictures import encode, paint
from training.errors import TrainingError
from training.sources.raw_folder import (
    RawWork,
    check_raw,
    counts_by_reason,
    filing_of,
    has_style,
    open_raw,
    read_works,
    style_of,
    wikiart_styles_of,
)


def make_work(id_: str = "1", **changes: object) -> RawWork:
    return RawWork.model_validate({"id": id_, "title": "T", "wikiart_styles": ["Cubism"]} | changes)


def make_raw(folder: Path, *, works: int = 3) -> Path:
    (folder / "pictures").mkdir(parents=True)
    with open_raw(folder) as raw:
        for number in range(works):
            data = encode(paint("cubism", seed=number))
            (folder / "pictures" / f"{number}.jpg").write_bytes(data)
            raw.add(make_work(str(number), picture=f"pictures/{number}.jpg"))
    return folder


def test_works_come_back_as_they_were_ordered_by_id(tmp_path: Path) -> None:
    first = make_work("a", title='Zwei\u2028"Zeilen"\n', year=1913, rights="copyright")
    second = make_work("b", artist="Georges Braque", width=3, height=4, picture="pictures/b.jpg")

    with open_raw(tmp_path) as raw:
        raw.add(second)
        raw.add(first)

    assert read_works(tmp_path) == [first, second]


def test_a_later_line_takes_the_place_of_the_former(tmp_path: Path) -> None:
    with open_raw(tmp_path) as raw:
        raw.add(make_work(title="Gitarre"))
    with open_raw(tmp_path) as raw:
        raw.add(make_work(title="Guitar"))

    assert [work.title for work in read_works(tmp_path)] == ["Guitar"]


def test_the_same_work_is_written_once(tmp_path: Path) -> None:
    with open_raw(tmp_path) as raw:
        raw.add(make_work())
        raw.add(make_work())

    assert (tmp_path / "works.jsonl").read_text().count("\n") == 1


def test_a_file_cut_anywhere_loses_only_the_line_that_was_being_written(tmp_path: Path) -> None:
    whole = (make_raw(tmp_path / "raw") / "works.jsonl").read_bytes()
    counts = set()

    for length in range(0, len(whole), 7):
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / "works.jsonl").write_bytes(whole[:length])
        with open_raw(folder) as raw:
            raw.add(make_work("new"))
        counts.add((whole[:length].count(b"\n"), len(read_works(folder))))

    assert counts == {(lines, lines + 1) for lines in range(3)}


def test_a_full_disk_leaves_whole_works_before_and_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SmallDisk(FileIO):  # a real one cannot be filled here
        def write(self, data: bytes) -> int:  # type: ignore[override]
            return super().write(data[:10] if b"too late" in data else data)

    make_raw(tmp_path / "raw")
    monkeypatch.setattr("training.sources.raw_folder.FileIO", SmallDisk)

    with open_raw(tmp_path / "raw") as raw:
        with pytest.raises(OSError, match=r"No space .*works\.jsonl") as caught:
            raw.add(make_work("too late"))
        raw.add(make_work("with room"))

    assert caught.value.errno == errno.ENOSPC
    assert [work.id for work in read_works(tmp_path / "raw")] == ["0", "1", "2", "with room"]


def test_two_processes_never_write_to_one_folder(tmp_path: Path) -> None:
    def add_too() -> None:
        with open_raw(tmp_path):
            pass

    with open_raw(tmp_path), pytest.raises(TrainingError, match="another process is writing"):
        add_too()


def test_an_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="python -m training collect"):
        read_works(tmp_path)
    with pytest.raises(TrainingError, match="python -m training import"):
        check_raw(tmp_path)


def test_a_damaged_line_names_its_place_and_the_mending(tmp_path: Path) -> None:
    raw = make_raw(tmp_path / "raw")
    lines = (raw / "works.jsonl").read_bytes().splitlines(keepends=True)
    (raw / "works.jsonl").write_bytes(lines[0] + b'{"id": \n' + lines[2])

    with pytest.raises(TrainingError, match=r"line 2: .*--check --repair"):
        read_works(raw)
    with pytest.raises(TrainingError, match="line 2"), open_raw(raw):
        pass
    health = check_raw(raw, is_repairing=True)

    assert health.damaged_lines == (2,)
    assert [work.id for work in read_works(raw)] == ["0", "2"]


def test_check_finds_missing_broken_and_half_written_files(tmp_path: Path) -> None:
    raw = make_raw(tmp_path / "raw", works=4)
    (raw / "pictures" / "0.jpg").unlink()
    data = (raw / "pictures" / "1.jpg").read_bytes()
    (raw / "pictures" / "1.jpg").write_bytes(data[: len(data) // 2])
    (raw / "pictures" / ".2.4711.jpg").write_bytes(b"")
    with open_raw(raw) as folder:
        folder.add(make_work("5"))

    health = check_raw(raw)

    assert (health.works, health.pictures, health.without_picture) == (5, 2, 1)
    assert health.missing == ("pictures/0.jpg",)
    assert health.broken == ("pictures/1.jpg",)
    assert health.half_written == ("pictures/.2.4711.jpg",)
    assert not health.is_whole
    assert "1 missing pictures (such as pictures/0.jpg)" in health.findings


def test_repair_takes_out_what_is_broken_and_nothing_else(tmp_path: Path) -> None:
    raw = make_raw(tmp_path / "raw")
    (raw / "pictures" / "1.jpg").write_bytes(b"no picture")
    (raw / "pictures" / ".2.4711.jpg").write_bytes(b"")
    (raw / "pictures" / ".keep").write_bytes(b"")

    check_raw(raw, is_repairing=True)

    left = sorted(path.name for path in (raw / "pictures").iterdir())
    assert left == [".keep", "0.jpg", "2.jpg"]
    assert check_raw(raw).missing == ("pictures/1.jpg",)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.jpg", "pictures/../../x.jpg", ""])
def test_a_picture_outside_of_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="inside of the raw folder"):
        make_work(picture=path)


def test_every_name_of_a_style_leads_to_it() -> None:
    names = {
        name: style.slug
        for style in STYLES
        for name in (style.slug, style.name, *style.wikiart_styles)
    }

    assert {name: style_of([name]) for name in names} == names


@pytest.mark.parametrize(
    ("labels", "slug"),
    [
        (["Naive Art (Primitivism)"], "naive-art"),
        (["mannerism_(late_renaissance)"], "renaissance"),
        (["Naturalism", "Realism", "Romanticism"], "realism"),
        (["Naturalism"], None),
        ([], None),
    ],
)
def test_the_first_known_label_gives_the_style(labels: list[str], slug: str | None) -> None:
    assert style_of(labels) == slug


@pytest.mark.parametrize(
    ("labels", "filing"),
    [
        (("Vorticism", "rococo", "Baroque"), ("baroque", "Rococo")),
        (("art_informel",), ("abstract-art", "Art Informel")),
        (("Naive Art (Primitivism)",), ("naive-art", "Naïve Art (Primitivism)")),
        (("renaissance",), ("renaissance", "Renaissance")),
        (("Vorticism",), None),
        ((), None),
    ],
)
def test_labels_are_filed_under_the_first_of_our_styles_in_wikiarts_spelling(
    labels: tuple[str, ...], filing: tuple[str, str] | None
) -> None:
    assert filing_of(labels) == filing


@pytest.mark.parametrize(
    ("asked", "filed", "is_wanted"),
    [
        ("baroque", "Rococo", True),
        ("Rococo", "Rococo", True),
        ("Rococo", "Baroque", False),
        ("POST-IMPRESSIONISM", "Post-Impressionism", True),
        ("Post-Impressionism", "Impressionism", False),
    ],
)
def test_a_wikiart_style_means_itself_and_ours_all_that_it_unites(
    asked: str, filed: str, is_wanted: bool
) -> None:
    wanted = wikiart_styles_of(asked)

    assert wanted is not None
    assert has_style(make_work(wikiart_styles=["Naturalism", filed]), wanted) is is_wanted


def test_an_unknown_style_stands_for_none() -> None:
    assert wikiart_styles_of("Naturalism") is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_survives_a_line(title: str, artist: str) -> None:
    work = make_work(title=title, artist=artist)

    assert RawWork.model_validate_json(work.model_dump_json().encode()) == work
    assert b"\n" not in work.model_dump_json().encode()


def test_counts_are_told_the_largest_first() -> None:
    assert counts_by_reason({"timeout": 1, "HTTP 404": 3}) == "3 HTTP 404, 1 timeout"
