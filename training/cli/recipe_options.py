"""The options that say how a model is trained: --recipe, --from, --set, --weights, --split."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from training.config import TrainConfig
from training.errors import TrainingError
from training.recipes import RECIPES, load_recipe, make_config

RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        help=f"{', '.join(RECIPES)}, or a TOML file of your own; fine-tune by default. `recipes` "
        "shows what they set.",
        show_default=False,
    ),
]
RepeatedRun = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="RUN",
        help="Run to repeat on its dataset, with its own options in place of a recipe's.",
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Change one option, such as epochs=40; may be repeated. `recipes` lists all of them.",
        show_default=False,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="Where to begin: imagenet (downloaded; the default), none, or a Keras weights file.",
        show_default=False,
    ),
]
SplitName = Annotated[
    str | None,
    typer.Option(
        "--split", help="List of the dataset to train on; picture by default.", show_default=False
    ),
]


def config_of(
    *,
    recipe: str | None = None,
    repeated: TrainConfig | None = None,
    settings: Iterable[str] = (),
    weights: str | None = None,
    split: str | None = None,
) -> TrainConfig:
    """Return the options of a recipe, or of the run that is repeated, changed by what was given.

    settings: NAME=VALUE; they take precedence over `weights` and `split`.

    Raises:
        TrainingError: no such recipe or option, a wrong value, or options that do not go together.
    """
    if recipe is not None and repeated is not None:
        raise TrainingError(
            "a run is repeated by its own options: leave out --recipe, or --from and the run"
        )
    options = load_recipe(recipe) if recipe is not None else {}
    if repeated is not None:
        options = repeated.model_dump()
    spelled = {"weights": weights, "split": split}
    options |= {name: value for name, value in spelled.items() if value is not None}
    return make_config(options | dict(map(_read_setting, settings)))


def _read_setting(setting: str) -> tuple[str, Any]:
    name, sign, value = setting.partition("=")
    if not name or not sign:
        raise TrainingError(f"--set {setting}: give a name and a value, such as --set epochs=40")
    return name.strip(), _read_value(value)


def _read_value(text: str) -> Any:
    """Return the value as TOML has it; words and paths, which TOML wants in quotes, go without."""
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    value = read["value"]
    # more keys: the text has lines of its own; other types: a date, which no option is
    is_known = len(read) == 1 and isinstance(value, bool | int | float | str | list)
    return value if is_known else text
