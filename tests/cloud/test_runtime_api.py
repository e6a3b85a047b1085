"""The stand-in for Lambda's runtime treats the real runtime client as AWS does."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from tests.cloud.function import Function, start_here
from tests.cloud.runtime_api import (
    MAX_PAYLOAD_BYTES,
    FunctionError,
    PayloadTooLargeError,
    ThrottledError,
)

Run = Callable[..., Function]


@pytest.fixture
def run() -> Iterator[Run]:
    """Give a function that runs one of the handlers for as long as the test lasts."""
    with ExitStack() as exits:
        yield lambda name, **options: exits.enter_context(
            Function(start_here(f"tests.cloud.handlers.{name}", memory_mib=512), **options)
        )


def test_an_event_and_its_context_reach_the_handler_whole(run: Run) -> None:
    event = {"style": "cubism", "words": "Été, 東", "nothing": None}

    answer = run("echo", timeout_s=9.0).invoke(event)

    assert answer["event"] == event
    assert len(answer["id"]) == 36
    assert answer["arn"].startswith("arn:aws:lambda:")
    assert 0 < answer["left_ms"] <= 9_000
    assert answer["memory_mib"] == "512"
    assert answer["trace"].startswith("Root=1-")


def test_one_process_answers_one_event_after_the_other(run: Run) -> None:
    function = run("echo")

    answers = [function.invoke({}) for _ in range(3)]

    assert len({answer["process"] for answer in answers}) == 1
    assert len({answer["id"] for answer in answers}) == 3


def test_an_error_of_the_handler_is_reported_with_its_type(run: Run) -> None:
    with pytest.raises(FunctionError) as caught:
        run("fail").invoke({})

    assert caught.value.facts["errorType"] == "ValueError"
    assert caught.value.facts["errorMessage"] == "no such painting"


def test_a_handler_past_its_deadline_is_ended_and_the_next_event_finds_a_new_one(
    run: Run,
) -> None:
    function = run("oversleep", timeout_s=1.0)
    first = function.invoke({"seconds": 0})

    with pytest.raises(FunctionError, match=r"Task timed out after 1\.00 seconds"):
        function.invoke({"seconds": 30})

    assert function.invoke({"seconds": 0}) != first


def test_a_process_that_ends_by_itself_is_reported_and_replaced(run: Run) -> None:
    function = run("leave")

    for _ in range(2):
        with pytest.raises(FunctionError, match=r"Runtime\.ExitError.*exit status 3"):
            function.invoke({})


def test_an_event_over_the_limit_never_reaches_the_function(run: Run) -> None:
    function = run("echo")

    with pytest.raises(PayloadTooLargeError):
        function.invoke("x" * MAX_PAYLOAD_BYTES)

    assert function.environments == []


def test_an_answer_over_the_limit_is_an_error_and_the_next_one_is_none(run: Run) -> None:
    function = run("flood")

    with pytest.raises(FunctionError, match="Exceeded maximum allowed payload size"):
        function.invoke({"size": MAX_PAYLOAD_BYTES})

    assert function.invoke({"size": 3}) == "xxx"


def test_events_at_the_same_time_get_an_environment_each_and_no_more_than_allowed(
    run: Run,
) -> None:
    function = run("oversleep", concurrency=2)

    def ask(_: int) -> Any:
        try:
            return function.invoke({"seconds": 1.0})
        except ThrottledError:
            return None

    with ThreadPoolExecutor(3) as pool:
        answers = set(pool.map(ask, range(3)))

    assert None in answers
    assert len(answers) == 3


def test_a_handler_that_is_not_there_is_an_error_of_its_start(run: Run) -> None:
    function = run("missing")

    with pytest.raises(FunctionError) as caught:
        function.invoke({})

    assert caught.value.kind == "Runtime.HandlerNotFound"
