"""Collect, over real HTTP: complete, polite, never twice, whatever the site or the machine does."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests.training.wikiart_server import (
    LARGE_PX,
    ORIGINAL_PX,
    Fault,
    Painter,
    Painting,
    WikiArtServer,
    serve_wikiart,
)
from training.cli.commands import cli
from training.config import CollectConfig
from training.errors import TrainingError
from training.sources.collect import Collected, collect
from training.sources.estimate import estimate
from training.sources.raw_folder import RawWork, read_works
from training.sources.wikiart import Artist, RateLimiter, StoppedError, WikiArt

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
ARTISTS, LIST, DETAILS, PICTURE = "AlphabetJson", "PaintingsByArtist", "ImageJson/201", "/wave.png"
IDS = ["101", "102", "103", "201", "202", "301", "302"]


@pytest.fixture
def server() -> Iterator[WikiArtServer]:
    with serve_wikiart() as running:
        yield running


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def quick(server: WikiArtServer, **changes: Any) -> CollectConfig:
    """Return options with which nothing waits and no failure is too many."""
    options: dict[str, Any] = {
        "base_url": server.base_url,
        "own_domains": (),
        "requests_per_window": 100_000,
        "backoff_s": 0,
        "max_backoff_s": 0,
        "attempts": 3,
        "max_failed_share": 1,
    }
    return CollectConfig(**(options | changes))


def collect_quickly(server: WikiArtServer, raw: Path, **changes: Any) -> Collected:
    return collect(raw, quick(server, **changes))


def works_by_id(raw: Path) -> dict[str, RawWork]:
    return {work.id: work for work in read_works(raw)}


def assert_complete(server: WikiArtServer, raw: Path) -> None:
    """Every work is there once, with the original picture and nothing half-written beside it."""
    lines = (raw / "works.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == IDS
    works = works_by_id(raw)
    for work in server.works:
        stored = works[str(work.id)]
        assert (raw / str(stored.picture)).read_bytes() == work.data(ORIGINAL_PX)


def call(server: WikiArtServer, *arguments: object) -> Result:
    options = ("--base-url", server.base_url, "--requests", 100_000)
    return CliRunner().invoke(cli, ["collect", *map(str, (*arguments, *options))])


# a whole collection


def test_every_work_comes_with_its_original_picture(server: WikiArtServer, raw: Path) -> None:
    done = collect_quickly(server, raw)

    assert_complete(server, raw)
    assert (done.artists, done.works, done.pictures, done.new) == (3, 7, 7, 7)
    assert done.failed == {}
    assert done.skipped == {}


def test_a_work_keeps_everything_that_the_site_says(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw)

    assert works_by_id(raw)["301"].model_dump() == {
        "id": "301",
        "title": "Guitar",
        "artist": "Pablo Picasso",
        "artist_sure": None,
        "artist_slug": "pablo-picasso",
        "group": None,
        "year": 1913,
        "wikiart_styles": ("Cubism", "Surrealism"),
        "genre": "landscape",
        "width": ORIGINAL_PX,
        "height": ORIGINAL_PX,
        "image_url": f"{server.base_url}/images/pablo-picasso/guitar.jpg!Large.jpg",
        "page_url": f"{server.base_url}/en/pablo-picasso/guitar",
        "rights": "copyright",
        "source": "wikiart",
        "picture": "pictures/pablo-picasso/301.jpg",
        "provenance": None,
    }


def test_what_the_site_does_not_know_stays_open(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw)

    works = works_by_id(raw)
    assert works["102"].year == 1890  # only its text says so
    assert (works["103"].year, works["103"].genre) == (None, None)
    assert works["302"].wikiart_styles == ()
    assert {works[id_].rights for id_ in ("101", "201")} == {"public-domain"}


def test_the_options_and_the_counts_are_kept(server: WikiArtServer, raw: Path) -> None:
    done = collect_quickly(server, raw, limit=2)

    report = json.loads((raw / "collected.json").read_text("utf-8"))
    assert report["result"] == done.model_dump()
    assert report["config"]["limit"] == 2


def test_a_second_collection_asks_for_nothing(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw)
    server.requests.clear()

    done = collect_quickly(server, raw)

    assert server.requests == []
    assert (done.works, done.pictures, done.new) == (7, 7, 0)
    assert_complete(server, raw)


def test_a_lost_picture_is_fetched_without_its_details(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw)
    (raw / "pictures" / "katsushika-hokusai" / "201.png").unlink()
    server.requests.clear()

    collect_quickly(server, raw)

    assert server.requests == ["/images/katsushika-hokusai/wave.png"]
    assert_complete(server, raw)


def test_a_damaged_list_is_asked_for_again(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw)
    (raw / "lists" / "works" / "pablo-picasso.json").write_bytes(b'[{"contentId":')
    server.requests.clear()

    collect_quickly(server, raw)

    assert [path for path in server.requests if LIST not in path] == []
    assert len(server.requests) == 1


def test_the_client_says_who_it_is(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw, limit=1)

    (agent,) = server.user_agents
    assert agent.startswith("StyleYourArt ")


def test_a_work_in_two_lists_is_collected_once(raw: Path) -> None:
    wave = Painting(201, "wave", "Ukiyo-e", "ukiyo-e")
    painters = [Painter(name, name, name == "a", (wave,)) for name in ("a", "b")]

    with serve_wikiart(tuple(painters)) as server:
        done = collect_quickly(server, raw)

    assert done.works == 1
    assert works_by_id(raw)["201"].rights == "public-domain"


def test_names_of_the_site_cannot_lead_out_of_the_folder(raw: Path) -> None:
    wave = Painting(201, "wave", "Ukiyo-e", "ukiyo-e")

    with serve_wikiart((Painter("../../outside", "X", True, (wave,)),)) as server:
        collect_quickly(server, raw)

    assert [path.name for path in raw.parent.iterdir()] == ["raw"]
    assert (raw / str(works_by_id(raw)["201"].picture)).is_file()


# faults


@pytest.mark.parametrize("where", [ARTISTS, LIST, DETAILS, PICTURE])
@pytest.mark.parametrize(
    "kind", ["429", "500", "truncated", "cut", "html", "redirect", "hang", "reset"]
)
def test_a_passing_fault_costs_no_work(
    server: WikiArtServer, raw: Path, kind: str, where: str
) -> None:
    server.faults = [Fault(kind, where)]

    done = collect_quickly(server, raw, timeout_s=0.25 if kind == "hang" else 5)

    assert server.faults[0].times == 0
    assert done.failed == {}
    assert_complete(server, raw)


@pytest.mark.parametrize(
    ("kind", "where", "reason"),
    [
        ("429", DETAILS, "details: HTTP 429"),
        ("500", DETAILS, "details: HTTP 500"),
        ("403", DETAILS, "details: HTTP 403"),
        ("html", DETAILS, "details: HTML instead of JSON"),
        ("truncated", DETAILS, "details: damaged JSON"),
        ("hang", DETAILS, "details: timeout"),
        ("reset", DETAILS, "details: connection broke"),
        ("redirect", DETAILS, "details: redirected without end"),
        ("redirect-away", DETAILS, "details: address outside of the site"),
        ("html", PICTURE, "picture: unreadable picture"),
        ("truncated", PICTURE, "picture: truncated picture"),
        ("404", PICTURE, "picture: HTTP 404"),
        ("redirect-away", PICTURE, "picture: address outside of the site"),
        ("html", "artistUrl=katsushika", "list of works: HTML instead of JSON"),
    ],
)
def test_a_lasting_fault_is_counted_by_its_reason_and_the_rest_comes(
    server: WikiArtServer, raw: Path, kind: str, where: str, reason: str
) -> None:
    server.faults = [Fault(kind, where, times=1000)]

    done = collect_quickly(server, raw, timeout_s=0.1 if kind == "hang" else 5)

    assert done.failed == {reason: 1}
    assert done.works == (5 if where.startswith("artist") else 6)


@pytest.mark.parametrize(("kind", "tries"), [("500", 3), ("403", 1), ("redirect-away", 1)])
def test_only_what_may_pass_is_tried_again(
    server: WikiArtServer, raw: Path, kind: str, tries: int
) -> None:
    server.faults = [Fault(kind, DETAILS, times=1000)]

    collect_quickly(server, raw)

    assert sum(DETAILS in path for path in server.requests) == tries


def test_what_failed_is_all_that_the_next_call_asks_for(server: WikiArtServer, raw: Path) -> None:
    server.faults = [Fault("404", PICTURE, times=2), Fault("500", "ImageJson/301", times=3)]
    first = collect_quickly(server, raw)
    server.requests.clear()

    second = collect_quickly(server, raw)

    assert sum(first.failed.values()) == 2
    assert second.failed == {}
    assert Counter(server.requests) == Counter(
        [
            "/images/katsushika-hokusai/wave.png",
            "/en/App/Painting/ImageJson/301",
            "/images/pablo-picasso/guitar.jpg",
        ]
    )
    assert sorted(works_by_id(raw)) == IDS


@pytest.mark.parametrize("status", ["404", "410"])
def test_the_large_picture_stands_in_for_an_original_that_is_gone(
    server: WikiArtServer, raw: Path, status: str
) -> None:
    server.faults = [Fault(status, PICTURE)]

    collect_quickly(server, raw)

    assert server.requests.count("/images/katsushika-hokusai/wave.png!Large.jpg") == 1
    assert works_by_id(raw)["201"].width == LARGE_PX


def test_the_large_picture_stands_in_for_one_that_has_too_many_pixels(
    server: WikiArtServer, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # patched: a picture of 100 megapixels takes seconds to draw
    monkeypatch.setattr("lambda_fn.contract.images.MAX_PIXELS", LARGE_PX**2)

    done = collect_quickly(server, raw)

    assert done.failed == {}
    assert {work.width for work in read_works(raw)} == {LARGE_PX}


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("", "picture: no address"),
        ("http://a:b/wave.jpg", "picture: no address"),
        ("/images/wave.jpg", "picture: address outside of the site"),
        ("https://example.org/wave.jpg", "picture: address outside of the site"),
        ("file:///etc/passwd", "picture: address outside of the site"),
    ],
)
def test_a_picture_is_fetched_from_the_site_only(
    server: WikiArtServer, raw: Path, image: str, reason: str
) -> None:
    server.listed = {"image": image}

    assert collect_quickly(server, raw).failed == {reason: 7}
    assert len(works_by_id(raw)) == 7


def test_details_that_make_no_sense_are_counted(server: WikiArtServer, raw: Path) -> None:
    server.details = {"url": 7, "style": [1], "genre": {}, "artistName": []}
    sensible = collect_quickly(server, raw, limit=1)
    server.details = {"url": "x" * 3, "style": "Cubism", "width": "wide", "completitionYear": "?"}

    done = collect_quickly(server, raw)

    assert (sensible.failed, done.failed) == ({}, {})
    assert works_by_id(raw)["302"].year is None


@pytest.mark.parametrize("kind", ["500", "html", "hang", "403"])
def test_a_site_that_is_down_is_told_at_once(server: WikiArtServer, raw: Path, kind: str) -> None:
    server.faults = [Fault(kind, times=1000)]

    with pytest.raises(TrainingError, match=r"does not name its artists \(.*try again later"):
        collect_quickly(server, raw, timeout_s=0.1 if kind == "hang" else 5)


def test_many_failures_in_a_row_end_the_step(server: WikiArtServer, raw: Path) -> None:
    server.faults = [Fault("403", "ImageJson", times=1000)]

    with pytest.raises(TrainingError, match=r"3 requests in a row failed.*HTTP 403.*goes on"):
        collect_quickly(server, raw, max_failures_in_a_row=3, connections=1)

    assert len(server.requests) < 9


def test_works_whose_pictures_are_gone_do_not_end_the_step(
    server: WikiArtServer, raw: Path
) -> None:
    server.faults = [Fault("404", "/claude-monet/", times=1000)]

    done = collect_quickly(server, raw, max_failures_in_a_row=2)

    assert done.failed == {"picture: HTTP 404": 3}
    assert done.works == 4


def test_too_many_failures_are_an_error_though_the_rest_is_kept(
    server: WikiArtServer, raw: Path
) -> None:
    server.faults = [Fault("403", "ImageJson/10", times=3)]

    with pytest.raises(TrainingError, match=r"3 of 7 works failed, more than the 40% allowed"):
        collect_quickly(server, raw, max_failed_share=0.4)

    assert sorted(works_by_id(raw)) == IDS[3:]


def test_json_of_another_shape_is_no_reason_to_try_again(
    server: WikiArtServer, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "painters", (Painter("x", None, True, ()),))  # type: ignore[arg-type]

    with pytest.raises(TrainingError, match="JSON of another shape"):
        collect_quickly(server, raw)

    assert len(server.requests) == 1


# politeness


class Clock:
    """Time that passes only by sleeping; safe for several threads."""

    def __init__(self) -> None:
        self.time_s = 1000.0
        self._lock = Lock()

    def now(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.time_s += seconds


def most_in_a_window(sent: list[float], window_s: float) -> int:
    return max(sum(start <= time < start + window_s for time in sent) for start in sent)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.integers(1, 10))
def test_no_window_of_five_seconds_ever_holds_more_requests(
    pauses: list[float], requests: int
) -> None:
    clock = Clock()
    limiter = RateLimiter(requests, 5.0, now=clock.now, sleep=clock.sleep)
    sent = []

    for pause in pauses:
        clock.sleep(pause)
        limiter.wait()
        sent.append(clock.now())

    assert most_in_a_window(sent, 5.0 - 1e-6) <= requests


def test_requests_go_at_once_while_there_is_room() -> None:
    clock = Clock()
    limiter = RateLimiter(10, 5.0, now=clock.now, sleep=clock.sleep)

    for _ in range(10):
        limiter.wait()

    assert clock.now() == 1000.0
    limiter.wait()
    assert clock.now() == 1005.0


def test_threads_share_one_limit() -> None:
    clock = Clock()
    limiter = RateLimiter(10, 5.0, now=clock.now, sleep=clock.sleep)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limiter.wait(), range(100)))

    assert clock.now() >= 1000.0 + 45.0


def test_ten_requests_in_five_seconds_are_the_default() -> None:
    config = CollectConfig()

    assert (config.requests_per_window, config.window_s) == (10, 5.0)


@pytest.mark.parametrize("form", ["seconds", "date", "date without a zone"])
def test_retry_after_holds_every_request(server: WikiArtServer, form: str) -> None:
    clock = Clock()
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=61), usegmt=True)
    forms = {"seconds": "60", "date": date, "date without a zone": date.removesuffix(" GMT")}
    server.faults = [Fault("429", LIST, retry_after=forms[form])]
    limiter = RateLimiter(100, 5.0, now=clock.now, sleep=clock.sleep)

    with WikiArt(quick(server), limiter=limiter) as site:
        works = site.works_of(Artist(url="claude-monet", artistName="Claude Monet"))

    assert len(works) == 3
    assert 1055 < clock.now() < 1065


def test_a_very_long_retry_after_ends_the_step(server: WikiArtServer, raw: Path) -> None:
    server.faults = [Fault("429", DETAILS, retry_after="86400")]

    with pytest.raises(TrainingError, match=r"pause of 86400 s: run the same command again"):
        collect_quickly(server, raw)


@pytest.mark.parametrize("nonsense", ["soon", "-5", ""])
def test_a_retry_after_without_sense_is_no_obstacle(
    server: WikiArtServer, raw: Path, nonsense: str
) -> None:
    server.faults = [Fault("429", DETAILS, retry_after=nonsense)]

    assert collect_quickly(server, raw).works == 7


def test_every_try_waits_longer_than_the_one_before(
    server: WikiArtServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    # patched: what is asked for is the length of the pauses, not to sit through them
    monkeypatch.setattr(WikiArt, "_sleep", lambda self, seconds: waits.append(seconds))
    server.faults = [Fault("500", ARTISTS, times=4)]

    with WikiArt(quick(server, backoff_s=1, max_backoff_s=60, attempts=5)) as site:
        site.artists(is_public_domain=True)

    assert [2**number <= wait <= 2**number + 1 for number, wait in enumerate(waits)] == [True] * 4


def test_a_stopped_client_does_not_go_on_waiting(server: WikiArtServer) -> None:
    server.faults = [Fault("429", ARTISTS, retry_after="600")]
    is_asked = Event()
    server.on_request = lambda count: is_asked.set()

    with WikiArt(quick(server)) as site, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(site.artists, is_public_domain=True)
        is_asked.wait(60)
        site.stop()

        with pytest.raises(StoppedError):
            waiting.result(timeout=60)


# what is asked for


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"only": ("claude-monet",)}, ["101", "102", "103"]),
        ({"only": ("pablo picasso", "Katsushika-Hokusai")}, ["201", "202", "301", "302"]),
        ({"styles": ("Impressionism",)}, ["101", "102"]),
        ({"styles": ("ukiyo-e", "surrealism")}, ["201", "202", "301"]),
        ({"is_public_domain_only": True}, IDS[:5]),
        ({"limit": 4}, IDS[:4]),
        ({"limit": 2, "styles": ("ukiyo-e",)}, ["201", "202"]),
        ({"limit": 1, "styles": ("realism",), "only": ("claude-monet",)}, ["103"]),
    ],
)
def test_only_what_is_asked_for_gets_a_picture(
    server: WikiArtServer, raw: Path, options: dict[str, Any], ids: list[str]
) -> None:
    done = collect_quickly(server, raw, **options)

    assert [work.id for work in read_works(raw) if work.picture] == ids
    assert done.works == done.pictures == len(ids)
    assert sum("/images/" in path for path in server.requests) == len(ids)


def test_a_limit_means_the_same_works_every_time(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw, limit=3)
    server.requests.clear()

    done = collect_quickly(server, raw, limit=3)

    assert server.requests == []
    assert (done.works, done.new) == (3, 0)


def test_another_style_later_needs_no_details_again(server: WikiArtServer, raw: Path) -> None:
    first = collect_quickly(server, raw, styles=("impressionism",))
    server.requests.clear()

    collect_quickly(server, raw, styles=("realism",))

    assert first.skipped == {"other style": 5}
    assert server.requests == ["/images/claude-monet/green-dress.jpg"]


def test_pictures_can_come_later(server: WikiArtServer, raw: Path) -> None:
    first = collect_quickly(server, raw, has_pictures=False)
    asked = list(server.requests)
    server.requests.clear()

    collect_quickly(server, raw)

    assert (first.works, first.pictures) == (7, 0)
    assert not any("/images/" in path for path in asked)
    assert all("/images/" in path for path in server.requests)
    assert len(server.requests) == 7
    assert all(work.picture for work in read_works(raw))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"only": ("Monet",)}, r"no artist 'Monet': did you mean .*monet"),
        ({"only": ("Zzyzx",)}, r"no artist 'Zzyzx': names and slugs"),
        (
            {"only": ("pablo-picasso",), "is_public_domain_only": True},
            "no public-domain artist 'pablo-picasso'",
        ),
        ({"styles": ("Bauhaus",)}, "no style 'Bauhaus'"),
    ],
)
def test_what_nobody_knows_is_refused_before_it_costs(
    server: WikiArtServer, raw: Path, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(TrainingError, match=text):
        collect_quickly(server, raw, **options)

    assert len(server.requests) <= 2


# the dry run


@pytest.mark.parametrize(
    "options",
    [{}, {"limit": 2}, {"has_pictures": False}, {"only": ("pablo-picasso",)}],
    ids=str,
)
def test_the_estimate_is_what_a_small_collection_takes(
    server: WikiArtServer, raw: Path, options: dict[str, Any]
) -> None:
    foreseen = estimate(raw, quick(server, **options))
    asked = len(server.requests)
    server.requests.clear()

    done = collect_quickly(server, raw, **options)

    assert asked <= 2 + 5 + 5
    assert foreseen.requests == len(server.requests)
    assert (foreseen.works, foreseen.pictures) == (done.works, done.pictures)
    stored = sum(path.stat().st_size for path in raw.glob("pictures/*/*"))
    assert foreseen.picture_bytes == pytest.approx(stored, rel=0.3)


def test_the_estimate_of_many_artists_takes_few_requests(raw: Path) -> None:
    painters = tuple(
        Painter(f"p{number}", f"P {number}", True, (Painting(number, "x", "Cubism", "cubism"),))
        for number in range(1, 101)
    )

    with serve_wikiart(painters) as server:
        foreseen = estimate(raw, quick(server, requests_per_window=1000))
        asked = len(server.requests)

    assert asked == 2 + 5 + 5
    assert (foreseen.artists, foreseen.works, foreseen.pictures) == (100, 100, 100)
    assert foreseen.requests == 302
    assert foreseen.seconds == pytest.approx(302 * 5 / 1000)


def test_the_estimate_counts_only_what_is_left(server: WikiArtServer, raw: Path) -> None:
    collect_quickly(server, raw, only=("claude-monet",))

    foreseen = estimate(raw, quick(server))

    assert (foreseen.works, foreseen.pictures, foreseen.requests) == (4, 4, 2 + 4 + 4)


def test_the_estimate_of_a_style_is_a_bound(server: WikiArtServer, raw: Path) -> None:
    foreseen = estimate(raw, quick(server, styles=("realism",)))
    server.requests.clear()
    collect_quickly(server, raw, styles=("realism",))

    assert foreseen.works == 7
    assert foreseen.requests >= len(server.requests)


def test_the_estimate_writes_nothing(server: WikiArtServer, raw: Path) -> None:
    estimate(raw, quick(server))

    assert not raw.exists()


def test_an_estimate_without_lists_is_refused(server: WikiArtServer, raw: Path) -> None:
    server.faults = [Fault("403", LIST)]

    with pytest.raises(TrainingError, match="the list of an artist's works failed: HTTP 403"):
        estimate(raw, quick(server))


def test_the_estimate_does_without_sizes(server: WikiArtServer, raw: Path) -> None:
    server.faults = [Fault("403", "/images/", times=1000)]

    assert estimate(raw, quick(server)).picture_bytes is None


# kills


def start(server: WikiArtServer, raw: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "training", "collect", str(raw)),
            *("--base-url", server.base_url, "--requests", "100000"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("at", [1, 4, 9, 14, 19])
def test_a_killed_collection_goes_on_without_loss_or_repetition(
    server: WikiArtServer, raw: Path, at: int
) -> None:
    running: list[subprocess.Popen[str]] = []

    def kill(count: int) -> None:
        if count == at:
            running[0].kill()

    server.on_request = kill
    running.append(start(server, raw))
    running[0].communicate(timeout=30)
    assert running[0].returncode == -signal.SIGKILL
    is_begun = (raw / "works.jsonl").is_file()
    finished = {work.id: work for work in read_works(raw)} if is_begun else {}
    assert finished or at < 19
    lists = {path.stem for path in raw.glob("lists/**/*.json")}
    server.requests.clear()

    collect_quickly(server, raw)

    assert_complete(server, raw)
    again = " ".join(server.requests)
    for id_, work in finished.items():
        assert f"ImageJson/{id_}" not in again
        assert str(work.image_url).rpartition("/")[2].split("!")[0] not in again
    assert not [slug for slug in lists if f"artistUrl={slug}" in again]


def test_ctrl_c_ends_quickly_and_says_how_to_go_on(server: WikiArtServer, raw: Path) -> None:
    running: list[subprocess.Popen[str]] = []
    server.faults = [Fault("429", DETAILS, retry_after="600")]

    def interrupt(count: int) -> None:
        if DETAILS in server.requests[-1]:
            running[0].send_signal(signal.SIGINT)

    server.on_request = interrupt
    running.append(start(server, raw))
    _, errors = running[0].communicate(timeout=30)

    assert running[0].returncode == 1
    assert errors == "stopped; run the same command again to go on\n"
    collect_quickly(server, raw)
    assert_complete(server, raw)


# the command


def test_collect_ends_with_what_how_many_and_where(server: WikiArtServer, raw: Path) -> None:
    result = call(server, raw, "--style", "Ukiyo-e", "--public-domain")

    assert result.exit_code == 0
    assert result.stdout == (
        f"2 works of 2 artists (2 new, 2 with a picture) are in {raw}; left out: 3 other style\n"
    )


def test_the_dry_run_tells_requests_time_and_bytes(server: WikiArtServer, raw: Path) -> None:
    result = call(server, raw, "--dry-run", "--only", "claude-monet")

    assert result.exit_code == 0
    assert result.stdout.startswith(
        "about 3 works and 3 pictures of 1 artists are left: 9 requests, 0.0 hours or more, 0.0 MB"
    )
    assert not raw.exists()


def test_check_repair_and_collect_again_mend_a_broken_picture(
    server: WikiArtServer, raw: Path
) -> None:
    call(server, raw)
    (raw / "pictures" / "claude-monet" / "101.jpg").write_bytes(b"broken")

    found = call(server, raw, "--check")
    repaired = call(server, raw, "--check", "--repair")
    collected = call(server, raw)
    sound = call(server, raw, "--check")

    assert found.exit_code == 1
    assert "1 broken pictures (such as pictures/claude-monet/101.jpg)" in found.stderr
    assert "--repair" in found.stderr
    assert repaired.exit_code == 0
    assert "(1 new, 7 with a picture)" in collected.stdout
    assert sound.exit_code == 0
    assert sound.stdout == f"7 works and 7 pictures in {raw} are sound (0 works have no picture)\n"
    assert_complete(server, raw)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--only", "Nobody At All"), "no artist 'Nobody At All'"),
        (("--style", "Bauhaus"), "no style 'Bauhaus'"),
        (("--limit", "0"), "limit=0: "),
        (("--check",), "holds no works"),
    ],
)
def test_bad_input_is_one_clear_line(
    server: WikiArtServer, raw: Path, arguments: tuple[str, ...], text: str
) -> None:
    result = call(server, raw, *arguments)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert text in result.stderr


@pytest.mark.parametrize("base_url", ["wikiart", "ftp://wikiart.org", "https://x/en"])
def test_a_base_address_that_is_none_is_refused(raw: Path, base_url: str) -> None:
    result = CliRunner().invoke(cli, ["collect", str(raw), "--base-url", base_url])

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: base_url={base_url}: ")


def test_repair_alone_is_a_wrong_argument(server: WikiArtServer, raw: Path) -> None:
    assert call(server, raw, "--repair").exit_code == 2


def test_a_full_disk_is_one_clear_line_and_keeps_what_was_there(
    server: WikiArtServer, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def fill_disk(path: Path, data: bytes) -> int:  # a real disk cannot be filled here
        if "201" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fill_disk)
        result = call(server, raw)

    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert call(server, raw).exit_code == 0
    assert_complete(server, raw)


@pytest.mark.parametrize("step", ["collect", "import"])
def test_the_step_explains_itself(step: str) -> None:
    result = CliRunner().invoke(cli, [step, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_collecting_does_not_wait_for_tensorflow() -> None:
    program = (
        "import sys, training.sources.collect, training.sources.estimate; "
        "import training.sources.importing; "
        "print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout == "set()\n"
