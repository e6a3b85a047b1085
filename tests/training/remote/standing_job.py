"""The command line with the small architecture; its training can stand still within an epoch.

    python -m tests.training.remote.standing_job BATCH job SPEC ...

BATCH is the number of the batch that never comes, counted from the first epoch's first; -1 is none.
"""

import sys
import threading
from typing import Any

from tests.training.small import main
from training.data import TrainingBatches

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


if __name__ == "__main__":
    stand_still_at(int(sys.argv.pop(1)))
    main()
