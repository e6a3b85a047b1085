"""A finished run -> a model folder: model, manifest, evaluation, golden answers, neighbours.

The exported graph takes `pixels` and gives all that the service needs (answering.py): scaling,
calibration and softmax are inside, so that the service needs to know nothing about the
architecture. The file is not believed but asked: what the manifest says about it was measured on
the file itself, through the loader that the service uses, after comparing its answers with those
of Keras.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from numpy.typing import NDArray

from lambda_fn.catalogue.neighbours import write_neighbours
from lambda_fn.contract.evaluation import Baseline, EpochFigures, ListFigures, ModelEvaluation
from lambda_fn.contract.manifest import (
    EVALUATION_FILE,
    GOLDEN_FILE,
    KERAS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    NEIGHBOURS_FILE,
    DataSummary,
    ModelManifest,
    TestMetrics,
    sha256_of,
)
from lambda_fn.model import load_model
from lambda_fn.runtime import Answer
from training.catalogue.embed import find_neighbours
from training.catalogue.source import read_source
from training.dataset.batches import FixedBatches, Part, fixed_batches, load_part
from training.dataset.dataset_folder import Work, load_works
from training.dataset.elsewhere import ElsewherePicture, read_elsewhere
from training.dataset.photographs import load_photographs
from training.errors import TrainingError
from training.evaluation.comparison_report import read_comparison
from training.evaluation.evaluate import open_classifier, read_answers, read_metrics
from training.evaluation.left_out import LeftOut, read_left_out
from training.evaluation.metrics import Floats, fit_temperature, measure, to_probabilities
from training.files import refuse_to_overwrite, whole_file, whole_folder
from training.model_folder.calibrate import (
    Examples,
    PaintingLine,
    Projection,
    SetRule,
    fit_painting_line,
    fit_projection,
    fit_rule,
    measure_painting,
    measure_rule,
)
from training.model_folder.check_release import THREADS, ShippedAnswers, ask
from training.model_folder.evaluation_file import (
    find_mistakes,
    list_figures,
    measure_neighbours,
    painting_curve,
    probe_source,
)
from training.model_folder.golden import draw_golden
from training.model_folder.inference_graph import Probed, build_answering, build_probe, probe
from training.model_folder.line_examples import line_examples
from training.model_folder.mean_maps import Typical
from training.model_folder.measure_elsewhere import measure_elsewhere
from training.network.litert import Precision, convert
from training.runs.run_folder import Run, load_run, load_run_on, read_history, read_json

MAX_DIFFERENCE = 1e-5
MAX_OTHERS = 1e-3  # a unit length magnifies rounding; a graph built wrongly is off by far more
MIN_AGREEMENT = 0.99
MAX_LOSS = 0.005
CALIBRATION = 200  # validation pictures
EMBEDDING_SIZE = 128
_BLIND = 1e-3  # probabilities of a network that learnt nothing differ by less
_COMPARED = 64  # test pictures on which the float32 file is compared number by number
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the exported files are from Keras on the test part."""

    difference: float
    """largest difference of a probability between the float32 file and Keras"""
    agreement: float
    """share of test pictures for which the shipped file names the same style as Keras"""
    loss: float
    """top-1 accuracy of Keras less that of the shipped file"""
    others: float = 0.0
    """largest difference of the other outputs, relative to the largest number of each"""


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The Keras graph with all that is fitted on it, which every file is held against."""

    answering: keras.Model
    shipping: keras.Model
    """the same graph as it is converted"""
    temperature: float
    rule: SetRule
    projection: Projection
    line: PaintingLine | None
    calibration: NDArray[np.float32]
    """some validation pictures, float32 (count, size, size, 3): they set the ranges of int8"""
    train: Part
    train_pooled: Floats
    train_probabilities: Floats
    test: Part
    test_probabilities: Floats


def export(
    dataset_folder: Path,
    run_folder: Path,
    model_folder: Path,
    *,
    precision: Precision = "float16",
    photographs: Path | None = None,
    elsewhere: Path | None = None,
    left_out: Path | None = None,
    beside: Sequence[Path] = (),
    baselines: Sequence[Path] = (),
    works: Path | None = None,
    comparison: Path | None = None,
    is_replacing: bool = False,
    is_forced: bool = False,
) -> ModelManifest:
    """Write a model folder; also the graph as Keras has it into the run folder, to be served too.

    photographs: a folder of pictures that are no paintings. One half teaches the model to refuse
    such, the other measures it; without them it refuses nothing.
    elsewhere: a folder of pictures from anywhere (`training/dataset/elsewhere.py`). Its training
        part teaches the line between paintings and others, too; its test part measures the file.
    left_out: what `leave-out` wrote for this recipe: the temperature and the candidate sets are
        then fitted on places that the asked runs had not seen, instead of on validation.
    beside: finished runs of the same recipe on other lists, which the evaluation shows, too.
    baselines: evaluated runs of other recipes, to compare with; or model folders, to take over
        those that they were compared with.
    works: a source of the catalogue, with pictures: the folder then finds the works most like a
    picture among them.
    comparison: a compare.csv, for the page to show.
    is_replacing: put the new folder in the place of one that exists.
    is_forced: export a file that answers too differently from Keras all the same.

    Raises:
        TrainingError: another dataset than the run's, a folder that exists, or a file that
            answers too differently.
    """
    refuse_to_overwrite(model_folder, is_replacing=is_replacing)
    run = load_run_on(dataset_folder, run_folder)
    compared = _baselines(baselines)
    study = read_comparison(comparison) if comparison else []
    shown = works and read_source(works)
    negatives = load_photographs(photographs, size_px=run.plan.size_px) if photographs else None
    anywhere = read_elsewhere(elsewhere) if elsewhere else []
    unseen = read_left_out(left_out) if left_out else None
    fitted = _fit(dataset_folder, run_folder, run, negatives, anywhere, unseen)
    others = dict(_figures_beside(dataset_folder, folder, run) for folder in beside)
    with whole_folder(model_folder, is_replacing=is_replacing) as folder:
        file = _converted(fitted, run.plan.size_px, precision)
        (folder / MODEL_FILE).write_bytes(file)
        draft = _draft(run, fitted, folder / MODEL_FILE, precision)
        _write_json(folder / MANIFEST_FILE, draft)
        shipped = load_model(folder, threads=THREADS)
        answers = ask(shipped, fixed_batches(fitted.test, styles=len(draft.styles), batch_size=1))
        unshortened = file if precision == "float32" else None
        parity = _parity(draft, fitted, answers, unshortened)
        if not is_forced:
            require_parity(parity)
        refused = negatives and ask(shipped, negatives[1])
        manifest = _measured(draft, fitted, answers, refused)
        if anywhere:
            found = measure_elsewhere(shipped, manifest, fitted.line, anywhere)
            manifest = manifest.model_copy(update=found)
        own = {manifest.data.split: _own_figures(run_folder.name, manifest, fitted, answers)}
        evaluation = _evaluation(
            dataset_folder, run_folder, run, fitted, answers, refused, own | others, compared
        ).model_copy(update={"comparison": study})
        write_golden(folder)
        _write_json(folder / EVALUATION_FILE, evaluation)
        names = [MODEL_FILE, GOLDEN_FILE, EVALUATION_FILE]
        if shown:
            write_neighbours(find_neighbours(shown, shipped), folder / NEIGHBOURS_FILE)
            names.append(NEIGHBOURS_FILE)
        manifest = manifest.model_copy(
            update={"files": {name: sha256_of(folder / name) for name in names}}
        )
        _write_json(folder / MANIFEST_FILE, manifest)
    _serve_run(run_folder, fitted, manifest, evaluation)
    return manifest


def require_parity(parity: Parity) -> None:
    """Refuse a file that answers too differently from the model that was trained.

    Raises:
        TrainingError: which bound was passed, by how much.
    """
    broken = []
    if not parity.difference <= MAX_DIFFERENCE:  # nan is no agreement either
        broken.append(f"a float32 probability is off by {parity.difference:.1e}")
    if not parity.others <= MAX_OTHERS:
        broken.append(f"a map or an embedding is off by {parity.others:.1e}")
    if not parity.agreement >= MIN_AGREEMENT:
        broken.append(f"it names another style for {1 - parity.agreement:.2%} of the pictures")
    if not parity.loss <= MAX_LOSS:
        broken.append(f"it loses {100 * parity.loss:.2f} points of accuracy")
    if broken:
        raise TrainingError(
            f"the exported file differs from the Keras model: {'; '.join(broken)} (bounds "
            f"{MAX_DIFFERENCE:.0e}, {MAX_OTHERS:.0e}, {1 - MIN_AGREEMENT:.0%}, "
            f"{100 * MAX_LOSS} points); "
            "try --precision float32, or --force to export it all the same"
        )


def write_golden(folder: Path) -> None:
    """Store the golden pictures with the answers that the folder's model gives to them."""
    model = load_model(folder, threads=THREADS)
    pictures = draw_golden(model.manifest.input_size_px)
    answers = [model.answer(one.astype(np.float32)) for one in pictures]
    with whole_file(folder / GOLDEN_FILE) as path:
        np.savez_compressed(
            path,
            pictures=pictures,
            probabilities=np.stack([one.probabilities for one in answers]),
            embedding=np.stack([one.embedding for one in answers]),
        )


def _fit(
    dataset_folder: Path,
    run_folder: Path,
    run: Run,
    photographs: tuple[FixedBatches, FixedBatches] | None,
    anywhere: Sequence[ElsewherePicture],
    unseen: LeftOut | None,
) -> _Fitted:
    config, size_px = run.plan.config, run.plan.size_px
    parts = {
        name: load_part(dataset_folder, split=config.split, part=name)
        for name in ("train", "validation", "test")
    }
    classifier = open_classifier(run_folder)
    model = build_probe(classifier, config, size_px=size_px)
    said = {name: _probe(model, part) for name, part in parts.items()}
    validation = parts["validation"]
    logits, labels = said["validation"].logits, validation.labels
    if unseen is not None:
        logits, labels = unseen.logits, unseen.labels
    temperature = fit_temperature(logits, labels)
    tuning = to_probabilities(logits, temperature)
    projection = fit_projection(said["train"].pooled, size=EMBEDDING_SIZE)
    examples = line_examples(
        model,
        Examples(said["validation"].texture, is_painting=True, groups=validation.names),
        photographs and probe(model, photographs[0]).texture,
        anywhere,
        config,
        size_px=size_px,
    )
    line = fit_painting_line(examples) if examples else None
    build = partial(
        build_answering,
        classifier,
        config,
        size_px=size_px,
        temperature=temperature,
        projection=projection,
        line=line,
        typical=[Typical.fit(level) for level in said["train"].levels],
    )
    answering = build()
    chosen = validation.read(_spread(len(validation.labels), CALIBRATION)).astype(np.float32)
    return _Fitted(
        answering,
        build(is_packed=True) if config.hidden_units else answering,
        temperature,
        fit_rule(tuning, labels),
        projection,
        line,
        chosen,
        parts["train"],
        said["train"].pooled,
        to_probabilities(said["train"].logits, temperature),
        parts["test"],
        to_probabilities(said["test"].logits, temperature),
    )


def _probe(model: keras.Model, part: Part) -> Probed:
    styles = int(part.labels.max()) + 1
    return probe(model, fixed_batches(part, styles=styles, batch_size=_BATCH))


def _converted(fitted: _Fitted, size_px: int, precision: Precision) -> bytes:
    return convert(
        fitted.shipping, size_px=size_px, precision=precision, calibration=fitted.calibration
    )


def _draft(run: Run, fitted: _Fitted, file: Path, precision: Precision) -> ModelManifest:
    """Return the manifest of a folder that holds `file`, with the figures of the Keras model."""
    plan, digest = run.plan, sha256_of(file)
    identity = (plan.config.architecture, plan.size_px, f"{run.finished:%Y%m%d}", digest[:6])
    return ModelManifest(
        id="-".join(map(str, identity)).lower(),
        architecture=plan.config.architecture,
        input_size_px=plan.size_px,
        styles=plan.styles,
        precision=precision,
        temperature=fitted.temperature,
        embedding_size=fitted.projection.matrix.shape[1],
        candidates=measure_rule(fitted.rule, fitted.test_probabilities, fitted.test.labels),
        painting=None,  # measured on the file itself
        test=measure(
            fitted.test_probabilities,
            fitted.test.labels,
            styles=plan.styles,
            split=plan.config.split,
        ),
        data=DataSummary(
            fingerprint=plan.fingerprint,
            split=plan.config.split,
            train=plan.pictures["train"],
            validation=plan.pictures["validation"],
            test=len(fitted.test.labels),
        ),
        commit=plan.commit,
        versions=plan.versions | {"litert": version("ai-edge-litert")},
        files={file.name: digest},
    )


def _measured(
    draft: ModelManifest, fitted: _Fitted, answers: ShippedAnswers, refused: ShippedAnswers | None
) -> ModelManifest:
    """Return the manifest with the figures of the shipped file itself."""
    labels, probabilities = fitted.test.labels, answers.probabilities
    figures = measure(probabilities, labels, styles=draft.styles, split=draft.test.split)
    rule = measure_rule(fitted.rule, probabilities.astype(np.float64), labels)
    painting = None
    if fitted.line is not None and refused is not None:
        painting = measure_painting(fitted.line, answers.painting, refused.painting)
    changes = {"test": figures, "candidates": rule, "painting": painting}
    return draft.model_copy(update=changes)


def _own_figures(
    name: str, manifest: ModelManifest, fitted: _Fitted, answers: ShippedAnswers
) -> ListFigures:
    return list_figures(
        answers.probabilities,
        fitted.test.labels,
        manifest.candidates,
        styles=manifest.styles,
        split=manifest.data.split,
        run=name,
        train=manifest.data.train,
    )


def _figures_beside(dataset_folder: Path, folder: Path, released: Run) -> tuple[str, ListFigures]:
    """Measure a run of the same recipe on its own list, calibrated on its own validation part."""
    run = load_run(folder)
    plan = run.plan
    if plan.config.model_copy(update={"split": released.plan.config.split}) != released.plan.config:
        raise TrainingError(
            f"{folder} was trained by another recipe than the run that is exported: give it as a "
            "baseline, or train it with --from and another --split"
        )
    answers = read_answers(dataset_folder, folder, ("validation", "test"))
    tuning, test = answers["validation"], answers["test"]
    temperature = fit_temperature(tuning.logits, tuning.labels)
    rule = fit_rule(to_probabilities(tuning.logits, temperature), tuning.labels)
    probabilities = to_probabilities(test.logits, temperature)
    return plan.config.split, list_figures(
        probabilities,
        test.labels,
        measure_rule(rule, probabilities, test.labels),
        styles=plan.styles,
        split=plan.config.split,
        run=folder.name,
        train=plan.pictures["train"],
    )


def _baselines(folders: Sequence[Path]) -> list[Baseline]:
    """Read the test figures of evaluated runs; those with one remark are one recipe."""
    found: dict[str, dict[str, TestMetrics]] = {}
    for folder in folders:
        if (folder / MODEL_FILE).is_file():
            known = read_json(ModelEvaluation, folder / EVALUATION_FILE).baselines
            for one in known:
                found.setdefault(one.name, {}).update(one.lists)
            continue
        plan = load_run(folder).plan
        metrics = read_metrics(folder)
        found.setdefault(plan.note or folder.name, {})[plan.config.split] = metrics
    return [Baseline(name=name, lists=lists) for name, lists in found.items()]


def _evaluation(
    dataset_folder: Path,
    run_folder: Path,
    run: Run,
    fitted: _Fitted,
    answers: ShippedAnswers,
    refused: ShippedAnswers | None,
    lists: dict[str, ListFigures],
    baselines: list[Baseline],
) -> ModelEvaluation:
    works = {work.path: work for work in load_works(dataset_folder)}
    learnt, asked = (_works_of(part, works) for part in (fitted.train, fitted.test))
    catalogue = fitted.projection.of(fitted.train_pooled)
    embedding = answers.embedding.astype(np.float64)
    guesses = [run.plan.styles[place] for place in answers.probabilities.argmax(axis=1)]
    return ModelEvaluation(
        styles=run.plan.styles,
        lists=lists,
        training=measure(
            fitted.train_probabilities,
            fitted.train.labels,
            styles=run.plan.styles,
            split=run.plan.config.split,
        ),
        baselines=baselines,
        painting=refused and painting_curve(answers.painting, refused.painting),
        neighbours=measure_neighbours(embedding, asked, guesses, catalogue, learnt),
        source_probe=probe_source(catalogue, learnt, embedding, asked),
        mistakes=find_mistakes(answers.probabilities, fitted.test.labels, asked, run.plan.styles),
        history=[
            EpochFigures.model_validate(
                {name: row[name] for name in EpochFigures.model_fields if name in row}
            )
            for row in read_history(run_folder)
        ],
        recipe=run.plan.config.model_dump(mode="json", exclude={"weights", "teachers"}),
        training_s=run.seconds,
        device=run.plan.device,
    )


def _works_of(part: Part, works: dict[str, Work]) -> list[Work]:
    return [works[name] for name in part.names]


def _parity(
    draft: ModelManifest, fitted: _Fitted, answers: ShippedAnswers, unshortened: bytes | None
) -> Parity:
    """Hold the files against Keras; `unshortened` is the float32 file where that one ships."""
    expected, labels = fitted.test_probabilities, fitted.test.labels
    predicted, wanted = answers.probabilities.argmax(axis=1), expected.argmax(axis=1)
    file = unshortened or _converted(fitted, draft.input_size_px, "float32")
    off = _float32_differences(draft, fitted, file)
    return Parity(
        difference=off.pop("probabilities"),
        others=max(off.values()),
        agreement=float(np.mean(predicted == wanted)),
        loss=float(np.mean(wanted == labels) - np.mean(predicted == labels)),
    )


def _float32_differences(
    draft: ModelManifest, fitted: _Fitted, unshortened: bytes
) -> dict[str, float]:
    """Compare the unshortened file with Keras: it shows whether the graph was built rightly."""
    some = fitted.test.read(_spread(len(fitted.test.labels), _COMPARED)).astype(np.float32)
    expected = fitted.answering.predict_on_batch(some)
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / MODEL_FILE
        file.write_bytes(unshortened)
        changes = {"precision": "float32", "files": {MODEL_FILE: sha256_of(file)}}
        _write_json(folder / MANIFEST_FILE, draft.model_copy(update=changes))
        model = load_model(folder, threads=THREADS)
        answers = [model.answer(one) for one in some]
    differences = {name: _difference(name, expected[name], answers) for name in expected}
    if np.ptp(expected["probabilities"], axis=0).max() < _BLIND:
        # a network that says the same to all pictures: brought to unit length, rounding is all
        # that is left of an embedding
        return {name: differences[name] if name == "probabilities" else 0.0 for name in expected}
    return differences


def _difference(name: str, expected: NDArray[np.float32], answers: Sequence[Answer]) -> float:
    found = np.stack([np.reshape(getattr(one, name), expected.shape[1:]) for one in answers])
    # maps are in units of logits, some tens large
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1.0))


def _spread(count: int, wanted: int) -> list[int]:
    """Return places all over a part: its pictures are ordered by style."""
    return np.linspace(0, count - 1, min(wanted, count)).astype(int).tolist()  # type: ignore[no-any-return]


def _serve_run(
    run_folder: Path, fitted: _Fitted, released: ModelManifest, evaluation: ModelEvaluation
) -> None:
    """Leave in the run folder what `ARTSTYLE_RUNTIME=tensorflow` serves, and the card reads."""
    with whole_file(run_folder / KERAS_FILE) as path:
        fitted.answering.save(path)
    _write_json(run_folder / EVALUATION_FILE, evaluation)
    names = (KERAS_FILE, EVALUATION_FILE)
    files = {name: sha256_of(run_folder / name) for name in names}
    changes = {"precision": "float32", "files": files}
    _write_json(run_folder / MANIFEST_FILE, released.model_copy(update=changes))


def _write_json(path: Path, content: ModelManifest | ModelEvaluation) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(content.model_dump_json(indent=2) + "\n", "utf-8")
