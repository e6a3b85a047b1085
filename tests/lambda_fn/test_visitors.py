"""No visitor shuts another out: those who leave, those who stand still, on a real server."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2 as httpx
import pytest
import uvicorn

from lambda_fn import request_body
from lambda_fn.app import create_app
from lambda_fn.contract.images import Pixels
from lambda_fn.errors import BrokenMultipartError, MissingFileError, SeveralFilesError
from lambda_fn.forms import file_of_form
from lambda_fn.runtime import Answer
from tests.fakes import FakeModel
from tests.lambda_fn.replies import eventually
from tests.pictures import draw_picture, encode

PICTURE = encode(draw_picture())
JPEG = {"Content-Type": "image/jpeg"}
MAX_BODY_BYTES = 100_000


class SlowModel(FakeModel):
    """Looks at each picture until it is let go, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.looked_at = 0

    def answer(self, pixels: Pixels) -> Answer:
        self.looked_at += 1
        self.go.wait(60)
        return super().answer(pixels)


@pytest.fixture
def model() -> SlowModel:
    return SlowModel()


@pytest.fixture
def address(model: SlowModel) -> Iterator[tuple[str, int]]:
    """Serve the model on this machine."""
    app = create_app(model, max_body_bytes=MAX_BODY_BYTES)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield listener.getsockname()
    model.go.set()
    server.should_exit = True
    thread.join(10)


def begin(address: tuple[str, int], body: bytes, *, announced: int | None = None) -> socket.socket:
    """Send a request's head and as much of its body."""
    connection = socket.create_connection(address)
    size = len(body) if announced is None else announced
    lines = ("POST /v1/predictions HTTP/1.1", "Host: x", "Content-Type: image/jpeg")
    head = "\r\n".join([*lines, f"Content-Length: {size}", "", ""])
    connection.sendall(head.encode() + body)
    return connection


def ask(address: tuple[str, int]) -> httpx.Response:
    host, port = address
    url = f"http://{host}:{port}/v1/predictions"
    return httpx.post(url, content=PICTURE, headers=JPEG, timeout=60)


def test_of_those_who_left_only_the_ones_at_work_are_finished(
    address: tuple[str, int], model: SlowModel
) -> None:
    for connection in [begin(address, PICTURE) for _ in range(14)]:
        assert eventually(lambda: model.looked_at == 2)  # as many as there are threads
        connection.close()
    visitor = threading.Thread(target=ask, args=[address])
    visitor.start()
    time.sleep(0.3)  # the server hears of it; nothing is compared with this time

    model.go.set()
    visitor.join(60)

    assert model.looked_at == 3


def test_bodies_that_stand_still_make_room_for_one_that_comes(
    address: tuple[str, int], model: SlowModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "_SILENT_S", 0.05)
    model.go.set()
    with ExitStack() as connections:
        for _ in range(8):
            part = bytes(MAX_BODY_BYTES - 100)
            connections.enter_context(begin(address, part, announced=MAX_BODY_BYTES))
        assert eventually(lambda: ask(address).status_code == 200)


def test_a_body_that_stands_still_is_ended(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "_GRACE_S", 0.05)

    with begin(address, PICTURE[:100], announced=1_000) as connection:
        connection.settimeout(60)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))  # until it is closed

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"slow_body" in answer


def test_a_body_that_comes_drop_by_drop_is_ended(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "_GRACE_S", 0.5)

    with begin(address, b"", announced=90_000) as connection:
        connection.settimeout(0.01)
        answer = b""
        while not answer:
            try:
                connection.sendall(b"x")
                answer = connection.recv(4096)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408 ")


BOUNDARY = "multipart/form-data; boundary=BB"


def form(*parts: tuple[str, bytes]) -> bytes:
    body = io.BytesIO()
    for head, content in parts:
        body.write(b"--BB\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n")
        body.write(b"Content-Type: image/jpeg\r\n\r\n" + content + b"\r\n")
    return body.getvalue() + b"--BB--\r\n"


@pytest.mark.parametrize(
    "head",
    [
        'name="file"; filename="a.jpg"',
        'name=file; filename=""',
        "name=\"file\"; filename*=utf-8''%E6%B1%89.jpg",
        "name=\"file\"; filename*0*=utf-8''%E6%B1%89; filename*1=.jpg",
        'filename="a.jpg"; name="file"',
    ],
)
@pytest.mark.parametrize("before", [b"", b"a preamble\r\n"])
def test_the_file_of_a_form_is_found_however_it_is_named(head: str, before: bytes) -> None:
    content = b"\r\n--B\r\n--BC\r\n" + PICTURE

    assert file_of_form(before + form(('name="note"', b"x"), (head, content)), BOUNDARY) == content


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (form(('name="file"', b"no name of a file")), MissingFileError),
        (form(('name="other"; filename="a"', b"x")), MissingFileError),
        (form(*2 * [('name="file"; filename="a"', b"x")]), SeveralFilesError),
        (form(*40 * [('name="x"', b"x")]), BrokenMultipartError),
        (form(('name="file"; filename="a"', b"x"))[:-8], BrokenMultipartError),
        (form(("filename=a", b"x")), BrokenMultipartError),
        (b"--BB\r\n\r\n\r\n--BB--", BrokenMultipartError),
        (b"--BB", BrokenMultipartError),
        (b"nothing", BrokenMultipartError),
    ],
)
def test_a_form_that_is_none_is_told_so(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        file_of_form(body, BOUNDARY)
