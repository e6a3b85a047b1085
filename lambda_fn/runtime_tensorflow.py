"""The second runtime: a run's Keras file behind the same protocol as the released model.

Imported only when ARTSTYLE_RUNTIME=tensorflow, where TensorFlow is installed, so that the two can
be compared side by side. The import contracts except this file by name.
"""

from pathlib import Path

import keras
import numpy as np

from lambda_fn.contract.images import Pixels
from lambda_fn.contract.manifest import ModelManifest
from lambda_fn.runtime import Answer, ModelFolderError, make_answer


class KerasModel:
    """The Keras file that `export` leaves in the run folder: the graph of the released file."""

    def __init__(self, manifest: ModelManifest, file: Path) -> None:
        self._manifest = manifest
        try:
            self._model = keras.models.load_model(file, compile=False)
        except (ValueError, OSError) as error:
            raise ModelFolderError(f"{file} is no Keras model: {error}") from error

    @property
    def manifest(self) -> ModelManifest:
        """What the model says about itself."""
        return self._manifest

    def answer(self, pixels: Pixels) -> Answer:
        """Return what the model says about a picture."""
        outputs = self._model(pixels[np.newaxis], training=False)
        return make_answer({name: np.asarray(one, np.float32) for name, one in outputs.items()})
