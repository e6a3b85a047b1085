"""Random changes that keep the style: crops, flips, colour, resolution, JPEG, and photographs.

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


def build_augmentation(config: TrainConfig, *, is_photograph: bool = False) -> keras.Sequential:
    """Return the layers; batches come out with sides of `config.crop_px` while training.

    is_photograph: show every picture whole and as a visitor photographs it.
    """
    seed = config.seed
    area = 1.0 if is_photograph else config.min_crop_area
    photographs = 1.0 if is_photograph else config.photograph_share
    # each layer has a seed of its own, or a lightened picture would always be a soft one, too
    return keras.Sequential(
        [
            RandomResizedCrop(config.crop_px, area, config.vertical_flips, seed=seed),
            *([RandomPhotograph(photographs, seed=seed + 1)] if photographs else []),
            keras.layers.RandomColorJitter(
                value_range=(0, 255),
                brightness_factor=0.15,
                contrast_factor=0.2,
                saturation_factor=(0.4, 0.6),
                seed=seed + 2,
            ),
            RandomCast(config.colour_cast, seed=seed + 3),
            Clip(),
            RandomResolution(config.max_softness, seed=seed + 4),
            Clip(),
            RandomJpeg(config.jpeg_quality, seed=seed + 5),
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
    `vertical_flips` is turned upside down, too.
    """

    def __init__(
        self,
        size_px: int,
        min_area: float,
        vertical_flips: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.size_px = size_px
        self.min_area = min_area
        self.vertical_flips = vertical_flips

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
        }
        return super().get_config() | own


@keras.saving.register_keras_serializable("artstyle")
class RandomCast(_Random):
    """Strengthen or weaken each colour channel by up to `gain`.

    Photographs of one painting differ in their white balance.
    """

    def __init__(self, gain: float, **options: Any) -> None:
        super().__init__(**options)
        self.gain = gain

    def change(self, pictures: Any) -> Any:
        """Keep the shape (batch, side, side, 3)."""
        gains = [self._uniform(pictures, 1 - self.gain, 1 + self.gain) for _ in range(3)]
        return ops.multiply(pictures, ops.stack(gains, axis=1)[:, None, None, :])

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        return super().get_config() | {"gain": self.gain}


@keras.saving.register_keras_serializable("artstyle")
class Clip(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Bring strong colours back to 0 to 255, which Keras' own colour layer may leave."""

    def call(self, pictures: Any) -> Any:
        """Keep the shape."""
        return ops.clip(pictures, 0.0, 255.0)


@keras.saving.register_keras_serializable("artstyle")
class RandomResolution(_Random):
    """Make half of the pictures softer, and a quarter of them sharper, than they are.

    Collections differ in sharpness, and a network would rather learn the collection than the
    style. A softer picture is shrunk by a factor of 1 to `max_factor` and brought back (`soften`).
    A sharper one gets an unsharp mask: what shrinking takes away is added, up to once.
    """

    def __init__(self, max_factor: float, **options: Any) -> None:
        super().__init__(**options)
        self.max_factor = max_factor

    def change(self, pictures: Any) -> Any:
        """Keep the shape (batch, side, side, 3)."""
        factor = self._uniform(pictures, 1.0, self.max_factor)
        soft = soften(pictures, factor, factor)
        drawn, strength = self._uniform(pictures, 0.0, 1.0), self._uniform(pictures, 0.2, 1.0)
        amount = ops.where(drawn < 0.5, 1.0, ops.where(drawn < 0.75, -strength, 0.0))
        return pictures + ops.cast(_per_picture(amount), pictures.dtype) * (soft - pictures)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        return super().get_config() | {"max_factor": self.max_factor}


def soften(pictures: Any, row_factor: Any, column_factor: Any) -> Any:
    """Shrink pictures (batch, height, width, channels) by these factors, and bring them back.

    Both factors are at least 1, one for each picture. Shrinking weighs all pixels that a small one
    covers (a triangle filter, as wide as the factor asks), so that nothing finer than the small
    picture can hold becomes a pattern of its own; what brings it back is bilinear.
    """
    height, width = pictures.shape[1:3]
    rows, columns = _shrunk_and_back(height, row_factor), _shrunk_and_back(width, column_factor)
    halfway = ops.einsum("nij,njkc->nikc", ops.cast(rows, pictures.dtype), pictures)
    return ops.einsum("nkl,nilc->nikc", ops.cast(columns, pictures.dtype), halfway)


def _shrunk_and_back(side: int, factor: Any) -> Any:
    """Return the matrix (batch, side, side) that does it to a row of so many pixels."""
    places = ops.arange(side, dtype="float32")
    factor = ops.reshape(ops.cast(factor, "float32"), (-1, 1, 1))
    # row i of the first matrix makes pixel i of the small row; those beyond its end stay unused
    centres = (places[None, :, None] + 0.5) * factor - 0.5
    down = ops.relu(1.0 - ops.abs(places - centres) / factor)
    down = down / ops.maximum(ops.sum(down, axis=2, keepdims=True), 1e-6)
    last = ops.maximum(ops.floor(side / factor - 0.5), 0.0)
    shown = ops.minimum(ops.maximum((places[None, :, None] + 0.5) / factor - 0.5, 0.0), last)
    return ops.matmul(ops.relu(1.0 - ops.abs(places - shown)), down)


@keras.saving.register_keras_serializable("artstyle")
class RandomPhotograph(_Random):
    """Show a share of the pictures as a visitor of a museum photographs them.

    They hang on a wall, mostly in a frame, some with a mount; they are seen from an angle and fill
    most of the photograph. The light is uneven, a lamp may be reflected in the glass, and the hand
    may have moved a little. Each is drawn for each picture. It is the first share of a batch,
    whose pictures come in random order.
    """

    def __init__(self, share: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.share = share

    def change(self, pictures: Any) -> Any:
        """Keep the shape (batch, side, side, 3)."""
        if self.share == 1.0:
            return self._photograph(pictures)
        count = ops.cast(self.share * ops.cast(ops.shape(pictures)[0], "float32") + 0.5, "int32")
        return ops.concatenate([self._photograph(pictures[:count]), pictures[count:]])

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the layer anew."""
        return super().get_config() | {"share": self.share}

    def _photograph(self, pictures: Any) -> Any:
        side, kind = pictures.shape[1], pictures.dtype
        pictures = ops.cast(pictures, "float32")  # places are too fine for 16 bits
        across, down = self._places_on_painting(pictures, side)
        painting = _look_up(pictures, across, down)
        # distance from the painting's edge, in its sides: negative on the painting
        beyond = ops.maximum(ops.abs(across - 0.5), ops.abs(down - 0.5)) - 0.5
        seen = self._hung(pictures, painting, beyond, side)
        seen = seen * self._light(pictures, side)
        seen = self._reflected(seen, side)
        blur = [1.0 + ops.relu(self._uniform(pictures, -1.0, 1.0)) for _ in range(2)]
        noise = keras.random.normal(ops.shape(seen), seed=self._generator)
        grain = ops.relu(self._uniform(pictures, -5.0, 6.0))
        taken = soften(seen, *blur) + noise * _per_picture(grain)
        return ops.cast(ops.clip(taken, 0.0, 255.0), kind)

    def _places_on_painting(self, pictures: Any, side: int) -> tuple[Any, Any]:
        """Return where each pixel looks, in sides of the painting: two (batch, side, side)."""
        extent = self._uniform(pictures, 0.6, 1.05)
        ratio = ops.exp(self._uniform(pictures, -0.15, 0.15))
        corners = []
        middle = [
            0.5 + self._uniform(pictures, -0.4, 0.4) * ops.relu(1.0 - extent) for _ in range(2)
        ]
        turn = self._uniform(pictures, -0.07, 0.07)
        for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
            wide = x * extent * ratio + self._uniform(pictures, -0.05, 0.05)
            high = y * extent / ratio + self._uniform(pictures, -0.05, 0.05)
            corners += [middle[0] + wide - turn * high, middle[1] + high + turn * wide]
        h = _homography(corners)
        grid = (ops.arange(side, dtype="float32") + 0.5) / side
        x, y = grid[None, None, :], grid[None, :, None]
        a, b, c, d, e, f, g, i = (ops.reshape(one, (-1, 1, 1)) for one in ops.unstack(h, 8, axis=1))
        depth = g * x + i * y + 1.0
        return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth

    def _hung(self, pictures: Any, painting: Any, beyond: Any, side: int) -> Any:
        """Return the painting with its mount and frame on a wall."""
        wide = ops.relu(self._uniform(pictures, -0.05, 0.14))
        frame_width = ops.reshape(wide, (-1, 1, 1))
        mount_width = frame_width * ops.cast(
            ops.reshape(self._uniform(pictures, 0.0, 1.0) < 0.25, (-1, 1, 1)), "float32"
        )
        # from dark wood to gilt; two or three ridges catch the light
        gold = _per_picture(self._uniform(pictures, 0.1, 1.0))
        wood = gold * ops.convert_to_tensor([190.0, 150.0, 85.0])
        ridges = ops.reshape(self._uniform(pictures, 1.0, 3.0), (-1, 1, 1))
        inside = (beyond - mount_width) / ops.maximum(frame_width, 1e-3)
        relief = 0.6 + 0.5 * ops.abs(ops.sin(np.pi * ridges * inside))
        shade = self._uniform(pictures, 0.15, 0.98)
        tint = ops.stack([self._uniform(pictures, 0.85, 1.0) for _ in range(3)], axis=1)
        wall = 255.0 * _per_picture(shade) * tint[:, None, None, :]
        outer = ops.reshape(ops.relu(beyond - mount_width - frame_width), (-1, side, side, 1))
        shadow = _per_picture(ops.relu(self._uniform(pictures, -0.3, 0.5)))
        wall = wall * (1.0 - shadow * ops.exp(-outer / 0.03))
        edge = ops.cast(side, "float32")
        frame = _layered(relief[..., None] * wood, wall, beyond - mount_width - frame_width, edge)
        mount = _layered(ops.full_like(painting, 235.0), frame, beyond - mount_width, edge)
        return _layered(painting, mount, beyond, edge)

    def _light(self, pictures: Any, side: int) -> Any:
        """Return how light each pixel is: a smooth field about 1."""
        count = ops.shape(pictures)[0]
        field = keras.random.uniform((count, 3, 3, 1), 0.7, 1.15, seed=self._generator)
        return ops.image.resize(field, (side, side), interpolation="bicubic")

    def _reflected(self, seen: Any, side: int) -> Any:
        """Add the reflection of a lamp to a quarter of the photographs."""
        grid = (ops.arange(side, dtype="float32") + 0.5) / side
        x, y, size, bright = (
            ops.reshape(self._uniform(seen, low, high), (-1, 1, 1))
            for low, high in ((0.1, 0.9), (0.1, 0.9), (0.04, 0.2), (-2.4, 0.8))
        )
        distance = (grid[None, None, :] - x) ** 2 + (grid[None, :, None] - y) ** 2
        glare = ops.relu(bright) * ops.exp(-distance / (2 * size**2))
        return seen + (255.0 - seen) * glare[..., None]


def _per_picture(numbers: Any) -> Any:
    return ops.reshape(numbers, (-1, 1, 1, 1))


def _layered(inner: Any, outer: Any, beyond: Any, side: Any) -> Any:
    """Return `inner` where `beyond` is negative, else `outer`, with an edge of a pixel or two."""
    share = ops.clip(0.5 - beyond * side * 0.8, 0.0, 1.0)[..., None]
    return inner * share + outer * (1.0 - share)


def _homography(corners: list[Any]) -> Any:
    """Return (batch, 8): the projection that takes these corners to those of the unit square.

    corners: x and y, each (batch,), of the upper left, upper right, lower right and lower left one.
    """
    rows, targets = [], []
    zero, one = ops.zeros_like(corners[0]), ops.ones_like(corners[0])
    for number, (u, v) in enumerate(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))):
        x, y = corners[2 * number], corners[2 * number + 1]
        rows.append(ops.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=1))
        rows.append(ops.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=1))
        targets += [u * one, v * one]
    found = ops.solve(ops.stack(rows, axis=1), ops.stack(targets, axis=1)[..., None])
    return found[..., 0]


def _look_up(pictures: Any, across: Any, down: Any) -> Any:
    """Return what lies at these places, bilinear: (batch, side, side, 3)."""
    side = pictures.shape[1]
    x = ops.clip(across * side - 0.5, 0.0, side - 1.0)
    y = ops.clip(down * side - 0.5, 0.0, side - 1.0)
    left, top = ops.minimum(ops.floor(x), side - 2.0), ops.minimum(ops.floor(y), side - 2.0)
    flat = ops.reshape(pictures, (-1, side * side, 3))
    found = 0.0
    for right in (0, 1):
        for below in (0, 1):
            share = ops.abs(1.0 - right - (x - left)) * ops.abs(1.0 - below - (y - top))
            place = ops.cast((top + below) * side + left + right, "int32")
            index = ops.reshape(place, (-1, side * side, 1))
            taken = ops.reshape(ops.take_along_axis(flat, index, axis=1), ops.shape(pictures))
            found = found + share[..., None] * taken
    return found


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


def _resample(pictures: Any, transforms: Any) -> Any:
    return ops.image.affine_transform(
        pictures, transforms, interpolation="bilinear", fill_mode="nearest"
    )
