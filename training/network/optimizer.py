"""What moves the weights: the optimiser, and how its rate changes."""

from typing import Any

import keras

from training.config import TrainConfig
from training.network.loss import StyleAccuracy, StyleLoss


def compile_model(model: keras.Model, config: TrainConfig, *, styles: int, steps: int) -> None:
    """Give the model its loss and a new optimiser.

    steps: batches per epoch.
    """
    model.compile(
        _OPTIMIZERS[config.optimizer](config, _rate(config, steps)),
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


def _rate(config: TrainConfig, steps: int) -> Any:
    if config.schedule != "cosine":
        return config.learning_rate
    warmup = int(config.warmup_epochs * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(config.epochs * steps - warmup, 1),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )


def _clipping(config: TrainConfig) -> dict[str, float]:
    return {"global_clipnorm" if config.clip == "all" else "clipnorm": config.clip_norm}


_OPTIMIZERS = {
    "adamw": lambda config, rate: keras.optimizers.AdamW(
        rate, weight_decay=config.weight_decay, **_clipping(config)
    ),
    "adam": lambda config, rate: keras.optimizers.Adam(rate, **_clipping(config)),
    "sgd": lambda config, rate: keras.optimizers.SGD(rate, **_clipping(config)),
}
