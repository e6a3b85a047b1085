"""The command line with the small architecture; its training can stand still within an epoch."""

import sys
import threading
from typing import Any

from tests.training.small import main
from training.dataset.batches import TrainingBatches

STANDING = "standing still"


def stand_still_at(number: int) -> None:
    """Let one batch never be ready."""
    make = TrainingBatches.__call__

    def __call__(self: TrainingBatches, asked: Any) -> Any:
        if int(asked) == number:
            sys.stdout.write(f"{STANDING}\n")
            sys.stdout.flush()
            threading.Event().wait()
        return make(self, asked)

    TrainingBatches.__call__ = __call__  # type: ignore[assignment, method-assign]


def run(batch: int, arguments: list[str]) -> None:
    """Run the command line in this process, and end it.

    batch: the number of the one that never comes, counted from the first epoch's first; -1 is none.
    """
    stand_still_at(batch)
    main(arguments)
