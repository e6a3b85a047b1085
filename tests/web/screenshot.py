"""Takes the README's screenshot: `python -m tests.web.screenshot docs/screenshot.png`.

The real service answers for a picture that `composition.py` draws; nothing borrowed is shown.
"""

import sys
from pathlib import Path

from playwright.sync_api import FilePayload, expect

from tests.pictures import encode
from tests.web.browser import running_chromium
from tests.web.composition import draw_composition
from tests.web.server import running_server

_WIDTH_PX, _HEIGHT_PX = 1280, 860


def take_screenshot(target: Path) -> None:
    """Write a PNG of an answer at one and a half times the resolution of the window."""
    picture: FilePayload = {
        "name": "Twelve circles, drawn by code.jpg",
        "mimeType": "image/jpeg",
        "buffer": encode(draw_composition(), quality=92),
    }
    with running_server() as address, running_chromium() as browser:
        page = browser.new_page(
            viewport={"width": _WIDTH_PX, "height": _HEIGHT_PX}, device_scale_factor=1.5
        )
        page.goto(address)
        page.locator("#file").set_input_files(picture)
        expect(page.get_by_role("article")).to_be_visible(timeout=30_000)
        page.screenshot(path=target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.web.screenshot OUT.png")
    take_screenshot(Path(sys.argv[1]))
