"""The static page, served as the cloud serves it: the same files under the same headers."""

import json
import os
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

HEADERS_FILE = "headers.json"
_OWN_ORIGIN = "connect-src 'self'"


class Page(StaticFiles):
    """The folder of the page; `headers.json` in it is the one place for its headers.

    connect_to: an origin beside the page's own to which it may send pictures.

    Raises:
        FileNotFoundError: the folder has no `headers.json`.
    """

    def __init__(self, folder: Path, *, connect_to: str | None = None) -> None:
        super().__init__(directory=folder, html=True)
        text = (folder / HEADERS_FILE).read_text("utf-8")
        if connect_to is not None:
            text = text.replace(_OWN_ORIGIN, f"{_OWN_ORIGIN} {connect_to}")
        self._headers: dict[str, str] = json.loads(text)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve whole files only: a broken Range would be answered outside our error body."""
        headers = [header for header in scope["headers"] if header[0] != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Any, status_code: int = 200
    ) -> Response:
        """Add the headers, and let a browser ask each time whether a file has changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(self._headers | {"Cache-Control": "no-cache"})
        del response.headers["Accept-Ranges"]
        return response
