"""Opens a model folder: checks it against its manifest, and loads it on the runtime asked for."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from lambda_fn.contract.evaluation import ModelEvaluation
from lambda_fn.contract.manifest import (
    KERAS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ModelManifest,
    sha256_of,
)
from lambda_fn.runtime import MissingRuntimeError, ModelFolderError, StyleModel
from lambda_fn.runtime_litert import LiteRtModel

Runtime = Literal["litert", "tensorflow"]


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
