"""The answer to a picture: what stands beside the prediction, and that it never waits for it."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.catalogue.stories import read_stories
from lambda_fn.related_works import BUDGET_S
from tests.fakes import (
    FakeCatalogue,
    FakeModel,
    make_companions,
    make_neighbours_of,
    make_work,
    make_works,
)
from tests.lambda_fn.replies import assert_error, eventually
from tests.pictures import draw_picture, encode

JPEG = {"Content-Type": "image/jpeg"}
WORK_KEYS = {
    "id",
    "title",
    "artist",
    "artist_slug",
    "year",
    "style",
    "style_name",
    "wikiart_style",
    "genre",
    "rights",
    "page_url",
    "image_url",
    "palette",
    "similarity",
}
PICTURE = encode(draw_picture())


@pytest.fixture
def store() -> FakeCatalogue:
    return FakeCatalogue(make_works())


@pytest.fixture
def client(store: FakeCatalogue) -> TestClient:
    return make_client(store)


def make_client(store: FakeCatalogue, model: FakeModel | None = None, **options: Any) -> TestClient:
    """Return a client of a service with this catalogue and neighbours of its works."""
    neighbours = make_neighbours_of(store.works)
    companions = make_companions(store, neighbours, **options)
    app = create_app(model or FakeModel(), max_body_bytes=200_000, companions=companions)
    return TestClient(app)


def post(client: TestClient, query: str = "") -> httpx.Response:
    return client.post(f"/v1/predictions{query}", content=PICTURE, headers=JPEG)


def ask(client: TestClient, query: str = "") -> Any:
    response = post(client, query)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_answer_tells_the_story_of_the_style() -> None:
    client = TestClient(create_app(FakeModel(best="impressionism"), max_body_bytes=200_000))

    story = ask(client)["story"]

    assert story["slug"] == "impressionism"
    assert story["text"] == read_stories()["impressionism"].text
    assert {"from", "to", "words"} == set(story["period"])
    parts = [part["wikiart_style"] for part in story["parts"]]
    assert parts == ["Impressionism", "Post-Impressionism"]


def test_the_answer_names_the_most_prolific_artists_of_the_style(store: FakeCatalogue) -> None:
    extra = [make_work(number, artist="Zoe Zone", id=f"zoe/{number}") for number in range(11)]
    client = make_client(FakeCatalogue([*store.works, *extra]))

    artists = ask(client)["artists"]

    assert artists[0] == {
        "slug": "zoe",
        "name": "Zoe Zone",
        "works": 11,
        "page_url": "https://www.wikiart.org/en/zoe",
    }
    assert [artist["works"] for artist in artists] == [11, 10, 10]


def test_the_answer_shows_fifteen_works_of_the_style(client: TestClient) -> None:
    works = ask(client)["works"]

    assert len({work["id"] for work in works}) == 15
    assert {work["style"] for work in works} == {"cubism"}
    assert set(works[0]) == WORK_KEYS
    assert works[0]["style_name"] == "Cubism"
    assert works[0]["similarity"] is None


def test_the_works_are_drawn_anew_each_time(client: TestClient) -> None:
    first, second = (ask(client)["works"] for _ in range(2))

    assert [work["id"] for work in first] != [work["id"] for work in second]


def test_similar_works_come_nearest_first(client: TestClient, store: FakeCatalogue) -> None:
    similar = ask(client)["similar"]

    likeness = [work["similarity"] for work in similar]
    assert [work["id"] for work in similar] == [work.id for work in store.works[:10]]
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[0] == 1
    assert all(one == round(one, 3) for one in likeness)


def test_no_similarity_is_below_zero(client: TestClient) -> None:
    likeness = [work["similarity"] for work in ask(client, "?similar=50")["similar"]]

    assert min(likeness) == 0  # the farthest of the fakes stand at an obtuse angle


@pytest.mark.parametrize("count", [0, 1, 50])
def test_the_caller_says_how_many_similar_works_there_are(client: TestClient, count: int) -> None:
    assert len(ask(client, f"?similar={count}")["similar"]) == count


def test_similar_works_can_be_of_one_style(client: TestClient) -> None:
    similar = ask(client, "?similar_style=ukiyo-e&similar=5")["similar"]

    assert [work["style"] for work in similar] == ["ukiyo-e"] * 5


def test_similar_works_can_be_of_certain_rights() -> None:
    store = FakeCatalogue([*make_works(), make_work(99, rights="copyright")])

    similar = ask(make_client(store), "?similar_rights=copyright")["similar"]

    assert [work["rights"] for work in similar] == ["copyright"]


@pytest.mark.parametrize(
    "query",
    [
        "?similar=51",
        "?similar=-1",
        "?similar=1e99",
        "?similar=9" + "9" * 5000,
        "?similar_style=nonsense",
        "?similar_style=%00",
        '?similar_style={"$gt":""}',
        "?similar_rights=mine",
    ],
)
def test_what_makes_no_sense_is_refused_before_the_catalogue_is_asked(
    client: TestClient, store: FakeCatalogue, query: str
) -> None:
    assert_error(post(client, query), 422, "invalid_request")
    assert store.asked == []


def test_a_parameter_that_comes_twice_is_refused(client: TestClient) -> None:
    assert_error(post(client, "?similar=1&similar=2"), 422, "repeated_parameter")


def test_a_work_that_the_catalogue_has_lost_is_left_out(store: FakeCatalogue) -> None:
    neighbours = make_neighbours_of(store.works)
    rest = FakeCatalogue(store.works[1:])
    app = create_app(
        FakeModel(), max_body_bytes=200_000, companions=make_companions(rest, neighbours)
    )

    similar = ask(TestClient(app))["similar"]

    assert [work["id"] for work in similar] == [work.id for work in store.works[1:10]]


def test_a_model_without_neighbours_shows_no_similar_works(store: FakeCatalogue) -> None:
    app = create_app(FakeModel(), max_body_bytes=200_000, companions=make_companions(store))

    answer = ask(TestClient(app))

    assert answer["similar"] == []
    assert len(answer["works"]) == 15
    assert answer["catalogue"] == "ok"


def test_a_style_without_works_has_its_story_all_the_same() -> None:
    client = make_client(FakeCatalogue(make_works(("ukiyo-e",))))

    answer = ask(client)

    assert (answer["artists"], answer["works"]) == ([], [])
    assert len(answer["story"]["artists"]) == 3
    assert answer["catalogue"] == "ok"


def test_what_is_no_painting_gets_the_rest_of_the_answer(store: FakeCatalogue) -> None:
    answer = ask(make_client(store, FakeModel(painting=0.1)))

    assert answer["verdict"] == "not-a-painting"
    assert len(answer["works"]) == 15
    assert len(answer["similar"]) == 10


def test_the_time_of_the_catalogue_is_told_and_is_part_of_the_total(client: TestClient) -> None:
    times = ask(client)["timing_ms"]

    assert times["total"] == pytest.approx(
        times["decode"] + times["infer"] + times["catalogue"], abs=0.05
    )


@pytest.mark.parametrize("trouble", ["is_failing", "is_broken"])
def test_a_catalogue_in_trouble_takes_nothing_from_the_prediction(
    client: TestClient, store: FakeCatalogue, trouble: str
) -> None:
    setattr(store, trouble, True)

    answer = ask(client)

    assert answer["style"]["slug"] == "cubism"
    assert answer["catalogue"] == "unavailable"
    assert answer["artists"] == answer["works"] == answer["similar"] == []
    assert answer["story"]["slug"] == "cubism"


def test_without_a_catalogue_the_answer_says_so() -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=200_000))

    assert ask(client)["catalogue"] == "unavailable"


def test_a_slow_catalogue_costs_the_first_answer_its_budget_and_the_next_ones_nothing(
    client: TestClient, store: FakeCatalogue
) -> None:
    store.delay_s = 60.0

    ask(client)
    waited_s = list(store.waited_s)
    for _ in range(3):
        ask(client)

    assert 0 < sum(waited_s) <= BUDGET_S
    assert store.waited_s == waited_s


def test_calls_that_are_slow_together_share_one_budget(
    client: TestClient, store: FakeCatalogue
) -> None:
    store.delay_s = 0.5  # each call would pass alone

    ask(client)

    assert len(store.waited_s) > 1
    assert sum(store.waited_s) <= BUDGET_S
    assert ask(client)["catalogue"] == "unavailable"


def test_predictions_go_on_while_the_catalogue_is_away_and_show_works_when_it_is_back(
    store: FakeCatalogue,
) -> None:
    client = make_client(store, pause_s=0.05)
    store.is_failing = True
    away = [ask(client)["catalogue"] for _ in range(5)]
    store.is_failing = False

    assert set(away) == {"unavailable"}
    assert eventually(lambda: len(ask(client)["works"]) == 15)


def test_a_crowd_before_a_dead_catalogue_is_answered_by_the_model_alone(
    store: FakeCatalogue,
) -> None:
    store.delay_s = 60.0
    with make_client(store) as client, ThreadPoolExecutor(8) as pool:
        ask(client)
        waited_s = list(store.waited_s)
        answers = list(pool.map(lambda _: ask(client), range(24)))

    assert {answer["catalogue"] for answer in answers} == {"unavailable"}
    assert store.waited_s == waited_s


def test_the_health_check_opens_the_catalogue_before_the_first_picture(
    client: TestClient, store: FakeCatalogue
) -> None:
    client.get("/v1/health")

    assert eventually(lambda: store.asked == ["facts"])


def test_embeddings_of_another_model_are_not_compared_and_the_log_says_why_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = make_client(FakeCatalogue(make_works(), embedding_model="older-1"))

    answers = [ask(client) for _ in range(3)]

    assert [answer["similar"] for answer in answers] == [[], [], []]
    assert len(answers[0]["works"]) == 15
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 1
    assert "older-1" in said[0]
    assert "`python -m training embed`" in said[0]


def test_embeddings_that_were_renewed_are_compared_without_a_new_start() -> None:
    store = FakeCatalogue(make_works(), embedding_model="older-1")
    client = make_client(store)
    ask(client)
    store.embedding_model = "fake-1"

    assert len(ask(client)["similar"]) == 10


def test_the_log_names_no_address(client: TestClient, store: FakeCatalogue, caplog: Any) -> None:
    store.is_failing = True

    ask(client)

    assert "does not answer" in caplog.text
    assert "password" not in caplog.text


def test_an_answer_is_described_with_every_key(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]

    described = set(schemas["PredictionWithWorks"]["properties"])
    assert described == set(ask(client)) | {"embedding"}
    assert set(schemas["WorkLabel"]["properties"]) == WORK_KEYS


EVERY_PART = {"works", "similar", "story", "artists", "heat_maps", "embedding"}


@pytest.mark.parametrize("parts", [[], ["works"], ["story", "heat_maps"], sorted(EVERY_PART)])
def test_an_answer_has_the_parts_that_are_asked_for(client: TestClient, parts: list[str]) -> None:
    answer = ask(client, f"?include={','.join(parts)}")

    assert EVERY_PART & set(answer) == set(parts)
    assert {"style", "probabilities", "verdict", "candidates", "picture"} <= set(answer)


def test_an_answer_without_works_never_asks_the_catalogue(
    client: TestClient, store: FakeCatalogue
) -> None:
    store.is_failing = True

    assert ask(client, "?include=story")["catalogue"] == "ok"


def test_an_embedding_is_the_models_own(client: TestClient) -> None:
    assert len(ask(client, "?include=embedding")["embedding"]) > 1


@pytest.mark.parametrize("include", ["everything", "works,", "works;story"])
def test_an_unknown_part_is_refused(client: TestClient, include: str) -> None:
    response = client.post(
        f"/v1/predictions?include={include}", content=PICTURE, headers={"Content-Type": "image/png"}
    )

    assert_error(response, 422, "invalid_request")


def test_two_pictures_at_once_do_not_share_a_deadline(store: FakeCatalogue) -> None:
    store.delay_s = 0.2  # four calls and twice of them: one after the other they would be late
    begin = threading.Barrier(2)

    with make_client(store) as client, ThreadPoolExecutor(2) as pool:

        def send(_: int) -> str:
            begin.wait(10)
            return str(ask(client)["catalogue"])

        states = set(pool.map(send, range(2)))

    assert states == {"ok"}
