"""What moves the weights: the optimiser, and how its rate changes."""

from typing import Any

import keras

from training.config import TrainConfig
from training.network.loss import StyleAccuracy, StyleLoss


def compile_model(
    model: keras.Model, config: TrainConfig, *, styles: int, steps: int, first_epoch: int
) -> None:
    """Give the model its loss and a new optimiser, whose schedule begins at `first_epoch`.

    steps: batches per epoch.
    """
    model.compile(
        _OPTIMIZERS[config.optimizer](config, _rate(config, steps, first_epoch)),
        StyleLoss(
            styles,
            config.label_smoothing,
            config.artist_weight,
            config.teacher_weight if config.teachers else 0.0,
            config.agreement_weight,
        ),
        metrics=[StyleAccuracy(styles)],
    )
    # else its moments are made by the first step, and TensorFlow traces all of that step once more
    model.optimizer.build(model.trainable_variables)


@keras.saving.register_keras_serializable("artstyle")
class Shifted(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc] # no types
    """A schedule that begins in its middle, for an optimiser that counts from 0 again."""

    def __init__(self, schedule: Any, offset: int) -> None:
        super().__init__()
        self.schedule, self.offset = schedule, offset

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step."""
        return self.schedule(step + self.offset)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the schedule anew."""
        inner = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": inner, "offset": self.offset}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Shifted":
        """Make the schedule anew."""
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["offset"])


def _rate(config: TrainConfig, steps: int, first_epoch: int) -> Any:
    if config.schedule != "cosine":
        return config.learning_rate
    warmup = int(config.warmup_epochs * steps)
    cosine = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(config.epochs * steps - warmup, 1),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )
    return Shifted(cosine, first_epoch * steps) if first_epoch else cosine


def _clipping(config: TrainConfig) -> dict[str, float]:
    return {"global_clipnorm" if config.clip == "all" else "clipnorm": config.clip_norm}


_OPTIMIZERS = {
    "adamw": lambda config, rate: keras.optimizers.AdamW(
        rate, weight_decay=config.weight_decay, **_clipping(config)
    ),
    "adam": lambda config, rate: keras.optimizers.Adam(rate, **_clipping(config)),
    "sgd": lambda config, rate: keras.optimizers.SGD(rate, **_clipping(config)),
}
