"""A finished run -> a model folder: the model, `manifest.json` and `golden.npz`.

The exported graph takes `pixels` and gives `probabilities`: scaling, calibration and softmax are
inside, so that the service needs to know nothing about the architecture. The file is not believed
but asked: what the manifest says about it was measured on the file itself, through the loader that
the service uses, after comparing its answers with those of Keras.
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from tqdm import tqdm

from lambda_fn.contract.manifest import (
    GOLDEN_FILE,
    KERAS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    DataSummary,
    ModelManifest,
    sha256_of,
)
from lambda_fn.model import StyleModel, load_model
from training.data import Part, fixed_batches, load_part, look_ahead
from training.errors import TrainingError
from training.evaluate import read_logits
from training.files import refuse_to_overwrite, whole_file, whole_folder
from training.golden import draw_golden
from training.litert import Precision, convert
from training.metrics import fit_temperature, measure
from training.run_folder import Run, load_run_on
from training.train import load_classifier

MAX_DIFFERENCE = 1e-5
MIN_AGREEMENT = 0.99
MAX_LOSS = 0.005
CALIBRATION = 200  # validation pictures
_COMPARED = 64  # test pictures on which the float32 file is compared number by number
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the exported files are from Keras on the test part."""

    difference: float
    """largest difference of a probability between the float32 file and Keras"""
    agreement: float
    """share of test pictures for which the shipped file names the same style as Keras"""
    loss: float
    """top-1 accuracy of Keras less that of the shipped file"""


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the Keras model answers, which every exported file is held against."""

    classifier: keras.Model
    temperature: float
    calibration: NDArray[np.float32]
    """some validation pictures, float32 (count, size, size, 3): they set the ranges of int8"""
    test: Part
    probabilities: NDArray[np.float64]


def export(
    dataset_folder: Path,
    run_folder: Path,
    model_folder: Path,
    *,
    precision: Precision = "float16",
    is_replacing: bool = False,
    is_forced: bool = False,
) -> ModelManifest:
    """Write a model folder; also a manifest into the run folder, so that it can be served too.

    is_replacing: put the new folder in the place of one that exists.
    is_forced: export a file that answers too differently from Keras all the same.

    Raises:
        TrainingError: another dataset than the run's, a folder that exists, or a file that
            answers too differently.
    """
    refuse_to_overwrite(model_folder, is_replacing=is_replacing)
    run = load_run_on(dataset_folder, run_folder)
    measured = _measure_keras(dataset_folder, run_folder, run)
    with whole_folder(model_folder, is_replacing=is_replacing) as folder:
        (folder / MODEL_FILE).write_bytes(_converted(measured, run.plan.size_px, precision))
        draft = _manifest(run, measured, folder / MODEL_FILE, precision)
        _write_manifest(folder, draft)
        answers = _ask(load_model(folder, threads=_THREADS), measured.test)
        parity = _parity(run, measured, answers)
        if not is_forced:
            require_parity(parity)
        write_golden(folder)
        manifest = _with_figures(draft, answers, measured.test, folder)
        _write_manifest(folder, manifest)
    _write_manifest(run_folder, _manifest(run, measured, run_folder / KERAS_FILE, "float32"))
    return manifest


def require_parity(parity: Parity) -> None:
    """Refuse a file that answers too differently from the model that was trained.

    Raises:
        TrainingError: which bound was passed, by how much.
    """
    broken = []
    if not parity.difference <= MAX_DIFFERENCE:  # nan is no agreement either
        broken.append(f"a float32 probability is off by {parity.difference:.1e}")
    if not parity.agreement >= MIN_AGREEMENT:
        broken.append(f"it names another style for {1 - parity.agreement:.2%} of the pictures")
    if not parity.loss <= MAX_LOSS:
        broken.append(f"it loses {100 * parity.loss:.2f} points of accuracy")
    if broken:
        raise TrainingError(
            f"the exported file differs from the Keras model: {'; '.join(broken)} (bounds "
            f"{MAX_DIFFERENCE:.0e}, {1 - MIN_AGREEMENT:.0%}, {100 * MAX_LOSS} points); "
            "try --precision float32, or --force to export it all the same"
        )


def write_golden(folder: Path) -> None:
    """Store the golden pictures with the answers that the folder's model gives to them."""
    model = load_model(folder, threads=_THREADS)
    pictures = draw_golden(model.manifest.input_size_px)
    answers = np.stack([model.probabilities(one.astype(np.float32)) for one in pictures])
    with whole_file(folder / GOLDEN_FILE) as path:
        np.savez_compressed(path, pictures=pictures, probabilities=answers)


def _measure_keras(dataset_folder: Path, run_folder: Path, run: Run) -> _Measured:
    split = run.plan.config.split
    validation = load_part(dataset_folder, split=split, part="validation")
    test = load_part(dataset_folder, split=split, part="test")
    classifier = load_classifier(run_folder)
    temperature = fit_temperature(read_logits(classifier, validation), validation.labels)
    probabilities = softmax(read_logits(classifier, test) / temperature, axis=1)
    calibration = validation.read(_spread(len(validation.labels), CALIBRATION)).astype(np.float32)
    return _Measured(classifier, temperature, calibration, test, probabilities)


def _converted(measured: _Measured, size_px: int, precision: Precision) -> bytes:
    return convert(
        measured.classifier,
        size_px=size_px,
        temperature=measured.temperature,
        precision=precision,
        calibration=measured.calibration,
    )


def _manifest(run: Run, measured: _Measured, file: Path, precision: Precision) -> ModelManifest:
    """Return the manifest of a folder that holds `file`, with the figures of the Keras model."""
    plan, digest = run.plan, sha256_of(file)
    identity = (plan.config.architecture, plan.size_px, f"{run.finished:%Y%m%d}", digest[:6])
    return ModelManifest(
        id="-".join(map(str, identity)).lower(),
        architecture=plan.config.architecture,
        input_size_px=plan.size_px,
        styles=plan.styles,
        precision=precision,
        temperature=measured.temperature,
        test=measure(
            measured.probabilities,
            measured.test.labels,
            styles=plan.styles,
            split=plan.config.split,
        ),
        data=DataSummary(
            fingerprint=plan.fingerprint,
            split=plan.config.split,
            train=plan.pictures["train"],
            validation=plan.pictures["validation"],
            test=len(measured.test.labels),
        ),
        commit=plan.commit,
        versions=plan.versions | {"litert": version("ai-edge-litert")},
        files={file.name: digest},
    )


def _with_figures(
    draft: ModelManifest, answers: NDArray[np.float32], test: Part, folder: Path
) -> ModelManifest:
    """Return the manifest with the figures of the shipped file itself and all its files."""
    figures = measure(answers, test.labels, styles=draft.styles, split=draft.test.split)
    files = draft.files | {GOLDEN_FILE: sha256_of(folder / GOLDEN_FILE)}
    return draft.model_copy(update={"test": figures, "files": files})


def _parity(run: Run, measured: _Measured, answers: NDArray[np.float32]) -> Parity:
    expected, labels = measured.probabilities, measured.test.labels
    predicted, wanted = answers.argmax(axis=1), expected.argmax(axis=1)
    return Parity(
        difference=_float32_difference(run, measured),
        agreement=float(np.mean(predicted == wanted)),
        loss=float(np.mean(wanted == labels) - np.mean(predicted == labels)),
    )


def _float32_difference(run: Run, measured: _Measured) -> float:
    """Compare the unshortened file with Keras: it shows whether the graph was built rightly."""
    some = measured.test.take(_spread(len(measured.test.labels), _COMPARED))
    expected = softmax(read_logits(measured.classifier, some) / measured.temperature, axis=1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / MODEL_FILE).write_bytes(_converted(measured, run.plan.size_px, "float32"))
        _write_manifest(folder, _manifest(run, measured, folder / MODEL_FILE, "float32"))
        answers = _ask(load_model(folder, threads=_THREADS), some)
    return float(np.abs(answers - expected).max())


def _spread(count: int, wanted: int) -> list[int]:
    """Return places all over a part: its pictures are ordered by style."""
    return np.linspace(0, count - 1, min(wanted, count)).astype(int).tolist()  # type: ignore[no-any-return]


def _ask(model: StyleModel, part: Part) -> NDArray[np.float32]:
    """Return the model's answers to all pictures of a part, in its order."""
    pictures = look_ahead(fixed_batches(part, styles=len(model.manifest.styles), batch_size=1))
    shown = tqdm(pictures, "checks", total=len(part.labels), unit="picture", disable=None)
    return np.stack([model.probabilities(picture[0]) for picture, _ in shown])


def _write_manifest(folder: Path, manifest: ModelManifest) -> None:
    with whole_file(folder / MANIFEST_FILE) as path:
        path.write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
