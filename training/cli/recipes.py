"""The command `recipes`: every option of a training, and what each recipe has for it."""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.cli.failures import one_clear_line
from training.config import TrainConfig
from training.recipes import NONE, RECIPES, load_recipe, make_config

_WIDE: Final = 500  # columns of a table that no terminal shows: a line for each option
_BOUNDS: Final = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_TYPES: Final = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "null": NONE,
}


def recipes() -> None:
    """Show every option of a training: what it is, its values, and what each recipe has."""
    with one_clear_line():
        configs = {name: make_config(load_recipe(name)) for name in RECIPES}
    table = Table("option", *RECIPES, "values", "what it is", box=None, pad_edge=False)
    for name, schema in TrainConfig.model_json_schema()["properties"].items():
        values = [_as_toml(config.model_dump(mode="json")[name]) for config in configs.values()]
        default = _as_toml(TrainConfig().model_dump(mode="json")[name])
        table.add_row(
            Text(name, style="bold"),
            *(Text(one, style="" if one == default else "bold") for one in values),
            Text(_values(schema)),
            Text(schema["description"]),
        )
    width = None if sys.stdout.isatty() else _WIDE
    Console(width=width, highlight=False).print(table)
    typer.echo(
        "`--set NAME=VALUE` changes one of them; a recipe of your own is a TOML file with lines "
        "NAME = VALUE"
    )


def _values(schema: Mapping[str, Any]) -> str:
    """Return in words what a JSON schema allows."""
    if "anyOf" in schema:
        return " or ".join(_values(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(schema.get("enum", [schema.get("const")]))
    if schema["type"] == "array":
        return f"list of {_values(schema['items'])}s"
    if schema.get("format") == "path":
        return "path"
    bounds = [f"{words} {schema[key]:g}" for key, words in _BOUNDS.items() if key in schema]
    return _TYPES[schema["type"]] + (f" ({', '.join(bounds)})" if bounds else "")


def _as_toml(value: Any) -> str:
    """Return a value as `--set` takes it."""
    if value is None:
        return NONE
    return value if isinstance(value, str) else json.dumps(value)
