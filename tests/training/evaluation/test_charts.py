"""The plots: nothing is cut off, colours keep their meaning, gaps in the data do no harm."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from tests.training.answers import SLUGS, draw_answers, draw_evaluation
from training.evaluation import charts
from training.evaluation.metrics import (
    confidence_bins,
    count_confusion,
    roc_curves,
    to_probabilities,
)
from training.plots import ACCENT, COOL, PAPER

pytestmark = pytest.mark.slow

HISTORY = [
    {
        "epoch": float(epoch),
        "loss": 2 / epoch,
        "accuracy": 1 - 0.9 / epoch,
        "val_loss": 2.2 / epoch,
        "val_accuracy": 0.8 - 0.7 / epoch,
        "learning_rate": 0.02 * 0.4**epoch,
        "seconds": 9.0,
    }
    for epoch in range(1, 8)
]
NAMES = ("mobilenetv2-original-2-imagenet", "resnet50", "vgg16", "inceptionv3", "xception")


Draw = Callable[[Path], None]


def draw_roc(path: Path) -> None:
    logits, labels = draw_answers()
    curves = roc_curves(to_probabilities(logits, 1.0), labels, SLUGS)
    charts.draw_roc(path, curves, title="Each style against all others, validation")


def draw_confusion(
    path: Path, *, part: str = "test", is_normalised: bool = True, styles: int = len(SLUGS)
) -> None:
    confusion = count_confusion(*draw_answers(9000, styles=styles))
    charts.draw_confusion(
        path,
        confusion,
        SLUGS[:styles],
        title="Confusion, validation: shares of the true style",
        colours=charts.CONFUSION_COLOURS[part],
        is_normalised=is_normalised,
    )


def draw_counts(path: Path) -> None:
    draw_confusion(path, is_normalised=False)


def draw_history(path: Path) -> None:
    charts.draw_history(path, HISTORY, best_epoch=4)


def draw_prediction_report(path: Path) -> None:
    parts = draw_evaluation({"train": 3.0, "test": 1.0}).parts
    charts.draw_prediction_report(path, parts["train"].per_style, parts["test"].per_style)


def draw_reliability(path: Path) -> None:
    logits, labels = draw_answers()
    before, after = (
        confidence_bins(to_probabilities(logits, temperature), labels) for temperature in (0.5, 1.0)
    )
    charts.draw_reliability(path, before, after, title="How sure and how often right, validation")


def draw_scores(path: Path) -> None:
    charts.draw_scores(path, [charts.Bar(name, 1.0, 0.95) for name in NAMES])


def draw_costs(path: Path) -> None:
    costs = [charts.Cost(name, 50.0 * n + 9, 20.0 * n + 3) for n, name in enumerate(NAMES[::-1])]
    charts.draw_costs(path, costs)


DRAWINGS = (
    draw_roc,
    draw_confusion,
    draw_counts,
    draw_history,
    draw_prediction_report,
    draw_reliability,
    draw_scores,
    draw_costs,
)


def read(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def rgb(colour: str) -> list[int]:
    return [round(255 * share) for share in to_rgb(colour)]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Draw], Path]:
    """Return the plot that a function draws; each is drawn once."""
    folder = tmp_path_factory.mktemp("drawn")

    def plot_of(draw: Draw) -> Path:
        path = folder / f"{draw.__name__}.png"
        if not path.exists():
            draw(path)
        return path

    return plot_of


@pytest.mark.parametrize("draw", DRAWINGS)
def test_with_eighteen_styles_nothing_touches_the_edge_of_the_picture(
    draw: Draw, drawn: Callable[[Draw], Path]
) -> None:
    pixels = read(drawn(draw))

    edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    assert all((edge == rgb(PAPER)).all() for edge in edges)
    assert pixels.std() > 5


@pytest.mark.parametrize(("part", "strongest"), [("train", 2), ("test", 0)])
def test_confusion_is_blue_for_training_and_orange_for_test(
    part: str, strongest: int, tmp_path: Path
) -> None:
    draw_confusion(tmp_path / "plot.png", part=part, styles=6)

    pixels = read(tmp_path / "plot.png").reshape(-1, 3).astype(int)
    coloured = pixels[np.ptp(pixels, axis=1) > 80]
    assert len(coloured) > 1000
    assert (coloured.argmax(axis=1) == strongest).mean() > 0.99


def test_a_style_without_pictures_has_no_row_in_the_confusion(tmp_path: Path) -> None:
    all_six = np.ones((6, 6), dtype=np.int64)
    only_four = all_six.copy()
    only_four[4:] = 0

    for name, confusion in (("six", all_six), ("four", only_four)):
        charts.draw_confusion(
            tmp_path / f"{name}.png",
            confusion,
            SLUGS[:6],
            title="Confusion",
            colours="Oranges",
            is_normalised=True,
        )

    four, six = (read(tmp_path / f"{name}.png").shape for name in ("four", "six"))
    assert four[0] < six[0]
    assert four[1] == six[1]


@pytest.mark.parametrize("draw", [draw_history, draw_prediction_report])
def test_training_and_test_have_the_same_colours_in_history_and_report(
    draw: Draw, drawn: Callable[[Draw], Path]
) -> None:
    pixels = read(drawn(draw)).reshape(-1, 3)

    for colour in (ACCENT, COOL):
        assert (pixels == rgb(colour)).all(axis=1).sum() > 100


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_history_of_an_epoch_or_two_can_be_drawn(epochs: int, tmp_path: Path) -> None:
    charts.draw_history(tmp_path / "plot.png", HISTORY[:epochs], best_epoch=1)

    assert read(tmp_path / "plot.png").size


def test_a_rate_that_fell_to_0_can_be_drawn_on_its_logarithmic_axis(tmp_path: Path) -> None:
    rows = [*HISTORY, HISTORY[-1] | {"epoch": 8.0, "learning_rate": 0.0}]

    charts.draw_history(tmp_path / "plot.png", rows, best_epoch=8)

    assert read(tmp_path / "plot.png").size


def test_a_list_of_one_style_has_no_mean_curve_but_a_plot(tmp_path: Path) -> None:
    curves = roc_curves(np.full((3, 2), 0.5), np.zeros(3, dtype=np.int64), SLUGS[:2])

    charts.draw_roc(tmp_path / "plot.png", curves, title="One style")

    assert curves.macro is None
    assert read(tmp_path / "plot.png").size
