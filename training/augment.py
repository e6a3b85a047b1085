"""Random changes that keep the style: crops, mirrors, colour, and the resolution of the source.

They are Keras layers, active in training only, so that they run inside the training graph and
their random state is that of the model, which `train` keeps with every checkpoint. All of them
take float32 RGB of 0 to 255; saturation may leave that range a little, for strong colours.
"""

from typing import Any

import keras
from keras import ops

from training.config import TrainConfig


def build_augmentation(config: TrainConfig) -> keras.Sequential:
    """Return the layers; batches come out with sides of `config.crop_px` while training."""
    return keras.Sequential(
        [
            RandomResizedCrop(config.crop_px, config.min_crop_area, seed=config.seed),
            keras.layers.RandomColorJitter(
                value_range=(0, 255),
                brightness_factor=0.15,
                contrast_factor=0.2,
                saturation_factor=(0.4, 0.6),
                seed=config.seed,
            ),
            RandomResolution(config.max_softness, seed=config.seed),
        ],
        name="augmentation",
    )


@keras.saving.register_keras_serializable("artstyle")
class RandomResizedCrop(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Cut a random part of each picture, bring it to one size and mirror half of them.

    The part has a share of the area drawn evenly from `min_area` to 1 and an aspect ratio from
    3/4 to 4/3 (Szegedy et al. 2014, arXiv 1409.4842). Sampling is bilinear.
    """

    def __init__(self, size_px: int, min_area: float, *, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.size_px = size_px
        self.min_area = min_area
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Map (batch, side, side, 3) to (batch, size_px, size_px, 3); else identity."""
        if not training:
            return pictures
        count, side = ops.shape(pictures)[0], ops.cast(ops.shape(pictures)[1], "float32")
        area = self._uniform(count, self.min_area, 1.0)
        ratio = ops.exp(self._uniform(count, -0.2877, 0.2877))  # log(4/3)
        width = ops.minimum(ops.sqrt(area * ratio), 1.0)
        height = ops.minimum(ops.sqrt(area / ratio), 1.0)
        left = self._uniform(count, 0.0, 1.0) * (1.0 - width)
        top = self._uniform(count, 0.0, 1.0) * (1.0 - height)
        is_mirrored = ops.cast(self._uniform(count, 0.0, 1.0) < 0.5, "float32")
        step_x, step_y = width * side / self.size_px, height * side / self.size_px
        # a mirrored picture is read from the right end of its part to the left
        start_x = (left + is_mirrored * width) * side
        step_x = step_x * (1.0 - 2.0 * is_mirrored)
        transforms = _sampling(step_x, start_x, step_y, top * side)
        moved = _resample(pictures, transforms)
        return moved[:, : self.size_px, : self.size_px, :]

    def _uniform(self, count: Any, low: float, high: float) -> Any:
        return keras.random.uniform((count,), low, high, seed=self._generator)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        inherited: dict[str, Any] = super().get_config()
        own = {"size_px": self.size_px, "min_area": self.min_area, "seed": self.seed}
        return inherited | own


@keras.saving.register_keras_serializable("artstyle")
class RandomResolution(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Make half of the pictures as soft as a small scan: shrink them and bring them back.

    Collections differ in sharpness, and a network would rather learn the collection than the
    style. The factor is drawn for each picture, from 1 to `max_factor`.
    """

    def __init__(self, max_factor: float, *, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.max_factor = max_factor
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Keep the shape (batch, side, side, 3); identity when not training."""
        if not training:
            return pictures
        shape = (ops.shape(pictures)[0],)
        drawn = keras.random.uniform(
            shape, 2.0 - self.max_factor, self.max_factor, seed=self._generator
        )
        factor = ops.maximum(drawn, 1.0)
        origin = ops.zeros_like(factor)
        shrunk = _resample(pictures, _sampling(factor, origin, factor, origin))
        return _resample(shrunk, _sampling(1 / factor, origin, 1 / factor, origin))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        inherited: dict[str, Any] = super().get_config()
        return inherited | {"max_factor": self.max_factor, "seed": self.seed}


def _sampling(step_x: Any, start_x: Any, step_y: Any, start_y: Any) -> Any:
    """Return (batch, 8) transforms: pixel i shows the input at start + step * (i + 1/2) - 1/2."""
    zero = ops.zeros_like(step_x)
    offset_x, offset_y = start_x + step_x / 2 - 0.5, start_y + step_y / 2 - 0.5
    return ops.stack([step_x, zero, offset_x, zero, step_y, offset_y, zero, zero], axis=1)


def _resample(pictures: Any, transforms: Any) -> Any:
    return ops.image.affine_transform(
        pictures, transforms, interpolation="bilinear", fill_mode="nearest"
    )
