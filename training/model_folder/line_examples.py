"""What the line between paintings and other pictures is fitted on."""

from collections import Counter
from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.dataset.batches import FixedBatches
from training.dataset.elsewhere import (
    OTHERS,
    PAINTINGS,
    PHOTOGRAPHS,
    ElsewherePicture,
    read_squares,
    those,
)
from training.evaluation.metrics import Floats
from training.model_folder.calibrate import REFUSED, Examples
from training.model_folder.inference_graph import probe
from training.network.augment import build_augmentation

_AT_HOME = 0.06
"""share of the validation paintings that may be refused, where there are pictures from elsewhere:
many of them are soft scans, which look less like paintings than what visitors bring"""
_PHOTOGRAPHED = 0.06
_HOME_WEIGHT, _PHOTOGRAPH_WEIGHT, _VIEW_WEIGHT = 0.5, 3.0, 0.5
_BATCH = 32


def line_examples(
    model: keras.Model,
    validation: Examples,
    photographs: Floats | None,
    anywhere: Sequence[ElsewherePicture],
    config: TrainConfig,
    *,
    size_px: int,
) -> list[Examples]:
    """Return the examples; none where there are no pictures that are no paintings.

    model: a probe (`inference_graph.build_probe`).
    validation: unseen paintings of the model's own collections.
    photographs: texture of photographs of things.
    """
    paintings, photographed, others = (
        those(anywhere, kind, "train") for kind in (PAINTINGS, PHOTOGRAPHS, OTHERS)
    )
    if photographs is None and not others:
        return []
    at_home = _AT_HOME if paintings else REFUSED
    found = [Examples(validation.texture, True, validation.groups, _HOME_WEIGHT, at_home)]
    if photographs is not None:
        found.append(Examples(photographs, False, _each(len(photographs))))
    if paintings:
        places = tuple(one.source for one in paintings)
        squares = _read(paintings, size_px)
        found.append(Examples(_texture(model, squares), True, places, 1.0, REFUSED))
        views = build_augmentation(
            config.model_copy(update={"crop_px": size_px}), is_photograph=True
        )
        shown = [
            np.asarray(views(squares[at : at + _BATCH].astype(np.float32), training=True))
            for at in range(0, len(squares), _BATCH)
        ]
        seen = _texture(model, np.concatenate(shown))
        found.append(Examples(seen, True, places, _VIEW_WEIGHT))
    if large := [one for one in paintings if one.large]:
        squares = _read(large, size_px, is_large=True)
        places = tuple(one.source for one in large)
        found.append(Examples(_texture(model, squares), True, places, 1.0, REFUSED))
    if photographed:
        texture = _texture(model, _read(photographed, size_px))
        # nearly all are from one museum: left out by the picture, not by the place
        groups = _each(len(texture))
        found.append(Examples(texture, True, groups, _PHOTOGRAPH_WEIGHT, _PHOTOGRAPHED))
    for kind, count in Counter(one.style for one in others).items():
        chosen = [one for one in others if one.style == kind]
        groups = tuple(one.source for one in chosen)
        # kinds of which there are few count more, by the root of how few
        weight = (len(others) / count) ** 0.5
        found.append(Examples(_texture(model, _read(chosen, size_px)), False, groups, weight))
    return found


def _each(count: int) -> tuple[str, ...]:
    return tuple(f"picture {number}" for number in range(count))


def _read(
    pictures: Sequence[ElsewherePicture], size_px: int, *, is_large: bool = False
) -> NDArray[np.uint8]:
    squares = read_squares(pictures, size_px=size_px, is_large=is_large)
    return np.stack([one.astype(np.uint8) for one in squares])


def _texture(model: keras.Model, squares: NDArray[np.number]) -> Floats:
    nothing = np.zeros(len(squares), np.int64)
    batches = FixedBatches(nothing, lambda at: squares[at], styles=1, batch_size=_BATCH)
    return probe(model, batches).texture
