"""A form of RFC 7578 -> the one file in it, found in the body as it lies there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from python_multipart.multipart import parse_options_header

from lambda_fn import errors

_MAX_PARTS: Final = 24
_MAX_HEAD_BYTES: Final = 16_000
_FIELD: Final = "file"
_ENCODED_NAME: Final = re.compile(rb";\s*filename\*[0-9*]*\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of the form; start and end: where its content lies in the body."""

    name: str
    file_name: str | None
    start: int
    end: int


def file_of_form(body: bytes, content_type: str) -> bytes:
    """Return the content of the form's one file, which is in its field `file`.

    Raises:
        ServiceError: the form cannot be taken apart, or has no file, several or an empty one.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise _broken()
    parts = list(_parts_of(body, b"--" + boundary))
    files = [part for part in parts if part.file_name is not None]
    if len(files) > 1:
        raise errors.SeveralFilesError("The form holds several files: send one at a time.")
    file = next((part for part in files if part.name == _FIELD), None)
    if file is None or not (file.file_name or file.end > file.start):
        raise errors.MissingFileError("The form has no file in its field 'file': add one.")
    if file.end == file.start:
        raise errors.EmptyBodyError("The file in the form is empty: choose another.")
    return body[file.start : file.end]


def _parts_of(body: bytes, delimiter: bytes) -> Iterator[_Part]:
    """Yield the parts between the delimiters, up to the one that ends the form."""
    place = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if place == 1:
        raise _broken()
    for _ in range(_MAX_PARTS + 1):
        place += len(delimiter)
        if body.startswith(b"--", place):
            return
        head = body.find(b"\r\n", place)
        start = body.find(b"\r\n\r\n", head, head + _MAX_HEAD_BYTES)
        end = body.find(b"\r\n" + delimiter, max(start + 2, 0))
        if head < 0 or start < 0 or end < 0 or body[place:head].strip(b" \t"):
            raise _broken()
        start += 4
        yield _part_of(body[head + 2 : start - 4], start, max(end, start))
        place = end + 2
    raise _broken()


def _part_of(head: bytes, start: int, end: int) -> _Part:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            _, options = parse_options_header(value.strip())
            if b"name" not in options:
                break
            # a name in another script may come as `filename*` alone (RFC 5987)
            encoded = b"in another script" if _ENCODED_NAME.search(value) else None
            file_name = options.get(b"filename", encoded)
            return _Part(
                options[b"name"].decode("utf-8", "replace"),
                None if file_name is None else file_name.decode("utf-8", "replace"),
                start,
                end,
            )
    raise _broken()


def _broken() -> errors.BrokenMultipartError:
    return errors.BrokenMultipartError(
        "The form cannot be taken apart (its boundary or its end is missing, or it has many more "
        "fields than the one it needs): let your HTTP client build it, as in "
        "`curl -F file=@picture.jpg`."
    )
