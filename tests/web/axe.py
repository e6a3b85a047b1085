"""axe-core on the pages whose style sheets import others."""

from playwright.sync_api import Page

from tests.web.conftest import Console
from tests.web.test_accessible import violations

# it reads style sheets anew, stumbles over imported ones, and the policy stops its own inline ones
_ITS_OWN_WORDS = "Couldn't load preload assets|Applying inline style"


def expect_accessible(page: Page, console: Console) -> None:
    """Fail with everything that axe-core finds."""
    console.expect(_ITS_OWN_WORDS)

    assert violations(page) == []
