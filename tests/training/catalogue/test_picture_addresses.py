"""Checking addresses, over real HTTP: politely, resumably, and never marking what only failed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import CatalogueWriter
from tests.training.wikiart_server import Fault, WikiArtServer, serve_wikiart
from tests.works_of_art import make_work
from training.catalogue.picture_addresses import BATCH, Checked, check_images
from training.catalogue.statistics import every_work
from training.config import CollectConfig
from training.errors import TrainingError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("target", ["sqlite", "mongodb"], indirect=True),
]
ROOT = Path(__file__).parents[3]
PATHS = ("katsushika-hokusai/wave.png", "claude-monet/sunrise.jpg", "claude-monet/lost.jpg")


@pytest.fixture
def server() -> Iterator[WikiArtServer]:
    with serve_wikiart() as running:
        yield running


@pytest.fixture
def catalogue(server: WikiArtServer, target: str) -> Iterator[CatalogueWriter]:
    """Two works whose pictures are there, and one whose picture is not."""
    with closing(open_writer(target)) as opened:
        opened.prepare()
        opened.store(
            [
                make_work(path.partition(".")[0], image_url=f"{server.base_url}/images/{path}")
                for path in PATHS
            ]
        )
        yield opened


def check(
    catalogue: CatalogueWriter, server: WikiArtServer, *, again_after_days: float = 30, **more: Any
) -> Checked:
    options = {
        "base_url": server.base_url,
        "own_domains": (),
        "requests_per_window": 100_000,
        "backoff_s": 0,
        "max_backoff_s": 0,
        "attempts": 2,
    }
    config = CollectConfig(**(options | more))
    return check_images(catalogue, config, again_after_days=again_after_days)


def with_address(catalogue: CatalogueWriter) -> set[str]:
    return {work.id for work in every_work(catalogue) if work.image_url}


def test_a_picture_that_is_gone_loses_its_address(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    done = check(catalogue, server)

    assert (done.there, done.gone, done.failed) == (2, 1, {})
    assert with_address(catalogue) == {"katsushika-hokusai/wave", "claude-monet/sunrise"}


def test_only_the_head_is_asked_for(catalogue: CatalogueWriter, server: WikiArtServer) -> None:
    check(catalogue, server)

    assert sorted(server.requests) == sorted(f"/images/{path}" for path in PATHS)
    assert server.methods == {"HEAD"}


def test_what_was_checked_lately_is_not_asked_for_again(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    check(catalogue, server)
    server.requests.clear()

    done = check(catalogue, server)

    assert server.requests == []
    assert (done.there, done.gone) == (0, 0)


def test_after_some_days_all_are_asked_for_again(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    check(catalogue, server)

    done = check(catalogue, server, again_after_days=0)

    assert (done.there, done.gone) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("500", "HTTP 500"),
        ("403", "HTTP 403"),
        ("429", "HTTP 429"),
        ("reset", "connection broke"),
        ("html", "no picture, but another type"),
        ("redirect-away", "address outside of the site"),
    ],
)
def test_what_fails_otherwise_is_left_for_the_next_time(
    catalogue: CatalogueWriter, server: WikiArtServer, kind: str, reason: str
) -> None:
    server.faults.append(Fault(kind, "/wave.png", times=100))

    done = check(catalogue, server)

    assert (done.there, done.gone, done.failed) == (1, 1, {reason: 1})
    assert "katsushika-hokusai/wave" in with_address(catalogue)
    server.faults.clear()
    again = check(catalogue, server)
    assert (again.there, again.gone, again.failed) == (1, 0, {})


def test_a_failure_that_passes_is_tried_again(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    server.faults.append(Fault("500", "/wave.png", times=1))

    assert check(catalogue, server).there == 2


def test_a_picture_that_came_back_has_its_address_again(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    server.faults.append(Fault("404", "/wave.png", times=1))
    check(catalogue, server)
    assert "katsushika-hokusai/wave" not in with_address(catalogue)

    check(catalogue, server, again_after_days=0)

    assert "katsushika-hokusai/wave" in with_address(catalogue)


def test_a_changed_address_is_checked_again(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    check(catalogue, server)
    lost = catalogue.get(["claude-monet/lost"])["claude-monet/lost"]
    found = f"{server.base_url}/images/claude-monet/haystacks.jpg"
    catalogue.store([replace(lost, image_url=found)])

    done = check(catalogue, server)

    assert (done.there, done.gone) == (1, 0)


def test_a_site_that_is_down_ends_the_check_and_what_was_seen_is_kept(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    works = [
        make_work(f"pablo-picasso/guitar-{number:02d}", image_url=f"{server.base_url}/images/x.jpg")
        for number in range(10)
    ]
    catalogue.store(works)
    server.faults.append(Fault("500", "/x.jpg", times=10_000))

    with pytest.raises(TrainingError, match="3 requests in a row failed, the last with HTTP 500"):
        check(catalogue, server, max_failures_in_a_row=3, connections=1)

    left = [id_ for id_, _ in catalogue.unchecked_images(before="2000")]
    assert left == [work.id for work in works]


def test_a_limit_is_kept_and_the_next_call_goes_on(
    catalogue: CatalogueWriter, server: WikiArtServer
) -> None:
    first = check(catalogue, server, limit=2)
    second = check(catalogue, server, limit=2)

    assert first.there + first.gone == 2
    assert second.there + second.gone == 1


def test_a_killed_check_asks_only_for_the_rest(
    catalogue: CatalogueWriter, server: WikiArtServer, target: str
) -> None:
    address = f"{server.base_url}/images/claude-monet/sunrise.jpg"
    ids = [f"pablo-picasso/guitar-{number:02d}" for number in range(3 * BATCH)]
    catalogue.store([make_work(id_, image_url=f"{address}?{id_}") for id_ in ids])
    running: list[subprocess.Popen[bytes]] = []
    server.on_request = lambda count: running[0].kill() if count == 2 * BATCH else None
    running.append(
        subprocess.Popen(
            [
                *(sys.executable, "-m", "training", "catalogue", "check-images", target),
                *("--base-url", server.base_url, "--requests", "100000"),
            ],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
    )
    assert running[0].wait() == -signal.SIGKILL
    before = len(server.requests)
    server.on_request = lambda count: None

    done = check(catalogue, server)

    assert len(server.requests) - before == done.there + done.gone
    assert len(ids) + len(PATHS) - 2 * BATCH <= done.there + done.gone < len(ids)
    assert not list(catalogue.unchecked_images(before="2000"))
