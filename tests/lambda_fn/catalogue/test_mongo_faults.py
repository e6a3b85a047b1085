"""MongoDB slow, down, refusing and back again: a real server that is frozen and killed."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from lambda_fn.catalogue.mongo import MongoCatalogue
from lambda_fn.catalogue.works import CatalogueUnavailableError, Feedback, Filters
from tests.lambda_fn.catalogue.test_mongo import QUESTIONS
from tests.lambda_fn.replies import eventually
from tests.mongod import LATENESS_S, PATIENCE_S, Mongod, folder_in_memory, run_mongod
from tests.works_of_art import make_work, make_works

pytestmark = pytest.mark.slow
DEADLINE_S = 0.2


@pytest.fixture(scope="module")
def mongod() -> Iterator[Mongod]:
    with folder_in_memory() as folder, run_mongod(folder) as mongod:
        yield mongod


@pytest.fixture
def server(mongod: Mongod) -> Iterator[Mongod]:
    """Give the server of this file, running and empty whatever was done to it before."""
    yield mongod
    mongod.renew()


@pytest.fixture
def catalogue(server: Mongod) -> Iterator[MongoCatalogue]:
    with closing(MongoCatalogue(server.uri, timeout_s=PATIENCE_S)) as catalogue:
        catalogue.prepare()
        catalogue.store(make_works(50))
        yield catalogue


def answers(catalogue: MongoCatalogue) -> bool:
    try:
        return catalogue.facts().works == 0
    except CatalogueUnavailableError:
        return False


def seconds_until_unavailable(catalogue: MongoCatalogue, question: str = "all") -> float:
    start = time.monotonic()
    with (
        pytest.raises(CatalogueUnavailableError, match="the MongoDB does not answer"),
        catalogue.deadline(DEADLINE_S),
    ):
        QUESTIONS[question](catalogue)
    return time.monotonic() - start


def test_a_frozen_server_costs_no_more_than_the_deadline(
    server: Mongod, catalogue: MongoCatalogue
) -> None:
    server.freeze()

    waited = {name: seconds_until_unavailable(catalogue, name) for name in QUESTIONS}

    assert max(waited.values()) < DEADLINE_S + LATENESS_S, waited


def test_questions_together_cost_no_more_than_their_deadline(
    server: Mongod, catalogue: MongoCatalogue
) -> None:
    server.freeze()
    start = time.monotonic()

    with catalogue.deadline(DEADLINE_S):
        for question in ("artists", "sample", "get"):
            with pytest.raises(CatalogueUnavailableError):
                QUESTIONS[question](catalogue)

    assert time.monotonic() - start < DEADLINE_S + LATENESS_S


def test_threads_do_not_wait_for_each_other(server: Mongod, catalogue: MongoCatalogue) -> None:
    server.freeze()

    with ThreadPoolExecutor(20) as pool:
        waited = list(pool.map(lambda _: seconds_until_unavailable(catalogue), range(20)))

    assert max(waited) < DEADLINE_S + LATENESS_S


def test_without_a_deadline_the_own_limit_holds(server: Mongod) -> None:
    with closing(MongoCatalogue(server.uri, timeout_s=DEADLINE_S)) as catalogue:
        assert eventually(lambda: answers(catalogue))
        server.freeze()
        start = time.monotonic()

        with pytest.raises(CatalogueUnavailableError):
            catalogue.facts()

    assert time.monotonic() - start < DEADLINE_S + LATENESS_S


def test_closing_does_not_wait_for_a_frozen_server(server: Mongod) -> None:
    catalogue = MongoCatalogue(server.uri, timeout_s=PATIENCE_S)
    catalogue.facts()
    server.freeze()
    start = time.monotonic()

    catalogue.close()

    assert time.monotonic() - start < LATENESS_S


def test_a_server_that_thaws_answers_again(server: Mongod, catalogue: MongoCatalogue) -> None:
    server.freeze()
    seconds_until_unavailable(catalogue)

    server.thaw()

    assert catalogue.find(Filters(), limit=100) == make_works(50)


def test_a_killed_server_is_unavailable_and_works_again_when_it_is_back(
    server: Mongod, catalogue: MongoCatalogue
) -> None:
    server.kill()
    waited = seconds_until_unavailable(catalogue)

    server.start()

    assert waited < DEADLINE_S + LATENESS_S
    assert catalogue.find(Filters(), limit=100) == make_works(50)
    catalogue.store([make_work("zz/new")])
    assert catalogue.facts().works == 51


def test_what_was_stored_survives_a_kill(server: Mongod, catalogue: MongoCatalogue) -> None:
    feedback = Feedback("a", "model-1", "cubism", "realism", {"cubism": 1.0}, "2026-11-24")
    catalogue.store([make_work("zz/last")])
    catalogue.add(feedback)

    server.kill()
    server.start()

    assert catalogue.facts().works == 51
    assert list(catalogue.all()) == [feedback]


def test_feedback_cannot_be_added_while_the_server_is_away(
    server: Mongod, catalogue: MongoCatalogue
) -> None:
    feedback = Feedback("a", "model-1", "cubism", "realism", {"cubism": 1.0}, "2026-11-24")
    server.freeze()

    with pytest.raises(CatalogueUnavailableError), catalogue.deadline(DEADLINE_S):
        catalogue.add(feedback)
    with pytest.raises(CatalogueUnavailableError), catalogue.deadline(DEADLINE_S):
        list(catalogue.all())


def test_a_server_that_was_never_there_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        uri = f"mongodb://127.0.0.1:{closed.getsockname()[1]}/"

        with closing(MongoCatalogue(uri)) as catalogue:
            waited = seconds_until_unavailable(catalogue, "facts")

    assert waited < DEADLINE_S + LATENESS_S


def test_a_server_that_speaks_no_mongodb_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/"

        with closing(MongoCatalogue(uri)) as catalogue:
            waited = seconds_until_unavailable(catalogue, "facts")

    assert waited < DEADLINE_S + LATENESS_S


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_deadline_that_is_over_leaves_no_time(catalogue: MongoCatalogue, seconds: float) -> None:
    with catalogue.deadline(seconds):
        time.sleep(0.01)

        with pytest.raises(CatalogueUnavailableError):
            catalogue.facts()
