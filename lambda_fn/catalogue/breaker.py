"""A catalogue that is left alone while it does not answer, and asked again behind the scenes.

A library's breaker (pybreaker, for one) lets the next caller through when the pause is over: that
visitor waits for the trial. Here a thread makes the trial, so that nobody does.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from lambda_fn.catalogue.deferred import Deferred, StillOpeningError
from lambda_fn.catalogue.works import (
    Artist,
    Catalogue,
    CatalogueError,
    CatalogueUnavailableError,
    Facts,
    Filters,
    StyleCount,
    Work,
)

PAUSE_S: Final = 30.0
TRIAL_S: Final = 3.0
_PATIENCE_S: Final = 5.0  # of a caller, with an opening outside of any deadline
_OPENING_S: Final = 30.0
_OVERSLEPT: Final = 2
T = TypeVar("T")

logger = logging.getLogger(__name__)


def refuse_to_open() -> Catalogue:
    """Stand for a catalogue that is not there."""
    raise CatalogueUnavailableError("there is no catalogue")


class GuardedCatalogue:
    """A catalogue of which a failure is felt once; until it answers again, it is refused at once.

    opener: gives the catalogue at its first use, in a thread of its own. pause_s: from a failure
    to the next trial, which the first call after it begins. trial_s: how long the catalogue may
    take to answer a trial; nobody waits for that. One that was only slow, to open or to answer, is
    tried at once and not after the pause.
    """

    def __init__(
        self,
        opener: Callable[[], Catalogue],
        *,
        pause_s: float = PAUSE_S,
        trial_s: float = TRIAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = Deferred(opener)
        self._pause_s = pause_s
        self._trial_s = trial_s
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at: float | None = None  # None while the catalogue answers
        self._is_trying = False
        self._is_awake = False

    def wake(self) -> None:
        """See in the background whether the catalogue answers, if that is unknown or due."""
        with self._lock:
            is_due = not self._is_awake or self._is_time()
            self._is_awake = True
            if is_due:
                self._begin_trial()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Return a block that may take so long; one that takes longer counts as a failure."""
        self._refuse_while_away()
        started = self._clock()
        try:
            ends = time.monotonic() + seconds
            store = self._store.within(seconds)
            with store.deadline(max(ends - time.monotonic(), 0.001)):
                yield
        except CatalogueUnavailableError as error:
            self._note_failure(error)
            raise
        if self._clock() - started > seconds:
            self._note_failure(TimeoutError())

    def facts(self) -> Facts:
        """Return what the catalogue says about itself."""
        return self._ask(lambda store: store.facts())

    def counts(self) -> Mapping[str, StyleCount]:
        """Return the counts of each style that has works, by slug."""
        return self._ask(lambda store: store.counts())

    def artists(self, style: str, *, limit: int) -> Sequence[Artist]:
        """Return the artists with the most works of a style."""
        return self._ask(lambda store: store.artists(style, limit=limit))

    def sample(self, style: str, *, size: int) -> Sequence[Work]:
        """Return different works of a style, drawn anew each time."""
        return self._ask(lambda store: store.sample(style, size=size))

    def find(self, filters: Filters, *, limit: int, after: str = "") -> Sequence[Work]:
        """Return works in the order of their ids."""
        return self._ask(lambda store: store.find(filters, limit=limit, after=after))

    def ids(self, style: str) -> Sequence[str]:
        """Return the ids of all works of a style, in order."""
        return self._ask(lambda store: store.ids(style))

    def get(self, ids: Sequence[str]) -> Mapping[str, Work]:
        """Return the works with these ids."""
        return self._ask(lambda store: store.get(ids))

    def years(self) -> Mapping[str, Mapping[int, int]]:
        """Return for each WikiArt style how many works of each year there are."""
        return self._ask(lambda store: store.years())

    def _ask(self, question: Callable[[Catalogue], T]) -> T:
        self._refuse_while_away()
        try:
            return question(self._store.within(_PATIENCE_S))
        except CatalogueUnavailableError as error:
            self._note_failure(error)
            raise

    def _refuse_while_away(self) -> None:
        with self._lock:
            self._is_awake = True
            if self._retry_at is None:
                return
            if self._is_time():
                self._begin_trial()
        raise CatalogueUnavailableError("the catalogue does not answer; it is asked again soon")

    def _note_failure(self, error: Exception) -> None:
        with self._lock:
            if self._retry_at is not None:
                return
            self._retry_at = self._clock() + self._pause_s
            if isinstance(error, StillOpeningError | TimeoutError):
                self._begin_trial()
        # the kind and not the text, which may hold an address
        logger.warning(
            "the catalogue does not answer (%s)", type(error.__cause__ or error).__name__
        )

    def _is_time(self) -> bool:
        return self._retry_at is not None and self._clock() >= self._retry_at

    def _begin_trial(self) -> None:
        if not self._is_trying:
            self._is_trying = True
            threading.Thread(target=self._try, name="catalogue-trial", daemon=True).start()

    def _try(self) -> None:
        """Ask for the facts, which every catalogue has at hand."""
        started = self._clock()
        failure: Exception | None = CatalogueUnavailableError("the trial broke off")
        try:
            store = self._store.within(_OPENING_S)
            started = self._clock()
            with store.deadline(self._trial_s):
                store.facts()
            failure = None
        except CatalogueUnavailableError as error:
            failure = error
        except CatalogueError:
            failure = None  # it holds what cannot be read, but it answers
        finally:
            self._end_trial(failure, took_s=self._clock() - started)

    def _end_trial(self, failure: Exception | None, *, took_s: float) -> None:
        """Let the catalogue be asked again, or say when it is tried next.

        Between two requests a Lambda is frozen, its threads too: a trial that took much longer
        than it could says nothing, and the next call begins another.
        """
        if failure is not None:
            self._note_failure(failure)
        has_overslept = took_s > _OVERSLEPT * self._trial_s
        with self._lock:
            self._is_trying = False
            was_away = self._retry_at is not None
            next_try = self._clock() + (0 if has_overslept else self._pause_s)
            self._retry_at = None if failure is None else next_try
        if was_away and failure is None:
            logger.warning("the catalogue answers again")
