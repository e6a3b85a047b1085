"""A finished run -> RUN/evaluation/: its figures on pictures that it has seen and has not seen.

For each part there are the logits (kept, so that a second call is quick), tables as CSV and plots
as PNG; `metrics.json` (an `Evaluation`) has all figures, and `report.html` is for people. On
another list than the run's own the folder is called `evaluation-LIST` and has only the test part,
without the pictures that the run has seen. Every call makes the folder anew; only logits stay.
"""

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.manifest import TestMetrics, sha256_of
from training.dataset.batches import Part, fixed_batches, load_part, predictions
from training.errors import TrainingError
from training.evaluation import charts
from training.evaluation.metrics import (
    PARTS,
    Evaluation,
    Floats,
    PartMetrics,
    PartName,
    confidence_bins,
    confused_pairs,
    count_confusion,
    fit_temperature,
    measure_part,
    normalise_rows,
    roc_curves,
    to_probabilities,
)
from training.evaluation.report import TITLES, write_evaluation_report
from training.files import whole_file, whole_folder, write_table
from training.runs.run_folder import CLASSIFIER_FILE, Run, load_run_on, read_history, read_json
from training.runs.train import load_classifier

_BATCH = 32
_LOGITS = "logits-{}.npz"


def evaluate(
    dataset_folder: Path,
    run_folder: Path,
    *,
    split: str | None = None,
    parts: Sequence[str] | None = None,
) -> Evaluation:
    """Measure a finished run on parts of a list; `split` None means the run's own.

    parts: all three of the run's own list by default; of another list only the test part can be
    measured. The temperature is always fitted on the validation part of the run's own list.

    Raises:
        TrainingError: no such run, another dataset than the run's, no such list, a part that means
            nothing on this list, or no unseen test picture.
    """
    run = load_run_on(dataset_folder, run_folder)
    own = run.plan.config.split
    split = split or own
    chosen = _choose(parts, is_own=split == own)
    reader = _Reader(dataset_folder, run_folder, own)
    tuning = reader.read("validation", split=own)
    temperature = fit_temperature(tuning.logits, tuning.labels)
    answers = {name: reader.read(name, split=split) for name in chosen}
    evaluation = Evaluation(
        architecture=run.plan.config.architecture,
        fingerprint=run.plan.fingerprint,
        model_sha256=reader.model_sha256,
        own_split=own,
        split=split,
        pictures=run.plan.pictures | {name: len(one.labels) for name, one in answers.items()},
        left_out=sum(one.left_out for one in answers.values()),
        validation_top1=float(np.mean(tuning.logits.argmax(axis=1) == tuning.labels)),
        temperature=temperature,
        parts={
            name: measure_part(
                one.logits,
                one.labels,
                temperature=temperature,
                styles=run.plan.styles,
                split=split,
            )
            for name, one in answers.items()
        },
    )
    _write(run_folder, run, evaluation, answers)
    return evaluation


def read_answers(
    dataset_folder: Path, run_folder: Path, parts: Sequence[PartName]
) -> dict[PartName, "Answers"]:
    """Return what a finished run says to parts of its own list; kept answers are not asked anew.

    Raises:
        TrainingError: as for `evaluate`.
    """
    own = load_run_on(dataset_folder, run_folder).plan.config.split
    reader = _Reader(dataset_folder, run_folder, own)
    return {name: reader.read(name, split=own) for name in parts}


def read_metrics(run_folder: Path) -> TestMetrics:
    """Return the test figures of a run that was evaluated on its own list.

    Raises:
        TrainingError: it was not.
    """
    path = run_folder / "evaluation" / "metrics.json"
    found = read_json(Evaluation, path).parts.get("test") if path.is_file() else None
    if found is None:
        raise TrainingError(f"{run_folder} has no test figures: run `python -m training evaluate`")
    return TestMetrics(**{name: getattr(found, name) for name in TestMetrics.model_fields})


def evaluation_folder(run_folder: Path, *, own: str, split: str) -> Path:
    """Return where the figures of a list go; `own` is the run's own list."""
    return run_folder / ("evaluation" if split == own else f"evaluation-{split}")


def open_classifier(run_folder: Path) -> keras.Model:
    """Return the finished run's model: float32 RGB 0 to 255 -> logits (batch, styles).

    Raises:
        TrainingError: the file is missing or damaged.
    """
    try:
        return load_classifier(run_folder)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise TrainingError(
            f"{run_folder / CLASSIFIER_FILE} is missing or damaged ({first}): train again"
        ) from error


def read_logits(classifier: keras.Model, part: Part) -> Floats:
    """Return the classifier's logits for all pictures of a part, in its order."""
    styles = int(classifier.output_shape[-1])
    batches = fixed_batches(part, styles=styles, batch_size=_BATCH)
    return np.concatenate(list(predictions(classifier, batches))).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the run says to a part, and what would have been right."""

    logits: Floats
    labels: NDArray[np.int64]
    left_out: int = 0
    """pictures of the part that the run has seen"""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the tables and plots of a part are made from."""

    styles: tuple[str, ...]
    labels: NDArray[np.int64]
    logits: Floats
    probabilities: Floats
    confusion: NDArray[np.int64]


class _Reader:
    """The answers of one run; its model is only loaded when some are not kept yet."""

    def __init__(self, dataset_folder: Path, run_folder: Path, own: str) -> None:
        self._dataset_folder = dataset_folder
        self._run_folder = run_folder
        self._own = own
        self.model_sha256 = sha256_of(run_folder / CLASSIFIER_FILE)

    def read(self, name: PartName, *, split: str) -> Answers:
        """Return the answers to a part, without what the run has seen of another list."""
        part, left_out = self._load(name, split)
        folder = evaluation_folder(self._run_folder, own=self._own, split=split)
        path = folder / _LOGITS.format(name)
        logits = _kept_logits(path, part, self.model_sha256)
        if logits is None:
            logits = read_logits(self._classifier, part)
            with whole_file(path) as file:
                np.savez_compressed(
                    file, logits=logits, names=np.array(part.names), model=self.model_sha256
                )
        return Answers(logits, part.labels, left_out)

    @cached_property
    def _classifier(self) -> keras.Model:
        return open_classifier(self._run_folder)

    def _load(self, name: PartName, split: str) -> tuple[Part, int]:
        whole = load_part(self._dataset_folder, split=split, part=name)
        if split == self._own:
            return whole, 0
        seen = {
            picture
            for part in ("train", "validation")
            for picture in load_part(self._dataset_folder, split=self._own, part=part).names
        }
        keep = [number for number, picture in enumerate(whole.names) if picture not in seen]
        if not keep:
            raise TrainingError(f"the run was trained on every test picture of list {split!r}")
        return whole.take(keep), len(whole.names) - len(keep)


def _choose(parts: Sequence[str] | None, *, is_own: bool) -> tuple[PartName, ...]:
    """Return the parts to measure, in their usual order."""
    measurable: tuple[PartName, ...] = PARTS if is_own else ("test",)
    chosen = set(parts or measurable)
    for part in sorted(chosen - set(measurable)):
        why = "of another list only test can be measured" if part in PARTS else "there is none"
        raise TrainingError(f"part {part!r}: {why}; choose from {', '.join(measurable)}")
    return tuple(name for name in measurable if name in chosen)


def _kept_logits(path: Path, part: Part, model_sha256: str) -> Floats | None:
    """Return the logits in the file if they are of this model and of these pictures."""
    try:
        with path.open("rb") as file, np.load(file) as kept:
            is_fresh = kept["model"] == model_sha256 and kept["names"].tolist() == list(part.names)
            logits: Floats = kept["logits"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return logits if is_fresh and len(logits) == len(part.names) else None


def _show(answers: Answers, temperature: float, styles: tuple[str, ...]) -> _Shown:
    probabilities = to_probabilities(answers.logits, temperature)
    confusion = count_confusion(probabilities, answers.labels)
    return _Shown(styles, answers.labels, answers.logits, probabilities, confusion)


def _write(
    run_folder: Path, run: Run, evaluation: Evaluation, answers: dict[PartName, Answers]
) -> None:
    target = evaluation_folder(run_folder, own=evaluation.own_split, split=evaluation.split)
    history = read_history(run_folder)
    with whole_folder(target, is_replacing=True) as folder:
        for kept in target.glob(_LOGITS.format("*")):
            shutil.copyfile(kept, folder / kept.name)
        for name, metrics in evaluation.parts.items():
            shown = _show(answers[name], evaluation.temperature, tuple(metrics.per_style))
            _write_tables(folder, name, shown, metrics)
            _draw_part(folder, name, shown)
        if history:
            charts.draw_history(folder / "history.png", history, best_epoch=run.best_epoch)
        if {"train", "test"} <= set(evaluation.parts):
            charts.draw_prediction_report(
                folder / "prediction-report.png",
                evaluation.parts["train"].per_style,
                evaluation.parts["test"].per_style,
            )
        versions = ", ".join(f"{name} {number}" for name, number in run.plan.versions.items())
        provenance = {"commit": run.plan.commit, "versions": versions}
        write_evaluation_report(folder, run_folder.name, evaluation, provenance)
        text = evaluation.model_dump_json(indent=2) + "\n"
        (folder / "metrics.json").write_text(text, "utf-8")


def _write_tables(folder: Path, name: PartName, shown: _Shown, metrics: PartMetrics) -> None:
    means = (("macro", metrics.macro), ("weighted", metrics.weighted))
    write_table(
        folder / f"report-{name}.csv",
        ("style", "precision", "recall", "f1", "support"),
        [
            *(
                (slug, one.precision, one.recall, one.f1, one.support)
                for slug, one in metrics.per_style.items()
            ),
            ("accuracy", None, None, metrics.top1, metrics.pictures),
            *((kind, one.precision, one.recall, one.f1, metrics.pictures) for kind, one in means),
        ],
    )
    shares = normalise_rows(shown.confusion).tolist()
    _write_matrix(folder / f"confusion-{name}.csv", shown.styles, shown.confusion.tolist())
    _write_matrix(
        folder / f"confusion-normalised-{name}.csv",
        shown.styles,
        [[None if np.isnan(share) else share for share in row] for row in shares],
    )
    write_table(
        folder / f"auc-{name}.csv",
        ("style", "auc"),
        [*metrics.auc.items(), ("micro", metrics.micro_auc), ("macro", metrics.macro_auc)],
    )
    write_table(
        folder / f"pairs-{name}.csv",
        ("truth", "predicted", "pictures", "share_of_truth"),
        (
            (one.truth, one.predicted, one.pictures, one.share)
            for one in confused_pairs(shown.confusion, shown.styles)
        ),
    )


def _write_matrix(path: Path, styles: tuple[str, ...], rows: list[list[object]]) -> None:
    named = ([slug, *row] for slug, row in zip(styles, rows, strict=True))
    write_table(path, ("truth", *styles), named)


def _draw_part(folder: Path, name: PartName, shown: _Shown) -> None:
    part = TITLES[name].lower()
    charts.draw_roc(
        folder / f"roc-{name}.png",
        roc_curves(shown.probabilities, shown.labels, shown.styles),
        title=f"Each style against all others, {part}",
    )
    for kind, title in (("", "pictures"), ("-normalised", "shares of the true style")):
        charts.draw_confusion(
            folder / f"confusion{kind}-{name}.png",
            shown.confusion,
            shown.styles,
            title=f"Confusion, {part}: {title}",
            colours=charts.CONFUSION_COLOURS[name],
            is_normalised=bool(kind),
        )
    charts.draw_reliability(
        folder / f"reliability-{name}.png",
        confidence_bins(to_probabilities(shown.logits, 1.0), shown.labels),
        confidence_bins(shown.probabilities, shown.labels),
        title=f"How sure and how often right, {part}",
    )
