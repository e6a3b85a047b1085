"""What only the MongoDB store promises: indexes, broken documents, secrets, the form it keeps."""

import datetime
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import bson
import numpy as np
import pymongo
import pytest
from bson import DatetimeMS, ObjectId
from bson.raw_bson import RawBSONDocument

from lambda_fn.catalogue.mongo import DATABASE, MongoCatalogue
from lambda_fn.catalogue.neighbours import quantise
from lambda_fn.catalogue.works import (
    CatalogueError,
    CatalogueUnavailableError,
    CatalogueWriter,
    Feedback,
    Filters,
    ImageCheck,
    Stored,
)
from tests.works_of_art import make_work, make_works

ROOT = Path(__file__).parents[3]
PASSWORD = "hidden-w0rd"
Document = dict[str, Any]
Ask = Callable[[CatalogueWriter], object]

QUESTIONS: dict[str, Ask] = {
    "facts": lambda catalogue: catalogue.facts(),
    "counts": lambda catalogue: catalogue.counts(),
    "artists": lambda catalogue: catalogue.artists("cubism", limit=3),
    "sample": lambda catalogue: catalogue.sample("cubism", size=5),
    "ids": lambda catalogue: catalogue.ids("cubism"),
    "get": lambda catalogue: catalogue.get([make_works(1)[0].id]),
    "years": lambda catalogue: catalogue.years(),
    "all": lambda catalogue: catalogue.find(Filters(), limit=5),
    "late page": lambda catalogue: catalogue.find(Filters(), limit=5, after="p"),
    "style": lambda catalogue: catalogue.find(Filters(style="cubism"), limit=5),
    "artist": lambda catalogue: catalogue.find(Filters(artist="joan-miro"), limit=5),
    "years between": lambda catalogue: catalogue.find(
        Filters(first_year=1900, last_year=1950), limit=5
    ),
    "rights": lambda catalogue: catalogue.find(Filters(rights="copyright"), limit=5),
    "word": lambda catalogue: catalogue.find(Filters(words=("port",)), limit=5),
    "words": lambda catalogue: catalogue.find(Filters(words=("port", "mo")), limit=5),
    "no word": lambda catalogue: catalogue.find(Filters(words=("zzz",)), limit=5),
    "together": lambda catalogue: catalogue.find(
        Filters(("port",), "cubism", "joan-miro", 1900, 1950, "copyright"), limit=5
    ),
    "unchecked": lambda catalogue: list(catalogue.unchecked_images(before="2026")),
    "store": lambda catalogue: catalogue.store(make_works(20)),
    "mark": lambda catalogue: catalogue.mark_images(
        [ImageCheck(make_works(1)[0].id, True, "2026")]
    ),
}


@pytest.fixture
def catalogue(mongodb: str) -> Iterator[MongoCatalogue]:
    with closing(MongoCatalogue(mongodb)) as catalogue:
        catalogue.prepare()
        yield catalogue


@pytest.fixture
def database(mongodb: str) -> Iterator[pymongo.database.Database[Document]]:
    with pymongo.MongoClient[Document](mongodb) as client:
        yield client.get_default_database()


class TestIndexes:
    @pytest.mark.parametrize("name", QUESTIONS)
    def test_no_question_reads_the_whole_collection(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document], name: str
    ) -> None:
        catalogue.store(make_works(300))

        with profiled(database) as plans:
            QUESTIONS[name](catalogue)

        assert plans
        assert not [plan for plan in plans if "COLLSCAN" in plan]

    @pytest.mark.parametrize("name", ["counts", "artists", "years"])
    def test_summaries_read_no_work_at_all(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document], name: str
    ) -> None:
        catalogue.store(make_works(300))

        with profiled(database, "docsExamined") as examined:
            QUESTIONS[name](catalogue)

        assert examined == [0]

    def test_preparing_twice_makes_no_further_index(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        before = database["works"].index_information()

        catalogue.prepare()

        assert database["works"].index_information() == before
        assert len(before) == 7


class TestBrokenDocuments:
    GOOD = make_works(7)
    FACTS: Final[Document] = {
        "_id": "b/broken",
        "title": "Broken",
        "artist": "Broken",
        "artist_slug": "b",
        "style": "impressionism",
        "wikiart_style": "Impressionism",
        "year": 1900,
        "words": ["broken"],
    }

    CHANGES: Final[list[Document]] = [
        {"title": None},
        {"title": 5},
        {"artist": {"name": "x"}},
        {"artist": ["x"]},
        {"artist": 1, "artist_slug": 2},
        {"artist_slug": ["b"]},
        {"style": None},
        {"style": 1},
        {"style": ["impressionism"]},
        {"wikiart_style": ["a"]},
        {"year": "1900"},
        {"year": 1900.5},
        {"year": True},
        {"year": [1900]},
        {"year": DatetimeMS(2**62)},
        {"year": datetime.datetime(2026, 1, 1)},
        {"genre": 1},
        {"rights": "mine"},
        {"palette": "#000000"},
        {"palette": ["red"]},
        {"palette": [1, None]},
        {"image_url": 1},
        {"image_is_there": "no"},
        {"words": "broken"},
        {"words": [{"$gt": ""}]},
        {"_id": ObjectId()},
        {"_id": 1},
        {"_id": "No Id"},
        {"_id": "a/b\n"},
        {"_id": ""},
    ]

    @pytest.fixture
    def filled(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> MongoCatalogue:
        """A catalogue with good works among all kinds of broken ones."""
        catalogue.store(self.GOOD)
        database["works"].insert_many(
            {**self.FACTS, "_id": f"b/{number}", **change}
            for number, change in enumerate(self.CHANGES)
        )
        return catalogue

    @pytest.mark.parametrize("name", QUESTIONS)
    def test_every_question_is_answered(self, filled: MongoCatalogue, name: str) -> None:
        QUESTIONS[name](filled)

    def test_only_whole_works_are_found(self, filled: MongoCatalogue) -> None:
        found = filled.find(Filters(), limit=100)

        # what a work has besides its facts may be broken without harm
        assert [work for work in found if work.title != "Broken"] == self.GOOD
        assert {work.id for work in found if work.title == "Broken"} == {
            f"b/{number}"
            for number, change in enumerate(self.CHANGES)
            if set(change) <= {"words", "artist_slug"}
        }

    @pytest.mark.parametrize("style", ["impressionism", "realism"])
    def test_a_sample_has_only_whole_works(self, filled: MongoCatalogue, style: str) -> None:
        sample = filled.sample(style, size=100)

        assert {work.id for work in self.GOOD if work.style == style} <= {one.id for one in sample}

    def test_artists_are_those_of_whole_names(self, filled: MongoCatalogue) -> None:
        assert {type(artist.name) for artist in filled.artists("impressionism", limit=9)} == {str}

    def test_they_are_counted_in_the_log_without_their_content(
        self,
        catalogue: MongoCatalogue,
        database: pymongo.database.Database[Document],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        catalogue.store(self.GOOD)
        for number in range(3):
            database["works"].insert_one({**self.FACTS, "_id": f"b/{number}", "title": None})

        found = catalogue.find(Filters(), limit=20)

        assert found == self.GOOD
        (record,) = caplog.records
        assert record.getMessage() == "broken documents skipped"
        assert vars(record)["documents"] == 3

    def test_a_page_of_them_does_not_end_the_search(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        database["works"].insert_many({"_id": f"a/{number}"} for number in range(25))
        catalogue.store(self.GOOD)

        assert catalogue.find(Filters(), limit=3) == self.GOOD[:3]

    def test_text_that_is_not_utf8_is_read_as_well_as_can_be(
        self,
        catalogue: MongoCatalogue,
        database: pymongo.database.Database[Document],
        mongodb: str,
    ) -> None:
        catalogue.store([make_work(title="XXXX")])
        whole = bson.encode(database["works"].find_one() or {})
        database["works"].drop()
        raw = RawBSONDocument(whole.replace(b"XXXX", b"\xff\xfe\xfdX"))
        with pymongo.MongoClient(mongodb, document_class=RawBSONDocument) as client:
            client.get_default_database()["works"].insert_one(raw)

        (work,) = catalogue.find(Filters(), limit=3)

        assert work.title == "\ufffd\ufffd\ufffdX"

    def test_storing_a_work_again_mends_its_document(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        work = make_work(palette=())
        broken = {"_id": work.id, "palette": "black", "words": 5, "title": None}
        database["works"].insert_one(broken)

        stored = catalogue.store([work])

        assert stored == Stored(changed=1)
        assert catalogue.find(Filters(words=("water",)), limit=3) == [work]

    def test_broken_feedback_is_skipped(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        good = Feedback("a", "model-1", "cubism", "realism", {"cubism": 1.0}, "2026-11-24")
        catalogue.add(good)
        database["feedback"].insert_many([{"_id": "b"}, {"_id": 1, "probabilities": {"a": "b"}}])

        assert list(catalogue.all()) == [good]

    @pytest.mark.parametrize("model", [1, ["a"], None])
    def test_a_broken_model_id_is_none(
        self,
        catalogue: MongoCatalogue,
        database: pymongo.database.Database[Document],
        model: object,
    ) -> None:
        database["meta"].update_one({}, {"$set": {"embedding_model": model}})

        assert catalogue.facts().embedding_model is None

    def test_a_schema_of_another_version_is_refused(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        database["meta"].update_one({}, {"$set": {"schema": 2}})

        with pytest.raises(CatalogueError, match="schema 2, but this version reads 1"):
            catalogue.facts()
        with pytest.raises(CatalogueError, match="schema 2, but this version reads 1"):
            catalogue.prepare()


class TestForm:
    def test_embeddings_are_numbers_of_unit_length_with_their_model(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        row = np.array([[0.6, -0.8, 0, 0]], np.float32)
        catalogue.store([make_work()])

        catalogue.embed({make_work().id: quantise(row).tobytes()}, model="model-1")

        embedding = (database["works"].find_one() or {})["embedding"]
        assert embedding["model"] == "model-1"
        assert embedding["vector"] == pytest.approx([0.6, -0.8, 0, 0], abs=0.01)
        assert np.linalg.norm(embedding["vector"]) == pytest.approx(1, abs=1e-6)

    def test_embeddings_of_a_new_model_remove_the_old(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        catalogue.store([make_work("a/a"), make_work("b/b"), make_work("c/c")])
        catalogue.embed({"a/a": b"\x7f\x00", "b/b": b"\x7f\x00"}, model="model-1")

        catalogue.embed({"b/b": b"\x00\x7f"}, model="model-2")
        catalogue.embed({"c/c": b"\x00\x7f"}, model="model-2")

        kept = {one["_id"]: one.get("embedding") for one in database["works"].find()}
        new = {"model": "model-2", "vector": [0.0, 1.0]}
        assert kept == {"a/a": None, "b/b": new, "c/c": new}

    def test_the_database_is_the_one_of_the_address_or_the_usual(
        self, mongodb: str, mongodb_server: str
    ) -> None:
        named = urlsplit(mongodb).path.removeprefix("/")
        with (
            pymongo.MongoClient[Document](mongodb_server) as client,
            closing(MongoCatalogue(mongodb, database="other")) as by_address,
            closing(MongoCatalogue(mongodb_server, database=f"{named}-2")) as by_argument,
        ):
            by_address.store([make_work()])
            by_argument.store([make_work()])
            names = set(client.list_database_names())
            client.drop_database(f"{named}-2")

        assert {named, f"{named}-2"} <= names
        assert not {"other", DATABASE} & names

    def test_the_server_learns_the_name_of_the_product(
        self, catalogue: MongoCatalogue, database: pymongo.database.Database[Document]
    ) -> None:
        with profiled(database, "appName") as names:
            catalogue.find(Filters(), limit=1)

        assert names == ["style-your-art"]

    def test_an_option_in_the_address_wins(
        self, mongodb: str, database: pymongo.database.Database[Document]
    ) -> None:
        with (
            closing(MongoCatalogue(f"{mongodb}&appname=mine")) as catalogue,
            profiled(database, "appName") as names,
        ):
            catalogue.find(Filters(), limit=1)

        assert names == ["mine"]


class TestSecrets:
    @pytest.mark.parametrize(
        "uri",
        [
            f"mongodb://user:{PASSWORD}@",
            f"mongodb://user:{PASSWORD}@host:port/",
            f"mongodb://user:{PASSWORD}@host:99999999/",
            f"mongodb://user:{PASSWORD}:x@host/",
            f"mongodb://us@er:{PASSWORD}/x@host/",
            f"mongodb://user:{PASSWORD}%@host/",
            f"mongodb://user:{PASSWORD}@host/a b",
            f"mongodb+srv://user:{PASSWORD}@a.example.org:27017/",
            f"http://user:{PASSWORD}@host/",
            PASSWORD,
            "",
        ],
    )
    def test_a_wrong_address_is_refused_without_being_repeated(
        self, uri: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)

        with pytest.raises(CatalogueError, match="the address of the MongoDB") as caught:
            MongoCatalogue(uri)

        assert PASSWORD not in told(caught.value) + caplog.text

    @pytest.mark.parametrize("host", ["host", "127.0.0.1"])
    def test_a_name_that_cannot_be_looked_up_reveals_no_password(
        self, host: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)

        with closing(MongoCatalogue(f"mongodb+srv://user:{PASSWORD}@{host}/")) as catalogue:
            with pytest.raises(CatalogueUnavailableError, match="does not answer") as caught:
                catalogue.facts()

            assert PASSWORD not in told(caught.value) + caplog.text + repr(catalogue)

    @pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
    def test_a_refused_password_is_repeated_nowhere(
        self, mongodb: str, ask: Ask, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        uri = mongodb.replace("://", f"://user:{PASSWORD}@")

        with closing(MongoCatalogue(uri)) as catalogue:
            with pytest.raises(CatalogueError, match="AuthenticationFailed") as caught:
                ask(catalogue)

            assert PASSWORD not in told(caught.value) + caplog.text + repr(catalogue)

    def test_a_server_that_is_not_there_reveals_no_password(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        uri = f"mongodb://user:{PASSWORD}@127.0.0.1:9/"

        with closing(MongoCatalogue(uri, timeout_s=0.2)) as catalogue:
            with pytest.raises(CatalogueError) as caught:
                catalogue.facts()

            assert PASSWORD not in told(caught.value) + caplog.text + repr(catalogue)


def test_making_one_speaks_to_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    program = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('spoke')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from lambda_fn.catalogue.mongo import MongoCatalogue\n"
        "MongoCatalogue('mongodb+srv://user:word@cluster.example.org/').close()\n"
        "MongoCatalogue('mongodb://user:word@host.example.org/').close()\n"
    )

    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, check=True)

    assert capfd.readouterr().err == ""


def told(error: BaseException) -> str:
    """Return all that a log or a terminal would show of an error."""
    return "".join([str(error), repr(error), *traceback.format_exception(error)])


@contextmanager
def profiled(
    database: pymongo.database.Database[Document], fact: str = "planSummary"
) -> Iterator[list[Any]]:
    """Give the plans, or another fact, of what the server is asked within the block."""
    facts: list[Any] = []
    database.command("profile", 2)
    yield facts
    database.command("profile", 0)
    asked = {"op": {"$in": ["query", "command", "update"]}, fact: {"$exists": True}}
    for entry in database["system.profile"].find({**asked, "appName": {"$exists": True}}):
        facts.append(entry[fact])
