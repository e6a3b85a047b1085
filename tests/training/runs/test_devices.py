"""Several devices share a run, and say what they are."""

import math
from pathlib import Path

import pytest

from tests.training.conftest import made_teacher, tiny_config
from tests.training.forks import fork
from tests.training.two_devices import train_on_two
from training.runs.devices import describe, spread
from training.runs.run_folder import load_run, read_history

pytestmark = pytest.mark.slow


def test_two_devices_share_a_run_that_can_be_broken_off(signed: Path, tmp_path: Path) -> None:
    config = tiny_config(
        architecture="small", epochs=2, artist_weight=0.5, teachers=(made_teacher(),)
    )

    run, begun = tmp_path / "run", tmp_path / "begun"

    code, told = fork(train_on_two, signed, run, config, begun).finish()

    assert code == 0, told
    rows = read_history(run)
    assert load_run(run).epochs == len(rows) == 2
    assert rows[:1] == read_history(begun)
    assert not (begun / "run.json").exists()
    assert all(math.isfinite(value) for row in rows for value in row.values())


def test_a_machine_without_cards_computes_on_its_processor() -> None:
    assert describe() == "1 x CPU"


def test_one_device_needs_no_strategy() -> None:
    import tensorflow as tf

    with spread():
        assert not tf.distribute.has_strategy()


def test_cards_are_counted_and_hide_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    # patched because the machine has none
    names = ["cpu:0", "gpu:0", "gpu:1"]
    monkeypatch.setattr("keras.distribution.list_devices", lambda: names)

    assert describe() == "2 x GPU"
