"""The page on which a person reviews visitors' pictures: this machine only, no script, no network.

Forms and links do all of it, so that keyboard and screen reader work as everywhere. Whatever comes
in is checked against the address, which keeps other sites out that a browser could be sent to
(DNS rebinding), and a decision needs the word that only the page's own forms know.
"""

import mimetypes
import re
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import MappingProxyType
from typing import Any, Final, cast
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from lambda_fn.contract.styles import STYLE_BY_SLUG, STYLES
from training.errors import TrainingError
from training.sources.visitor_reviews import (
    FEEDBACK_FILE,
    Decision,
    Review,
    decide,
    read_review,
    read_table,
    remove_rejected,
    require_export,
    tally,
)

_HOST: Final = "127.0.0.1"
_HTML: Final = "text/html; charset=utf-8"
_STYLE_SHEET: Final = Path(__file__).parents[1] / "templates" / "review.css"
_MAX_FORM_BYTES: Final = 10_000
_HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)
# what the buttons say -> what review.csv keeps; only a correction brings a style
_DECISIONS: Final[Mapping[str, Decision]] = MappingProxyType(
    {"accept": "accept", "correct": "accept", "reject": "reject", "later": ""}
)


class _RefusedError(Exception):
    """A request cannot be answered; the message is for the person at the page."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class ReviewDesk:
    """Serves the page of one folder; made by `open_desk`."""

    def __init__(self, folder: Path, server: ThreadingHTTPServer) -> None:
        self._folder = folder
        self._server = server
        self._lock = Lock()
        self._word = secrets.token_urlsafe()
        loader = PackageLoader("training")
        self._pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        self._pages.filters |= {"style": _name_of, "quoted": quote}

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{_HOST}:{self._server.server_port}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser calls this server."""
        return tuple(f"{name}:{self._server.server_port}" for name in (_HOST, "localhost"))

    def next_place(self, after: int = 0) -> str:
        """Return the address of the next picture to decide about, or that of all of them."""
        waiting = [place for place, one in enumerate(self._shown(), 1) if not one.decision]
        later = [place for place in waiting if place > after]
        return f"/{(later or waiting)[0]}" if waiting else "/all"

    def all_pictures(self) -> str:
        """Return the page that shows every picture small."""
        shown = self._shown()
        return self._render("review-all.html", shown, folder=self._folder)

    def picture_page(self, place: int) -> str:
        """Return the page of a picture; places begin at 1."""
        shown = self._shown()
        if not 1 <= place <= len(shown):
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"there is no picture {place}")
        one = shown[place - 1]
        facts = {"odds": self._odds(one), "styles": STYLES, "word": self._word}
        return self._render("review.html", shown, one=one, place=place, **facts)

    def picture(self, path: str) -> bytes:
        """Return a picture that waits for review; no other file is given away."""
        if path not in {one.picture for one in self._shown()}:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such picture")
        return (self._folder / path).read_bytes()

    def decide(self, form: Mapping[str, str]) -> str:
        """Keep the decision of a form; return the address to go on at."""
        if not secrets.compare_digest(form.get("word", ""), self._word):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "this form is an old one: load the page anew")
        chosen, style = form.get("decision", ""), form.get("style", "")
        if chosen not in _DECISIONS or (chosen == "correct" and style not in STYLE_BY_SLUG):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "choose a style first, or another button")
        with self._lock:
            before = {one.picture: one for one in self._shown()}
            if form.get("picture", "") not in before:
                raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such picture any more")
            one = before[form["picture"]]
            if chosen == "accept":
                style = one.said
            kept = style if _DECISIONS[chosen] == "accept" else ""
            decide(self._folder, one.picture, _DECISIONS[chosen], kept)
        return self.next_place(after=list(before).index(one.picture) + 1)

    def _shown(self) -> list[Review]:
        """What was rejected in this sitting is still there, so that it can be taken back."""
        reviews = read_review(self._folder)
        return [one for one in reviews if (self._folder / one.picture).is_file()]

    def _odds(self, one: Review) -> dict[str, str]:
        """Return what the model gave the two styles in question, in words, by slug."""
        rows = read_table(self._folder / FEEDBACK_FILE)
        row = next((row for row in rows if row.get("picture") == one.picture), {})
        columns = {one.said: "said_probability", one.predicted: "predicted_probability"}
        return {slug: _in_words(row.get(column, "")) for slug, column in columns.items()}

    def _render(self, name: str, shown: Sequence[Review], **facts: object) -> str:
        page = self._pages.get_template(name)
        return page.render(shown=shown, tally=tally(shown), **facts)


@contextmanager
def open_desk(folder: Path, *, port: int = 0) -> Iterator[ReviewDesk]:
    """Serve the page of a folder; port: 0 takes a free one.

    Raises:
        TrainingError: the folder is none, or holds no picture to look at.
        OSError: the port is taken.
    """
    require_export(folder)
    remove_rejected(folder)
    reviews = read_review(folder)
    if not any((folder / one.picture).is_file() for one in reviews):
        raise TrainingError(f"{folder} has no pictures to review: no visitor gave one")
    with _Server((_HOST, port), _Handler) as server:
        server.desk = ReviewDesk(folder, server)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.desk
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def holding_ctrl_c() -> Iterator[Callable[[], object]]:
    """Give a function that waits for Ctrl-C, which is held back until then.

    As an exception it could come up in the middle of a request, where the server would answer it.
    """
    signals = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # threads begun now inherit that
    try:
        yield lambda: signal.sigwait(signals)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    desk: ReviewDesk


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    location: str | None = None


class _Handler(BaseHTTPRequestHandler):
    """Takes requests apart and puts answers together; the desk knows the rest."""

    server_version = "review"
    sys_version = ""

    @property
    def desk(self) -> ReviewDesk:
        """The desk that this is about."""
        return cast(_Server, self.server).desk

    def do_GET(self) -> None:
        """Answer with a page, a picture or the look of the page."""
        self._send(self._answer(self._get))

    def do_POST(self) -> None:
        """Keep a decision and lead on."""
        self._send(self._answer(self._post))

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the reviewer's."""

    def _answer(self, find: Callable[[str], _Answer]) -> _Answer:
        try:
            if self.headers.get("Host") not in self.desk.hosts:
                raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST, "this is another server")
            return find(unquote(urlsplit(self.path).path))
        except _RefusedError as error:
            return _Answer(f"error: {error}\n".encode(), status=error.status)
        except (TrainingError, OSError) as error:  # of files that a person may edit meanwhile
            return _Answer(f"error: {error}\n".encode(), status=HTTPStatus.CONFLICT)

    def _get(self, path: str) -> _Answer:
        if path == "/":
            return _lead_to(self.desk.next_place())
        if path == "/all":
            return _Answer(self.desk.all_pictures().encode(), _HTML)
        if path == "/review.css":
            return _Answer(_STYLE_SHEET.read_bytes(), "text/css; charset=utf-8")
        if re.fullmatch(r"/[0-9]{1,9}", path):
            return _Answer(self.desk.picture_page(int(path[1:])).encode(), _HTML)
        return _Answer(self.desk.picture(path[1:]), mimetypes.guess_type(path)[0] or "image/webp")

    def _post(self, path: str) -> _Answer:
        length = self.headers.get("Content-Length", "")
        if path != "/decide" or not length.isdecimal() or int(length) > _MAX_FORM_BYTES:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "this is no form of the page")
        form = dict(parse_qsl(self.rfile.read(int(length)).decode("utf-8", "replace")))
        return _lead_to(self.desk.decide(form))

    def _send(self, answer: _Answer) -> None:
        with suppress(ConnectionError):  # the browser has gone elsewhere
            self.send_response(answer.status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            if answer.location:
                self.send_header("Location", answer.location)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)


def _lead_to(place: str) -> _Answer:
    return _Answer(status=HTTPStatus.SEE_OTHER, location=place)


def _name_of(slug: str) -> str:
    return STYLE_BY_SLUG[slug].name if slug in STYLE_BY_SLUG else slug


def _in_words(probability: str) -> str:
    try:
        return f"{float(probability):.0%}".replace("%", "\N{NO-BREAK SPACE}%")
    except ValueError:  # a style that the model does not know, or a table changed by hand
        return ""
