"""The body of a request -> its bytes, or those of the picture in it, in a budget of memory."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from lambda_fn import errors

_FORM = "multipart/form-data"
_JSON = "application/json"
_DRAIN_FACTOR = 4
_BUDGET_FACTOR = 8

Model = TypeVar("Model", bound=BaseModel)


class BodyReader:
    """Reads bodies of at most `max_bytes` each, and of eight times that at any one moment.

    hint: what else can be done about a body that is too large, as a sentence.
    """

    def __init__(self, max_bytes: int, *, hint: str = "") -> None:
        self._max_bytes = max_bytes
        self._hint = hint
        self._budget_bytes = _BUDGET_FACTOR * max_bytes
        self._held_bytes = 0

    @asynccontextmanager
    async def picture(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the raw body, or the one file of a form; it counts as held until the end.

        Raises:
            ServiceError: no picture, several, a body that is too large or of another type.
        """
        kind = _refuse_other_types(request)
        async with self.whole(request) as body:
            if not body:
                raise errors.EmptyBodyError("The request has no body: send a picture in it.")
            yield await _file_of_form(request, body) if kind == _FORM else body

    @asynccontextmanager
    async def whole(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the body as it came, whatever it is; it counts as held until the end.

        Raises:
            ServiceError: a body that is too large or broken off.
        """
        chunks: list[bytes] = []
        try:
            await self._read(request, chunks)
            yield b"".join(chunks)
        finally:
            self._held_bytes -= sum(map(len, chunks))

    async def _read(self, request: Request, chunks: list[bytes]) -> None:
        """Append the body's chunks; of one that is too large, throw the rest away first.

        A client that is still sending when the connection closes sees a broken pipe instead of
        the answer. A body far over the limit, or announced as such, is not worth waiting for.
        """
        announced = request.headers.get("content-length", "")
        size = 0
        if announced.isdigit() and int(announced) > _DRAIN_FACTOR * self._max_bytes:
            raise self._too_large()
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size <= self._max_bytes:
                    self._hold(chunk, chunks)
                elif size > _DRAIN_FACTOR * self._max_bytes:
                    break
        except ClientDisconnect as error:
            raise errors.IncompleteBodyError(
                "The connection ended before the picture did: send it again."
            ) from error
        if size > self._max_bytes:
            raise self._too_large()

    def _hold(self, chunk: bytes, chunks: list[bytes]) -> None:
        if self._held_bytes + len(chunk) > self._budget_bytes:
            raise errors.BusyError(
                "Too many pictures are on their way right now: try again in a few seconds."
            )
        self._held_bytes += len(chunk)
        chunks.append(chunk)

    def _too_large(self) -> errors.BodyTooLargeError:
        shrink = (
            f"The picture is larger than the {self._max_bytes / 1_000_000:g} MB that are accepted "
            "here: shrink it; 1,024 pixels on the longer side are plenty."
        )
        return errors.BodyTooLargeError(f"{shrink} {self._hint}".strip())


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
    content = {_JSON: {"schema": schema.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


def _kind_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse_other_types(request: Request) -> str:
    kind = _kind_of(request)
    if kind and not kind.startswith("image/") and kind not in (_FORM, "application/octet-stream"):
        raise errors.UnsupportedContentTypeError(
            f"A body of type {kind} cannot be a picture: send it with 'Content-Type: image/jpeg' "
            "(or image/png, ...), or as the field 'file' of a multipart form."
        )
    return kind


async def _file_of_form(request: Request, body: bytes) -> bytes:
    form = await _parse(request, body)
    try:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(files) > 1:
            raise _several_files()
        file = form.get("file")
        if not isinstance(file, UploadFile) or not (file.filename or file.size):
            raise errors.MissingFileError("The form has no file in its field 'file': add one.")
        data = await file.read()
    finally:
        await form.close()
    if not data:
        raise errors.EmptyBodyError("The file in the form is empty: choose another.")
    return data


async def _parse(request: Request, body: bytes) -> FormData:
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary")
    # the parser takes a form that was cut off for one without files
    if not boundary or b"--" + boundary + b"--" not in body:
        raise _broken()
    parser = MultiPartParser(request.headers, _once(body), max_files=8, max_fields=16)
    parser.spool_max_size = len(body) + 1  # a picture never touches the disk
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise (_several_files() if "Too many files" in error.message else _broken()) from error
    except KeyError as error:
        raise _broken() from error


def _broken() -> errors.BrokenMultipartError:
    return errors.BrokenMultipartError(
        "The form cannot be taken apart (its boundary or its end is missing, or it has many more "
        "fields than the one it needs): let your HTTP client build it, as in "
        "`curl -F file=@picture.jpg`."
    )


def _several_files() -> errors.SeveralFilesError:
    return errors.SeveralFilesError("The form holds several files: send one at a time.")


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
