"""The model behind a protocol; the only file that knows the inference runtime (LiteRT).

LiteRT is TensorFlow's own small runtime: it starts in a twentieth of the time and a tenth of the
memory of tensorflow-cpu, and gives the same numbers. `runtime_tensorflow.py` serves a run's Keras
file behind the same protocol, for comparison.
"""

import threading
from pathlib import Path
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from lambda_fn.contract.images import Pixels
from lambda_fn.contract.manifest import (
    KERAS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ModelManifest,
    sha256_of,
)

Probabilities = Annotated[NDArray[np.float32], "shape (styles,), in manifest order, sums to 1"]
Runtime = Literal["litert", "tensorflow"]


class ModelError(Exception):
    """A model cannot be loaded; the message says what to do."""


class ModelFolderError(ModelError):
    """The model folder is missing, incomplete, damaged or does not fit the contract."""


class MissingRuntimeError(ModelError):
    """What runs the model is not installed."""


class StyleModel(Protocol):
    """A loaded model; may be called from several threads."""

    @property
    def manifest(self) -> ModelManifest:
        """What the model says about itself."""
        ...

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return how likely each style of the manifest is.

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
            styles = int(self._run.get_output_details()["probabilities"]["shape"][-1])
        except (ValueError, RuntimeError, KeyError) as error:
            raise ModelFolderError(f"{file} is no model of ours: {error}") from error
        size_px = manifest.input_size_px
        if shape != (1, size_px, size_px, 3) or styles != len(manifest.styles):
            raise ModelFolderError(
                f"{file} takes {shape} and gives {styles} styles, but its manifest says "
                f"{size_px} px and {len(manifest.styles)} styles"
            )

    @property
    def manifest(self) -> ModelManifest:
        """What the model says about itself."""
        return self._manifest

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return how likely each style of the manifest is."""
        with self._lock:
            answer: Probabilities = self._run(pixels=pixels[np.newaxis])["probabilities"][0]
        return answer


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
