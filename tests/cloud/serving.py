"""Serves an ASGI app on this machine for as long as a block lasts."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

_STOP_TIMEOUT_S = 10


@contextmanager
def serving(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Give the address, as HOST:PORT; it takes connections from the first moment on."""
    with socket.create_server((host, port)) as listener:
        # asyncio does it only for sockets made in another way; without it, what is sent in two
        # parts waits 40 ms for the other side to confirm the first
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app,
            log_level="error",
            lifespan="off",
            # what the app answers with are all its headers
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield "{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            thread.join(_STOP_TIMEOUT_S)
