"""The Lambda Runtime API of one execution environment, as a runtime client sees it, and its other
side: invocations.

What it does is what AWS documents and what its clients rely on; limits and texts are those that AWS
reports. One process asks it for one invocation at a time, so several environments have one each.
"""

import json
import queue
import secrets
import threading
import time
import uuid
from concurrent.futures import Future, InvalidStateError
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final, Self

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.cloud.serving import serving

MAX_PAYLOAD_BYTES: Final = 6_291_556
_VERSION: Final = "/2018-06-01/runtime"
_ARN: Final = "arn:aws:lambda:eu-west-1:123456789012:function:style-your-art"
_ERROR_TYPE_HEADER: Final = "Lambda-Runtime-Function-Error-Type"


class InvokeError(Exception):
    """An invocation has no result."""


class PayloadTooLargeError(InvokeError):
    """The event is larger than Lambda takes; the function never sees it."""


class ThrottledError(InvokeError):
    """No environment is free, and no more may be started."""


class FunctionError(InvokeError):
    """The function failed; `facts` is what AWS tells the caller about it."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(f"{facts.get('errorType')}: {facts.get('errorMessage')}")
        self.facts = facts

    @property
    def kind(self) -> str:
        """AWS's name for the kind of error, such as Runtime.ExitError."""
        return str(self.facts.get("errorType"))


@dataclass
class _Invocation:
    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    result: "Future[bytes]" = field(default_factory=Future)
    taken: threading.Event = field(default_factory=threading.Event)
    deadline_s: float = 0.0


class RuntimeApi:
    """The API at `address`, which is what AWS_LAMBDA_RUNTIME_API names, while its block lasts.

    host, port: where it listens; a container without the host's network needs others.
    """

    def __init__(self, *, timeout_s: float = 29.0, host: str = "127.0.0.1", port: int = 0) -> None:
        self.timeout_s = timeout_s
        self.address = ""
        self.is_initialised = threading.Event()
        """set when the process asks for its first event, or says that it cannot start"""
        self.init_error: FunctionError | None = None
        self._place = (host, port)
        self._pending: queue.Queue[_Invocation | None] = queue.Queue()
        self._running: dict[str, _Invocation] = {}
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        routes = [
            Route(f"{_VERSION}/invocation/next", self._next),
            Route(f"{_VERSION}/invocation/{{id}}/response", self._response, methods=["POST"]),
            Route(f"{_VERSION}/invocation/{{id}}/error", self._error, methods=["POST"]),
            Route(f"{_VERSION}/init/error", self._init_error, methods=["POST"]),
        ]
        host, port = self._place
        self.address = self._exits.enter_context(
            serving(Starlette(routes=routes), host=host, port=port)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._pending.put(None)
        self._exits.close()

    def invoke(self, payload: bytes) -> Any:
        """Return what the function answers; its time begins when the process takes the event.

        payload: the event, as `to_payload` makes it.

        Raises:
            FunctionError: what went wrong in the function, or with it.
        """
        if self.init_error is not None:
            raise self.init_error
        invocation = _Invocation(payload)
        self._running[invocation.id] = invocation
        self._pending.put(invocation)
        try:
            return json.loads(self._wait_for(invocation))
        finally:
            self._running.pop(invocation.id, None)

    def fail(self, kind: str, message: str) -> None:
        """End what is running with an error of this kind: the process is gone."""
        for invocation in list(self._running.values()):
            facts = {"errorType": kind, "errorMessage": f"RequestId: {invocation.id} {message}"}
            _settle(invocation, FunctionError(facts))

    def _wait_for(self, invocation: _Invocation) -> bytes:
        while not invocation.taken.wait(0.05):
            if invocation.result.done():  # the process is gone before it asked
                return invocation.result.result()
        try:
            return invocation.result.result(max(0.0, invocation.deadline_s - time.time()))
        except TimeoutError:
            message = f"Error: Task timed out after {self.timeout_s:.2f} seconds"
            facts = {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {invocation.id} {message}",
            }
            raise FunctionError(facts) from None

    async def _next(self, request: Request) -> Response:
        self.is_initialised.set()
        invocation = await run_in_threadpool(self._pending.get)
        if invocation is None:
            return _refuse(500, "Container", "the environment ends")
        invocation.deadline_s = time.time() + self.timeout_s
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline_s * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            "Lambda-Runtime-Trace-Id": make_trace_id(),
        }
        invocation.taken.set()
        return Response(invocation.payload, media_type="application/json", headers=headers)

    async def _response(self, request: Request) -> Response:
        invocation = self._running.get(request.path_params["id"])
        if invocation is None or invocation.result.done():
            return _refuse(400, "InvalidRequestID", "Invalid request ID")
        body = await request.body()
        if len(body) > MAX_PAYLOAD_BYTES:
            message = f"Exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes)."
            facts = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
            _settle(invocation, FunctionError(facts))
            return _refuse(413, "RequestEntityTooLarge", message)
        _settle(invocation, body)
        return _accept()

    async def _error(self, request: Request) -> Response:
        invocation = self._running.get(request.path_params["id"])
        if invocation is None or invocation.result.done():
            return _refuse(400, "InvalidRequestID", "Invalid request ID")
        _settle(invocation, await _read_error(request))
        return _accept()

    async def _init_error(self, request: Request) -> Response:
        if self.is_initialised.is_set():
            return _refuse(403, "InvalidStateTransition", "Transition from Ready to InitError")
        self.init_error = await _read_error(request)
        self.is_initialised.set()
        return _accept()


def to_payload(event: object) -> bytes:
    """Return an event as it travels.

    Raises:
        PayloadTooLargeError: it is too large to.
    """
    payload = json.dumps(event).encode()
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise PayloadTooLargeError(
            f"Request must be smaller than {MAX_PAYLOAD_BYTES} bytes for the InvokeFunction "
            "operation"
        )
    return payload


def make_trace_id() -> str:
    """Return a header of X-Ray for a request that is not sampled."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"


async def _read_error(request: Request) -> FunctionError:
    kind = request.headers.get(_ERROR_TYPE_HEADER, "Runtime.Unknown")
    try:
        facts = json.loads(await request.body())
    except ValueError:
        facts = {}
    return FunctionError({"errorType": kind, "errorMessage": ""} | facts)


def _settle(invocation: _Invocation, outcome: bytes | FunctionError) -> None:
    """The first outcome counts: a process may end while its answer arrives."""
    try:
        if isinstance(outcome, bytes):
            invocation.result.set_result(outcome)
        else:
            invocation.result.set_exception(outcome)
    except InvalidStateError:
        return


def _accept() -> Response:
    return JSONResponse({"status": "OK"}, 202)


def _refuse(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"errorType": kind, "errorMessage": message}, status)
