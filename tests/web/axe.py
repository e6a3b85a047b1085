"""What axe-core finds on a page."""

from typing import Final, Literal

from playwright.sync_api import Page

from tests.web.conftest import DESKTOP_PX, PHONE_PX, Console
from tests.web.steps import ROOT, resize

Scheme = Literal["light", "dark"]
LOOKS: Final[tuple[tuple[Scheme, tuple[int, int]], ...]] = (
    ("light", DESKTOP_PX),
    ("dark", PHONE_PX),
)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# of what passes it tells no more than that there was something: paths to all of it take their time
_RUN = """async (tags) => {
  const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] };
  const { passes, violations } = await axe.run(document, options);
  const told = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, String(target), failureSummary]),
  );
  return [passes.length, told];
}"""
# it reads style sheets anew, stumbles over imported ones, and the policy stops its own inline ones
_ITS_OWN_WORDS = "Couldn't load preload assets|Applying inline style"


def violations(page: Page) -> list[str]:
    """Return what axe-core finds: the rule and the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    passes, found = page.evaluate(_RUN, STANDARDS)
    assert passes, "axe-core looked at nothing"
    return [f"{rule}: {target} {summary}" for rule, target, summary in found]


def violations_of_all(page: Page) -> list[str]:
    """Return what axe-core finds in a large window in the light, and in a small one in the dark."""
    found: list[str] = []
    for scheme, size in LOOKS:
        look(page, scheme, size)
        found += violations(page)
    return found


def look(page: Page, scheme: Scheme, size: tuple[int, int]) -> None:
    """Show the page in the light or the dark, in a window of a size."""
    page.emulate_media(color_scheme=scheme)
    resize(page, *size)


def expect_accessible(page: Page, console: Console) -> None:
    """Fail with everything that axe-core finds on the page as it is."""
    console.expect(_ITS_OWN_WORDS)

    assert violations(page) == []


def expect_accessible_in_all(page: Page, console: Console) -> None:
    """Fail with everything that `violations_of_all` finds."""
    console.expect(_ITS_OWN_WORDS)

    assert violations_of_all(page) == []
