"""The SQLite file: small, read-only where it should be, and whole whatever happens to a writer."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_fn.catalogue.sqlite import SqliteFeedback, SqliteWriter, open_sqlite
from lambda_fn.catalogue.works import (
    CatalogueError,
    CatalogueUnavailableError,
    Facts,
    Feedback,
    Filters,
    ImageCheck,
    Stored,
)
from tests.works_of_art import make_work, make_works

ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite"


@pytest.fixture
def filled(file: Path) -> Path:
    with closing(SqliteWriter(file)) as writer:
        writer.store(make_works(300))
    return file


def make_feedback(name: str) -> Feedback:
    return Feedback(name, "model-1", "cubism", "cubism", {"cubism": 1.0}, "2026-11-24T10:00:00Z")


class TestReading:
    def test_a_file_answers_as_its_writer_did(self, filled: Path) -> None:
        with closing(open_sqlite(filled)) as catalogue:
            found = catalogue.find(Filters(), limit=300)

        assert found == make_works(300)

    def test_reading_leaves_the_file_and_its_folder_alone(self, filled: Path) -> None:
        before = filled.read_bytes()

        with closing(open_sqlite(filled)) as catalogue:
            catalogue.find(Filters(words=("port",)), limit=10)

        assert filled.read_bytes() == before
        assert list(filled.parent.iterdir()) == [filled]

    def test_a_file_on_a_read_only_disk_is_read(self, filled: Path) -> None:
        # of a user who may change nothing, as root may change all; in a folder that all may enter
        with tempfile.TemporaryDirectory() as folder:
            shelf = Path(folder)
            shutil.copy(filled, shelf / "works.sqlite")
            (shelf / "works.sqlite").chmod(0o444)
            shelf.chmod(0o555)
            process = multiprocessing.get_context("spawn").Process(
                target=_read_as_nobody, args=(shelf / "works.sqlite",)
            )
            process.start()
            process.join()
            shelf.chmod(0o755)

        assert process.exitcode == 0

    def test_a_catalogue_that_is_filled_meanwhile_is_read_anew(self, filled: Path) -> None:
        with closing(open_sqlite(filled)) as catalogue, closing(SqliteWriter(filled)) as writer:
            before = catalogue.facts().works

            writer.store([make_work("zz/new")])

            assert (before, catalogue.facts().works) == (300, 301)

    def test_a_missing_file_is_refused_with_the_way_to_make_it(self, file: Path) -> None:
        with pytest.raises(CatalogueError, match=r"no catalogue at .*catalogue load"):
            open_sqlite(file)

        assert not file.exists()

    @pytest.mark.parametrize("content", [b"", b"x" * 5000, b"SQLite format 3\x00" + b"\x01" * 5000])
    def test_a_file_of_something_else_is_refused(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)

        with pytest.raises(CatalogueError, match="catalogue load"):
            open_sqlite(file)

    def test_a_database_of_something_else_is_refused(self, file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE works (id TEXT)")

        with pytest.raises(CatalogueError, match="its schema is 0, but this version reads 1"):
            open_sqlite(file)
        with pytest.raises(CatalogueError, match="its schema is 0, but this version reads 1"):
            SqliteWriter(file)

    def test_a_file_of_another_version_is_refused(self, filled: Path) -> None:
        with closing(sqlite3.connect(filled)) as connection:
            connection.execute("PRAGMA user_version = 2")

        with pytest.raises(CatalogueError, match="its schema is 2, but this version reads 1"):
            open_sqlite(filled)

    def test_a_file_that_was_cut_off_is_refused(self, filled: Path) -> None:
        os.truncate(filled, filled.stat().st_size // 2)

        with pytest.raises(CatalogueError, match="put a copy back"):
            open_sqlite(filled)

    def test_damage_found_late_says_what_to_do(self, filled: Path) -> None:
        content = filled.read_bytes()
        filled.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))

        with (
            closing(open_sqlite(filled)) as catalogue,
            pytest.raises(CatalogueError, match="put a copy back"),
        ):
            catalogue.find(Filters(), limit=10)

    @pytest.mark.parametrize(
        "damage", ["UPDATE works SET title = CAST(x'ff' AS TEXT)", "DROP TABLE names"]
    )
    def test_content_that_makes_no_sense_is_damage(self, filled: Path, damage: str) -> None:
        with closing(sqlite3.connect(filled, isolation_level=None)) as connection:
            connection.execute(damage)

        with (
            closing(open_sqlite(filled)) as catalogue,
            pytest.raises(CatalogueError, match="put a copy back") as caught,
        ):
            catalogue.find(Filters(), limit=10)

        assert caught.type is CatalogueError

    def test_a_reader_cannot_write(self, filled: Path) -> None:
        with closing(open_sqlite(filled)) as catalogue:
            assert not hasattr(catalogue, "store")


class TestWriting:
    def test_the_folder_is_made_with_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "new" / "folder" / "works.sqlite"

        with closing(SqliteWriter(file)) as writer:
            writer.store([make_work()])

        with closing(open_sqlite(file)) as catalogue:
            assert catalogue.facts().works == 1

    def test_a_second_writer_waits_for_the_first(self, filled: Path) -> None:
        with closing(SqliteWriter(filled, wait_s=30)) as second, closing(_lock(filled)) as first:
            threading.Timer(0.3, first.rollback).start()

            stored = second.store([make_work("zz/new")])

        assert stored == Stored(new=1)

    def test_a_second_writer_does_not_wait_for_ever(self, filled: Path) -> None:
        with (
            closing(SqliteWriter(filled, wait_s=0.1)) as second,
            closing(_lock(filled)),
            pytest.raises(CatalogueUnavailableError, match="another process is filling"),
        ):
            second.store([make_work("zz/new")])

    def test_a_batch_that_fails_changes_nothing(self, filled: Path) -> None:
        broken = replace(make_work("zz/broken"), palette=("not a colour",))

        with closing(SqliteWriter(filled)) as writer:
            with pytest.raises(ValueError, match="hex"):
                writer.store([make_work("zz/new"), broken])

            assert writer.facts().works == 300
            assert writer.store([make_work("zz/new")]) == Stored(new=1)

    def test_a_killed_writer_leaves_all_batches_but_its_last(self, filled: Path) -> None:
        _kill_while_storing(filled)

        journal = filled.with_name(f"{filled.name}-journal")
        assert journal.stat().st_size > 0  # the kill came in the middle of a batch
        with closing(open_sqlite(filled)) as catalogue:
            assert catalogue.find(Filters(), limit=400) == make_works(300)

    @pytest.mark.slow
    def test_filling_again_after_a_kill_ends_as_if_nothing_had_been(
        self, filled: Path, tmp_path: Path
    ) -> None:
        works = make_works(2000)
        with closing(SqliteWriter(tmp_path / "undisturbed.sqlite")) as undisturbed:
            undisturbed.store(works)
            _kill_while_storing(filled)

            with closing(SqliteWriter(filled)) as writer:
                stored = writer.store(works)

                assert stored.new + stored.changed + stored.same == 2000
                assert writer.facts() == undisturbed.facts()
                for words in ((), ("port",), ("rain", "mon")):
                    asked = Filters(words=words)
                    found = writer.find(asked, limit=2000)
                    assert found == undisturbed.find(asked, limit=2000)

    def test_a_writer_that_was_killed_is_named_where_nothing_can_be_mended(
        self, filled: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        filled.with_name(f"{filled.name}-journal").write_bytes(b"begun")
        # root may write everywhere, so a read-only disk must be played here
        monkeypatch.setattr(os, "access", lambda *_: False)

        with pytest.raises(CatalogueError, match=r"broken off.*catalogue load"):
            open_sqlite(filled)

    def test_embeddings_are_kept_by_work(self, filled: Path) -> None:
        first, second = make_works(300)[:2]

        with closing(SqliteWriter(filled)) as writer:
            writer.embed({first.id: b"\x01\xff", "nobody/nothing": b"\x00"}, model="model-1")
            writer.embed({second.id: b"\x02\x03"}, model="model-1")

        assert _embeddings(filled) == {first.id: b"\x01\xff", second.id: b"\x02\x03"}

    def test_embeddings_of_a_new_model_remove_the_old(self, filled: Path) -> None:
        first, second = make_works(300)[:2]

        with closing(SqliteWriter(filled)) as writer:
            writer.embed({first.id: b"\x01\xff", second.id: b"\x01"}, model="model-1")
            writer.embed({second.id: b"\x02\x03"}, model="model-2")

        assert _embeddings(filled) == {second.id: b"\x02\x03"}


class TestCompacting:
    def test_the_same_works_make_the_same_file(self, tmp_path: Path) -> None:
        works = make_works(500)
        for name, batches in (("a", [works]), ("b", [works[300:], works[:300], works])):
            with closing(SqliteWriter(tmp_path / f"{name}.full")) as writer:
                for batch in batches:
                    writer.store(batch)
                writer.write_compact(tmp_path / name)

        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_a_compact_file_answers_the_same(self, filled: Path, tmp_path: Path) -> None:
        gone = make_works(300)[0].id
        with closing(SqliteWriter(filled)) as writer:
            writer.mark_images([ImageCheck(gone, False, "2026-11-24")])

            writer.write_compact(tmp_path / "compact")

            with closing(open_sqlite(tmp_path / "compact")) as compact:
                for filters in (Filters(), Filters(words=("port",)), Filters(style="cubism")):
                    assert compact.find(filters, limit=300) == writer.find(filters, limit=300)
                assert compact.get([gone])[gone].image_url is None

    def test_a_compact_file_replaces_an_older_one_and_leaves_nothing_else(
        self, filled: Path, tmp_path: Path
    ) -> None:
        target = tmp_path / "shelf" / "compact"
        target.parent.mkdir()
        target.write_bytes(b"old")
        target.with_name("compact.tmp").write_bytes(b"of a run that was killed")

        with closing(SqliteWriter(filled)) as writer:
            writer.write_compact(target)

        assert list(target.parent.iterdir()) == [target]
        with closing(open_sqlite(target)) as compact:
            assert compact.facts() == Facts(300, None)

    def test_a_work_takes_little_room(self, tmp_path: Path) -> None:
        works = [
            make_work(
                f"{work.artist_slug}/{'a-title-of-usual-length'}-{number}",
                title=f"A title of usual length {number}",
                artist=work.artist,
                style=work.style,
            )
            for number, work in enumerate(make_works(2000))
        ]

        with closing(SqliteWriter(tmp_path / "full")) as writer:
            writer.store(works)
            writer.write_compact(tmp_path / "compact")

        assert (tmp_path / "compact").stat().st_size < 280 * len(works)  # bytes


class TestFeedback:
    def test_no_file_is_made_before_the_first(self, tmp_path: Path) -> None:
        store = SqliteFeedback(tmp_path / "new" / "feedback.sqlite")

        assert list(store.all()) == []
        assert list(tmp_path.iterdir()) == []

    def test_processes_add_without_loss(self, tmp_path: Path) -> None:
        file = tmp_path / "feedback.sqlite"
        context = multiprocessing.get_context("spawn")
        processes = [context.Process(target=_add_many, args=(file, name)) for name in "ab"]

        for process in processes:
            process.start()
        for process in processes:
            process.join()

        with closing(SqliteFeedback(file)) as store:
            kept = sorted(feedback.id for feedback in store.all())
        assert kept == sorted(f"{name}{number}" for name in "ab" for number in range(25))

    def test_a_catalogue_is_no_file_for_feedback(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "other")) as connection:
            connection.execute("CREATE TABLE other (id)")

        with (
            closing(SqliteFeedback(tmp_path / "other")) as store,
            pytest.raises(CatalogueError, match="move it away"),
        ):
            store.add(make_feedback("a"))

    def test_a_disk_that_takes_nothing_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "feedback.sqlite").mkdir()

        with (
            closing(SqliteFeedback(tmp_path / "feedback.sqlite")) as store,
            pytest.raises(CatalogueUnavailableError, match="does not answer"),
        ):
            store.add(make_feedback("a"))


def _read_as_nobody(file: Path) -> None:
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    assert not os.access(file, os.W_OK)
    assert not os.access(file.parent, os.W_OK)
    with closing(open_sqlite(file)) as catalogue:
        works = catalogue.find(Filters(words=("port",)), limit=10)
    sys.exit(0 if works else "nothing was found")


def _add_many(file: Path, name: str) -> None:
    with closing(SqliteFeedback(file)) as store:
        for number in range(25):
            store.add(make_feedback(f"{name}{number}"))


def _lock(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def _embeddings(file: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT id, vector FROM embeddings JOIN works ON works.number = embeddings.work"
        return dict(connection.execute(query))


def _kill_while_storing(file: Path) -> None:
    """Kill a process in the middle of a batch that is larger than what SQLite keeps in memory."""
    program = f"""
import sys, time
from pathlib import Path
from lambda_fn.catalogue.sqlite import SqliteWriter
from tests.works_of_art import make_works

class Stalling(list):
    def __iter__(self):
        for number, work in enumerate(super().__iter__()):
            if number == 8000:
                print("in the middle", flush=True)
                time.sleep(60)
            yield work

SqliteWriter(Path({str(file)!r})).store(Stalling(make_works(9000)))
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in the middle\n"
        process.send_signal(signal.SIGKILL)
