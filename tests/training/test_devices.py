"""Several devices share a run, and say what they are."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.conftest import tiny_config
from training.config import TrainConfig
from training.devices import describe, spread
from training.run_folder import load_run, read_history

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# Patched in a process of its own: a machine that tests has no two cards, and a process decides on
# its devices before TensorFlow starts. What is patched is the choice of devices only.
ON_TWO_DEVICES = """
import sys
from pathlib import Path
import tensorflow as tf

(processor,) = tf.config.list_physical_devices("CPU")
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(processor, halves)

from tests.training.small import registered
from training import devices, train as steps
from training.config import TrainConfig

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
devices._strategy = lambda: strategy
begin = steps._Keeper.on_epoch_begin

def on_epoch_begin(self, epoch, logs=None):
    assert self.model.distribute_strategy is strategy
    assert strategy.num_replicas_in_sync == 2
    if epoch + 1 == int(sys.argv[4]):
        raise KeyboardInterrupt
    begin(self, epoch, logs)

steps._Keeper.on_epoch_begin = on_epoch_begin
config = TrainConfig.model_validate_json(sys.argv[3])
with registered():
    try:
        steps.train(Path(sys.argv[1]), Path(sys.argv[2]), config)
    except KeyboardInterrupt:
        print("broken off")
"""


def train_on_two(dataset: Path, run: Path, config: TrainConfig, *, break_in_epoch: int = 0) -> str:
    """Train; 0 breaks in no epoch."""
    options = (dataset, run, config.model_dump_json(), break_in_epoch)
    result = subprocess.run(
        [sys.executable, "-c", ON_TWO_DEVICES, *map(str, options)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def teacher(small: str, signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training.train import train

    folder = tmp_path_factory.mktemp("teacher")
    train(signed, folder, tiny_config(architecture=small, epochs=1))
    return folder


def test_two_devices_share_a_run_that_can_be_broken_off(
    teacher: Path, signed: Path, tmp_path: Path
) -> None:
    config = tiny_config(architecture="small", epochs=3, artist_weight=0.5, teachers=(teacher,))
    assert "broken off" in train_on_two(signed, tmp_path, config, break_in_epoch=3)
    begun = read_history(tmp_path)

    train_on_two(signed, tmp_path, config)

    rows = read_history(tmp_path)
    assert load_run(tmp_path).epochs == len(rows) == 3
    assert rows[:2] == begun
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
