"""What commands are given: the stores of the catalogue's tests, the stack of the cloud's."""

from tests.training.catalogue.conftest import target
from tests.training.cloud.conftest import queue, s3, stack

__all__ = ["queue", "s3", "stack", "target"]
