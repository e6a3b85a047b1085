"""The page in a real Chromium, against the service as the Lambda runs it, behind its gateway."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from infra.config import MAX_BODY_BYTES, TIMEOUT_S
from tests.cloud.function import Function, start_here
from tests.cloud.http_front import serving_front
from tests.web.steps import ROOT, answer_of, headline_of, jpeg

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Give the address of the gateway; events wait for each other, as one process answers all."""
    settings = {
        "ARTSTYLE_MAX_BODY_BYTES": str(MAX_BODY_BYTES),
        "ARTSTYLE_WEB": str(ROOT / "web"),
    }
    with (
        Function(start_here(settings=settings), timeout_s=TIMEOUT_S, patience_s=60) as function,
        serving_front(function.invoke) as address,
    ):
        yield f"http://{address}"


def test_a_picture_is_answered_through_the_gateway(page: Page) -> None:
    answer = answer_of(page, jpeg())

    heading = page.get_by_role("article").get_by_role("heading", name=headline_of(answer))
    expect(heading).to_be_visible()


def test_the_styles_have_their_works_through_the_gateway(page: Page) -> None:
    page.get_by_role("link", name="Styles").first.click()

    expect(page.get_by_role("heading", name="Impressionism").first).to_be_visible()
