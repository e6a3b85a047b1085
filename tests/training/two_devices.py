"""A run on two devices, in a process that has not chosen its devices yet."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.training.small import registered
from training.config import TrainConfig
from training.runs import devices
from training.runs import train as steps


def train_on_two(dataset: Path, run: Path, config: TrainConfig, begun: Path) -> None:
    """Train an epoch, copy what there is of the run to `begun`, and go on to the end.

    Patched in a process of its own: a machine that tests has no two cards, and a process decides
    on its devices before TensorFlow starts. What is patched is the choice of devices only.
    """
    import keras
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, halves)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    devices._strategy = lambda: strategy  # type: ignore[assignment]
    begin = steps._Keeper.on_epoch_begin

    def on_epoch_begin(self: Any, epoch: int, logs: Any = None) -> None:
        assert self.model.distribute_strategy is strategy
        assert strategy.num_replicas_in_sync == 2
        if epoch == 1 and not begun.exists():
            raise KeyboardInterrupt
        begin(self, epoch, logs)

    steps._Keeper.on_epoch_begin = on_epoch_begin  # type: ignore[method-assign]
    with registered():
        with suppress(KeyboardInterrupt):
            steps.train(dataset, run, config)
        shutil.copytree(run, begun)
        keras.utils.set_random_seed(7)  # another process would not have the first one's state
        steps.train(dataset, run, config)
