"""A run or model folder -> its model card in Markdown, from the figures that lie in it.

The form is that of Mitchell et al. 2019 (arXiv 1810.03993): details, intended use, data, metrics
with their intervals, where it fails, caveats.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError

from lambda_fn.contract.evaluation import ListFigures, ModelEvaluation
from lambda_fn.contract.manifest import (
    EVALUATION_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    Interval,
    ModelManifest,
    TestMetrics,
)
from lambda_fn.contract.styles import STYLE_BY_SLUG
from training.errors import TrainingError
from training.evaluation.metrics import confused_pairs
from training.files import whole_file

_SMALLEST, _CONFUSED = 3, 8


def write_card(folder: Path, target: Path, *, notes: Path | None = None) -> ModelManifest:
    """Write the card of a model folder, or of a run folder that was exported.

    notes: a Markdown list about the data, which no figure can tell.

    Raises:
        TrainingError: the folder was not exported, or by another version.
    """
    manifest, evaluation = read_figures(folder)
    file = folder / MODEL_FILE
    size = file.stat().st_size if file.is_file() else 0
    told = notes.read_text("utf-8").rstrip() if notes else ""
    text = render_card(manifest, evaluation, size_bytes=size, notes=told)
    with whole_file(target) as path:
        path.write_text(text, "utf-8")
    return manifest


def read_figures(folder: Path) -> tuple[ModelManifest, ModelEvaluation]:
    """Read the manifest and the evaluation that `export` leaves in a model or run folder.

    Raises:
        TrainingError: they are missing, or of another version.
    """
    try:
        manifest = ModelManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
        evaluation = ModelEvaluation.model_validate_json((folder / EVALUATION_FILE).read_bytes())
    except FileNotFoundError as error:
        raise TrainingError(
            f"{error.filename} is missing: run `python -m training export DATASET {folder} MODEL`"
        ) from error
    except ValidationError as error:
        raise TrainingError(
            f"{folder} was exported by another version of this program: export it again"
        ) from error
    return manifest, evaluation


def render_card(
    manifest: ModelManifest, evaluation: ModelEvaluation, *, size_bytes: int, notes: str = ""
) -> str:
    """Return the card's Markdown.

    size_bytes: of the file that ships.
    """
    environment = Environment(
        loader=PackageLoader("training"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown, and no text of strangers but titles
        keep_trailing_newline=True,
    )
    environment.filters["name_of"] = _name_of
    per_style = manifest.test.per_style
    rarest = sorted(per_style, key=lambda slug: per_style[slug].support)[:_SMALLEST]
    own = evaluation.lists[manifest.data.split]
    return environment.get_template("model-card.md").render(
        manifest=manifest,
        evaluation=evaluation,
        megabytes=size_bytes / 1e6,
        notes=notes,
        missing=[slug for slug in STYLE_BY_SLUG if slug not in manifest.styles],
        smallest=[f"{_name_of(slug)} ({per_style[slug].support})" for slug in rarest],
        confused=confused_pairs(np.array(own.confusion), manifest.styles)[:_CONFUSED],
        tables={"lists": _lists_table(evaluation), "styles": _styles_table(manifest)},
        percent=_percent,
        share=_share,
        thousands=lambda number: f"{number:,}",
    )


def _lists_table(evaluation: ModelEvaluation) -> str:
    rows: list[Sequence[str]] = []
    for split, figures in evaluation.lists.items():
        rows.append((f"`{split}`", "**this model's recipe**", *_cells(figures.metrics, figures)))
        rows += [
            (f"`{split}`", one.name, *_cells(one.lists[split], None))
            for one in evaluation.baselines
            if split in one.lists
        ]
    head = ("list", "recipe", "pictures", "top-1", "macro-F1", "top-3", "calibration error", "sets")
    return _table(head, rows)


def _cells(metrics: TestMetrics, figures: ListFigures | None) -> tuple[str, ...]:
    sets = (
        figures and f"{_percent(figures.candidates.coverage, 1)} in {figures.candidates.size:.1f}"
    )
    return (
        f"{metrics.pictures:,}",
        _with_interval(metrics.top1, metrics.top1_interval),
        _with_interval(metrics.macro_f1, metrics.macro_f1_interval),
        _share(metrics.top3),
        _share(metrics.expected_calibration_error),
        sets or "",
    )


def _styles_table(manifest: ModelManifest) -> str:
    rows = [
        (
            _name_of(slug),
            _share(one.precision),
            _share(one.recall),
            _share(one.f1),
            f"{one.support}",
            f"{_name_of(one.confused_with)} ({_percent(one.confused_share)})"
            if one.confused_with
            else "",
        )
        for slug, one in manifest.test.per_style.items()
    ]
    head = ("style", "right", "found", "F1", "test pictures", "most often taken for")
    return _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _name_of(slug: str) -> str:
    return STYLE_BY_SLUG[slug].name


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _percent(value: float, digits: int = 0) -> str:
    return f"{100 * value:.{digits}f} %"


def _with_interval(value: float, interval: Interval | None) -> str:
    if interval is None:
        return _share(value)
    return f"{_share(value)} ({_share(interval[0])} to {_share(interval[1])})"
