"""The body of a request -> its bytes, or those of the picture in it, in a budget of memory."""

import asyncio
import io
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from lambda_fn import errors
from lambda_fn.forms import file_of_form

_FORM = "multipart/form-data"
_JSON = "application/json"
_ANY_BYTES = ("application/octet-stream", "binary/octet-stream")
_DRAIN_FACTOR = 4
_BUDGET_FACTOR = 8
_GRACE_S = 10.0
_LEAST_BYTES_PER_S = 10_000
# so long must a body have been silent before another one may take its room
_SILENT_S = 1.0

Model = TypeVar("Model", bound=BaseModel)


@dataclass(eq=False, slots=True)
class _Body:
    """A body on its way: held once, in a buffer that becomes the bytes without a copy."""

    buffer: io.BytesIO = field(default_factory=io.BytesIO)
    size: int = 0
    began_s: float = field(default_factory=time.monotonic)
    heard_s: float = field(default_factory=time.monotonic)
    timer: asyncio.Timeout | None = None
    """Set while more is waited for."""

    @property
    def ends_s(self) -> float:
        """When it has come too slowly, unless more comes before."""
        allowed_s = _GRACE_S + self.size / _LEAST_BYTES_PER_S
        return min(self.heard_s + _GRACE_S, self.began_s + allowed_s)

    def is_slow(self, now_s: float) -> bool:
        """Return whether it may be given up for another one."""
        return now_s - self.heard_s >= _SILENT_S or now_s - self.began_s >= _GRACE_S


class BodyReader:
    """Reads bodies of at most `max_bytes` each, and of eight times that at any one moment.

    One that stands still, or comes very slowly, is given up: after ten seconds, or as soon as
    another one needs its room.

    hint: what else can be done about a body that is too large, as a sentence.
    """

    def __init__(self, max_bytes: int, *, hint: str = "") -> None:
        self._max_bytes = max_bytes
        self._hint = hint
        self._budget_bytes = _BUDGET_FACTOR * max_bytes
        self._bodies: set[_Body] = set()

    @asynccontextmanager
    async def picture(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the raw body, or the one file of a form; it counts as held until the end.

        Raises:
            ServiceError: no picture, several, a body that is too large or of another type.
        """
        kind = _refuse_other_types(request)
        async with self._held() as body:
            data = await self._read(request, body)
            if not data:
                raise errors.EmptyBodyError("The request has no body: send a picture in it.")
            if kind == _FORM:
                data = file_of_form(data, request.headers["content-type"])
            yield data

    @asynccontextmanager
    async def whole(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the body as it came, whatever it is; it counts as held until the end.

        Raises:
            ServiceError: a body that is too large, too slow or broken off.
        """
        async with self._held() as body:
            yield await self._read(request, body)

    @asynccontextmanager
    async def _held(self) -> AsyncGenerator[_Body, None]:
        body = _Body()
        self._bodies.add(body)
        try:
            yield body
        finally:
            self._bodies.discard(body)

    async def _read(self, request: Request, body: _Body) -> bytes:
        """Return the whole body; of one that is too large, throw the rest away first.

        A client that is still sending when the connection closes sees a broken pipe instead of
        the answer. A body far over the limit, or announced as such, is not worth waiting for.
        """
        _refuse_encoded(request)
        announced = request.headers.get("content-length", "")
        size = 0
        if announced.isdigit() and int(announced) > _DRAIN_FACTOR * self._max_bytes:
            raise self._too_large()
        async for chunk in _in_time(request, body):
            size += len(chunk)
            if size <= self._max_bytes:
                self._hold(chunk, body)
            elif size > _DRAIN_FACTOR * self._max_bytes:
                break
        if size > self._max_bytes:
            raise self._too_large()
        buffer, body.buffer = body.buffer, io.BytesIO()
        return buffer.getvalue()

    def _hold(self, chunk: bytes, body: _Body) -> None:
        if not self._has_room(len(chunk)):
            self._give_up_slow(body)
            if not self._has_room(len(chunk)):
                raise errors.BusyError(
                    "Too many pictures are on their way right now: try again in a few seconds."
                )
        body.size += len(chunk)
        body.buffer.write(chunk)

    def _has_room(self, size: int) -> bool:
        return sum(body.size for body in self._bodies) + size <= self._budget_bytes

    def _give_up_slow(self, other: _Body) -> None:
        now_s = time.monotonic()
        for body in self._bodies - {other}:
            if body.timer is not None and body.is_slow(now_s):
                body.timer.reschedule(asyncio.get_running_loop().time())
                body.timer = None
                body.size, body.buffer = 0, io.BytesIO()

    def _too_large(self) -> errors.BodyTooLargeError:
        shrink = (
            f"The picture is larger than the {self._max_bytes / 1_000_000:g} MB that are accepted "
            "here: shrink it; 1,024 pixels on the longer side are plenty."
        )
        return errors.BodyTooLargeError(f"{shrink} {self._hint}".strip())


async def _in_time(request: Request, body: _Body) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a body, each within its time."""
    chunks = request.stream()
    while True:
        left_s = body.ends_s - time.monotonic()
        try:
            async with asyncio.timeout(max(left_s, 0)) as body.timer:
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise errors.SlowBodyError(
                "The picture comes too slowly, or stands still: send it again."
            ) from error
        except ClientDisconnect as error:
            raise errors.IncompleteBodyError(
                "The connection ended before the picture did: send it again."
            ) from error
        finally:
            body.timer = None
        if chunk is None:
            return
        body.heard_s = time.monotonic()
        yield chunk


def is_json(request: Request) -> bool:
    """Return whether the body is said to be JSON."""
    return _kind_of(request) == _JSON


def json_of(
    schema: type[Model], *, max_bytes: int, allow: Callable[[], object]
) -> Callable[[Request], AsyncGenerator[Model, None]]:
    """Return a dependency that gives what a body of JSON says; it counts as held until the end.

    allow: raises where such a body is not taken at all, before any of it is read.
    """
    reader = BodyReader(max_bytes)

    async def read(request: Request) -> AsyncGenerator[Model, None]:
        allow()
        if not is_json(request):
            raise errors.UnsupportedContentTypeError(
                f"This takes JSON: send it with 'Content-Type: {_JSON}'."
            )
        async with reader.whole(request) as data:
            yield parse_json(data, schema)

    return read


def parse_json(data: bytes, schema: type[Model]) -> Model:
    """Return what a body of JSON says.

    Raises:
        RequestValidationError: it is not what the schema asks for.
    """
    try:
        return schema.model_validate_json(data)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise RequestValidationError([one | {"loc": ("body", *one["loc"])} for one in found]) from (
            None  # it quotes what was sent
        )


def json_body(schema: type[BaseModel]) -> dict[str, Any]:
    """Return what the docs say of a body that is read by hand."""
    content = {_JSON: {"schema": {"$ref": f"#/components/schemas/{schema.__name__}"}}}
    return {"requestBody": {"required": True, "content": content}}


def _kind_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse_encoded(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise errors.UnsupportedContentTypeError(
            f"A body with 'Content-Encoding: {encoding[:40]}' is not unpacked here: send it as it "
            "is, a picture is packed already."
        )


def _refuse_other_types(request: Request) -> str:
    kind = _kind_of(request)
    if kind and not kind.startswith("image/") and kind not in (_FORM, *_ANY_BYTES):
        raise errors.UnsupportedContentTypeError(
            f"A body of type {kind} cannot be a picture: send it with 'Content-Type: image/jpeg' "
            "(or image/png, ...), or as the field 'file' of a multipart form."
        )
    return kind
