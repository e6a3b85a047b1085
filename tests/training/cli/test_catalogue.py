"""The commands for works: one closing line each, one clear line when something is wrong."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.sqlite import open_sqlite
from tests.training.catalogue.sources import one_row, write_source
from tests.training.cli.test_commands import assert_one_clear_line, call
from tests.training.visitors.gifts import make_gift, store_with
from tests.training.wikiart_server import serve_wikiart
from tests.works_of_art import make_work
from training.cli.catalogue import shown
from training.model_folder.check_release import RELEASE

pytestmark = pytest.mark.slow


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [one_row(1), one_row(2, year=""), one_row(3, artist="")]
    return write_source(tmp_path / "source", rows)


def test_load_says_what_is_new_and_what_was_left_out(table: Path, target: str) -> None:
    first = call("catalogue", "load", table, "--to", target)
    second = call("catalogue", "load", table, "--to", target)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout == (
        f"2 works (2 new, 0 changed, 0 same) are in {target}; left out: 1 artist unknown\n"
    )
    assert second.stdout == (
        f"2 works (0 new, 0 changed, 2 same) are in {target}; left out: 1 artist unknown\n"
    )


def test_an_artist_can_be_left_out(table: Path, target: str) -> None:
    result = call("catalogue", "load", table, "--to", target, "--without", "juan-gris")

    assert result.stdout == (
        f"0 works (0 new, 0 changed, 0 same) are in {target}; left out: 2 left out as asked, "
        "1 artist unknown\n"
    )


def test_load_says_how_many_works_have_no_palette(table: Path, target: str, tmp_path: Path) -> None:
    (table.parent / "cubism" / "00001.png").unlink()

    result = call("catalogue", "load", table, "--to", target, "--pictures", table.parent)

    assert "; without palette: 1 no picture; left out: " in result.stdout


def test_a_dry_run_writes_nothing(table: Path, target: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))

    result = call("catalogue", "load", table, "--to", target, "--dry-run")

    assert result.stdout == (
        "2 works would be loaded, 2 with a picture at hand; left out: 1 artist unknown\n"
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_prepare_makes_an_empty_catalogue(target: str) -> None:
    result = call("catalogue", "prepare", target)

    assert result.stdout == f"{target} has all tables and indexes\n"
    assert open_sqlite(Path(target)).facts().works == 0


def test_compact_writes_the_same_works_to_the_same_file(
    table: Path, target: str, tmp_path: Path
) -> None:
    call("catalogue", "load", table, "--to", target)

    result = call("catalogue", "compact", target, tmp_path / "a" / "starter.sqlite")
    call("catalogue", "compact", target, tmp_path / "b" / "starter.sqlite")

    first, second = (tmp_path / name / "starter.sqlite" for name in "ab")
    assert result.stdout.startswith(f"2 works are in {first} (")
    assert first.read_bytes() == second.read_bytes()
    assert open_sqlite(first).facts().works == 2


def test_compact_makes_no_catalogue_out_of_nothing(tmp_path: Path) -> None:
    result = call("catalogue", "compact", tmp_path / "none.sqlite", tmp_path / "out.sqlite")

    assert_one_clear_line(result, "there is no catalogue at")
    assert list(tmp_path.iterdir()) == []


def test_stats_shows_what_each_style_has(table: Path, target: str) -> None:
    call("catalogue", "load", table, "--to", target)

    result = call("catalogue", "stats", target)

    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:6] == ["style", "works", "dated", "artists", "palettes", "pictures"]
    assert lines[1] == ["Cubism", "2", "1", "1", "2", "2", "0", "0", "2"]
    assert lines[2][:3] == ["all", "2", "1"]
    assert result.stdout.endswith(f"2 works in {target}, no embeddings\n")


def test_embed_says_whose_embeddings_the_works_have(
    table: Path, target: str, tmp_path: Path
) -> None:
    call("catalogue", "load", table, "--to", target)
    file = tmp_path / "neighbours.npz"

    result = call("embed", table, "--model", RELEASE, "--to", target, "--neighbours", file)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"2 works (2 new) in {target} have embeddings by mobilenet")
    assert file.is_file()
    assert "embeddings by mobilenet" in call("catalogue", "stats", target).stdout


def test_check_images_says_what_is_there_gone_and_unseen(target: str) -> None:
    with serve_wikiart() as server, closing(open_writer(target)) as catalogue:
        catalogue.prepare()
        addresses = {
            "a/there": f"{server.base_url}/images/katsushika-hokusai/wave.png",
            "a/gone": f"{server.base_url}/images/a/lost.png",
            "a/away": "https://example.org/a.png",
        }
        works = [make_work(id_, image_url=address) for id_, address in addresses.items()]
        catalogue.store(works)
        options = ("--base-url", server.base_url, "--requests", 1000, "--again-after", 7)

        result = call("catalogue", "check-images", target, *options)

    assert result.stdout == (
        f"1 pictures are where {target} says, 1 are gone; not seen, to be checked again: "
        "1 address outside of the site\n"
    )


@pytest.mark.parametrize("target", ["sqlite", "mongodb"], indirect=True)
def test_feedback_shows_agreement_and_exports_all(target: str, tmp_path: Path) -> None:
    said = ("cubism", "pop-art", "cubism", "pop-art")
    gifts = [make_gift(f"id-{number}", said=one) for number, one in enumerate(said)]
    store_with(target, [gifts[0], *(replace(one, picture=None) for one in gifts[1:])])

    result = call("feedback", target, "--export", tmp_path / "feedback")

    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["predicted", "answers", "said"]
    assert lines[1].split() == ["Cubism", "4", "2", "50%", "Pop", "Art", "(2)"]
    assert lines[2] == (
        "4 answers were judged, 50% of them right; all of it and 1 pictures (1 new, 0 removed) "
        f"are in {tmp_path / 'feedback'}"
    )
    assert len((tmp_path / "feedback" / "feedback.csv").read_text("utf-8").splitlines()) == 5
    assert call("feedback", target).stdout.splitlines()[-1] == (
        "4 answers were judged, 50% of them right"
    )


def test_what_a_visitor_wants_forgotten_leaves_store_and_export(tmp_path: Path) -> None:
    target = store_with(str(tmp_path / "feedback.sqlite"), [make_gift("a1"), make_gift("b2")])
    folder = tmp_path / "feedback"
    call("feedback", target, "--export", folder)

    result = call("feedback", target, "--forget", "a1", "--export", folder)

    assert "1 pictures (0 new, 1 removed)" in result.stdout
    assert [path.name[:3] for path in (folder / "visitors").iterdir()] == ["b2-"]


def test_an_answer_that_nobody_judged_cannot_be_forgotten(tmp_path: Path) -> None:
    target = store_with(str(tmp_path / "feedback.sqlite"), [make_gift("a1")])

    assert_one_clear_line(call("feedback", target, "--forget", "a2"), "no feedback about")


def test_feedback_that_nobody_gave_is_no_error(tmp_path: Path) -> None:
    result = call("feedback", tmp_path / "feedback.sqlite")

    assert (result.exit_code, result.stdout) == (0, "0 answers were judged\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("catalogue", "load", "{}/none", "--to", "{}/w.sqlite"), "holds no works"),
        (("catalogue", "stats", "{}/damaged.sqlite"), "damaged"),
        (("embed", "{}/none", "--to", "{}/w.sqlite", "--model", "{}"), "holds no works"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], text: str
) -> None:
    (tmp_path / "damaged.sqlite").write_bytes(b"SQLite format 3\0" + bytes(5000))

    result = call(*(one.format(tmp_path) for one in arguments))

    assert_one_clear_line(result, text)


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("works.sqlite", "works.sqlite"),
        ("/home/me@work/works.sqlite", "/home/me@work/works.sqlite"),
        ("mongodb://localhost:27017/art", "mongodb://localhost:27017/art"),
        ("mongodb://me:secret@host/art?tls=true", "mongodb://host/art"),
        ("mongodb+srv://me:sec/r?t@x@host/art?w=1", "mongodb+srv://host/art"),
        ("mongodb://host/art?tlsCertificateKeyFilePassword=secret", "mongodb://host/art"),
    ],
)
def test_a_target_is_shown_without_its_secrets(target: str, line: str) -> None:
    assert shown(target) == line


@pytest.mark.parametrize("target", ["mongodb"], indirect=True)
def test_the_closing_line_names_a_database_without_its_options(table: Path, target: str) -> None:
    assert "directConnection" in target

    result = call("catalogue", "load", table, "--to", target)

    assert f"(2 new, 0 changed, 0 same) are in {target.partition('?')[0]};" in result.stdout


@pytest.mark.parametrize(
    "target",
    [
        "mongodb://me:topsecret@127.0.0.1:1/art?timeoutMS=100",
        "mongodb://me:topsecret@@/art",
        "mongodb://me:topsecret/x@127.0.0.1/art",
        "mongodb://me:topsecret@127.0.0.1:1/art?timeoutMS=100&w=topsecret",
        "postgres://me:topsecret@127.0.0.1/art",
    ],
)
@pytest.mark.parametrize(
    "command",
    ["catalogue load {} --to", "catalogue prepare", "catalogue check-images", "feedback"],
)
def test_no_password_is_ever_echoed(table: Path, command: str, target: str) -> None:
    result = call(*command.format(table).split(), target)

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "topsecret" not in result.output
