"""A way to AWS on which requests go wrong: refused, slow, or cut in the middle."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import httpx2 as httpx

Fault = Literal["refused", "slow", "cut", "lost"]
_ERROR = b"<Error><Code>ServiceUnavailable</Code><Message>Please try again</Message></Error>"
_SLOW_S = 0.2
_HOP = ("connection", "transfer-encoding", "content-length", "content-encoding", "date", "server")


class FaultyWay:
    """Passes requests on to `target`; of those that fit, one in `every` meets the next fault.

    refused: S3 answers 503. slow: it takes its time. cut: the answer breaks off in the middle.
    lost: the connection ends without an answer, after S3 has done what it was asked for.
    """

    def __init__(self, target: str, *, every: int = 3) -> None:
        self.target, self.every = target, every
        self.faults: tuple[Fault, ...] = ("refused", "slow", "cut", "lost")
        self.is_down = False
        self.met: list[str] = []
        self.address = ""
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def next_fault(self) -> Fault | None:
        with self._lock:
            if self.is_down:
                fault: Fault | None = "refused"
            else:
                round_, left = divmod(next(self._count), self.every)
                fault = self.faults[round_ % len(self.faults)] if left == 0 else None
            if fault is not None:
                self.met.append(fault)
            return fault


@contextmanager
def faulty_way(target: str, *, every: int = 3) -> Iterator[FaultyWay]:
    """Yield the way, whose `address` takes the place of the endpoint's."""
    way = FaultyWay(target, every=every)
    with httpx.Client(base_url=target, timeout=60, trust_env=False) as http:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(way, http))
        server.daemon_threads = True
        way.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield way
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(way: FaultyWay, http: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = way.next_fault()
            if fault == "refused":
                return self._send(503, {"Content-Type": "application/xml"}, _ERROR)
            if fault == "slow":
                time.sleep(_SLOW_S)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
            answer = http.request(self.command, self.path, headers=headers, content=body)
            if fault == "lost":
                self.close_connection = True
                return None
            data = answer.read()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
            length = answer.headers.get("content-length", str(len(data)))
            return self._send(
                answer.status_code, kept, data, length=int(length), is_cut=fault == "cut"
            )

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on

        def _send(
            self,
            status: int,
            headers: dict[str, str],
            data: bytes,
            *,
            length: int | None = None,
            is_cut: bool = False,
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data) if length is None else length))
            self.end_headers()
            self.close_connection = is_cut
            self.wfile.write(data[: len(data) // 2] if is_cut else data)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
