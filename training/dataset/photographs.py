"""A folder of pictures that are no paintings -> two halves: one to fit on, one to measure on."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.images import PictureError, to_pixels
from training.dataset.batches import FixedBatches
from training.errors import TrainingError

MIN_PHOTOGRAPHS = 20
_BATCH = 32


def load_photographs(folder: Path, *, size_px: int) -> tuple[FixedBatches, FixedBatches]:
    """Return the half to fit on (in batches) and the half held out (one by one), as the service
    would see them; which half a picture is in depends on its bytes only.

    Raises:
        TrainingError: no folder, or too few pictures in it that can be read.
    """
    if not folder.is_dir():
        raise TrainingError(f"no folder of photographs at {folder}")
    halves: tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]] = ([], [])
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        data = path.read_bytes()
        try:
            pixels = to_pixels(data, size_px=size_px).pixels
        except PictureError:
            continue
        halves[hashlib.sha256(data).digest()[0] % 2].append(pixels.astype(np.uint8))
    if min(map(len, halves)) < MIN_PHOTOGRAPHS // 2:
        raise TrainingError(
            f"{folder} has {sum(map(len, halves))} photographs that can be read, fewer than "
            f"{MIN_PHOTOGRAPHS}: they would teach nothing"
        )
    return _batches(halves[0], _BATCH), _batches(halves[1], 1)


def _batches(pictures: list[NDArray[np.uint8]], size: int) -> FixedBatches:
    array = np.stack(pictures)
    nothing = np.zeros(len(array), np.int64)
    return FixedBatches(nothing, lambda places: array[places], styles=1, batch_size=size)
