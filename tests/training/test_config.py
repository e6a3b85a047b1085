"""Options: their ranges, what does not go together, and how they are kept."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from training.config import TrainConfig


@pytest.mark.parametrize("trains", ["network", "head"])
def test_a_kept_config_reads_back_as_it_was(trains: Any) -> None:
    config = TrainConfig(trains=trains, seed=7)

    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"trains": "head", "kept_share": 0.5}, "keeps all of the backbone"),
        ({"trains": "head", "photograph_share": 0.5}, "makes views beforehand"),
        ({"trains": "head", "start": "runs/a"}, "only fine-tuning"),
        ({"photographs": 1}, "views are for the head alone"),
        ({"head": "gap", "hidden_units": 8}, "head levels only"),
        ({"trains": "head", "cutmix_alpha": 1.0}, "no cutmix"),
        ({"trains": "head", "teachers": ["runs/a"]}, "no teachers"),
        ({"head": "original-1", "artist_weight": 0.5}, "only the heads gap"),
        ({"trains": "nothing"}, "trains"),
        ({"crop_pixels": 128}, "crop_pixels"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TrainConfig(**options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cutmix_alpha", -0.1),
        ("artist_weight", -0.1),
        ("artist_works", 1),
        ("teacher_weight", 1.1),
        ("averaged_epochs", 0),
        ("kept_share", 1.0),
        ("photograph_share", 1.1),
        ("colour_cast", 1.0),
        ("max_softness", 0.9),
        ("min_crop_area", 0.0),
    ],
)
def test_a_value_out_of_its_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        TrainConfig.model_validate({name: value})


def test_teachers_read_back_in_their_order() -> None:
    config = TrainConfig(teachers=(Path("runs/b"), Path("runs/a")), teacher_weight=0.7)

    again = TrainConfig.model_validate_json(config.model_dump_json())

    assert again == config
    assert again.teachers == (Path("runs/b"), Path("runs/a"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"trains": "head", "head": "gap", "hidden_units": 8},
        {"head": "original-3", "artist_weight": 0.5},
    ],
)
def test_a_head_is_refused_where_it_cannot_stand(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="levels"):
        TrainConfig(**wrong)


def test_views_are_refused_where_training_makes_its_own() -> None:
    with pytest.raises(ValidationError, match="views are for the head alone"):
        TrainConfig(views=2)


def test_agreement_is_refused_where_there_is_one_way_of_a_picture() -> None:
    with pytest.raises(ValidationError, match="give views, too"):
        TrainConfig(trains="head", agreement_weight=1)


def test_every_training_option_says_what_it_is() -> None:
    assert [name for name, one in TrainConfig.model_fields.items() if not one.description] == []
