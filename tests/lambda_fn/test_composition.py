"""The service is built from its settings: what is opened when, and what stops the start."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from lambda_fn.catalogue.neighbours import write_neighbours
from lambda_fn.catalogue.works import Catalogue, CatalogueError, FeedbackStore
from lambda_fn.composition import build_app
from lambda_fn.contract.manifest import NEIGHBOURS_FILE
from lambda_fn.settings import Settings
from lambda_fn.stores import Stores
from tests.fakes import (
    FakeCatalogue,
    FakeFeedback,
    FakeModel,
    make_evaluation,
    make_neighbours_of,
    make_works,
)
from tests.lambda_fn.replies import assert_error, eventually
from tests.pictures import draw_picture, encode

URI = "mongodb://127.0.0.1:1/works"


class FakeStores(Stores):
    """Opens fakes, and remembers what was opened."""

    def __init__(self, catalogue: FakeCatalogue | None = None) -> None:
        self.catalogue = catalogue or FakeCatalogue(make_works())
        self.feedback = FakeFeedback()
        self.opened: list[str] = []
        self.may_open = threading.Event()
        self.may_open.set()

    def open_file(self, file: Path) -> Catalogue:
        self.opened.append(f"file {file.name}")
        return self.catalogue

    def open_mongodb(self, uri: SecretStr) -> Catalogue:
        self.may_open.wait(60)
        self.opened.append(uri.get_secret_value())
        return self.catalogue

    def open_feedback_file(self, file: Path) -> FeedbackStore:
        self.opened.append(f"feedback {file.name}")
        return self.feedback

    def open_mongodb_feedback(self, uri: SecretStr) -> FeedbackStore:
        self.opened.append(f"feedback {uri.get_secret_value()}")
        return self.feedback


@pytest.fixture
def stores() -> FakeStores:
    return FakeStores()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a model folder with neighbours."""
    write_neighbours(make_neighbours_of(make_works()), tmp_path / NEIGHBOURS_FILE)
    (tmp_path / "works.sqlite").write_bytes(b"")
    return tmp_path


@pytest.fixture
def build(folder: Path, stores: FakeStores) -> Callable[..., TestClient]:
    def build(**settings: Any) -> TestClient:
        chosen = Settings(model=folder, **settings)
        return TestClient(build_app(chosen, FakeModel(), stores=stores))

    return build


def ask(client: TestClient) -> Any:
    headers = {"Content-Type": "image/jpeg"}
    return client.post("/v1/predictions", content=encode(draw_picture()), headers=headers).json()


def test_works_and_neighbours_of_files_are_beside_the_answer(
    build: Callable[..., TestClient], folder: Path
) -> None:
    answer = ask(build(catalogue=folder / "works.sqlite"))

    assert answer["catalogue"] == "ok"
    assert len(answer["works"]) == 15
    assert len(answer["similar"]) == 10


def test_a_model_folder_without_neighbours_is_served(
    build: Callable[..., TestClient], folder: Path
) -> None:
    (folder / NEIGHBOURS_FILE).unlink()

    answer = ask(build(catalogue=folder / "works.sqlite"))

    assert answer["similar"] == []
    assert answer["catalogue"] == "ok"


def test_neighbours_may_lie_elsewhere_than_in_the_model_folder(
    build: Callable[..., TestClient], folder: Path
) -> None:
    elsewhere = (folder / NEIGHBOURS_FILE).rename(folder / "mine.npz")

    answer = ask(build(catalogue=folder / "works.sqlite", neighbours=elsewhere))

    assert len(answer["similar"]) == 10


def test_named_neighbours_that_are_missing_stop_the_start(
    build: Callable[..., TestClient], folder: Path
) -> None:
    with pytest.raises(CatalogueError, match=r"gone\.npz holds no embeddings of works"):
        build(catalogue=folder / "works.sqlite", neighbours=folder / "gone.npz")


def test_a_missing_default_catalogue_stops_nothing(folder: Path) -> None:
    class SettingsOfAnImageWithoutWorks(Settings):
        catalogue: Path = folder / "gone.sqlite"

    settings = SettingsOfAnImageWithoutWorks(model=folder)

    answer = ask(TestClient(build_app(settings, FakeModel())))

    assert answer["catalogue"] == "unavailable"


def test_a_missing_catalogue_that_somebody_named_stops_the_start(
    build: Callable[..., TestClient], tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError, match="ARTSTYLE_CATALOGUE must name a file") as caught:
        build(catalogue=tmp_path / "gone.sqlite")

    assert "gone.sqlite" in str(caught.value)


def test_a_file_with_embeddings_of_another_model_stops_the_start(
    build: Callable[..., TestClient], folder: Path, stores: FakeStores
) -> None:
    stores.catalogue.embedding_model = "older-1"

    with pytest.raises(CatalogueError, match=r"older-1, but fake-1 is served.*training embed"):
        build(catalogue=folder / "works.sqlite")


def test_a_file_with_embeddings_of_another_model_will_do_where_nothing_is_compared(
    build: Callable[..., TestClient], folder: Path, stores: FakeStores
) -> None:
    stores.catalogue.embedding_model = "older-1"
    (folder / NEIGHBOURS_FILE).unlink()

    assert ask(build(catalogue=folder / "works.sqlite"))["catalogue"] == "ok"


def test_neighbours_of_another_model_stop_the_start(
    build: Callable[..., TestClient], folder: Path
) -> None:
    other = make_neighbours_of(make_works(), model="older-1")
    write_neighbours(other, folder / NEIGHBOURS_FILE)

    with pytest.raises(CatalogueError, match=r"older-1, but fake-1 is served.*training embed"):
        build(catalogue=folder / "works.sqlite")


def test_mongodb_goes_before_a_file_and_is_opened_at_the_first_question(
    build: Callable[..., TestClient], folder: Path, stores: FakeStores
) -> None:
    client = build(mongodb_uri=URI, catalogue=folder / "works.sqlite")
    opened_at_start = list(stores.opened)

    answer = ask(client)

    assert opened_at_start == []
    assert stores.opened == [URI]
    assert answer["catalogue"] == "ok"


def test_a_mongodb_that_is_slow_to_open_delays_neither_start_nor_answers_for_long(
    build: Callable[..., TestClient], stores: FakeStores
) -> None:
    stores.may_open.clear()
    client = build(mongodb_uri=URI)

    assert ask(client)["catalogue"] == "unavailable"
    stores.may_open.set()


def test_feedback_goes_to_its_file_which_is_opened_when_there_is_some(
    build: Callable[..., TestClient], folder: Path, stores: FakeStores
) -> None:
    client = build(catalogue=folder / "works.sqlite", feedback=folder / "said.sqlite")
    token = ask(client)["feedback_token"]
    opened_before = list(stores.opened)

    client.post("/v1/feedback", json={"token": token, "style": "cubism"})

    assert opened_before == ["file works.sqlite"]
    assert stores.opened[-1] == "feedback said.sqlite"
    assert len(stores.feedback.kept) == 1


@pytest.mark.parametrize(
    ("settings", "is_kept"),
    [
        ({}, False),
        ({"mongodb_uri": URI}, True),
        ({"mongodb_uri": URI, "feedback": ""}, False),
        ({"mongodb_uri": URI, "feedback": "said.sqlite"}, True),
    ],
)
def test_mongodb_keeps_feedback_unless_somebody_says_otherwise(
    build: Callable[..., TestClient], stores: FakeStores, settings: dict[str, str], is_kept: bool
) -> None:
    assert (ask(build(**settings))["feedback_token"] is not None) == is_kept


def test_feedback_without_a_store_is_off(build: Callable[..., TestClient]) -> None:
    response = build().post("/v1/feedback", json={"token": "x", "style": "cubism"})

    assert_error(response, 404, "feedback_off")


@pytest.mark.parametrize("secret", [None, "one that stays"])
def test_a_token_outlives_the_process_if_its_secret_does(
    build: Callable[..., TestClient], folder: Path, secret: str | None
) -> None:
    before, after = (build(feedback=folder / "f", token_secret=secret) for _ in range(2))
    token = ask(before)["feedback_token"]

    status = after.post("/v1/feedback", json={"token": token, "style": "cubism"}).status_code

    assert status == (400 if secret is None else 201)


def test_secrets_are_fetched_behind_the_first_answers(
    build: Callable[..., TestClient], stores: FakeStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[tuple[str, str]] = []

    def read(name: str, *, key: str) -> SecretStr:
        fetched.append((name, key))
        return SecretStr(URI if key == "uri" else "signer")

    # test_secret.py fetches real ones
    monkeypatch.setattr("lambda_fn.composition.read_secret", read)
    client = build(mongodb_secret="arn:works", token_secret_arn="arn:token")  # noqa: S106
    fetched_at_start = list(fetched)

    assert eventually(lambda: ask(client)["feedback_token"] is not None)
    assert fetched_at_start == []
    assert sorted(fetched) == [("arn:token", "secret"), ("arn:works", "uri")]
    assert stores.opened == [URI]


def test_the_evaluation_of_the_model_folder_is_served(
    build: Callable[..., TestClient], folder: Path
) -> None:
    (folder / "evaluation.json").write_text(make_evaluation().model_dump_json(), "utf-8")

    assert build().get("/v1/model").json()["evaluation"] is not None


def test_damaged_neighbours_stop_the_start(build: Callable[..., TestClient], folder: Path) -> None:
    shutil.copy(folder / "works.sqlite", folder / NEIGHBOURS_FILE)

    with pytest.raises(CatalogueError, match="holds no embeddings"):
        build()
