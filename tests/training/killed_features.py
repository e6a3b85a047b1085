"""A computation of features that kills itself: from outside nobody knows at which batch it is."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.training.small import registered
from training.config import TrainConfig
from training.dataset.batches import look_ahead
from training.runs import features as steps


def compute_until_killed(
    dataset: Path, config: TrainConfig, *, batch: int, saved_every: int, killed_at: int
) -> None:
    """Send SIGKILL to this process when it asks for this batch, counted from 0."""

    def look_ahead_until(batches: Any) -> Iterator[Any]:
        for number, one in enumerate(look_ahead(batches)):
            if number == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            yield one

    steps.BATCH, steps.SAVED_EVERY = batch, saved_every
    steps.look_ahead = look_ahead_until  # type: ignore[attr-defined]
    with registered():
        steps.bottleneck_features(dataset, config)
