"""Recipes: those that come with the product, files of one's own, and what is wrong with them."""

from pathlib import Path
from typing import Any

import pytest

from training.config import TrainConfig
from training.errors import TrainingError
from training.recipes import RECIPES, load_recipe, make_config


def write_recipe(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_recipe_that_lies_there_has_its_name_in_the_list() -> None:
    folder = Path(__file__).parents[3] / "training" / "recipes"

    assert tuple(sorted(path.stem for path in folder.glob("*.toml"))) == RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_holds_only_what_differs_from_the_defaults(name: str) -> None:
    defaults = TrainConfig().model_dump()

    options = load_recipe(name)

    assert [one for one, value in options.items() if value == defaults[one]] == []


def test_the_recipe_fine_tune_is_the_defaults() -> None:
    assert make_config(load_recipe("fine-tune")) == TrainConfig()


def test_the_recipe_original_has_the_settings_of_the_original() -> None:
    config = make_config(load_recipe("original"))

    assert (config.trains, config.head, config.scaling) == ("head", "original-3", "unit")
    assert (config.batch_size, config.epochs) == (16, 50)
    assert (config.optimizer, config.learning_rate) == ("sgd", 0.02)
    assert (config.clip_norm, config.clip) == (1.0, "each")
    assert (config.schedule, config.plateau_factor, config.plateau_patience) == ("plateau", 0.4, 3)
    assert (config.stop_patience, config.stop_min_delta) == (10, 0.005)
    assert config.class_weights == "balanced"


def test_a_recipe_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, 'epochs = 3\nweights = "none"\nteachers = ["runs/a"]\n')

    config = make_config(load_recipe(path))

    assert config == TrainConfig(epochs=3, weights=None, teachers=(Path("runs/a"),))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("epochs = ", "mine.toml is no TOML: "),
        ("dropuot = 0.1", "mine.toml: there is no option 'dropuot': did you mean dropout"),
        ("[head]\nunits = 3", "mine.toml: head="),
        ("dropout = 1.0", "mine.toml: dropout=1.0: Input should be less than 1"),
        ("hidden_units = 8", "mine.toml: hidden units go with the head levels only"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_said_with_its_file(
    text: str, reason: str, tmp_path: Path
) -> None:
    path = write_recipe(tmp_path, text)

    with pytest.raises(TrainingError) as caught:
        load_recipe(path)

    assert reason in str(caught.value)


def test_a_recipe_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(TrainingError, match="is no TOML"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("orginal", "no recipe 'orginal': did you mean original"),
        ("frozen", "choose from fine-tune, original, released, or name a TOML file"),
        ("gone.toml", "no recipe 'gone.toml'"),
    ],
)
def test_an_unknown_recipe_is_refused_with_those_there_are(name: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        load_recipe(name)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"artist_weigth": 1}, "there is no option 'artist_weigth': did you mean artist_weight"),
        ({"xyz": 1}, "there is no option 'xyz': `python -m training recipes` shows"),
        ({"weights": 5}, "weights=5: Input should be 'imagenet'; "),
        ({"class_weights": "fair"}, "class_weights=fair: "),
        ({"teachers": "runs/a"}, "teachers=runs/a: "),
    ],
)
def test_a_wrong_option_is_one_clear_reason(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        make_config(options)


def test_none_stands_for_nothing_only_where_nothing_may_be() -> None:
    config = make_config({"weights": "none", "stop_patience": "none", "class_weights": "none"})

    assert (config.weights, config.stop_patience, config.class_weights) == (None, None, "none")
