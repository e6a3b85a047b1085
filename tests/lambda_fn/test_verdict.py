"""How sure, what else it may be, how often it is right, where it looked."""

from dataclasses import replace

import numpy as np
import pytest

from lambda_fn.contract.images import Pixels
from lambda_fn.runtime import Answer
from lambda_fn.verdict import draw_heat_maps, find_candidates, find_verdict, read_track_record
from tests.fakes import FakeModel, make_manifest

MANIFEST = make_manifest()
NOTHING: Pixels = np.zeros((64, 64, 3), np.float32)


def answer_of(**options: object) -> Answer:
    return FakeModel(**options).answer(NOTHING)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probability", "candidates"),
    [(0.9, ["ukiyo-e"]), (0.6, ["ukiyo-e", "cubism"])],
)
def test_candidates_are_as_many_as_the_threshold_asks_for(
    probability: float, candidates: list[str]
) -> None:
    answer = answer_of(best="ukiyo-e", probability=probability)

    found = find_candidates(answer, MANIFEST)

    assert found == candidates


@pytest.mark.parametrize(
    ("painting", "candidates", "verdict"),
    [
        (0.8, ["cubism"], "confident"),
        (0.8, ["cubism", "ukiyo-e"], "unsure"),
        (0.2, ["cubism"], "not-a-painting"),
        (0.2, ["cubism", "ukiyo-e"], "not-a-painting"),
        (0.5, ["cubism"], "confident"),
        (None, ["cubism"], "confident"),
    ],
)
def test_the_verdict_is_about_the_picture_first_and_the_candidates_then(
    painting: float | None, candidates: list[str], verdict: str
) -> None:
    found = find_verdict(answer_of(painting=painting), MANIFEST, candidates)

    assert found == verdict


def test_a_model_made_without_photographs_refuses_nothing() -> None:
    manifest = MANIFEST.model_copy(update={"painting": None})

    assert find_verdict(answer_of(painting=0.0), manifest, ["cubism"]) == "confident"


def test_the_track_record_is_that_of_the_style_on_the_test_list() -> None:
    record = read_track_record(MANIFEST, "cubism")

    assert (record.precision, record.recall, record.pictures) == (0.6, 0.4, 10)
    assert record.confused_with == "ukiyo-e"


def test_heat_maps_share_one_scale_and_show_only_what_speaks_for_a_style() -> None:
    maps = draw_heat_maps(answer_of(best="cubism"), MANIFEST, ["cubism", "ukiyo-e"])

    assert maps == {"cubism": [[1, 0], [0, 0]], "ukiyo-e": [[0, 0], [0, 0.5]]}


def test_a_style_that_nothing_speaks_for_has_an_empty_heat_map() -> None:
    answer = replace(answer_of(), maps=np.full((3, 2, 2), -1, np.float32))

    assert draw_heat_maps(answer, MANIFEST, ["cubism"]) == {"cubism": [[0, 0], [0, 0]]}


def test_a_model_without_maps_gives_no_heat_maps() -> None:
    assert draw_heat_maps(answer_of(has_maps=False), MANIFEST, ["cubism"]) == {}
