"""What a runtime must do: load a model, and answer for a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.images import Pixels
from lambda_fn.contract.manifest import ModelManifest

Floats = NDArray[np.float32]


class ModelError(Exception):
    """A model cannot be loaded; the message says what to do."""


class ModelFolderError(ModelError):
    """The model folder is missing, incomplete, damaged or does not fit the contract."""


class MissingRuntimeError(ModelError):
    """What runs the model is not installed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one pass through the graph says about a picture."""

    probabilities: Annotated[Floats, "shape (styles,), in manifest order, sums to 1"]
    embedding: Annotated[Floats, "shape (embedding_size,), of unit length"]
    maps: Annotated[Floats, "shape (styles, rows, columns)"] | None
    """how much each place speaks for each style, against the mean of all styles: in units of
    logits, below 0 where it speaks against it. None if the head of the network has no such maps
    """
    painting: float | None
    """how much the picture looks like a painting, 0 to 1; None if the model cannot tell"""


class StyleModel(Protocol):
    """A loaded model; may be called from several threads."""

    @property
    def manifest(self) -> ModelManifest:
        """What the model says about itself."""
        ...

    def answer(self, pixels: Pixels) -> Answer:
        """Return what the model says about a picture.

        pixels: float32, shape (input_size_px, input_size_px, 3), RGB, 0 to 255.
        """
        ...


def make_answer(outputs: Mapping[str, Floats]) -> Answer:
    """Return the answer that the outputs of the graph for one picture are."""
    return Answer(
        outputs["probabilities"][0],
        outputs["embedding"][0],
        outputs["maps"][0] if "maps" in outputs else None,
        float(outputs["painting"][0, 0]) if "painting" in outputs else None,
    )


def require_fit(manifest: ModelManifest, file: Path, shapes: Mapping[str, Any]) -> None:
    """Check what the graph takes and gives against what its manifest says."""
    size_px, styles = manifest.input_size_px, len(manifest.styles)
    expected = {
        "pixels": (1, size_px, size_px, 3),
        "probabilities": (1, styles),
        "embedding": (1, manifest.embedding_size),
    }
    if manifest.painting:
        expected["painting"] = (1, 1)
    for name, shape in expected.items():
        if shapes.get(name) != shape:
            raise ModelFolderError(
                f"{file} does not fit its manifest: `{name}` should have the shape {shape}, "
                f"but has {shapes.get(name, 'none')}: export the run again"
            )
