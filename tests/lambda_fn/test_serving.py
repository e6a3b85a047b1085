"""What only a real server shows: addresses as they travel, and who waits while a store is slow."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from lambda_fn.app import create_app
from lambda_fn.feedback import FeedbackDesk
from lambda_fn.related_works import BUDGET_S
from tests.fakes import (
    FakeCatalogue,
    FakeFeedback,
    FakeModel,
    make_companions,
    make_neighbours_of,
    make_works,
)
from tests.lambda_fn.replies import eventually
from tests.pictures import draw_picture, encode

PICTURE = encode(draw_picture())
JPEG = {"Content-Type": "image/jpeg"}
Serve = Callable[[FastAPI], httpx.Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that serves an app on this machine and returns a client of it."""
    running: list[tuple[uvicorn.Server, threading.Thread, httpx.Client]] = []

    def serve(app: FastAPI) -> httpx.Client:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        address = "http://{}:{}".format(*listener.getsockname())
        client = httpx.Client(base_url=address, timeout=60)
        running.append((server, thread, client))
        return client

    yield serve
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def store() -> FakeCatalogue:
    return FakeCatalogue(make_works())


def make_app(store: FakeCatalogue, **options: float) -> FastAPI:
    companions = make_companions(store, make_neighbours_of(store.works), **options)
    desk = FeedbackDesk(FakeFeedback, lambda: SecretStr("x"))
    return create_app(FakeModel(), max_body_bytes=200_000, companions=companions, desk=desk)


@pytest.mark.parametrize("slash", ["/", "%2F", "%2f"])
def test_the_id_of_a_work_travels_with_its_slash(
    serve: Serve, store: FakeCatalogue, slash: str
) -> None:
    artist, title = store.works[0].id.split("/")

    response = serve(make_app(store)).get(f"/v1/artworks/{artist}{slash}{title}")

    assert response.json()["id"] == store.works[0].id


def test_an_answer_can_be_judged(serve: Serve, store: FakeCatalogue) -> None:
    client = serve(make_app(store))
    answer = client.post("/v1/predictions?similar=3", content=PICTURE, headers=JPEG).json()

    response = client.post(
        "/v1/feedback", json={"token": answer["feedback_token"], "style": "pop-art"}
    )

    assert len(answer["similar"]) == 3
    assert response.status_code == 201


def test_while_the_catalogue_hangs_pictures_are_answered_and_it_is_found_again(
    serve: Serve, store: FakeCatalogue
) -> None:
    client = serve(make_app(store, pause_s=0.2, trial_s=0.2))
    store.delay_s = 60.0

    def ask(_: int = 0) -> str:
        response = client.post("/v1/predictions", content=PICTURE, headers=JPEG)
        return str(response.json()["catalogue"])

    states = [ask()]
    waited_s = sum(store.waited_s)
    with ThreadPoolExecutor(4) as pool:
        states += pool.map(ask, range(20))
    store.delay_s = 0.0

    assert set(states) == {"unavailable"}
    assert 0 < waited_s <= BUDGET_S
    assert sum(store.waited_s) == waited_s  # all others left it alone
    assert eventually(lambda: ask() == "ok")
