"""A small WikiArt for the tests: real HTTP on loopback, with faults that can be switched on."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.pictures import encode, paint

ORIGINAL_PX = 72
LARGE_PX = 48
PAGE = b"<!DOCTYPE html><title>Just a moment ...</title>"


@dataclass(frozen=True)
class Painting:
    """One work of the small WikiArt; `look` is the style that its picture is drawn in."""

    id: int
    slug: str
    style: str | None
    look: str
    year: int | None = 1900
    year_text: str = ""
    genre: str | None = "landscape"
    suffix: str = ".jpg"

    def data(self, size_px: int) -> bytes:
        kind = "PNG" if self.suffix == ".png" else "JPEG"
        return _draw(self.look, self.id, size_px, kind)


@cache
def _draw(style: str, seed: int, size_px: int, kind: str) -> bytes:
    return encode(paint(style, seed=seed, size_px=size_px), kind)


@dataclass(frozen=True)
class Painter:
    slug: str
    name: str
    is_public_domain: bool
    works: tuple[Painting, ...]


PAINTERS = (
    Painter(
        "claude-monet",
        "Claude Monet",
        True,
        (
            Painting(101, "sunrise", "Impressionism", "impressionism", 1872),
            Painting(102, "haystacks", "Impressionism", "impressionism", None, "c.1890-91"),
            Painting(103, "green-dress", "Realism", "realism", None, "", None),
        ),
    ),
    Painter(
        "katsushika-hokusai",
        "Katsushika Hokusai",
        True,
        (
            Painting(201, "wave", "Ukiyo-e", "ukiyo-e", 1831, suffix=".png"),
            Painting(202, "red-fuji", "Ukiyo-e", "ukiyo-e", 1832),
        ),
    ),
    Painter(
        "pablo-picasso",
        "Pablo Picasso",
        False,
        (
            Painting(301, "guitar", "Cubism, Surrealism", "cubism", 1913),
            Painting(302, "untitled", None, "cubism"),
        ),
    ),
)


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose address contains `where`."""

    kind: str
    where: str = "/"
    times: int = 1
    retry_after: str = "0"


class WikiArtServer(ThreadingHTTPServer):
    """Answers like WikiArt; `requests` lists the paths that were asked for, in their order.

    `listed` and `details` are laid over every entry of a list and every work's details.
    """

    daemon_threads = True

    def __init__(self, painters: tuple[Painter, ...] = PAINTERS) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.painters = painters
        self.requests: list[str] = []
        self.user_agents: set[str] = set()
        self.methods: set[str] = set()
        self.faults: list[Fault] = []
        self.listed: dict[str, Any] = {}
        self.details: dict[str, Any] = {}
        self.on_request: Callable[[int], None] = lambda count: None
        self.closing = Event()
        self._lock = Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def works(self) -> list[Painting]:
        return [work for painter in self.painters for work in painter.works]

    def note(self, method: str, path: str, user_agent: str) -> Fault | None:
        """Write a request down; return the fault that it meets."""
        with self._lock:
            self.requests.append(path)
            self.methods.add(method)
            self.user_agents.add(user_agent)
            self.on_request(len(self.requests))
            for fault in self.faults:
                if fault.where in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def handle_error(self, *_: object) -> None:
        """Connections that a fault or a killed client breaks are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: WikiArtServer

    def do_GET(self) -> None:
        fault = self.server.note(self.command, self.path, self.headers["User-Agent"])
        if fault is None:
            self._answer()
        else:
            FAULTS[fault.kind](self, fault)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def _answer(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/images/"):
            kind = "image/png" if ".png" in address.path else "image/jpeg"
            data = self._picture(address.path)
        else:
            kind = "application/json"
            answer = self._json(address.path, parse_qs(address.query))
            data = None if answer is None else json.dumps(answer).encode()
        if data is None:
            self.send(404, PAGE)
        else:
            self.send(200, data, Content_Type=kind)

    def _json(self, path: str, query: dict[str, list[str]]) -> Any:
        call = path.removeprefix("/en/App/")
        if call == "Artist/AlphabetJson":
            wanted = query["inPublicDomain"] == ["true"]
            return [
                {"contentId": 1, "artistName": one.name, "url": one.slug, "birthDay": "/Date(1)/"}
                for one in self.server.painters
                if one.is_public_domain == wanted
            ]
        if call == "Painting/PaintingsByArtist" and query["json"] == ["2"]:
            return next(
                [self._listed(one, work) for work in one.works]
                for one in self.server.painters
                if [one.slug] == query["artistUrl"]
            )
        return self._details(call.removeprefix("Painting/ImageJson/"))

    def _details(self, id_: str) -> dict[str, Any] | None:
        for painter in self.server.painters:
            for work in painter.works:
                if str(work.id) == id_:
                    own = {"artistUrl": painter.slug, "url": work.slug, "style": work.style}
                    return (
                        own
                        | {"genre": work.genre, "contentId": work.id, "tags": None}
                        | (self.server.details)
                    )
        return None

    def _listed(self, painter: Painter, work: Painting) -> dict[str, Any]:
        name = f"{quote(painter.slug, safe='')}/{work.slug}{work.suffix}!Large.jpg"
        return {
            "contentId": work.id,
            "title": work.slug.title(),
            "artistName": painter.name,
            "completitionYear": work.year,
            "yearAsString": work.year_text,
            "width": 4000,
            "height": 3000,
            "image": f"{self.server.base_url}/images/{name}",
        } | self.server.listed

    def _picture(self, path: str) -> bytes | None:
        original, _, version = path.partition("!")
        slug = original.rpartition("/")[2].rpartition(".")[0]
        for work in self.server.works:
            if work.slug == slug:
                return work.data(LARGE_PX if version else ORIGINAL_PX)
        return None

    def send(self, status: int, data: bytes, *, claimed: int | None = None, **more: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if claimed is None else claimed))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def busy(self, fault: Fault) -> None:
        self.send(429, PAGE, Retry_After=fault.retry_after)

    def fail(self, fault: Fault) -> None:
        self.send(int(fault.kind), PAGE)

    def truncate(self, fault: Fault) -> None:
        """Send half of a picture as if it were all."""
        data = self._picture(urlsplit(self.path).path) or b"[" * 40
        self.send(200, data[: len(data) // 2])

    def cut(self, fault: Fault) -> None:
        """Promise more than is sent."""
        self.close_connection = True
        self.send(200, b"[" * 20, claimed=4000)

    def html(self, fault: Fault) -> None:
        self.send(200, PAGE, Content_Type="text/html")

    def redirect(self, fault: Fault) -> None:
        self.send(302, b"", Location=f"{self.path}{'&' if '?' in self.path else '?'}moved=1")

    def redirect_away(self, fault: Fault) -> None:
        self.send(302, b"", Location=f"http://localhost:{self.server.server_port}{self.path}")

    def hang(self, fault: Fault) -> None:
        self.close_connection = True
        self.server.closing.wait(5)

    def reset(self, fault: Fault) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


FAULTS: dict[str, Callable[[_Handler, Fault], None]] = {
    "429": _Handler.busy,
    "403": _Handler.fail,
    "404": _Handler.fail,
    "410": _Handler.fail,
    "500": _Handler.fail,
    "truncated": _Handler.truncate,
    "cut": _Handler.cut,
    "html": _Handler.html,
    "redirect": _Handler.redirect,
    "redirect-away": _Handler.redirect_away,
    "hang": _Handler.hang,
    "reset": _Handler.reset,
}


@contextmanager
def serve_wikiart(painters: tuple[Painter, ...] = PAINTERS) -> Iterator[WikiArtServer]:
    """Run the small WikiArt until the block ends."""
    with WikiArtServer(painters) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
