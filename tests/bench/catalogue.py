"""80,000 works in both stores: loading and each query; nearest works against a bare product."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import typer
from numpy.typing import NDArray
from tqdm import tqdm

from lambda_fn.catalogue.neighbours import Neighbours, make_neighbours, restore
from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import CatalogueWriter, Filters
from tests.mongod import run_mongod
from tests.works_of_art import make_works

WORKS, BATCH = 80_000, 1_000
ROUNDS = 60
SIZES = (14_000, 80_000)
EMBEDDING, NEAREST = 128, 20
Query = Callable[[CatalogueWriter], object]


def main() -> None:
    """Measure and print everything; takes about two minutes."""
    _report_stores()
    _report_neighbours()


def _report_stores() -> None:
    works = make_works(WORKS)
    middle = works[WORKS // 2].id
    queries: dict[str, Query] = {
        "15 works of a style, drawn": lambda store: store.sample("baroque", size=15),
        "three most prolific artists": lambda store: store.artists("baroque", limit=3),
        "20 works by their ids": lambda store: store.get([one.id for one in works[:20]]),
        "page of a style": lambda store: store.find(Filters(style="cubism"), limit=20),
        "page of a search": lambda store: store.find(
            Filters(words=("monet", "gar")), limit=20, after=middle
        ),
        "page of a style, years and rights": lambda store: store.find(
            Filters(style="cubism", first_year=1890, last_year=1910, rights="unknown"), limit=20
        ),
        "counts of all styles": lambda store: store.counts(),
        "works by style and year": lambda store: store.years(),
    }
    loads, times = {}, {}
    with _stores() as stores:
        for name, store in stores.items():
            started = time.perf_counter()
            store.prepare()
            for start in tqdm(range(0, WORKS, BATCH), name, disable=None):
                store.store(works[start : start + BATCH])
            loads[name] = time.perf_counter() - started
            times[name] = {what: _measure(store, query) for what, query in queries.items()}
    first, second = loads
    typer.echo(
        f"{WORKS} works: {first} loads {WORKS / loads[first]:.0f} works/s, {second} "
        f"{WORKS / loads[second]:.0f} works/s ({loads[second] / loads[first]:.1f} x the time)"
    )
    for what in queries:
        (fast, slow), (other_fast, other_slow) = (times[name][what] for name in loads)
        typer.echo(
            f"  {what}: {first} p50 {fast:.1f} ms, p95 {slow:.1f} ms; {second} p50 "
            f"{other_fast:.1f} ms, p95 {other_slow:.1f} ms ({other_fast / fast:.1f} x)"
        )


@contextmanager
def _stores() -> Iterator[dict[str, CatalogueWriter]]:
    with (
        TemporaryDirectory() as name,
        run_mongod(Path(name) / "mongod") as server,
        closing(open_writer(f"{Path(name) / 'works.sqlite'}")) as file,
        closing(open_writer(server.uri)) as mongo,
    ):
        yield {"SQLite": file, "mongod": mongo}


def _measure(store: CatalogueWriter, query: Query) -> tuple[float, float]:
    """Return the median and the 95 % quantile in milliseconds."""
    query(store)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        query(store)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def _report_neighbours() -> None:
    for count in SIZES:
        generator = np.random.default_rng(0)
        drawn = generator.normal(size=(count, EMBEDDING)).astype(np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        found = make_neighbours(
            drawn,
            ids=[f"someone/{number}" for number in range(count)],
            styles=["baroque", "cubism"] * (count // 2),
            rights=["unknown"] * count,
            model="drawn",
        )
        product, search, within = _compare(found, drawn[0])
        typer.echo(
            f"{NEAREST} nearest of {count} x {EMBEDDING}: {search:.2f} ms, "
            f"{search / product:.2f} x the bare product ({product:.2f} ms; target 1.5 x); "
            f"within one of two styles {within:.2f} ms, {within / product:.2f} x"
        )


def _compare(found: Neighbours, query: NDArray[np.float32]) -> list[float]:
    """Return medians in milliseconds of the bare product, the search, and that of a style."""
    rows = restore(found.vectors)
    steps: list[Callable[[], object]] = [
        lambda: rows @ query,
        lambda: found.nearest(query, count=NEAREST),
        lambda: found.nearest(query, count=NEAREST, style="cubism"),
    ]
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(ROUNDS):  # in turn, so that all of them see the same machine
        for step, step_ms in zip(steps, times, strict=True):
            started = time.perf_counter()
            step()
            step_ms.append((time.perf_counter() - started) * 1000)
    return [statistics.median(step_ms) for step_ms in times]


if __name__ == "__main__":
    main()
