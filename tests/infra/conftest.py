"""Stages, synthesised once: one with nothing chosen, one with everything, one without training."""

import pytest

from tests.infra.synthesis import Synthesis, read_stage


@pytest.fixture(scope="session")
def dev() -> Synthesis:
    """The stage for trying things out, as it is."""
    return read_stage("dev")


@pytest.fixture(scope="session")
def full() -> Synthesis:
    """The stage for visitors with every option chosen."""
    return read_stage("full")


@pytest.fixture(scope="session")
def bare() -> Synthesis:
    """The stage for trying things out, without machines for training."""
    return read_stage("bare")
