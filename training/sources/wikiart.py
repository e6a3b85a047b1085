"""WikiArt's JSON interface: asked slowly, tried again where that helps, its answers checked.

Every request waits for its turn, redirects and retries included, and goes only to hosts of the
site's own names. A failed one ends in a RequestFailedError whose reason is short enough to count.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, Lock
from types import TracebackType
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from lambda_fn.contract.images import Picture, PictureError, TooManyPixelsError
from training.config import CollectConfig
from training.errors import TrainingError
from training.sources.raw_folder import verify_picture

_T = TypeVar("_T")
_MAX_REDIRECTS = 5
_LARGE = "!Large.jpg"
_VERSION = re.compile(r"![A-Za-z]+\.\w+$")  # without it the address is the original's


NO_ADDRESS = "no address"
OUTSIDE = "address outside of the site"
_TOO_LARGE = "too many pixels"
_GONE = ("HTTP 404", "HTTP 410")


class RequestFailedError(Exception):
    """A request gave nothing of use; `is_passing` says that another try may."""

    def __init__(self, reason: str, *, is_passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_passing = is_passing

    @property
    def is_about_one_work(self) -> bool:
        """The site works well: it is this one work that lacks something."""
        return self.reason in (*_GONE, NO_ADDRESS, OUTSIDE, _TOO_LARGE)


class StoppedError(Exception):
    """The client was stopped while a request waited for its turn."""


def _year(value: object) -> int | None:
    """Take the year out of 1889, "1889" or "c.1889-90"; some works have none."""
    found = re.search(r"(?<!\d)\d{3,4}(?!\d)", str(value))
    return int(found.group()) if found else None


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _styles(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return tuple(stripped for part in parts if (stripped := str(part).strip()))


_Text = Annotated[str | None, BeforeValidator(lambda value: str(value or "").strip() or None)]
_Side = Annotated[int | None, BeforeValidator(_size)]


class _Answer(BaseModel):
    # fields that we do not know are kept, for whoever reads lists/ later
    model_config = ConfigDict(frozen=True, extra="allow")


class Artist(_Answer):
    """One entry of the artists' list."""

    slug: str = Field(alias="url", min_length=1)
    name: str = Field(alias="artistName")


class ListedWork(_Answer):
    """One entry of an artist's list of works."""

    id: Annotated[str, BeforeValidator(str)] = Field(alias="contentId", pattern=r"^[\w-]+$")
    title: _Text = None
    artist: _Text = Field(default=None, alias="artistName")
    year: Annotated[int | None, BeforeValidator(_year)] = Field(
        default=None, alias="completitionYear"
    )
    year_text: _Text = Field(default=None, alias="yearAsString")
    width: _Side = None
    height: _Side = None
    image_url: _Text = Field(default=None, alias="image")


class WorkDetails(ListedWork):
    """One work's own answer; what it leaves out stands in the list."""

    slug: _Text = Field(default=None, alias="url")
    styles: Annotated[tuple[str, ...], BeforeValidator(_styles)] = Field(default=(), alias="style")
    genre: _Text = None

    @property
    def known_year(self) -> int | None:
        """The year, wherever it is given."""
        return self.year or _year(self.year_text)


ARTISTS = TypeAdapter(list[Artist])
LISTED_WORKS = TypeAdapter(list[ListedWork])
_DETAILS = TypeAdapter(dict[str, Any])


class RateLimiter:
    """Lets at most `requests` go in any `window_s` seconds, whichever thread they come from."""

    def __init__(
        self,
        requests: int,
        window_s: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._window_s = window_s
        self._sent: deque[float] = deque(maxlen=requests)
        self._held_until = float("-inf")
        self._now = now
        self._sleep = sleep
        self._lock = Lock()

    def wait(self) -> None:
        """Return when the next request may go; it counts from then on."""
        while True:
            with self._lock:
                pause_s = self._pause_s()
                if pause_s <= 0:
                    self._sent.append(self._now())
                    return
            self._sleep(pause_s)

    def hold(self, seconds: float) -> None:
        """Let no request go for so long."""
        with self._lock:
            self._held_until = max(self._held_until, self._now() + seconds)

    def _pause_s(self) -> float:
        is_full = len(self._sent) == self._sent.maxlen
        free_at = self._sent[0] + self._window_s if is_full else float("-inf")
        return max(free_at, self._held_until) - self._now()


class WikiArt:
    """The site at `config.base_url`, asked from one thread or several; a context manager."""

    def __init__(self, config: CollectConfig, *, limiter: RateLimiter | None = None) -> None:
        self._config = config
        self._base = httpx2.URL(config.base_url)
        self._stopping = Event()
        self._limiter = limiter or RateLimiter(
            config.requests_per_window, config.window_s, sleep=self._sleep
        )
        self._http = httpx2.Client(
            headers={"User-Agent": config.user_agent},
            timeout=config.timeout_s,
            limits=httpx2.Limits(max_connections=config.connections + 1),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """End every wait of other threads with a StoppedError."""
        self._stopping.set()

    def page_url(self, artist_slug: str, slug: str) -> str:
        """Return the address of a work's page for people."""
        return str(self._base.join(f"/en/{quote(artist_slug, safe='')}/{quote(slug, safe='')}"))

    def artists(self, *, is_public_domain: bool) -> list[Artist]:
        """Ask for the artists whose works are, or are not, in the public domain."""
        wanted = str(is_public_domain).lower()
        return self._ask("Artist/AlphabetJson", ARTISTS, v="new", inPublicDomain=wanted)

    def works_of(self, artist: Artist) -> list[ListedWork]:
        """Ask for an artist's works."""
        return self._ask(
            "Painting/PaintingsByArtist", LISTED_WORKS, artistUrl=artist.slug, json="2"
        )

    def details(self, work: ListedWork) -> WorkDetails:
        """Ask for a work's details, laid over what the list said."""
        own = self._ask(f"Painting/ImageJson/{work.id}", _DETAILS)
        listed = work.model_dump(by_alias=True)
        known = {name: value for name, value in own.items() if value is not None}
        # never invalid: what makes no sense in a field counts as not given
        return WorkDetails.model_validate(listed | known | {"contentId": work.id})

    def picture(self, url: str) -> tuple[bytes, Picture]:
        """Fetch the original picture; the large version where that is gone or too large for us."""
        original = _VERSION.sub("", url)
        try:
            return self._fetch(original)
        except RequestFailedError as error:
            if error.reason not in (*_GONE, _TOO_LARGE):
                raise
        return self._fetch(original + _LARGE)

    def picture_bytes(self, url: str) -> int | None:
        """Ask how large the original picture is, without fetching it."""
        try:
            response = self._tried(lambda: self._send("HEAD", _VERSION.sub("", url)))
        except RequestFailedError:
            return None
        length = response.headers.get("Content-Length", "")
        return int(length) if length.isdigit() else None

    def has_picture(self, url: str) -> bool:
        """Ask whether an address answers with a picture, without fetching it.

        Raises:
            RequestFailedError: it answers neither so nor that it is gone.
        """
        try:
            response = self._tried(lambda: self._send("HEAD", url))
        except RequestFailedError as error:
            if error.reason in _GONE:
                return False
            raise
        if response.headers.get("Content-Type", "").startswith("image/"):
            return True
        raise RequestFailedError("no picture, but another type")

    def _ask(self, path: str, shape: TypeAdapter[_T], **parameters: str) -> _T:
        url = str(self._base.join(f"/en/App/{path}"))
        return self._tried(lambda: _parse(self._send("GET", url, parameters), shape))

    def _fetch(self, url: str) -> tuple[bytes, Picture]:
        return self._tried(lambda: _decode(self._send("GET", url).content))

    def _tried(self, attempt: Callable[[], _T]) -> _T:
        config = self._config
        retrying = Retrying(
            retry=retry_if_exception(
                lambda error: isinstance(error, RequestFailedError) and error.is_passing
            ),
            stop=stop_after_attempt(config.attempts),
            wait=wait_exponential(config.backoff_s, config.max_backoff_s)
            + wait_random(0, config.backoff_s),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _send(
        self, method: str, url: str, parameters: dict[str, str] | None = None
    ) -> httpx2.Response:
        try:
            request = self._http.build_request(method, url, params=parameters)
        except httpx2.InvalidURL as error:
            raise RequestFailedError(NO_ADDRESS) from error
        for _ in range(_MAX_REDIRECTS):
            response = self._send_once(request)
            if response.next_request is None:
                self._refuse_status(response)
                return response
            request = response.next_request
        raise RequestFailedError("redirected without end")

    def _send_once(self, request: httpx2.Request) -> httpx2.Response:
        if not self._is_own(request.url):
            raise RequestFailedError(OUTSIDE)
        self._limiter.wait()
        if self._stopping.is_set():
            raise StoppedError
        try:
            return self._http.send(request, follow_redirects=False)
        except httpx2.TimeoutException as error:
            raise RequestFailedError("timeout", is_passing=True) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise RequestFailedError("connection broke", is_passing=True) from error

    def _is_own(self, url: httpx2.URL) -> bool:
        """Only hosts of the site's names, and no step back from https to http."""
        domains = (self._base.host, *self._config.own_domains)
        is_safe = url.scheme == "https" or (url.scheme == "http" == self._base.scheme)
        return is_safe and any(
            url.host == domain or url.host.endswith(f".{domain}") for domain in domains
        )

    def _refuse_status(self, response: httpx2.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        self._hold(response.headers.get("Retry-After", ""))
        is_passing = status in (408, 425, 429) or status >= 500
        raise RequestFailedError(f"HTTP {status}", is_passing=is_passing)

    def _hold(self, retry_after: str) -> None:
        seconds = _seconds(retry_after)
        if seconds > self._config.max_retry_after_s:
            raise TrainingError(
                f"{self._base.host} asks for a pause of {seconds:.0f} s: run the same command "
                "again after that"
            )
        if seconds > 0:
            self._limiter.hold(seconds)

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise StoppedError


def _parse(response: httpx2.Response, shape: TypeAdapter[_T]) -> _T:
    try:
        return shape.validate_json(response.content)
    except ValidationError as error:
        if response.content.lstrip()[:1] == b"<":
            # a page instead of data: an error in disguise, or a wall against robots
            raise RequestFailedError("HTML instead of JSON", is_passing=True) from error
        is_json = all(one["type"] != "json_invalid" for one in error.errors())
        reason = "JSON of another shape" if is_json else "damaged JSON"
        raise RequestFailedError(reason, is_passing=not is_json) from error


def _decode(data: bytes) -> tuple[bytes, Picture]:
    try:
        return data, verify_picture(data)
    except TooManyPixelsError as error:
        raise RequestFailedError(_TOO_LARGE) from error
    except PictureError as error:
        reason = type(error).__name__.removesuffix("PictureError").lower()
        raise RequestFailedError(f"{reason} picture", is_passing=True) from error


def _seconds(retry_after: str) -> float:
    """Return how long to wait, from seconds or from a date; 0 where nothing sensible stands."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max((date - datetime.now(UTC)).total_seconds(), 0.0)
