"""A broken-off run ends as if it had never stopped."""

import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training import made_runs
from training.config import TrainConfig
from training.runs import train as steps
from training.runs.run_folder import load_run, read_history
from training.runs.train import load_classifier, train

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small")]

Floats = NDArray[np.float32]


def break_off_in_epoch(number: int, patch: pytest.MonkeyPatch) -> None:
    """Patched because a real Ctrl-C comes at no certain time."""

    def on_epoch_begin(self: Any, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == number:
            raise KeyboardInterrupt

    patch.setattr(steps._Keeper, "on_epoch_begin", on_epoch_begin)


def break_off_at_the_end(patch: pytest.MonkeyPatch) -> None:
    """Patched likewise: all epochs are done, and the run is not finished yet."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    patch.setattr(steps, "_conclude", die)


def resume_after_breaks(dataset: Path, folder: Path, config: TrainConfig, *epochs: int) -> None:
    """Train, broken off and resumed in each of these epochs."""
    for epoch in epochs:
        with pytest.MonkeyPatch.context() as patch:
            break_off_in_epoch(epoch, patch)
            with pytest.raises(KeyboardInterrupt):
                train(dataset, folder, config)
        assert len(read_history(folder)) == epoch - 1
        keras.utils.set_random_seed(7)  # another process would not have the first one's state
    train(dataset, folder, config)


def assert_same_outcome(one: Path, other: Path) -> None:
    assert without_seconds(one) == without_seconds(other)
    assert load_run(one).best_epoch == load_run(other).best_epoch
    found, expected = (load_classifier(folder).get_weights() for folder in (one, other))
    assert_same_weights(found, expected)


def assert_same_weights(found: Sequence[Floats], expected: Sequence[Floats]) -> None:
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def without_seconds(folder: Path) -> list[dict[str, float]]:
    return [row | {"seconds": 0.0} for row in read_history(folder)]


def test_a_mean_of_epochs_resumed_in_every_stage_of_thawing_is_that_of_an_unbroken_run(
    signed: Path, tmp_path: Path
) -> None:
    unbroken = made_runs.thawed()

    # the last one in the middle of its stage
    resume_after_breaks(signed, tmp_path, load_run(unbroken).plan.config, 2, 3, 4)

    assert_same_outcome(tmp_path, unbroken)


def test_a_resumed_run_of_levels_with_a_teacher_ends_as_an_unbroken_one(
    signed: Path, tmp_path: Path
) -> None:
    unbroken = made_runs.student()

    resume_after_breaks(signed, tmp_path, load_run(unbroken).plan.config, 3)

    assert_same_outcome(tmp_path, unbroken)


def test_what_callbacks_remember_survives_a_break(dataset: Path, tmp_path: Path) -> None:
    unbroken = made_runs.stopped()
    rates = [row["learning_rate"] for row in read_history(unbroken)]

    resume_after_breaks(dataset, tmp_path, load_run(unbroken).plan.config, 3)

    assert_same_outcome(tmp_path, unbroken)
    assert load_run(tmp_path).stopped_early
    assert min(rates) < max(rates)


def test_a_run_killed_right_after_an_early_stop_is_finished_not_continued(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = made_runs.frozen_config()
    with monkeypatch.context() as patch:
        break_off_at_the_end(patch)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, tmp_path, config)
    rows = read_history(tmp_path)

    run = train(dataset, tmp_path, config)

    assert run.epochs == len(rows) < config.epochs
    assert read_history(tmp_path) == rows


def test_a_resumed_run_with_a_hidden_layer_ends_as_an_unbroken_one(
    signed: Path, tmp_path: Path
) -> None:
    unbroken = made_runs.hidden(agreement_weight=2.0)

    resume_after_breaks(signed, tmp_path, load_run(unbroken).plan.config, 2)

    assert_same_outcome(tmp_path, unbroken)


def test_a_disk_that_fills_up_costs_no_more_than_the_epoch(
    dataset: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_run(run).plan.config
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = (run / "model.keras").stat().st_size  # a checkpoint has the optimiser besides

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            train(dataset, tmp_path, config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert Path(caught.value.filename).parent == tmp_path
    assert not list(tmp_path.glob(".*"))
    # the run begins anew; this time without a sheet, which leaves the random state alone
    monkeypatch.setattr(steps, "draw_sheet", lambda *_: None)
    train(dataset, tmp_path, config)
    assert_same_outcome(tmp_path, run)
