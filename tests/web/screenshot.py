"""Takes the README's screenshots: `python -m tests.web.screenshot docs`.

The real service answers for a picture that `composition.py` draws. No picture of a work is shown:
where one would come from WikiArt, the card shows the colours of the work.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.pictures import encode
from tests.web.browser import running_chromium
from tests.web.composition import draw_composition
from tests.web.server import running_server

_TIMEOUT_MS = 60_000
_QUALITY = 85  # letters stay sharp; a PNG of the same weighs eight times as much


@dataclass(frozen=True, slots=True)
class Scene:
    """A page as the README shows it; the size is in pixels of the page."""

    name: str
    address: str
    prepare: Callable[[Page], None]
    size: tuple[int, int]
    scheme: str = "light"


def take_screenshots(folder: Path) -> None:
    """Write a WebP of each scene, at one and a half times the resolution of the window."""
    with running_server() as address, running_chromium() as browser:
        for scene in SCENES:
            take(browser, address, scene, folder)


def take(browser: Browser, address: str, scene: Scene, folder: Path) -> None:
    """Write one scene."""
    width, height = scene.size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=1.5,
        color_scheme="dark" if scene.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.set_default_timeout(_TIMEOUT_MS)
    page.route("https://*.wikiart.org/**", lambda route: route.abort())
    page.goto(f"{address}/{scene.address}", wait_until="networkidle")
    scene.prepare(page)
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    image.save(folder / f"{scene.name}.webp", quality=_QUALITY, method=6)
    page.close()


def _hang(page: Page) -> None:
    picture: FilePayload = {
        "name": "Twelve circles, drawn by code.jpg",
        "mimeType": "image/jpeg",
        "buffer": encode(draw_composition(), quality=92),
    }
    page.locator("#file").set_input_files(picture)
    expect(page.get_by_role("article")).to_be_visible(timeout=_TIMEOUT_MS)


def _wait_for_works(page: Page) -> None:
    works = page.get_by_role("list", name="Works of")
    expect(works.get_by_role("listitem").first).to_be_visible(timeout=_TIMEOUT_MS)


def _show_matrix(page: Page) -> None:
    heading = page.get_by_role("heading", name="What it takes for what")
    expect(heading).to_be_visible(timeout=_TIMEOUT_MS)
    heading.evaluate("(title) => title.closest('section').scrollIntoView()")


SCENES = (
    Scene("screenshot", "", _hang, (1280, 860)),
    Scene("screenshot-chronology", "#/chronology/impressionism", _wait_for_works, (1280, 860)),
    Scene("screenshot-model", "#/model", _show_matrix, (1280, 860), scheme="dark"),
)

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.web.screenshot FOLDER")
    take_screenshots(Path(sys.argv[1]))
