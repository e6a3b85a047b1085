"""API Gateway's HTTP API in front of a function: HTTP -> event of payload format 2.0 -> HTTP.

Its limits and its own answers are those of the real one: a browser or curl sees what it would see
in the cloud, a limit on the rate aside.
"""

import base64
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final
from urllib.parse import parse_qsl

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.cloud.runtime_api import (
    FunctionError,
    PayloadTooLargeError,
    ThrottledError,
    make_trace_id,
)
from tests.cloud.serving import serving

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
TIMEOUT_S: Final = 30.0
_METHODS: Final = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
# all others reach the function as base64
_TEXTS: Final = ("application/json", "application/javascript", "application/xml")

Invoke = Callable[[object], Any]


def serving_front(
    invoke: Invoke, *, timeout_s: float = TIMEOUT_S, host: str = "127.0.0.1", port: int = 0
) -> AbstractContextManager[str]:
    """Give the address of an HTTP API, as HOST:PORT, while the block lasts.

    invoke: what answers an event, such as `Function.invoke`.
    """
    return serving(make_front(invoke, timeout_s=timeout_s), host=host, port=port)


def make_front(invoke: Invoke, *, timeout_s: float = TIMEOUT_S) -> ASGIApp:
    """Return the gateway as an app; it has one route, $default."""

    async def answer(request: Request) -> Response:
        try:
            body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return _say(413, "Request Entity Too Large")
        return await _ask(invoke, make_event(request, body), timeout_s)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


def make_event(request: Request, body: bytes) -> dict[str, Any]:
    """Return the event of a request; what it leaves out is left out, as the gateway does."""
    headers, cookies = _headers(request)
    target = request.scope["raw_path"].decode("ascii").partition("?")[0]
    query = request.url.query
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": target,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": _context(request, target),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    if body:
        is_text = _is_text(headers.get("content-type", ""), body)
        event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
        event["isBase64Encoded"] = not is_text
    return event


def to_response(result: Any) -> Response:
    """Return the HTTP answer that a function's result stands for."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return JSONResponse(result)
    text = result.get("body") or ""
    body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
    response = Response(body, result["statusCode"])
    for name, value in (result.get("headers") or {}).items():
        if name.lower() != "content-length":
            response.headers[name] = str(value)
    for cookie in result.get("cookies") or []:
        response.headers.append("set-cookie", cookie)
    return response


async def _read(request: Request) -> bytes | None:
    """Return the body; None if it is too large, as soon as that is known."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _ask(invoke: Invoke, event: dict[str, Any], timeout_s: float) -> Response:
    try:
        with anyio.fail_after(timeout_s):
            work = anyio.to_thread.run_sync(invoke, event, abandon_on_cancel=True)
            return to_response(await work)
    except PayloadTooLargeError:
        return _say(413, "Request Entity Too Large")
    except (ThrottledError, TimeoutError):
        return _say(503, "Service Unavailable")
    except FunctionError:
        return _say(500, "Internal Server Error")


def _say(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)


def _headers(request: Request) -> tuple[dict[str, str], list[str]]:
    sent = _joined([(name.lower(), value) for name, value in request.headers.items()])
    cookies = [one.strip() for one in sent.pop("cookie", "").split(";") if one.strip()]
    own = {
        "x-amzn-trace-id": make_trace_id().partition(";")[0],
        "x-forwarded-for": _source(request),
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    return sent | own, cookies


def _context(request: Request, path: str) -> dict[str, Any]:
    now = time.time()
    host = request.headers.get("host", "")
    return {
        "accountId": "123456789012",
        "apiId": host.partition(".")[0],
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": _source(request),
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": secrets.token_urlsafe(11) + "=",
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _source(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """What comes twice is one value with a comma."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _is_text(kind: str, body: bytes) -> bool:
    name = kind.partition(";")[0].strip().lower()
    if not name.startswith("text/") and name not in _TEXTS:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
