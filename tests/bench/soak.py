"""One process that answers thousands of mixed requests: what it keeps that it should not.

Good pictures, bad ones, huge ones and requests that are broken off, through the gateway and the
Runtime API, in an order that a seed fixes.
"""

import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2 as httpx
import numpy as np
import typer
from tqdm import tqdm

from infra.config import MAX_BODY_BYTES
from tests.cloud.function import Function, Start, alone, start_here
from tests.cloud.http_front import serving_front
from tests.pictures import draw_picture, encode, png_bomb

REQUESTS, WARM_UP = 10_000, 500
SETTINGS: Final = {"ARTSTYLE_MAX_BODY_BYTES": str(MAX_BODY_BYTES)}
_EVERY: Final = 25
_PREDICTIONS: Final = "/v1/predictions"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and the status that it should get; None: it is broken off before."""

    name: str
    share: int
    """how often it comes, among the others"""
    status: int | None
    path: str = _PREDICTIONS
    body: bytes | None = None
    kind: str = "image/jpeg"


@dataclass
class Report:
    """What one process showed, from the end of the warm-up on."""

    surprises: Counter[str] = field(default_factory=Counter)
    rss_kb: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    left_in_tmp: list[str] = field(default_factory=list)

    @property
    def slope_kb(self) -> float:
        """How much the memory grows in a thousand requests, by the line through all samples."""
        places = np.arange(len(self.rss_kb)) * _EVERY / 1000
        return float(np.polyfit(places, self.rss_kb, 1)[0])

    @property
    def growth_kb(self) -> float:
        """How much more memory the last quarter of the samples takes than the first."""
        quarter = max(len(self.rss_kb) // 4, 1)
        return float(np.median(self.rss_kb[-quarter:]) - np.median(self.rss_kb[:quarter]))


def main() -> None:
    """Measure and print everything; takes a quarter of an hour."""
    start = start_here(settings=SETTINGS, is_quiet=True, within=alone())
    report = soak(start, REQUESTS, WARM_UP)
    typer.echo(
        f"{REQUESTS} mixed requests to one process, from number {WARM_UP} on: memory "
        f"{report.rss_kb[0] / 1000:.0f} MB at first, {report.slope_kb:+.0f} kB in a thousand "
        f"requests; other answers than expected: {dict(report.surprises) or 'none'}; file "
        f"descriptors {min(report.files)} to {max(report.files)}, threads {min(report.threads)} to "
        f"{max(report.threads)}; left in /tmp: {report.left_in_tmp or 'nothing'}"
    )


def soak(start: Start, requests: int, warm_up: int) -> Report:
    """Send one request of each kind, then others; watch the process after the warm-up.

    requests: how many in all, one after the other.
    """
    mix, report, generator = make_requests(), Report(), random.Random(0)  # noqa: S311 - no secret
    before = _listing(Path("/tmp"))  # noqa: S108 - Lambda's only place to write to
    with _running(start) as (send, pid):
        drawn = generator.choices(mix, [one.share for one in mix], k=requests - len(mix))
        for number, request in enumerate(tqdm(mix + drawn, "soak", disable=None)):
            status = send(request)
            if status != request.status:
                report.surprises[f"{request.name}: {status}"] += 1
            if number >= warm_up and number % _EVERY == 0:
                _look(pid(), report)
        inside = Path(f"/proc/{pid()}/root/tmp")
        report.left_in_tmp = sorted(_listing(inside) - before)
    return report


def make_requests() -> list[Request]:
    """Return the kinds of requests that a public service sees."""
    small, large = draw_picture(320, 240), draw_picture(1600, 1200)
    jpeg = encode(large)
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return [
        Request("JPEG", 30, 200, body=jpeg),
        Request("PNG", 15, 200, body=encode(small, "PNG"), kind="image/png"),
        Request("WebP", 10, 200, f"{_PREDICTIONS}?similar=50", encode(small, "WEBP"), "image/webp"),
        Request(
            "form", 10, 200, body=form + jpeg + b"\r\n--x--", kind="multipart/form-data; boundary=x"
        ),
        Request("text", 5, 422, body=b"only text"),
        Request("cut off", 5, 422, body=jpeg[: len(jpeg) // 2]),
        Request("empty", 3, 400, body=b""),
        Request("broken form", 3, 400, body=form, kind="multipart/form-data; boundary=x"),
        Request("other type", 3, 415, body=b"{}", kind="text/plain"),
        Request("too large for us", 1, 413, body=bytes(MAX_BODY_BYTES + 1)),
        Request("too large for the gateway", 1, 413, body=bytes(11_000_000)),
        Request("too many pixels", 2, 413, body=png_bomb(20_000, 20_000), kind="image/png"),
        Request("unknown path", 3, 404, "/v1/nothing"),
        Request("health", 5, 200, "/v1/health"),
        Request("a style's works", 5, 200, "/v1/artworks?style=cubism&limit=20"),
        Request("docs", 2, 200, "/openapi.json"),
        Request("broken off", 4, None, body=jpeg),
        Request("not waited for", 4, None, body=jpeg),
    ]


Send = Callable[[Request], int | None]


@contextmanager
def _running(start: Start) -> Iterator[tuple[Send, Callable[[], int]]]:
    """Give what sends a request, and what tells the process; events wait for each other."""
    with (
        Function(start, timeout_s=29, patience_s=60) as function,
        serving_front(function.invoke, timeout_s=120) as address,
        httpx.Client(base_url=f"http://{address}", timeout=180) as client,
    ):

        def send(request: Request) -> int | None:
            if request.status is None:
                _break_off(address, request, is_whole=request.name == "not waited for")
                return None
            method = "GET" if request.body is None else "POST"
            headers = {} if request.body is None else {"Content-Type": request.kind}
            return client.request(
                method, request.path, content=request.body, headers=headers
            ).status_code

        yield send, lambda: function.environments[-1].process.pid


def _break_off(address: str, request: Request, *, is_whole: bool) -> None:
    """Send a request, or half of one, and go away."""
    host, _, port = address.rpartition(":")
    body = request.body or b""
    head = (
        f"POST {request.path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {request.kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode("ascii") + body[: len(body) if is_whole else len(body) // 2])


def _look(pid: int, report: Report) -> None:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    report.rss_kb.append(int(status.partition("VmRSS:")[2].split()[0]))
    report.threads.append(int(status.partition("Threads:")[2].split()[0]))
    report.files.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))


def _listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


if __name__ == "__main__":
    main()
