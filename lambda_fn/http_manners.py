"""What HTTP expects of any address, whatever its route: HEAD, and ETags with 304."""

from hashlib import blake2b
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TAGGED: Final = ("/v1/model", "/v1/styles", "/openapi.json")
"""Addresses whose answers are large, and the same for a long time."""
_KEPT_OF_304: Final = ("cache-control", "etag", "vary", "access-control-allow-origin")


class Manners:
    """Answers HEAD as GET without its body, and 304 to who has the answer already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and change the answer where need be."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
            send = _without_body(send)
        if scope["path"] in TAGGED:
            send = _Tagged(Headers(scope=scope).get("if-none-match", ""), send)
        await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


class _Tagged:
    """Holds an answer back until its tag is known; it may have any encoding, so the tag is weak."""

    def __init__(self, known: str, send: Send) -> None:
        self._known = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        if self._start["status"] == 200:
            self._tag()
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})

    def _tag(self) -> None:
        headers = MutableHeaders(raw=list(self._start["headers"]))
        tag = f'"{blake2b(self._body, digest_size=12).hexdigest()}"'
        headers["ETag"] = f"W/{tag}"
        if self._known & {tag, "*"}:
            kept = [pair for pair in headers.raw if pair[0].decode("latin-1") in _KEPT_OF_304]
            self._start, self._body = {**self._start, "status": 304, "headers": kept}, b""
        else:
            self._start = {**self._start, "headers": headers.raw}
