"""What augmentation does to pictures, drawn so that a person can judge it before it is trained."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from training.config import TrainConfig
from training.dataset.batches import Part
from training.files import whole_file
from training.network.augment import build_augmentation

PICTURES, VARIANTS = 6, 7
_GAP_PX = 4
_PAPER = 251


def draw_sheet(path: Path, part: Part, config: TrainConfig) -> None:
    """Store a PNG: a row per picture, first as it is stored, then seven random variants of it.

    The layers are made for the sheet, so that the random state of the run stays as it is.
    """
    count = min(PICTURES, len(part.names))
    places = np.linspace(0, len(part.names) - 1, count).astype(np.int64)
    pictures = part.read(places)
    side = pictures.shape[1]
    augmentation = build_augmentation(config)
    cell = side + _GAP_PX
    sheet = Image.new(
        "RGB",
        ((VARIANTS + 1) * cell + _GAP_PX, count * cell + _GAP_PX),
        (_PAPER, _PAPER, _PAPER),
    )
    for column in range(VARIANTS + 1):
        shown = pictures
        if column:
            changed = augmentation(pictures.astype(np.float32), training=True)
            shown = np.rint(keras.ops.convert_to_numpy(changed)).astype(np.uint8)
        for row in range(count):
            image = Image.fromarray(shown[row])
            place = (_GAP_PX + column * cell, _GAP_PX + row * cell)
            sheet.paste(image.resize((side, side), Image.Resampling.BILINEAR), place)
    with whole_file(path) as file:
        sheet.save(file, "PNG")
