"""The real server, a real browser, and pages whose console has to stay empty."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.web.browser import running_chromium
from tests.web.server import running_server
from tests.web.steps import expect_greeting, wikiart

TIMEOUT_MS = 60_000  # a busy machine is no failure of the page
DESKTOP_PX = (1280, 900)
PHONE_PX = (390, 844)


@dataclass
class Console:
    """What a page said that nobody should see, and patterns of what a test provokes."""

    messages: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let messages pass that the browser itself writes, such as a failed request."""
        self.expected.append(pattern)

    def surprises(self) -> list[str]:
        return [
            message
            for message in self.messages
            if not any(re.search(pattern, message) for pattern in self.expected)
        ]

    def listen(self, page: Page) -> None:
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))


# of this folder and not of the session: while Playwright runs, no other test could use asyncio
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with running_server() as address:
        yield address


@dataclass
class Windows:
    """Opens pages in windows of their own, and closes them all."""

    chromium: Browser
    server: str
    console: Console
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self,
        width: int = DESKTOP_PX[0],
        height: int = DESKTOP_PX[1],
        address: str = "/",
        **options: Any,
    ) -> Page:
        """Open the page in a window of the given size, in pixels.

        address: what follows the server's own; options: of the browser's context. Pictures of works
        come from the tests and not from WikiArt.
        """
        expect.set_options(timeout=TIMEOUT_MS)
        size: ViewportSize = {"width": width, "height": height}
        context = self.chromium.new_context(viewport=size, **options)
        self.contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        context.route("https://*.wikiart.org/**", wikiart)
        page = context.new_page()
        self.console.listen(page)
        # Playwright takes file choosers over only while somebody listens, and begins to do so
        # beside the next key press: on a busy machine the press can win
        page.on("filechooser", lambda _: None)
        page.goto(f"{self.server}{address}")
        if address == "/" and options.get("java_script_enabled", True):
            expect_greeting(page)  # later it would move what a test points at
        return page

    def close(self) -> None:
        for context in self.contexts:
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
            context.close()


@pytest.fixture
def console() -> Iterator[Console]:
    console = Console()
    yield console
    assert console.surprises() == []


@pytest.fixture
def open_page(chromium: Browser, server: str, console: Console) -> Iterator[Callable[..., Page]]:
    """Give a function that opens the page, as `Windows.open` does."""
    windows = Windows(chromium, server, console)
    yield windows.open
    windows.close()


@pytest.fixture(scope="module")
def seen(chromium: Browser, server: str) -> Iterator[tuple[Windows, dict[str, Page]]]:
    windows = Windows(chromium, server, Console())
    yield windows, {}
    windows.close()


@pytest.fixture
def look_at(seen: tuple[Windows, dict[str, Page]]) -> Iterator[Callable[[str], Page]]:
    """Give a function that shows an address to tests that only look: they share the page."""
    windows, pages = seen

    def look_at(address: str) -> Page:
        if address not in pages:
            pages[address] = windows.open(address=address)
        return pages[address]

    yield look_at
    assert windows.console.surprises() == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
