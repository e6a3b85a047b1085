"""Options: what a recipe changes, what was given, and what does not go together."""

from typing import Any

import pytest
from pydantic import ValidationError

from training.config import RECIPES, TrainConfig
from training.options import config_of


def test_the_frozen_recipe_has_the_settings_of_the_original() -> None:
    config = TrainConfig(recipe="frozen")

    assert (config.batch_size, config.epochs) == (16, 50)
    assert (config.optimizer, config.learning_rate, config.clip_norm, config.clip) == (
        "sgd",
        0.02,
        1.0,
        "each",
    )
    assert (config.schedule, config.plateau_factor, config.plateau_patience) == ("plateau", 0.4, 3)
    assert (config.stop_patience, config.stop_min_delta) == (10, 0.005)
    assert config.class_weights == "balanced"


def test_what_is_given_goes_before_the_recipe() -> None:
    assert TrainConfig(recipe="frozen", batch_size=64).batch_size == 64


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_kept_config_reads_back_as_it_was(recipe: Any) -> None:
    config = TrainConfig(recipe=recipe, seed=7)

    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"recipe": "frozen", "head_epochs": 1}, "never thaws"),
        ({"epochs": 3, "head_epochs": 1, "half_epochs": 2}, "no epoch is left"),
        ({"recipe": "melted"}, "recipe"),
        ({"crop_pixels": 128}, "crop_pixels"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TrainConfig(**options)


def test_options_that_were_not_given_are_those_of_the_run_to_repeat() -> None:
    base = TrainConfig(recipe="frozen", seed=7, head="original-3")

    repeated = config_of({"seed": None, "head": "gap"}, base=base)

    assert repeated == base.model_copy(update={"head": "gap"})


def test_another_recipe_than_that_of_the_run_brings_its_own_settings() -> None:
    base = TrainConfig(recipe="fine-tune", seed=7)

    changed = config_of({"recipe": "frozen"}, base=base)

    assert (changed.optimizer, changed.seed) == ("sgd", 7)


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [({"weights": "none"}, "weights", None), ({"stop_patience": 0}, "stop_patience", None)],
)
def test_words_of_the_command_line_stand_for_nothing(
    given: dict[str, Any], name: str, value: None
) -> None:
    assert getattr(config_of(given), name) is value
