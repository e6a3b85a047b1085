"""--recipe, --from, --set, --weights and --split -> the options of a training."""

from pathlib import Path
from typing import Any

import pytest

from training.cli.recipe_options import config_of
from training.config import TrainConfig
from training.errors import TrainingError
from training.recipes import load_recipe, make_config


def test_without_any_option_the_defaults_are_used() -> None:
    assert config_of() == TrainConfig()


def test_a_setting_takes_precedence_over_the_recipe() -> None:
    config = config_of(recipe="original", settings=["batch_size=64"])

    assert config == make_config(load_recipe("original") | {"batch_size": 64})


def test_a_setting_takes_precedence_over_the_run_to_repeat() -> None:
    base = TrainConfig(trains="head", seed=7, head="original-3", weights=None)

    changed = config_of(repeated=base, settings=["head=gap"])

    assert changed == base.model_copy(update={"head": "gap"})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [([], (Path("runs/a"),)), (['teachers=["runs/b"]'], (Path("runs/b"),)), (["teachers=[]"], ())],
)
def test_teachers_that_are_given_take_the_place_of_those_of_the_run(
    settings: list[str], expected: tuple[Path, ...]
) -> None:
    base = TrainConfig(teachers=(Path("runs/a"),))

    assert config_of(repeated=base, settings=settings).teachers == expected


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("epochs=40", "epochs", 40),
        ("learning_rate=1e-3", "learning_rate", 1e-3),
        ("dropout = 0.5", "dropout", 0.5),
        ("fixed_statistics=true", "fixed_statistics", True),
        ("head=original-3", "head", "original-3"),
        ('head="levels"', "head", "levels"),
        ("weights=none", "weights", None),
        ('weights="none"', "weights", None),
        ("weights=imagenet", "weights", "imagenet"),
        ("weights=files/of=mine.weights.h5", "weights", Path("files/of=mine.weights.h5")),
        ("weights=2020-01-01", "weights", Path("2020-01-01")),
        ("stop_patience=none", "stop_patience", None),
        ("class_weights=none", "class_weights", "none"),
        ('held_out=["met", "artic"]', "held_out", ("met", "artic")),
        ("start=runs/a", "start", Path("runs/a")),
    ],
)
def test_a_value_is_read_as_toml_or_else_as_it_stands(setting: str, name: str, value: Any) -> None:
    assert getattr(config_of(settings=[setting]), name) == value


def test_the_last_of_two_settings_of_one_option_counts() -> None:
    assert config_of(settings=["epochs=1", "epochs=2"]).epochs == 2


def test_weights_and_list_have_options_of_their_own() -> None:
    config = config_of(recipe="original", weights="none", split="artist")

    assert (config.weights, config.split) == (None, "artist")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("dropout", "--set dropout: give a name and a value"),
        ("=1", "--set =1: give a name and a value"),
        ("dropuot=1", "did you mean dropout"),
        ("epochs=many", "epochs=many: Input should be a valid integer"),
        ("epochs=", "epochs=: Input should be a valid integer"),
        ("epochs=1\nseed=2", "epochs=1\nseed=2: Input should be a valid integer"),
    ],
)
def test_a_setting_that_is_none_is_refused(setting: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        config_of(settings=[setting])


def test_a_run_is_not_repeated_by_a_recipe() -> None:
    with pytest.raises(TrainingError, match="leave out --recipe, or --from"):
        config_of(recipe="original", repeated=TrainConfig())
