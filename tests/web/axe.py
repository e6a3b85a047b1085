"""What axe-core finds on a page."""

from typing import Any

from playwright.sync_api import Page

from tests.web.conftest import Console
from tests.web.steps import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# it reads style sheets anew, stumbles over imported ones, and the policy stops its own inline ones
_ITS_OWN_WORDS = "Couldn't load preload assets|Applying inline style"


def violations(page: Page) -> list[str]:
    """Return what axe-core finds: the rule and the elements."""
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", STANDARDS
    )
    assert found["passes"], "axe-core looked at nothing"
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def expect_accessible(page: Page, console: Console) -> None:
    """Fail with everything that axe-core finds."""
    console.expect(_ITS_OWN_WORDS)

    assert violations(page) == []
