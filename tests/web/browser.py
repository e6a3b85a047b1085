"""Finds a Chromium: the system's, else the one that Playwright installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Give a headless Chromium.

    Raises:
        RuntimeError: there is none.
    """
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found)
        except Error as error:
            raise RuntimeError(
                "no Chromium starts here: run tests/web/install_chromium.sh, then try again"
            ) from error
        try:
            yield browser
        finally:
            browser.close()
