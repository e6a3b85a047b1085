"""Labelled pictures -> the released model folder and its card, by the steps of this package.

Each step is skipped where it is done already, so that the same command goes on after a stop.

    WORK/raw/                what `import` makes of the pictures
    WORK/dataset/            squares of the release's size, with the given lists
    WORK/runs/LIST/          the release's recipe on each list; that of `picture` ships
    WORK/baseline/           squares of the original's size, where it is another one
    WORK/runs/LIST-original/ the original's recipe on each list, to compare with
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lambda_fn.contract.manifest import ModelManifest
from training.config import ImportConfig, OrganiseConfig, TrainConfig
from training.dataset.dataset_folder import load_dataset
from training.dataset.organise import organise
from training.errors import TrainingError
from training.evaluation.evaluate import evaluate
from training.model_folder.export import export
from training.model_folder.model_card import write_card
from training.recipes import load_recipe, make_config
from training.runs.train import train
from training.sources.importing import import_works
from training.sources.labelled_rows import TABLE

LISTS = ("picture", "artist", "source")
ORIGINAL = "the original's recipe"
_Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a release is made from."""

    pictures: Path
    """labelled pictures, as `import` takes them; with a metadata.csv they become neighbours, too"""
    lists: Path
    """CSV of lists: the first of `LISTS` that it has is the one whose model ships"""
    photographs: Path | None
    weights: Path | None
    """ImageNet weights of the backbone; None downloads them"""
    min_pictures: int = OrganiseConfig().min_pictures_per_style
    comparison: Path | None = None
    """compare.csv of a study, for the page to show"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a release is made; the defaults are those of the model that ships."""

    size_px: int = 224
    original_size_px: int = 224
    ours: Mapping[str, Any] = field(default_factory=lambda: load_recipe("released"))
    """training options beyond the defaults"""
    original: Mapping[str, Any] = field(default_factory=lambda: load_recipe("original"))
    """likewise, to compare with"""


def make_release(
    ingredients: Ingredients,
    work: Path,
    model: Path,
    card: Path,
    *,
    tell: _Tell,
    notes: Path | None = None,
    recipe: Recipe | None = None,
) -> ModelManifest:
    """Make the model folder `model` and its card; `work` keeps what was made on the way.

    tell: is called with a line as each step begins.
    notes: a Markdown list about the data, for the card.
    recipe: by default that of the model that ships.

    Raises:
        TrainingError: as for the steps.
    """
    recipe = recipe or Recipe()
    tell("import")
    import_works(ingredients.pictures, work / "raw", ImportConfig())
    dataset = _dataset(ingredients, work, "dataset", recipe.size_px, tell)
    lists = [name for name in LISTS if name in load_dataset(dataset).lists]
    if not lists:
        raise TrainingError(f"{ingredients.lists} has none of the lists {', '.join(LISTS)}")
    ours = [
        _run(dataset, work, name, _config(ingredients, name, recipe.ours), tell) for name in lists
    ]
    squares = (
        dataset
        if recipe.original_size_px == recipe.size_px
        else _dataset(ingredients, work, "baseline", recipe.original_size_px, tell)
    )
    original = partial(_run, squares, work, note=ORIGINAL, tell=tell)
    originals = [
        original(f"{name}-original", _config(ingredients, name, recipe.original)) for name in lists
    ]
    tell("export")
    manifest = export(
        dataset,
        ours[0],
        model,
        photographs=ingredients.photographs,
        beside=ours[1:],
        baselines=originals,
        works=_works(ingredients.pictures),
        comparison=ingredients.comparison,
        is_replacing=True,
    )
    write_card(model, card, notes=notes)
    return manifest


def _works(pictures: Path) -> Path | None:
    """Return where the works are described; folders of styles alone name no artist."""
    table = pictures / TABLE
    return table if table.is_file() else None


def _dataset(ingredients: Ingredients, work: Path, name: str, size_px: int, tell: _Tell) -> Path:
    tell(f"organise at {size_px} px")
    config = OrganiseConfig(
        size_px=size_px,
        lists=ingredients.lists,
        keeps_duplicates=True,  # the lists have been looked through for them
        min_pictures_per_style=ingredients.min_pictures,
    )
    organise(work / "raw", work / name, config)
    return work / name


def _config(ingredients: Ingredients, split: str, recipe: Mapping[str, Any]) -> TrainConfig:
    options = {"split": split, "weights": ingredients.weights or "imagenet"}
    return make_config(options | dict(recipe))


def _run(
    dataset: Path, work: Path, name: str, config: TrainConfig, tell: _Tell, note: str = ""
) -> Path:
    folder = work / "runs" / name
    if not (folder / "run.json").is_file():
        tell(f"train {name}, {config.epochs} epochs at most")
        train(dataset, folder, config, note=note)
    tell(f"evaluate {name}")
    evaluate(dataset, folder, parts=("validation", "test"))
    return folder
