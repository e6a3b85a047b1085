"""What every store of feedback promises, SQLite and a real MongoDB alike."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lambda_fn.catalogue.opening import open_feedback
from lambda_fn.catalogue.works import Feedback, FeedbackStore


@pytest.fixture
def store(target: str) -> Iterator[FeedbackStore]:
    with closing(open_feedback(target)) as store:
        yield store


def make_feedback(answer: str = "answer-1", **facts: Any) -> Feedback:
    usual = {
        "model": "model-1",
        "predicted": "cubism",
        "said": "cubism",
        "probabilities": {"cubism": 0.75, "pop-art": 0.25},
        "received": "2026-11-24T10:00:00+00:00",
    }
    return Feedback(answer, **{**usual, **facts})


def test_a_new_store_holds_nothing(store: FeedbackStore) -> None:
    assert list(store.all()) == []


@pytest.mark.parametrize("picture", [None, b"", b"\xff\xd8\x00 a picture"])
def test_feedback_comes_back_as_it_was_given(store: FeedbackStore, picture: bytes | None) -> None:
    feedback = make_feedback(said="pop-art", picture=picture)

    store.add(feedback)

    assert list(store.all()) == [feedback]


def test_who_answers_twice_has_changed_their_mind(store: FeedbackStore) -> None:
    first = make_feedback(said="pop-art", picture=b"a picture")
    second = make_feedback(said="realism")

    store.add(first)
    store.add(second)

    assert list(store.all()) == [second]


def test_feedback_comes_in_the_order_of_its_arrival(store: FeedbackStore) -> None:
    in_order = [make_feedback(f"{9 - n}", received=f"2026-11-24T10:00:0{n}Z") for n in range(5)]
    at_once = [make_feedback(name, received="2026-11-24T11:00:00Z") for name in "ab"]

    for feedback in reversed(in_order + at_once):
        store.add(feedback)

    assert list(store.all()) == in_order + at_once


def test_all_feedback_is_given_however_much_there_is(store: FeedbackStore) -> None:
    for number in range(105):
        store.add(make_feedback(f"{number:03}"))

    assert [feedback.id for feedback in store.all()] == [f"{n:03}" for n in range(105)]


def test_feedback_may_come_in_while_it_is_read(store: FeedbackStore) -> None:
    for number in range(105):
        store.add(make_feedback(f"{number:03}"))

    for feedback in store.all():
        store.add(make_feedback(feedback.id, said="realism"))

    assert {feedback.said for feedback in store.all()} == {"realism"}


def test_what_is_forgotten_is_gone_and_nothing_else(store: FeedbackStore) -> None:
    forgotten, kept = make_feedback("a", picture=b"a picture"), make_feedback("b")
    store.add(forgotten)
    store.add(kept)

    answers = [store.forget("a"), store.forget("a")]

    assert answers == [True, False]
    assert list(store.all()) == [kept]


def test_a_new_store_has_nothing_to_forget(store: FeedbackStore) -> None:
    assert store.forget("a") is False


def test_a_forgotten_picture_is_not_left_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "feedback.sqlite"
    with closing(open_feedback(str(file))) as store:
        store.add(make_feedback("a", picture=b"what nobody may see" * 1000))
        store.add(make_feedback("b"))

        store.forget("a")

    assert b"what nobody may see" not in file.read_bytes()


def test_threads_add_without_loss(store: FeedbackStore) -> None:
    feedback = [make_feedback(f"{number:03}") for number in range(60)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.add, feedback))

    assert list(store.all()) == feedback


def test_stores_opened_apart_share_what_was_said(store: FeedbackStore, target: str) -> None:
    with closing(open_feedback(target)) as other:
        store.add(make_feedback("a"))
        other.add(make_feedback("b"))

        seen = [[feedback.id for feedback in one.all()] for one in (store, other)]

    assert seen == [["a", "b"], ["a", "b"]]
