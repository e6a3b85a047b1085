"""Plots are whole PNG files in one look, whatever text they hold."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib import rcParams
from PIL import Image

from training.plots import PAPER, drawable, figure, label_powers


def draw(path: Path, title: str = "") -> None:
    with figure(path, width_in=4, height_in=2) as drawing:
        axes = drawing.subplots()
        axes.plot((0, 1), (0, 1))
        axes.set_title(title)


def break_off(path: Path) -> None:
    with figure(path) as drawing:
        drawing.subplots()
        raise KeyboardInterrupt


def test_a_figure_becomes_a_png_of_its_size_on_paper(tmp_path: Path) -> None:
    draw(tmp_path / "new" / "plot.png")

    with Image.open(tmp_path / "new" / "plot.png") as image:
        assert image.format == "PNG"
        assert image.size == (600, 300)
        assert image.convert("RGB").getpixel((0, 0)) == tuple(bytes.fromhex(PAPER[1:]))


def test_a_broken_drawing_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    draw(tmp_path / "plot.png")
    former = (tmp_path / "plot.png").read_bytes()

    with pytest.raises(KeyboardInterrupt):
        break_off(tmp_path / "plot.png")

    assert (tmp_path / "plot.png").read_bytes() == former
    assert [path.name for path in tmp_path.iterdir()] == ["plot.png"]


def test_a_broken_first_drawing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        break_off(tmp_path / "plot.png")

    assert list(tmp_path.iterdir()) == []


def test_the_same_drawing_gives_the_same_bytes(tmp_path: Path) -> None:
    draw(tmp_path / "one.png", "title")
    draw(tmp_path / "two.png", "title")

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_look_ends_with_the_figure(tmp_path: Path) -> None:
    before = dict(rcParams)

    draw(tmp_path / "plot.png")

    assert dict(rcParams) == before


@pytest.mark.parametrize("text", ["$1 and $\\wrong$", "_hidden", "富嶽 Naïve", "<b>&"])
def test_any_text_can_be_drawn(tmp_path: Path, text: str) -> None:
    draw(tmp_path / "plot.png", drawable(text))
    draw(tmp_path / "empty.png")

    with Image.open(tmp_path / "plot.png") as plot, Image.open(tmp_path / "empty.png") as empty:
        assert not np.array_equal(np.asarray(plot), np.asarray(empty))


def test_letters_that_the_font_lacks_become_squares() -> None:
    assert drawable("Naïve Святая 富") == "Naïve Святая □"


def test_a_logarithmic_axis_is_labelled_without_formulas(tmp_path: Path) -> None:
    with figure(tmp_path / "plot.png") as drawing:
        axes = drawing.subplots()
        axes.set(yscale="log", ylim=(1e-6, 1))
        label_powers(axes.yaxis)

        drawing.draw_without_rendering()

        texts = [label.get_text() for label in axes.get_yticklabels()]
    assert {"1e-03", "0.01", "1"} & set(texts)
    assert not any("$" in text for text in texts)
