"""Random changes that keep the style: crops, flips, colour, resolution and JPEG.

They are Keras layers, active in training only, so that they run inside the training graph on any
backend, and their random state is that of the model, which `train` keeps with every checkpoint. All
of them take and give float32 RGB of 0 to 255.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from training.config import TrainConfig


def build_augmentation(config: TrainConfig) -> keras.Sequential:
    """Return the layers; batches come out with sides of `config.crop_px` while training."""
    seed = config.seed
    return keras.Sequential(
        [
            RandomResizedCrop(
                config.crop_px,
                config.min_crop_area,
                config.vertical_flips,
                config.rotation_deg,
                seed=seed,
            ),
            keras.layers.RandomColorJitter(
                value_range=(0, 255),
                brightness_factor=0.15,
                contrast_factor=0.2,
                saturation_factor=(0.4, 0.6),
                seed=seed,
            ),
            RandomCast(config.colour_cast, config.grey_share, seed=seed),
            Clip(),
            RandomResolution(config.max_softness, seed=seed),
            RandomJpeg(config.jpeg_quality, seed=seed),
        ],
        name="augmentation",
    )


def random_states(model: keras.Model) -> list[keras.Variable]:
    """Return what the random layers of a model draw from, in a fixed order."""
    return [one for one in model.variables if one.path.endswith("seed_generator_state")]


class _Random(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """A layer with a seed of its own, which does nothing outside of training."""

    def __init__(self, *, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Map (batch, height, width, 3) to pictures of the same style."""
        return self.change(pictures) if training else pictures

    def change(self, pictures: Any) -> Any:
        """Return changed pictures."""
        raise NotImplementedError

    def _uniform(self, pictures: Any, low: float, high: float) -> Any:
        """Return a number for each picture."""
        count = ops.shape(pictures)[0]
        return keras.random.uniform((count,), low, high, seed=self._generator)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        inherited: dict[str, Any] = super().get_config()
        return inherited | {"seed": self.seed}


@keras.saving.register_keras_serializable("artstyle")
class RandomResizedCrop(_Random):
    """Cut a random part of each picture, bring it to one size and mirror half of them.

    The part has a share of the area drawn evenly from `min_area` to 1 and an aspect ratio from
    3/4 to 4/3 (Szegedy et al. 2014, arXiv 1409.4842). Sampling is bilinear. A share of
    `vertical_flips` is turned upside down, too, and all are turned by up to `rotation_deg` either
    way; what a turned part lacks is filled with the nearest pixels.
    """

    def __init__(
        self,
        size_px: int,
        min_area: float,
        vertical_flips: float = 0.0,
        rotation_deg: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.size_px = size_px
        self.min_area = min_area
        self.vertical_flips = vertical_flips
        self.rotation_deg = rotation_deg

    def change(self, pictures: Any) -> Any:
        """Map (batch, side, side, 3) to (batch, size_px, size_px, 3)."""
        side = ops.cast(ops.shape(pictures)[1], "float32")
        area = self._uniform(pictures, self.min_area, 1.0)
        ratio = ops.exp(self._uniform(pictures, -0.2877, 0.2877))  # log(4/3)
        start_x, step_x = self._cut(pictures, ops.minimum(ops.sqrt(area * ratio), 1.0), 0.5)
        start_y, step_y = self._cut(
            pictures, ops.minimum(ops.sqrt(area / ratio), 1.0), self.vertical_flips
        )
        transforms = _sampling(step_x * side, start_x * side, step_y * side, start_y * side)
        if self.rotation_deg:
            limit = float(np.radians(self.rotation_deg))
            transforms = _turned(transforms, self._uniform(pictures, -limit, limit), self.size_px)
        moved = _resample(pictures, transforms)
        return moved[:, : self.size_px, : self.size_px, :]

    def _cut(self, pictures: Any, extent: Any, flips: float) -> tuple[Any, Any]:
        """Return where a part of this extent begins and its step per pixel, as shares of the side.

        A flipped picture is read from the far end of its part to the near one.
        """
        near = self._uniform(pictures, 0.0, 1.0) * (1.0 - extent)
        is_flipped = ops.cast(self._uniform(pictures, 0.0, 1.0) < flips, "float32")
        return near + is_flipped * extent, (1.0 - 2.0 * is_flipped) * extent / self.size_px

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        own = {
            "size_px": self.size_px,
            "min_area": self.min_area,
            "vertical_flips": self.vertical_flips,
            "rotation_deg": self.rotation_deg,
        }
        return super().get_config() | own


@keras.saving.register_keras_serializable("artstyle")
class RandomCast(_Random):
    """Strengthen or weaken each colour channel by up to `gain`; take all colour from some.

    Photographs of one painting differ in their white balance, and some are black and white.
    """

    def __init__(self, gain: float, grey_share: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.gain = gain
        self.grey_share = grey_share

    def change(self, pictures: Any) -> Any:
        """Keep the shape (batch, side, side, 3)."""
        gains = [self._uniform(pictures, 1 - self.gain, 1 + self.gain) for _ in range(3)]
        cast = ops.multiply(pictures, ops.stack(gains, axis=1)[:, None, None, :])
        is_grey = self._uniform(pictures, 0.0, 1.0) < self.grey_share
        grey = ops.matmul(cast, _TO_YCC[0][:, np.newaxis])
        return ops.where(is_grey[:, None, None, None], grey, cast)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        return super().get_config() | {"gain": self.gain, "grey_share": self.grey_share}


@keras.saving.register_keras_serializable("artstyle")
class Clip(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Bring strong colours back to 0 to 255, which Keras' own colour layer may leave."""

    def call(self, pictures: Any) -> Any:
        """Keep the shape."""
        return ops.clip(pictures, 0.0, 255.0)


@keras.saving.register_keras_serializable("artstyle")
class RandomResolution(_Random):
    """Make half of the pictures as soft as a small scan: shrink them and bring them back.

    Collections differ in sharpness, and a network would rather learn the collection than the
    style. The factor is drawn for each picture, from 1 to `max_factor`.
    """

    def __init__(self, max_factor: float, **options: Any) -> None:
        super().__init__(**options)
        self.max_factor = max_factor

    def change(self, pictures: Any) -> Any:
        """Keep the shape (batch, side, side, 3)."""
        drawn = self._uniform(pictures, 2.0 - self.max_factor, self.max_factor)
        factor = ops.maximum(drawn, 1.0)
        origin = ops.zeros_like(factor)
        shrunk = _resample(pictures, _sampling(factor, origin, factor, origin))
        return _resample(shrunk, _sampling(1 / factor, origin, 1 / factor, origin))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        return super().get_config() | {"max_factor": self.max_factor}


@keras.saving.register_keras_serializable("artstyle")
class RandomJpeg(_Random):
    """Take from half of the pictures what saving them as JPEG takes, down to `min_quality`.

    It is the lossy half of JPEG (ITU-T T.81 with its annex K tables, scaled by quality as the
    reference library does): colours to YCbCr, blocks of 8 x 8 to their cosine transform, rounding
    by the tables, and back. Colour is kept at full resolution.
    """

    def __init__(self, min_quality: int, **options: Any) -> None:
        super().__init__(**options)
        self.min_quality = min_quality

    def change(self, pictures: Any) -> Any:
        """Keep the shape; sides need not be a multiple of 8."""
        span = 95.0 - self.min_quality
        # above 95 stands for: as it is
        drawn = self._uniform(pictures, self.min_quality, 95.0 + max(span, 1.0))
        is_changed = ops.reshape(drawn <= 95.0, (-1, 1, 1, 1))
        return ops.where(is_changed, jpeg(pictures, ops.minimum(drawn, 95.0)), pictures)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        return super().get_config() | {"min_quality": self.min_quality}


def jpeg(pictures: Any, quality: Any) -> Any:
    """Return what is left of pictures after JPEG of this quality (1 to 100, one for each)."""
    height, width = ops.shape(pictures)[1], ops.shape(pictures)[2]
    padding = [[0, 0], [0, -height % 8], [0, -width % 8], [0, 0]]
    padded = ops.pad(pictures, padding, mode="symmetric")
    rows, columns = (height + 7) // 8, (width + 7) // 8
    ycc = ops.matmul(padded, _TO_YCC.T) - ops.convert_to_tensor(_LEVEL)
    blocks = ops.reshape(ycc, (-1, rows, 8, columns, 8, 3))
    scale = ops.where(quality < 50, 5000.0 / quality, 200.0 - 2.0 * quality) / 100.0
    tables = ops.clip(ops.round(ops.reshape(scale, (-1, 1, 1, 1)) * _TABLES), 1.0, 255.0)
    tables = ops.reshape(tables, (-1, 1, 8, 1, 8, 3))
    # the cosine transform along the rows (axis 2) and the columns (axis 4) of each block
    spectrum = ops.einsum("ui,vj,nriejc->nruevc", _DCT, _DCT, blocks)
    rounded = ops.round(spectrum / tables) * tables
    restored = ops.einsum("ui,vj,nruevc->nriejc", _DCT, _DCT, rounded)
    flat = ops.reshape(restored, (-1, rows * 8, columns * 8, 3)) + ops.convert_to_tensor(_LEVEL)
    return ops.clip(ops.matmul(flat, _TO_RGB.T), 0.0, 255.0)[:, :height, :width, :]


def _dct() -> NDArray[np.float32]:
    wave, place = np.mgrid[0:8, 0:8]
    basis = np.cos((2 * place + 1) * wave * np.pi / 16) / 2
    basis[0] /= np.sqrt(2)
    return np.asarray(basis, np.float32)


_DCT = _dct()
_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)
_TO_RGB = np.linalg.inv(_TO_YCC).astype(np.float32)
_LEVEL = np.array([128.0, 0.0, 0.0], np.float32)  # YCbCr is centred on 0 before the transform
_LUMINANCE = """
16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101
72 92 95 98 112 100 103 99
"""
_CHROMINANCE = """
17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
"""


def _tables() -> NDArray[np.float32]:
    luminance = np.array(_LUMINANCE.split(), np.float32).reshape(8, 8)
    chrominance = np.full((8, 8), 99, np.float32)
    chrominance[:4] = np.array(_CHROMINANCE.split(), np.float32).reshape(4, 8)
    return np.stack([luminance, chrominance, chrominance], axis=2)


_TABLES = _tables()
"""Annex K of T.81: (8, 8, 3), for Y, Cb and Cr."""


def _sampling(step_x: Any, start_x: Any, step_y: Any, start_y: Any) -> Any:
    """Return (batch, 8) transforms: pixel i shows the input at start + step * (i + 1/2) - 1/2."""
    zero = ops.zeros_like(step_x)
    offset_x, offset_y = start_x + step_x / 2 - 0.5, start_y + step_y / 2 - 0.5
    return ops.stack([step_x, zero, offset_x, zero, step_y, offset_y, zero, zero], axis=1)


def _turned(transforms: Any, angle: Any, size_px: int) -> Any:
    """Turn what the transforms show about the middle of an output of `size_px`."""
    step_x, _, offset_x, _, step_y, offset_y, zero, _ = ops.unstack(transforms, 8, axis=1)
    cos, sin, middle = ops.cos(angle), ops.sin(angle), (size_px - 1) / 2
    # where pixel (i, j) is after the turn: its place in the output of the plain transform
    shift_x = middle - cos * middle + sin * middle
    shift_y = middle - sin * middle - cos * middle
    return ops.stack(
        [
            step_x * cos,
            -step_x * sin,
            step_x * shift_x + offset_x,
            step_y * sin,
            step_y * cos,
            step_y * shift_y + offset_y,
            zero,
            zero,
        ],
        axis=1,
    )


def _resample(pictures: Any, transforms: Any) -> Any:
    return ops.image.affine_transform(
        pictures, transforms, interpolation="bilinear", fill_mode="nearest"
    )
