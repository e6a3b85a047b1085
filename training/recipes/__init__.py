"""Recipes: TOML files with what a training does otherwise than the defaults of `TrainConfig`."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args

from pydantic import ValidationError

from training.config import TrainConfig
from training.errors import TrainingError

RECIPES: Final = ("fine-tune", "original", "released")
"""Names of the recipes that lie here."""

NONE: Final = "none"
"""What stands for None where an option may be that, as TOML has no word for it."""


def load_recipe(recipe: str | Path) -> dict[str, Any]:
    """Return the options that a recipe sets.

    recipe: one of `RECIPES`, or the path of a TOML file.

    Raises:
        TrainingError: no such recipe, no TOML, an option that there is not, or a wrong value.
    """
    path = _find(recipe)
    try:
        options = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:  # no TOML, or no UTF-8
        raise TrainingError(f"{path} is no TOML: {error}") from error
    try:
        make_config(options)
    except TrainingError as error:
        raise TrainingError(f"{path}: {error}") from error
    return _with_none(options)


def make_config(options: Mapping[str, Any]) -> TrainConfig:
    """Return the defaults with these options in their place.

    Raises:
        TrainingError: an option that there is not, a wrong value, or options that do not go
            together.
    """
    for name in options:
        if name not in TrainConfig.model_fields:
            raise TrainingError(f"there is no option {name!r}: {_nearest(name)}")
    try:
        return TrainConfig(**_with_none(options))
    except ValidationError as error:
        raise TrainingError(_first_reason(error)) from error


def _find(recipe: str | Path) -> Path:
    if recipe in RECIPES:
        return Path(__file__).with_name(f"{recipe}.toml")
    if Path(recipe).is_file():
        return Path(recipe)
    near = get_close_matches(str(recipe), RECIPES)
    meant = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(RECIPES)},"
    raise TrainingError(f"no recipe {str(recipe)!r}: {meant} or name a TOML file that exists")


def _nearest(name: str) -> str:
    near = get_close_matches(name, TrainConfig.model_fields)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "`python -m training recipes` shows all of them"


def _with_none(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if value == NONE and _may_be_none(name) else value
        for name, value in options.items()
    }


def _may_be_none(name: str) -> bool:
    return NoneType in get_args(TrainConfig.model_fields[name].annotation)


def _first_reason(error: ValidationError) -> str:
    """Return what is wrong with the first option; of one that may be several things, each."""
    first = error.errors()[0]
    if not first["loc"]:
        return first["msg"].removeprefix("Value error, ")
    name = first["loc"][0]
    reasons = [one["msg"] for one in error.errors() if one["loc"][:1] == (name,)]
    return f"{name}={str(first['input'])[:80]}: {'; '.join(reasons)}"
