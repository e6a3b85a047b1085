"""The stack in the cloud, as the tests of training/cloud/ have it."""

from tests.training.cloud.conftest import queue, s3, stack

__all__ = ["queue", "s3", "stack"]
