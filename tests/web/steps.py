"""What the tests of the page do again and again: bring pictures, wait for answers, invent some."""

import re
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload, JSHandle, Locator, Page, Request, Route, expect

from lambda_fn.catalogue.stories import read_stories
from lambda_fn.contract.manifest import ModelManifest
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.schemas import PredictionWithWorks
from tests.pictures import draw_picture, encode

ROOT = Path(__file__).parents[2]
PREDICTIONS = "**/v1/predictions"
FEEDBACK = "**/v1/feedback"
HEALTH = "**/v1/health"
WIDTHS_PX = (320, 390, 1280, 3840, 320)
WIDTHS_HEIGHT_PX = 844


def released_manifest() -> ModelManifest:
    path = ROOT / "lambda_fn" / "release" / "manifest.json"
    return ModelManifest.model_validate_json(path.read_bytes())


def jpeg(name: str = "harbour.jpg", *, seed: int = 0) -> FilePayload:
    return {
        "name": name,
        "mimeType": "image/jpeg",
        "buffer": encode(draw_picture(300, 200, seed=seed)),
    }


def text_named_jpg() -> FilePayload:
    return {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture at all"}


def noise(width: int, height: int) -> Image.Image:
    """Return what no codec makes small."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def frame(page: Page) -> Locator:
    return page.get_by_role("button", name="Hang a picture here")


def choose(page: Page, *files: FilePayload, button: str = "Hang a picture here") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(list(files))


def answer_of(page: Page, file: FilePayload) -> dict[str, Any]:
    """Choose a file; return the service's answer to what the page made of it."""
    with page.expect_response(PREDICTIONS) as answer:
        choose(page, file)
    assert answer.value.ok
    body: dict[str, Any] = answer.value.json()
    return body


def answer_in_full(page: Page, file: FilePayload) -> dict[str, Any]:
    """Do the same, and wait until the answer stands on the page."""
    answer = answer_of(page, file)
    expect_answer(page)
    return answer


def headline_of(answer: dict[str, Any]) -> re.Pattern[str]:
    """Return what stands largest on the label, whatever the model says."""
    return re.compile(re.escape(answer["style"]["name"]))


def times_in_ten(share: float) -> re.Pattern[str]:
    """Return how the page says a share from 0 to 1."""
    times = int(share * 10 + 0.5)
    words = {0: "hardly ever", 1: r"1\stime\sin\s10", 10: "nearly every time"}
    return re.compile(words.get(times, rf"{times}\stimes\sin\s10"))


def transfer(page: Page, *files: FilePayload) -> JSHandle:
    """Return a DataTransfer that holds the files, as a drop or a paste brings them."""
    return page.evaluate_handle(
        """(files) => {
          const transfer = new DataTransfer();
          for (const { name, type, data } of files) {
            const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type }));
          }
          return transfer;
        }""",
        [
            {
                "name": file["name"],
                "type": file["mimeType"],
                "data": b64encode(file["buffer"]).decode(),
            }
            for file in files
        ],
    )


def drop(page: Page, *files: FilePayload) -> None:
    brought = transfer(page, *files)
    page.get_by_role("main").dispatch_event("dragover", {"dataTransfer": brought})
    page.get_by_role("main").dispatch_event("drop", {"dataTransfer": brought})


def expect_greeting(page: Page) -> None:
    """Wait until the service has said what it knows and what it takes, as it does once."""
    expect(page.get_by_text("Styles this model knows")).to_be_visible()


def expect_answer(page: Page) -> None:
    expect(page.get_by_role("article")).to_be_visible()


def expect_step(page: Page, said: str = "Asking the model.") -> None:
    """Wait until it is said how far the page has got with a picture."""
    expect(page.get_by_role("status").filter(has_text=said)).to_have_count(1)


def expect_picture(page: Page) -> None:
    """Wait until the size of the first picture is known: what stands around it then stays there."""
    expect(page.locator("#hung")).to_have_attribute("style", re.compile("--width"))


def expect_drawn(page: Page) -> None:
    """Wait for every drawing: each is made when its place has got its width."""
    expect(page.locator(".drawn:empty")).to_have_count(0)


def expect_failure(page: Page, title: str) -> None:
    heading = page.get_by_role("heading", name=title)
    expect(heading).to_be_visible()
    expect(heading).to_be_focused()
    expect(page.get_by_role("article")).to_be_hidden()


def eventually(page: Page, is_so: Callable[[], bool], *, timeout_s: float = 60) -> None:
    """Wait until it is so; the policy of the page forbids Playwright's own way of waiting."""
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, "it never was so"
        page.wait_for_timeout(50)


def stop_clock(page: Page) -> None:
    """Let only the time pass for the page that a test lets pass: what it says for a while stays."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 60_000)


class Refused:
    """Requests that are refused at once, and the time that the page lets pass between them.

    No time passes while one is under way: it would be given up as if nobody answered it.
    """

    def __init__(self, page: Page, address: str | re.Pattern[str], **answer: Any) -> None:
        self._page = page
        self._asked: set[Request] = set()
        self._told: set[Request] = set()
        page.clock.install()
        page.on("requestfinished", lambda request: self._told.add(request))
        page.route(address, lambda route: self._refuse(route, answer))

    def _refuse(self, route: Route, answer: dict[str, Any]) -> None:
        self._asked.add(route.request)
        route.fulfill(**answer)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Let the time pass after which the page asks again, until it is so."""

        def is_so_later() -> bool:
            if is_so():
                return True
            if self._asked and self._asked <= self._told:
                self._page.clock.run_for(1000)
            return False

        eventually(self._page, is_so_later)


class Held:
    """Requests that are kept waiting, in the order in which they came.

    The page may say that it asks before its request has come here: `first` waits for that.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._routes: list[Route] = []

    def add(self, route: Route) -> None:
        self._routes.append(route)

    def first(self) -> Route:
        return self.nth(0)

    def nth(self, place: int) -> Route:
        eventually(self._page, lambda: len(self._routes) > place)
        return self._routes[place]

    def count(self) -> int:
        """Return how many have come so far, answered ones among them."""
        return len(self._routes)


def hold(page: Page, address: str, *, times: int | None = None) -> Held:
    """Keep requests to an address waiting: the next so many, or all."""
    held = Held(page)
    page.route(address, held.add, times=times)
    return held


def scrolls_sideways(page: Page) -> bool:
    root = "document.documentElement"
    return bool(page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


def too_narrow(page: Page) -> list[int]:
    """Return the widths of the window, in pixels, at which the page scrolls sideways."""
    found = []
    for width in WIDTHS_PX:
        resize(page, width, WIDTHS_HEIGHT_PX)
        if scrolls_sideways(page):
            found.append(width)
    return found


def resize(page: Page, width: int, height: int) -> None:
    """Give the window another size, and wait until everything is drawn for it."""
    page.set_viewport_size({"width": width, "height": height})
    eventually(page, lambda: bool(page.evaluate("innerWidth") == width))
    # what has a drawing's width is drawn anew before the second frame begins
    page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )


def answer_with(page: Page, **changes: Any) -> None:
    """Let the service give an invented answer to every picture."""
    body = invented(**changes)
    page.route(PREDICTIONS, lambda route: route.fulfill(json=body))


def invented(
    odds: dict[str, float] | None = None, candidates: tuple[str, ...] = (), **changes: Any
) -> dict[str, Any]:
    """Return a whole answer as `schemas.py` has it: Impressionism at 71 %, if nothing else is said.

    odds: probability by slug, most likely first; candidates: the first style alone where empty.
    """
    odds = odds or {"impressionism": 0.71, "realism": 0.19, "ukiyo-e": 0.1}
    slugs = list(odds)
    candidates = candidates or (slugs[0],)
    probabilities = [
        {"slug": slug, "name": STYLE_BY_SLUG[slug].name, "probability": share}
        for slug, share in odds.items()
    ]
    answer = {
        "id": "0",
        "model": {"id": "invented-model", "architecture": "none"},
        "style": probabilities[0],
        "probabilities": probabilities,
        "verdict": "confident" if len(candidates) == 1 else "unsure",
        "painting": {"probability": 0.97},
        "candidates": list(candidates),
        "track_record": {
            "precision": 0.62,
            "recall": 0.4,
            "confused_with": "realism",
            "pictures": 9,
        },
        "heat_maps": {
            slug: [[float(x == y == place) for x in range(3)] for y in range(3)]
            for place, slug in enumerate(candidates[:3])
        },
        "picture": {"width": 1, "height": 1, "format": "jpeg"},
        "timing_ms": {"total": 1.0},
        "story": read_stories()[slugs[0]].model_dump(by_alias=True, mode="json"),
        "artists": [
            {
                "slug": "claude-monet",
                "name": "Claude Monet",
                "works": 60,
                "page_url": "https://www.wikiart.org/en/claude-monet",
            }
        ],
        "works": [work(number) for number in range(15)],
        "similar": [work(number, similarity=0.9 - number / 50) for number in range(10)],
        "catalogue": "ok",
        "feedback_token": "a-token",
    } | changes
    return PredictionWithWorks.model_validate(answer).model_dump(by_alias=True, mode="json")


def work(number: int, **changes: Any) -> dict[str, Any]:
    """Return an invented work of the catalogue; every fifth has no year."""
    return {
        "id": f"artist-{number}/work-{number}",
        "title": f"Work {number}",
        "artist": f"Artist {number}",
        "artist_slug": f"artist-{number}",
        "year": None if number % 5 == 4 else 1860 + 7 * number,
        "style": "impressionism" if number % 3 else "realism",
        "style_name": "Impressionism" if number % 3 else "Realism",
        "wikiart_style": "Impressionism",
        "genre": None,
        "rights": "public-domain",
        "page_url": f"https://www.wikiart.org/en/artist-{number}/work-{number}",
        "image_url": f"https://uploads.wikiart.org/images/artist-{number}/work-{number}.jpg",
        "palette": ["#c2b8a3", "#5d6b4f", "#8a9aa8", "#a3483a", "#2f3a33"],
        "similarity": None,
    } | changes


def wikiart(route: Route) -> None:
    """Answer as WikiArt would: with a picture."""
    picture = encode(draw_picture(120, 90, seed=len(route.request.url)))
    route.fulfill(body=picture, content_type="image/jpeg")
