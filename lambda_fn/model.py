"""The model behind a protocol; the only file that knows the inference runtime (LiteRT).

LiteRT is TensorFlow's own small runtime: it starts in a twentieth of the time and a tenth of the
memory of tensorflow-cpu, and gives the same numbers. `runtime_tensorflow.py` serves a run's Keras
file behind the same protocol, for comparison.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from lambda_fn.contract.evaluation import ModelEvaluation
from lambda_fn.contract.images import Pixels
from lambda_fn.contract.manifest import (
    KERAS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ModelManifest,
    sha256_of,
)

Floats = NDArray[np.float32]
Runtime = Literal["litert", "tensorflow"]


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


def load_model(folder: Path, *, runtime: Runtime = "litert", threads: int = 2) -> StyleModel:
    """Load a model folder, after checking it against its manifest.

    Raises:
        ModelFolderError: what is wrong with the folder, and what to do.
        MissingRuntimeError: the runtime is not installed, and what to install.
    """
    file = folder / (KERAS_FILE if runtime == "tensorflow" else MODEL_FILE)
    manifest = _read_manifest(folder, file.name)
    if runtime == "tensorflow":
        return _load_keras_model(manifest, file)
    return LiteRtModel(manifest, file, threads=threads)


class LiteRtModel:
    """A `.tflite` file run by LiteRT; the file is mapped into memory, not copied."""

    def __init__(self, manifest: ModelManifest, file: Path, *, threads: int) -> None:
        # here and not above: the import takes longer than everything else in this file together
        from ai_edge_litert.interpreter import Interpreter

        self._manifest = manifest
        self._lock = threading.Lock()  # an interpreter holds one picture at a time
        try:
            self._interpreter = Interpreter(model_path=str(file), num_threads=threads)
            self._run = self._interpreter.get_signature_runner()
            shape = tuple(self._run.get_input_details()["pixels"]["shape"])
            outputs = {
                name: tuple(details["shape"])
                for name, details in self._run.get_output_details().items()
            }
        except (ValueError, RuntimeError, KeyError) as error:
            raise ModelFolderError(f"{file} is no model of ours: {error}") from error
        _require_fit(manifest, file, {"pixels": shape} | outputs)
        # the first pass lays out the weights, which takes longer than a pass
        self._run(pixels=np.zeros(shape, np.float32))

    @property
    def manifest(self) -> ModelManifest:
        """What the model says about itself."""
        return self._manifest

    def answer(self, pixels: Pixels) -> Answer:
        """Return what the model says about a picture."""
        with self._lock:
            outputs = self._run(pixels=pixels[np.newaxis])
        return make_answer(outputs)


def read_evaluation(file: Path) -> ModelEvaluation | None:
    """Return what the model's tests showed; None where the folder has no such file.

    Raises:
        ModelFolderError: the file is of another version.
    """
    if not file.is_file():
        return None
    try:
        return ModelEvaluation.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise ModelFolderError(f"{file} does not fit this version: {error}") from error


def make_answer(outputs: Mapping[str, Floats]) -> Answer:
    """Return the answer that the outputs of the graph for one picture are."""
    return Answer(
        outputs["probabilities"][0],
        outputs["embedding"][0],
        outputs["maps"][0] if "maps" in outputs else None,
        float(outputs["painting"][0, 0]) if "painting" in outputs else None,
    )


def _require_fit(manifest: ModelManifest, file: Path, shapes: Mapping[str, Any]) -> None:
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


def _load_keras_model(manifest: ModelManifest, file: Path) -> StyleModel:
    try:
        from lambda_fn.runtime_tensorflow import KerasModel
    except ImportError as error:
        raise MissingRuntimeError(
            f"ARTSTYLE_RUNTIME=tensorflow needs TensorFlow, which is not installed here ({error}): "
            "install requirements/service-tensorflow.txt, or use the .venv that `make test` makes"
        ) from error
    return KerasModel(manifest, file)


def _read_manifest(folder: Path, model_file: str) -> ModelManifest:
    path = folder / MANIFEST_FILE
    try:
        manifest = ModelManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelFolderError(
            f"no model in {folder} ({error}): ARTSTYLE_MODEL must name a folder that "
            "`python -m training export` wrote"
        ) from error
    except ValidationError as error:
        raise ModelFolderError(f"{path} does not fit this version: {error}") from error
    if model_file not in manifest.files:
        raise ModelFolderError(f"{path} lists no {model_file}, which this runtime needs")
    for name, digest in manifest.files.items():
        file = folder / name
        if not file.is_file() or sha256_of(file) != digest:
            raise ModelFolderError(f"{file} is missing or not the file that was exported")
    return manifest
