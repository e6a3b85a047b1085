"""Finds a Chromium: the system's, else the one that Playwright installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserType, Error, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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
    """Start a headless Chromium with further command-line arguments.

    Raises:
        RuntimeError: there is none.
    """
    found = find_chromium()
    try:
        return kind.launch(executable_path=found, args=list(arguments))
    except Error as error:
        raise RuntimeError(
            f"{found or 'Chromium'} does not start here; tests/web/install_chromium.sh installs one"
        ) from error
