"""The released model on famous works, whose pictures may be shown: small copies lie in `gallery/`.

They were never trained on. `answers.json` keeps what the release said to these very files; another
processor may turn an answer that was as good as a tie.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_fn.model import load_model
from lambda_fn.predict import predict
from lambda_fn.runtime import StyleModel
from lambda_fn.schemas import Prediction

GALLERY = Path(__file__).parents[1] / "gallery"
RELEASE = Path(__file__).parents[2] / "lambda_fn" / "release"


@pytest.fixture(scope="module")
def model() -> StyleModel:
    return load_model(RELEASE)


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GALLERY / "answers.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def answers(model: StyleModel, said: dict[str, Any]) -> dict[str, Prediction]:
    files = [one["file"] for one in said["pictures"]]
    return {name: predict(model, (GALLERY / name).read_bytes()) for name in files}


def test_the_answers_are_those_of_the_released_model(
    model: StyleModel, said: dict[str, Any]
) -> None:
    assert said["model"] == model.manifest.id
    assert len(said["pictures"]) == len(list(GALLERY.glob("*.jpg"))) > 50


def test_what_was_named_rightly_at_release_is_named_rightly_here(
    said: dict[str, Any], answers: dict[str, Prediction]
) -> None:
    right = [one for one in said["pictures"] if one["named"] == one["style"]]

    named = [one for one in right if answers[one["file"]].style.slug == one["style"]]

    assert len(right) > 30
    assert len(named) >= 0.9 * len(right)


def test_famous_paintings_are_not_refused(answers: dict[str, Prediction]) -> None:
    refused = [name for name, one in answers.items() if one.verdict == "not-a-painting"]

    assert len(refused) <= 1


def test_the_great_wave_is_ukiyo_e(answers: dict[str, Prediction]) -> None:
    (wave,) = (one for name, one in answers.items() if "great-wave" in name)

    assert wave.style.slug == "ukiyo-e"
    assert wave.verdict != "not-a-painting"
