"""The body of a request -> the bytes of one picture, never more than the limit in memory."""

from collections.abc import AsyncGenerator

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from lambda_fn import errors

_FORM = "multipart/form-data"
_DRAIN_FACTOR = 4


async def read_picture(request: Request, *, max_bytes: int) -> bytes:
    """Return the raw body, or the one file of a form.

    Raises:
        ServiceError: no picture, several, a body over `max_bytes`, or of another type.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith("image/") and kind not in (_FORM, "application/octet-stream"):
        raise errors.UnsupportedContentTypeError(
            f"A body of type {kind} cannot be a picture: send it with 'Content-Type: image/jpeg' "
            "(or image/png, ...), or as the field 'file' of a multipart form."
        )
    body = await _read(request, max_bytes)
    if not body:
        raise errors.EmptyBodyError("The request has no body: send a picture in it.")
    return await _file_of_form(request, body) if kind == _FORM else body


async def _read(request: Request, max_bytes: int) -> bytes:
    """Read the body; of one that is too large, throw the rest away before answering.

    A client that is still sending when the connection closes sees a broken pipe instead of the
    answer. A body far over the limit, or announced as such, is not worth waiting for.
    """
    announced = request.headers.get("content-length", "")
    is_hopeless = announced.isdigit() and int(announced) > _DRAIN_FACTOR * max_bytes
    if is_hopeless:
        raise _too_large(max_bytes)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= max_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > _DRAIN_FACTOR * max_bytes:
            break
    if size > max_bytes:
        raise _too_large(max_bytes)
    return b"".join(chunks)


def _too_large(max_bytes: int) -> errors.BodyTooLargeError:
    return errors.BodyTooLargeError(
        f"The picture is larger than the {max_bytes / 1_000_000:g} MB that are accepted here: "
        "shrink it; 1,024 pixels on the longer side are plenty."
    )


async def _file_of_form(request: Request, body: bytes) -> bytes:
    form = await _parse(request, body)
    try:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(files) > 1:
            raise errors.SeveralFilesError("The form holds several files: send one at a time.")
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
    except (MultiPartException, KeyError) as error:
        raise _broken() from error


def _broken() -> errors.BrokenMultipartError:
    return errors.BrokenMultipartError(
        "The form cannot be taken apart (its boundary or its end is missing): let your HTTP "
        "client build it, as in `curl -F file=@picture.jpg`."
    )


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
