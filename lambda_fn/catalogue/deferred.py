"""What is opened in the background at its first use, so that no start waits for it.

Behind an address may lie a secret to fetch, a driver to import and a server to reach. A caller
waits as long as it likes; the opening goes on without it, for the next one.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from lambda_fn.catalogue.works import CatalogueError, CatalogueUnavailableError

T = TypeVar("T")


class StillOpeningError(CatalogueUnavailableError):
    """It is not there yet, but on its way."""


class Deferred(Generic[T]):
    """Something that is opened once; after a failure the next call tries again."""

    def __init__(self, opener: Callable[[], T]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "opening")
        self._opening: Future[T] | None = None

    def wake(self) -> None:
        """Begin to open it, if nobody has."""
        self._begin()

    def within(self, seconds: float) -> T:
        """Return it, after waiting at most so long.

        Raises:
            StillOpeningError: it is not open by then.
            CatalogueUnavailableError: it cannot be opened.
        """
        try:
            return self._begin().result(max(seconds, 0))
        except TimeoutError as error:
            raise StillOpeningError("the catalogue is still being opened") from error
        except CatalogueUnavailableError:
            raise
        except CatalogueError as error:
            raise CatalogueUnavailableError(str(error)) from error

    def _begin(self) -> Future[T]:
        with self._lock:
            opening = self._opening
            if opening is None or (opening.done() and opening.exception() is not None):
                opening = self._opening = self._pool.submit(self._opener)
            return opening
