"""Finds a Chromium: the system's, else the one that Playwright installed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserType, Error, sync_playwright

_START: Final = Path(__file__).with_name("chromium.sh")
_WITHOUT: Final = (
    # of every new window, shown or not: suggestions below the address, pages with scripts of their
    # own, which take as long as one of ours
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    "SpareRendererForSitePerProcess",  # a process for what a window may visit next
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Give a headless Chromium.

    Raises:
        RuntimeError: there is none.
    """
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        try:
            yield browser
        finally:
            browser.close()


def find_chromium() -> str | None:
    """Return where the system's Chromium is; None where it has none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def launch(kind: BrowserType, *arguments: str) -> Browser:
    """Start a Chromium with further command-line arguments; HEADED shows its window.

    Raises:
        RuntimeError: there is none.
    """
    found, is_headless = find_chromium(), not os.environ.get("HEADED")
    try:
        if found is None:
            return kind.launch(headless=is_headless, args=list(arguments))
        return kind.launch(
            headless=is_headless,
            executable_path=_START,
            args=list(arguments),
            env={**os.environ, "CHROMIUM": found, "CHROMIUM_WITHOUT": ",".join(_WITHOUT)},
        )
    except Error as error:
        raise RuntimeError(
            f"{found or 'Chromium'} does not start here; tests/web/install_chromium.sh installs one"
        ) from error
