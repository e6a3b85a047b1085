"""A catalogue that fails is felt once; then it is left alone until it answers again."""

import logging
import threading
import time

import pytest

from lambda_fn.catalogue.breaker import GuardedCatalogue
from lambda_fn.catalogue.works import CatalogueError, CatalogueUnavailableError, Facts, Filters
from tests.fakes import FakeCatalogue, make_works
from tests.lambda_fn.replies import eventually

PAUSE_S = 30.0


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> FakeCatalogue:
    return FakeCatalogue(make_works())


@pytest.fixture
def guarded(store: FakeCatalogue, clock: Clock) -> GuardedCatalogue:
    return GuardedCatalogue(lambda: store, pause_s=PAUSE_S, clock=clock)


def fail_once(guarded: GuardedCatalogue, store: FakeCatalogue) -> None:
    store.is_failing = True
    with pytest.raises(CatalogueUnavailableError):
        guarded.facts()
    store.asked.clear()


def answers(guarded: GuardedCatalogue) -> bool:
    try:
        guarded.facts()
    except CatalogueUnavailableError:
        return False
    return True


def test_what_the_catalogue_says_passes_unchanged(
    guarded: GuardedCatalogue, store: FakeCatalogue
) -> None:
    some_id = store.works[0].id

    assert guarded.facts() == store.facts()
    assert guarded.counts() == store.counts()
    assert guarded.artists("cubism", limit=1) == store.artists("cubism", limit=1)
    assert len(guarded.sample("cubism", size=3)) == 3
    assert guarded.find(Filters(style="cubism"), limit=2, after=some_id) == store.works[1:3]
    assert guarded.get([some_id]) == {some_id: store.works[0]}
    assert guarded.years() == store.years()


def test_after_a_failure_the_catalogue_is_not_asked_again(
    guarded: GuardedCatalogue, store: FakeCatalogue
) -> None:
    fail_once(guarded, store)

    with pytest.raises(CatalogueUnavailableError, match="asked again soon"):
        guarded.facts()
    with pytest.raises(CatalogueUnavailableError), guarded.deadline(1):
        pass

    assert store.asked == []


def test_what_cannot_be_read_is_no_reason_to_leave_the_catalogue_alone(
    guarded: GuardedCatalogue, store: FakeCatalogue
) -> None:
    store.is_broken = True
    with pytest.raises(CatalogueError, match="no title"):
        guarded.counts()
    store.is_broken = False

    assert answers(guarded)


def test_a_block_that_takes_longer_than_its_deadline_is_a_failure(
    guarded: GuardedCatalogue, store: FakeCatalogue, clock: Clock
) -> None:
    with guarded.deadline(1.0):
        store.is_failing = True
        clock.now += 1.5

    assert not answers(guarded)
    assert eventually(lambda: store.asked == ["facts"])
    assert not answers(guarded)
    time.sleep(0.05)
    assert store.asked == ["facts"]  # the trial has failed: now the pause counts


def test_one_that_was_only_slow_answers_again_without_a_pause(
    guarded: GuardedCatalogue, store: FakeCatalogue, clock: Clock
) -> None:
    store.delay_s = 0.3  # of the trial

    with guarded.deadline(1.0):
        clock.now += 1.5

    assert not answers(guarded)
    assert eventually(lambda: answers(guarded))


def test_a_block_in_time_is_none(guarded: GuardedCatalogue, clock: Clock) -> None:
    with guarded.deadline(1.0):
        clock.now += 0.5

    assert answers(guarded)


def test_after_the_pause_a_catalogue_that_is_well_answers_again(
    guarded: GuardedCatalogue, store: FakeCatalogue, clock: Clock
) -> None:
    fail_once(guarded, store)
    store.is_failing = False
    clock.now += PAUSE_S

    assert not answers(guarded)  # this one begins the trial
    assert eventually(lambda: answers(guarded))


def test_a_trial_that_fails_begins_another_pause(
    guarded: GuardedCatalogue, store: FakeCatalogue, clock: Clock
) -> None:
    fail_once(guarded, store)
    clock.now += PAUSE_S
    assert not answers(guarded)
    assert eventually(lambda: store.asked == ["facts"])
    clock.now += PAUSE_S / 2

    assert not answers(guarded)
    time.sleep(0.05)

    assert store.asked == ["facts"]


def test_nobody_waits_for_a_trial_and_only_one_is_under_way(clock: Clock) -> None:
    may_end = threading.Event()

    class Held(FakeCatalogue):
        def facts(self) -> Facts:
            if not self.is_failing:
                may_end.wait(60)
            return super().facts()

    store = Held(make_works())
    guarded = GuardedCatalogue(lambda: store, pause_s=PAUSE_S, clock=clock)
    fail_once(guarded, store)
    store.is_failing = False
    clock.now += PAUSE_S

    refused = [not answers(guarded) for _ in range(20)]  # whoever waits is answered, and late
    may_end.set()

    assert all(refused)
    assert eventually(lambda: answers(guarded))
    assert store.asked.count("facts") <= 2  # the trial, and the one that was answered


def test_a_trial_that_was_frozen_with_its_lambda_says_nothing(clock: Clock) -> None:
    class Frozen(FakeCatalogue):
        def facts(self) -> Facts:
            clock.now += 600
            return super().facts()

    store = Frozen(make_works())
    guarded = GuardedCatalogue(lambda: store, pause_s=PAUSE_S, clock=clock)
    store.is_failing = True
    with pytest.raises(CatalogueUnavailableError):
        guarded.counts()
    clock.now += PAUSE_S
    assert not answers(guarded)
    assert eventually(lambda: store.asked.count("facts") == 1)
    store.is_failing = False

    # no time passes: the next call begins the next trial at once
    assert eventually(lambda: answers(guarded))


def test_waking_it_opens_the_catalogue_and_finds_out_that_it_fails(store: FakeCatalogue) -> None:
    store.is_failing = True
    guarded = GuardedCatalogue(lambda: store)

    guarded.wake()

    assert eventually(lambda: not answers(guarded))
    assert store.asked[0] == "facts"


def test_waking_one_that_is_awake_asks_nothing(
    guarded: GuardedCatalogue, store: FakeCatalogue
) -> None:
    guarded.facts()
    store.asked.clear()

    guarded.wake()
    time.sleep(0.05)

    assert store.asked == []


def test_what_cannot_be_opened_fails_like_what_does_not_answer(clock: Clock) -> None:
    store = FakeCatalogue(make_works())
    tries: list[int] = []

    def open_late() -> FakeCatalogue:
        tries.append(1)
        if len(tries) == 1:
            raise CatalogueError("the address is wrong")
        return store

    guarded = GuardedCatalogue(open_late, pause_s=PAUSE_S, clock=clock)
    with pytest.raises(CatalogueUnavailableError, match="the address is wrong"):
        guarded.facts()
    clock.now += PAUSE_S

    assert eventually(lambda: answers(guarded))


def test_a_slow_opening_is_waited_for_no_longer_than_the_deadline() -> None:
    may_end, is_over = threading.Event(), threading.Event()

    def open_slowly() -> FakeCatalogue:
        may_end.wait(60)
        is_over.set()
        return FakeCatalogue(make_works())

    guarded = GuardedCatalogue(open_slowly)
    with pytest.raises(CatalogueUnavailableError), guarded.deadline(0.1):
        guarded.facts()
    refused = not answers(guarded)
    was_over = is_over.is_set()
    may_end.set()

    assert refused
    assert not was_over
    assert eventually(lambda: answers(guarded))  # without the pause after a failure


def test_each_change_is_logged_once_and_without_an_address(
    guarded: GuardedCatalogue,
    store: FakeCatalogue,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    fail_once(guarded, store)
    for _ in range(5):
        answers(guarded)
    store.is_failing = False
    clock.now += PAUSE_S
    assert eventually(lambda: answers(guarded))

    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "the catalogue does not answer (CatalogueUnavailableError)",
        "the catalogue answers again",
    ]
