"""What the gate says of a model on pictures from elsewhere, on answers that are drawn."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.fakes import make_manifest
from training.errors import TrainingError
from training.promotion.gate_bounds import Row
from training.promotion.probe_bounds import Said, probe_rows

pytestmark = pytest.mark.slow

STYLES = ("cubism", "impressionism", "ukiyo-e")
PICTURES = 600


def truths_of(count: int = PICTURES) -> list[str]:
    return [STYLES[number % len(STYLES)] for number in range(count)]


def draw(
    right: float,
    *,
    count: int = PICTURES,
    sure: float | None = None,
    refused: float = 0,
    offset: int = 0,
    styles: tuple[str, ...] = STYLES,
) -> Said:
    """Return a model that names the first so many of its pictures rightly, and the rest not.

    sure: its probability for what it says; as often as it is right by default. offset: at which
    picture it begins to be right.
    """
    sure = right if sure is None else sure
    truth = np.arange(count) % len(STYLES)
    place = (np.arange(count) - offset) % count
    said = np.where(place < round(right * count), truth, (truth + 1) % len(STYLES))
    probabilities = np.full((count, len(styles)), (1 - sure) / (len(styles) - 1))
    probabilities[np.arange(count), said] = sure
    is_refused = np.arange(count) < round(refused * count)
    return Said(make_manifest(styles), probabilities.astype(np.float32), is_refused)


def ask(
    candidate: Said, live: Said, *, count: int = PICTURES, places: Sequence[str] | None = None
) -> tuple[Row, ...]:
    if places is None:
        places = [str(number) for number in range(count)]
    return probe_rows(candidate, live, truths=truths_of(count), places=places)


def reasons(*args: Said, count: int = PICTURES, places: Sequence[str] | None = None) -> list[str]:
    candidate, live = args
    return [row.reason for row in ask(candidate, live, count=count, places=places) if row.reason]


def test_the_live_model_would_pass() -> None:
    assert reasons(draw(0.6), draw(0.6)) == []


def test_a_better_model_passes_and_all_figures_are_told() -> None:
    right, calibration, refused = ask(draw(0.8), draw(0.6, refused=0.4))

    assert (right.name, right.live, right.candidate) == (
        "elsewhere: named right",
        "60.0%",
        "80.0%",
    )
    assert right.bound.startswith("+17.")
    assert right.bound.endswith("at best, at least 0")
    assert (calibration.live, calibration.candidate) == ("0.000", "0.000")
    assert (refused.live, refused.candidate) == ("40.0%", "0.0%")


def test_a_model_that_is_worse_for_certain_is_refused_however_little() -> None:
    """Of 600 pictures it loses 18 and wins none: 3 points, and nothing speaks against it."""
    found = reasons(draw(0.57, sure=0.6), draw(0.6))

    assert found == [
        "it is worse elsewhere: of 600 pictures from elsewhere it names 57.0% rightly, the live "
        "model 60.0%"
    ]


def test_a_model_that_is_wrong_on_other_pictures_may_be_a_little_worse() -> None:
    """It loses 42 pictures and wins 36: that is 1 point, and by chance."""
    candidate = draw(0.59, sure=0.6, offset=42 - 6)

    assert reasons(candidate, draw(0.6)) == []


def test_few_pictures_do_not_tell_that_a_model_is_no_worse() -> None:
    candidate, live = draw(0.5, sure=0.6, count=30, offset=9), draw(0.6, count=30)

    found = reasons(candidate, live, count=30)

    assert len(found) == 1
    assert found[0].startswith("it may be worse elsewhere: of 30 pictures")
    assert found[0].endswith("points lower on others; more pictures would tell more")


def test_pictures_of_one_place_are_drawn_together() -> None:
    """It wins one of 20 places altogether, and loses one: that says less than 30 single ones."""
    candidate, live = draw(0.6, offset=30), draw(0.6)
    by_picture = ask(candidate, live)[0]

    by_place = ask(candidate, live, places=[str(number // 30) for number in range(PICTURES)])[0]
    few_places = ask(candidate, live, places=[str(number // 200) for number in range(PICTURES)])[0]

    assert by_picture.reason == ""
    assert by_place.reason.startswith("it may be worse elsewhere")
    assert few_places == by_picture


def test_a_model_that_is_surer_than_it_is_right_is_refused() -> None:
    found = reasons(draw(0.6, sure=0.7), draw(0.6))

    assert found == [
        "its probabilities are off by 0.100 elsewhere, the live model's by 0.000 (expected "
        "calibration error)"
    ]


def test_a_model_that_refuses_more_paintings_is_refused() -> None:
    found = reasons(draw(0.6, refused=0.1), draw(0.6, refused=0.05))

    assert found == [
        "it refuses 10.0% of the pictures from elsewhere as no paintings, the live model 5.0%"
    ]


def test_styles_that_the_live_model_does_not_know_are_not_compared() -> None:
    truths = [*truths_of(), "pop-art"]
    styles = (*STYLES, "pop-art")
    candidate, live = draw(0.6, count=PICTURES + 1, styles=styles), draw(0.6, count=PICTURES + 1)

    row = probe_rows(candidate, live, truths=truths, places=truths_of(PICTURES + 1))[0]

    assert row.reason == ""
    with pytest.raises(TrainingError, match="no picture of the probe has a style"):
        probe_rows(candidate, live, truths=["pop-art"] * (PICTURES + 1), places=truths)


def test_the_verdict_is_the_same_each_time() -> None:
    rows = [ask(draw(0.59, offset=30), draw(0.6)) for _ in range(2)]

    assert rows[0] == rows[1]
