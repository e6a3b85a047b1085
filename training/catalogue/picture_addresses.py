"""Do the addresses of pictures answer with pictures? Asked by HEAD, as politely as collect asks.

What answers 404 or 410 is marked: the service then gives no address for it. What fails otherwise
is left for the next time, since it says nothing about the picture.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from tqdm import tqdm

from lambda_fn.catalogue.works import CatalogueWriter, ImageCheck
from training.config import CollectConfig
from training.errors import TrainingError
from training.sources.collect import in_order
from training.sources.wikiart import RequestFailedError, WikiArt

BATCH = 20
"""checks that a kill loses at most"""


@dataclass(slots=True)
class Checked:
    """What was seen; `failed` counts by reason what could not be seen."""

    there: int = 0
    gone: int = 0
    failed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Seen:
    check: ImageCheck | None
    error: RequestFailedError | None = None


def check_images(
    catalogue: CatalogueWriter, config: CollectConfig, *, again_after_days: float
) -> Checked:
    """Ask for every address that was not checked for so many days, and keep what is seen.

    Raises:
        TrainingError: the site seems to be down, or asks for a long pause; what was seen is kept.
        CatalogueError: the catalogue does not answer.
    """
    before = datetime.now(UTC) - timedelta(days=again_after_days)
    addresses = list(catalogue.unchecked_images(before=before.isoformat()))[: config.limit]
    done = Checked()
    with WikiArt(config) as site:
        waiting: list[ImageCheck] = []
        try:
            for seen in _look(site, addresses, config):
                _count(done, seen)
                if seen.check is not None:
                    waiting.append(seen.check)
                if len(waiting) >= BATCH:
                    catalogue.mark_images(waiting)
                    waiting = []
        finally:
            if waiting:
                catalogue.mark_images(waiting)
    return done


def _look(
    site: WikiArt, addresses: Iterable[tuple[str, str]], config: CollectConfig
) -> Iterator[_Seen]:
    """Yield what is seen at each address, in their order.

    Raises:
        TrainingError: too many in a row failed for reasons that are the site's own.
    """
    addresses = list(addresses)
    pool = ThreadPoolExecutor(config.connections)
    failures = 0
    bar = tqdm(total=len(addresses), desc="check", unit="picture", disable=None)
    try:
        width = 2 * config.connections
        for seen in in_order(pool, partial(_ask, site), addresses, width=width):
            bar.update()
            yield seen
            is_the_sites = seen.error is not None and not seen.error.is_about_one_work
            failures = failures + 1 if is_the_sites else 0
            if failures >= config.max_failures_in_a_row:
                raise TrainingError(
                    f"{failures} requests in a row failed, the last with {seen.error}: the site "
                    "seems to be down or to block us; the same command goes on from here later"
                )
    finally:
        site.stop()
        pool.shutdown(cancel_futures=True)
        bar.close()


def _ask(site: WikiArt, work: tuple[str, str]) -> _Seen:
    id_, address = work
    try:
        is_there = site.has_picture(address)
    except RequestFailedError as error:
        return _Seen(None, error)
    return _Seen(ImageCheck(id_, is_there, datetime.now(UTC).isoformat()))


def _count(done: Checked, seen: _Seen) -> None:
    if seen.error is not None:
        done.failed[seen.error.reason] += 1
    elif seen.check is not None:
        done.there += seen.check.is_there
        done.gone += not seen.check.is_there
