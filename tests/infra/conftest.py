"""Two stages, synthesised once: one with nothing chosen, one with everything."""

from dataclasses import replace

import pytest

from infra.config import DEV, PROD
from tests.infra.synthesis import Synthesis, synthesise

FULL = replace(
    PROD,
    has_mongodb=True,
    has_tracing=True,
    alarm_email="somebody@example.org",
    domain="style.example.org",
    certificate="arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d",
    reserved_concurrency=5,
    architecture="arm64",
)


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The stage for trying things out, as it is."""
    return synthesise(DEV, tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The stage for visitors with every option chosen."""
    return synthesise(FULL, tmp_path_factory.mktemp("full"))
