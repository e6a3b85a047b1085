"""Predictions go on while a real MongoDB is frozen, killed, silent or full of broken documents."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pymongo
import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.catalogue.breaker import GuardedCatalogue
from lambda_fn.catalogue.mongo import MongoCatalogue
from lambda_fn.related_works import BUDGET_S, Companions
from tests.fakes import FakeModel, make_neighbours_of
from tests.lambda_fn.replies import assert_error, eventually
from tests.mongod import LATENESS_S, PATIENCE_S, Mongod, folder_in_memory, run_mongod
from tests.pictures import draw_picture, encode
from tests.works_of_art import make_works

pytestmark = pytest.mark.slow
PICTURE = encode(draw_picture())
WORKS = make_works(90)
PAUSE_S = 0.5
BROKEN: tuple[dict[str, Any], ...] = (
    {"style": "cubism"},
    {"style": "cubism", "artist": 7, "title": None, "year": "soon"},
)


@pytest.fixture(scope="module")
def mongod() -> Iterator[Mongod]:
    with folder_in_memory() as folder, run_mongod(folder) as mongod:
        yield mongod


@pytest.fixture
def server(mongod: Mongod) -> Iterator[Mongod]:
    with closing(MongoCatalogue(mongod.uri)) as store:
        store.prepare()
        store.store(WORKS)
    yield mongod
    mongod.renew()


@pytest.fixture
def client(server: Mongod) -> Iterator[TestClient]:
    with closing(MongoCatalogue(server.uri, timeout_s=PATIENCE_S)) as store:
        yield make_client(store)


def make_client(store: MongoCatalogue) -> TestClient:
    guarded = GuardedCatalogue(lambda: store, pause_s=PAUSE_S, trial_s=1.0)
    companions = Companions(guarded, make_neighbours_of(WORKS))
    return TestClient(create_app(FakeModel(), max_body_bytes=200_000, companions=companions))


def ask(client: TestClient) -> tuple[Any, float]:
    """Return the answer, and the seconds that it took."""
    started = time.monotonic()
    response = client.post(
        "/v1/predictions", content=PICTURE, headers={"Content-Type": "image/jpeg"}
    )
    assert response.status_code == 200, response.text
    return response.json(), time.monotonic() - started


def has_works(client: TestClient) -> bool:
    answer, _ = ask(client)
    return answer["catalogue"] == "ok" and bool(answer["works"]) and bool(answer["similar"])


def assert_goes_on(client: TestClient) -> None:
    """Check that the failure is felt once, and that what is left of the answer is whole."""
    first, first_s = ask(client)
    others = [ask(client) for _ in range(5)]

    assert first_s < BUDGET_S + LATENESS_S
    assert sum(seconds for _, seconds in others) < LATENESS_S
    for answer in (first, *(answer for answer, _ in others)):
        assert answer["catalogue"] == "unavailable"
        assert (answer["artists"], answer["works"], answer["similar"]) == ([], [], [])
        assert answer["style"]["slug"] == answer["story"]["slug"] == "cubism"
    refused = client.get("/v1/artworks")
    assert_error(refused, 503, "catalogue_unavailable")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_frozen_server_is_felt_once_and_found_again(server: Mongod, client: TestClient) -> None:
    assert has_works(client)

    server.freeze()
    assert_goes_on(client)
    server.thaw()

    assert eventually(lambda: has_works(client))


def test_a_killed_server_is_felt_once_and_found_again(server: Mongod, client: TestClient) -> None:
    assert has_works(client)

    server.kill()
    assert_goes_on(client)
    server.start()

    assert eventually(lambda: has_works(client))


def test_an_address_where_nobody_listens_leaves_the_answer_whole() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen: connections are refused
        uri = f"mongodb://127.0.0.1:{taken.getsockname()[1]}"
        with closing(MongoCatalogue(uri, timeout_s=PATIENCE_S)) as store:
            assert_goes_on(make_client(store))


def test_a_server_that_says_nothing_leaves_the_answer_whole() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"mongodb://127.0.0.1:{silent.getsockname()[1]}"
        with closing(MongoCatalogue(uri, timeout_s=PATIENCE_S)) as store:
            assert_goes_on(make_client(store))


def test_broken_documents_are_left_out_and_the_others_shown(
    server: Mongod, client: TestClient
) -> None:
    with pymongo.MongoClient[dict[str, Any]](server.uri) as raw:
        raw["artstyle"]["works"].insert_many(
            [{"_id": f"broken/{number}", **one} for number, one in enumerate(BROKEN)]
        )

    answer, _ = ask(client)
    listed = client.get("/v1/artworks?style=cubism&limit=100").json()["works"]

    ours = {work.id for work in WORKS if work.style == "cubism"}
    assert answer["catalogue"] == "ok"
    assert {work["id"] for work in answer["works"]} <= ours
    assert {work["id"] for work in listed} == ours
