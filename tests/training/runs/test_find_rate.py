"""The range test: what it suggests, when it ends, what it writes and refuses."""

import contextlib
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.made_once import made_once
from tests.training.cli.test_commands import assert_one_clear_line, call
from tests.training.conftest import made_dataset, tiny_config
from training.config import TrainConfig
from training.errors import TrainingError
from training.recipes import load_recipe
from training.runs.find_rate import RangeTest, find_rate

pytestmark = pytest.mark.slow

RATES = np.geomspace(1e-7, 1e1, 160)


def bowl(lowest: float) -> NDArray[np.float64]:
    """Return losses that fall to 1 at this rate and rise steeply beyond it."""
    distance = np.log10(RATES / lowest)
    return np.where(distance < 0, 3 - 2 * np.exp(-(distance**2)), 1 + 20 * distance**2)


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.floats(-10, 10))
def test_smoothing_keeps_the_range_and_follows_a_shift(losses: list[float], shift: float) -> None:
    rates = np.geomspace(1e-6, 1, len(losses))

    found = RangeTest(rates, np.array(losses)).smoothed

    assert found.min() >= min(losses) - 1e-6
    assert found.max() <= max(losses) + 1e-6
    moved = RangeTest(rates, np.array(losses) + shift).smoothed
    np.testing.assert_allclose(moved, found + shift, atol=1e-6)


@pytest.mark.parametrize("lowest", [1e-3, 1e-2, 1e-1])
def test_the_suggestion_is_a_tenth_of_the_rate_with_the_lowest_loss(lowest: float) -> None:
    found = RangeTest(RATES, bowl(lowest))

    # smoothing moves the lowest point to the flatter side a little
    assert found.suggested is not None
    assert 0.3 < found.suggested / (lowest / 10) < 1.1


def test_noise_of_single_batches_moves_the_suggestion_little() -> None:
    noise = np.random.default_rng(0).normal(0, 0.4, len(RATES))

    quiet, noisy = (RangeTest(RATES, bowl(1e-2) + one).suggested for one in (0, noise))

    assert quiet is not None
    assert noisy is not None
    assert 0.5 < noisy / quiet < 2


@pytest.mark.parametrize("losses", [np.arange(20.0), np.full(20, 2.0), np.array([3.0, 2.0])])
def test_a_loss_that_does_not_fall_or_is_too_short_suggests_nothing(
    losses: NDArray[np.float64],
) -> None:
    assert RangeTest(np.geomspace(1e-6, 1, len(losses)), losses).suggested is None


def read_rates(folder: Path) -> NDArray[np.float64]:
    """Return rates.csv, a row per step, after checking its heading."""
    with (folder / "rates.csv").open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == ["step", "rate", "loss", "smoothed"]
    return np.array(rows, np.float64)


@pytest.fixture(scope="module")
def config(small: str) -> TrainConfig:
    return tiny_config(architecture=small, optimizer="sgd", batch_size=16, mixup_alpha=0)


@pytest.fixture(scope="module")
def tested(config: TrainConfig) -> tuple[Path, float]:
    def make(folder: Path) -> None:
        found = find_rate(made_dataset(), folder / "rate", config, low=1e-4, high=10.0, steps=60)
        (folder / "suggested.txt").write_text(repr(found))

    made = made_once("rate", make)
    return made / "rate", float((made / "suggested.txt").read_text())


def test_the_table_holds_every_step_and_what_was_suggested(tested: tuple[Path, float]) -> None:
    folder, suggested = tested

    rows = read_rates(folder)

    assert rows[:, 0].tolist() == list(range(len(rows)))
    np.testing.assert_allclose(rows[:, 1], np.geomspace(1e-4, 10.0, 60)[: len(rows)])
    np.testing.assert_allclose(rows[:, 3], RangeTest(rows[:, 1], rows[:, 2]).smoothed)
    assert suggested == pytest.approx(rows[rows[:, 3].argmin(), 1] / 10)


@pytest.mark.parametrize(("name", "height"), [("rate.png", 525), ("loss.png", 750)])
def test_both_plots_are_drawn(tested: tuple[Path, float], name: str, height: int) -> None:
    with Image.open(tested[0] / name) as image:
        assert image.size == (1200, height)
        assert len(np.unique(np.asarray(image.convert("L")))) > 20


def test_nothing_else_is_left_in_the_folder(tested: tuple[Path, float]) -> None:
    assert {path.name for path in tested[0].iterdir()} == {"rates.csv", "rate.png", "loss.png"}


def test_the_same_seed_finds_the_same_rate(
    dataset: Path, config: TrainConfig, tested: tuple[Path, float], tmp_path: Path
) -> None:
    again = find_rate(dataset, tmp_path, config, low=1e-4, high=10.0, steps=60)

    assert again == tested[1]
    assert (tmp_path / "rates.csv").read_bytes() == (tested[0] / "rates.csv").read_bytes()


def test_the_test_ends_where_the_loss_diverges(
    dataset: Path, small: str, weights: Path, tmp_path: Path
) -> None:
    frozen: dict[str, Any] = {
        **load_recipe("original"),
        "head": "gap",
        "scaling": "own",
        "architecture": small,
        "weights": weights,
    }

    find_rate(dataset, tmp_path, TrainConfig(**frozen), low=1e-2, high=1e8, steps=60)

    losses = read_rates(tmp_path)[:, 2]
    assert 10 < len(losses) < 60
    assert losses[-5:].mean() > losses[:5].mean()


def test_the_rate_is_found_for_what_the_run_will_learn(
    signed: Path, config: TrainConfig, tmp_path: Path
) -> None:
    """The loss of naming artists and that of a blended label count, too."""
    changes: dict[str, dict[str, Any]] = {
        "plain": {},
        "more": {"artist_weight": 1.0, "artist_works": 2, "cutmix_alpha": 1.0},
    }

    for name, change in changes.items():
        found = config.model_copy(update=change)
        with contextlib.suppress(TrainingError):  # so few steps need not suggest anything
            find_rate(signed, tmp_path / name, found, low=1e-4, high=1e-3, steps=10)

    plain, larger = (read_rates(tmp_path / name)[:, 2] for name in ("plain", "more"))
    assert (larger > plain + 0.5).all()


def test_losses_that_are_no_numbers_stay_out_of_the_table(
    dataset: Path, config: TrainConfig, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"loss\.png\): begin with a lower --low"):
        find_rate(dataset, tmp_path, config, low=1e30, high=1e38, steps=10)

    rows = read_rates(tmp_path)
    assert 0 < len(rows) < 10
    assert np.isfinite(rows).all()
    assert (tmp_path / "loss.png").is_file()


@pytest.mark.parametrize(
    "options",
    [
        {"low": 0.0},
        {"low": -1.0},
        {"low": 1e-3, "high": 1e-3},
        {"low": 1.0, "high": 1e-3},
        {"steps": 9},
        {"low": float("nan")},
    ],
)
def test_rates_in_no_order_are_refused_before_anything_is_computed(
    dataset: Path, config: TrainConfig, tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(TrainingError, match="the first must be positive"):
        find_rate(dataset, tmp_path / "new", config, **options)

    assert not (tmp_path / "new").exists()


def test_crops_larger_than_the_pictures_are_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="65 px are larger"):
        find_rate(dataset, tmp_path / "new", tiny_config(crop_px=65))


def test_find_rate_on_frozen_features_ends_with_the_rate_and_where(
    dataset: Path, small: str, weights: Path, tmp_path: Path
) -> None:
    options = f"--weights {weights} --steps 40 --high 10"
    options += f" --recipe original --set head=gap --set architecture={small}"

    result = call("find-rate", dataset, tmp_path / "rate", *options.split())

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("try a learning rate of ")
    assert result.stdout.endswith(f"{tmp_path / 'rate'} shows the curve\n")


def test_wrong_rates_are_one_clear_line(dataset: Path, tmp_path: Path) -> None:
    options = ("--low", 1, "--high", 0.1, "--set", "crop_px=48")
    result = call("find-rate", dataset, tmp_path / "new", *options)

    assert_one_clear_line(result, "rates from 1.0 to 0.1")
