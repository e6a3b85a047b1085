"""Labelled pictures -> the released model folder and its card, by the steps of this package.

Each step is skipped where it is done already, so that the same command goes on after a stop.

    WORK/raw/                what `import` makes of the pictures
    WORK/dataset/            squares of the release's size, with the given lists
    WORK/lists.csv           the given lists, with what comes from elsewhere
    WORK/runs/LIST/          the release's recipe on each list; that of `picture` ships
    WORK/left-out/           the same recipe, each time without some places
    WORK/baseline/           squares of the original's size, where it is another one
    WORK/runs/LIST-original/ the original's recipe on each list, to compare with
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lambda_fn.contract.manifest import ModelManifest
from training.config import ImportConfig, OrganiseConfig, TrainConfig
from training.dataset.dataset_folder import load_dataset
from training.dataset.elsewhere import PAINTINGS, read_elsewhere, those
from training.dataset.given_splits import read_lists
from training.dataset.organise import organise
from training.errors import TrainingError
from training.evaluation.evaluate import evaluate
from training.evaluation.left_out import FOLDS, leave_places_out
from training.files import write_table
from training.model_folder.export import export
from training.model_folder.model_card import write_card
from training.recipes import load_recipe, make_config
from training.runs.train import train
from training.sources.importing import import_works
from training.sources.labelled_rows import TABLE

LISTS = ("picture", "artist", "source")
ORIGINAL = "the original's recipe"
_LEARNT = ("train", "validation")
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
    elsewhere: Path | None = None
    """pictures from anywhere (`training/dataset/elsewhere.py`); its paintings, in a folder of that
    name which `import` takes, are trained on, too: those of the training part"""
    compared: Path | None = None
    """model folder whose figures of the original's recipe are taken over; None trains it anew"""
    never: Path | None = None
    """CSV with a column `path`: pictures that are never trained on, such as copies of works that a
    model is asked about in the end"""
    gallery: Path | None = None
    """famous works (`gallery.py`), to be measured on"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a release is made; the defaults are those of the model that ships."""

    size_px: int = 224
    original_size_px: int = 224
    folds: int = FOLDS
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
    for pictures in (ingredients.pictures, _paintings(ingredients)):
        if pictures is not None:
            import_works(pictures, work / "raw", ImportConfig())
    write_lists(ingredients, work / "lists.csv")
    dataset = _dataset(ingredients, work, "dataset", recipe.size_px, tell)
    lists = [name for name in LISTS if name in load_dataset(dataset).lists]
    if not lists:
        raise TrainingError(f"{ingredients.lists} has none of the lists {', '.join(LISTS)}")
    ours = [
        _run(dataset, work, name, _config(ingredients, name, recipe.ours), tell) for name in lists
    ]
    left_out = None
    if ingredients.elsewhere is not None:
        tell(f"leave places out, {recipe.folds} times")
        left_out = work / "left-out"
        config = _config(ingredients, lists[0], recipe.ours)
        leave_places_out(dataset, left_out, config, folds=recipe.folds)
    squares = (
        dataset
        if ingredients.compared or recipe.original_size_px == recipe.size_px
        else _dataset(ingredients, work, "baseline", recipe.original_size_px, tell)
    )
    originals = (
        [ingredients.compared]
        if ingredients.compared
        else [
            _run(
                squares,
                work,
                f"{name}-original",
                _config(ingredients, name, recipe.original),
                note=ORIGINAL,
                tell=tell,
            )
            for name in lists
        ]
    )
    tell("export")
    manifest = export(
        dataset,
        ours[0],
        model,
        photographs=ingredients.photographs,
        elsewhere=ingredients.elsewhere,
        gallery=ingredients.gallery,
        left_out=left_out,
        beside=ours[1:],
        baselines=originals,
        works=_works(ingredients.pictures),
        comparison=ingredients.comparison,
        is_replacing=True,
    )
    write_card(model, card, notes=notes)
    return manifest


def _paintings(ingredients: Ingredients) -> Path | None:
    return ingredients.elsewhere and ingredients.elsewhere / PAINTINGS


def write_lists(ingredients: Ingredients, target: Path) -> None:
    """Write the given lists, with the paintings from elsewhere in the training part of each.

    Pictures that are never to be trained on are unused where they would be.

    Raises:
        TrainingError: a CSV is none, or no picture of `never` is in a list.
    """
    lists = read_lists(ingredients.lists)
    if ingredients.never is not None:
        with ingredients.never.open(encoding="utf-8-sig", newline="") as file:
            never = {row["path"] for row in csv.DictReader(file)}
        if not never & set(next(iter(lists.values()))):
            raise TrainingError(f"{ingredients.never} names no picture of {ingredients.lists}")
        for parts in lists.values():
            parts |= {path: "unused" for path in never if parts.get(path) in _LEARNT}
    folder = _paintings(ingredients)
    if folder is not None and ingredients.elsewhere is not None:
        rows = read_elsewhere(ingredients.elsewhere)
        found = {
            one.file.relative_to(folder).as_posix(): one.part
            for one in (*those(rows, PAINTINGS, "train"), *those(rows, PAINTINGS, "test"))
        }
        for parts in lists.values():
            parts |= {
                path: "train" if part == "train" else "unused" for path, part in found.items()
            }
    paths = sorted({path for parts in lists.values() for path in parts})
    rows_of = ([path, *(parts.get(path, "unused") for parts in lists.values())] for path in paths)
    write_table(target, ["path", *lists], rows_of)


def _works(pictures: Path) -> Path | None:
    """Return where the works are described; folders of styles alone name no artist."""
    table = pictures / TABLE
    return table if table.is_file() else None


def _dataset(ingredients: Ingredients, work: Path, name: str, size_px: int, tell: _Tell) -> Path:
    tell(f"organise at {size_px} px")
    config = OrganiseConfig(
        size_px=size_px,
        lists=work / "lists.csv",
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
