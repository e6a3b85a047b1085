"""What is kept of a request: one line about what was asked and how it ended.

Never a picture, what somebody searched for or said, an address of a visitor, or a secret.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lambda_fn.predict import milliseconds
from lambda_fn.schemas import PredictionWithWorks

Facts = dict[str, Any]
Write = Callable[[Facts], None]
_DECIMALS: Final = 4

logger = logging.getLogger(__name__)


class Journal:
    """Writes a line when a request has been answered, or has failed without an answer."""

    def __init__(self, app: ASGIApp, *, write: Write) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        facts: Facts = {**_origin_of(scope), "method": scope["method"], "status": 500}
        scope.setdefault("state", {})["facts"] = facts

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", None)
            self._write({**facts, "route": route, "duration_ms": _since(started)})


def note(request: Request, **facts: object) -> None:
    """Add facts to the line of a request, if one is written."""
    getattr(request.state, "facts", {}).update(facts)


def facts_of(answer: PredictionWithWorks) -> Facts:
    """Return what the line of a picture says about its answer."""
    return {
        "prediction_id": answer.id,
        "style": answer.style.slug,
        "probability": round(answer.style.probability, _DECIMALS),
        "verdict": answer.verdict,
        "catalogue": answer.catalogue,
        "width_px": answer.picture.width,
        "height_px": answer.picture.height,
        "format": answer.picture.format,
        **{f"{step}_ms": took_ms for step, took_ms in answer.timing_ms.items()},
    }


def write_plainly(facts: Facts) -> None:
    """Write the line for people who serve at home; the files of the page have none."""
    if facts["route"] is None:
        return
    line = "{method} {route} {status} {duration_ms:.0f} ms".format_map(facts)
    if "style" in facts:
        line += ": {style} {probability:.0%}, {width_px} x {height_px} px".format_map(facts)
    logger.info(line + (f": {facts['error']}" if "error" in facts else ""))


def _origin_of(scope: Scope) -> Facts:
    """Return by what the gateway and Lambda know the request; nothing at home."""
    context, event = scope.get("aws.context"), scope.get("aws.event", {})
    known = {
        "request_id": event.get("requestContext", {}).get("requestId"),
        "function_name": getattr(context, "function_name", None),
        "function_version": getattr(context, "function_version", None),
        "function_request_id": getattr(context, "aws_request_id", None),
    }
    return {name: value for name, value in known.items() if value is not None}


def _since(started: float) -> float:
    return milliseconds(started, time.perf_counter())
