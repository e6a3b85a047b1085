"""Weights between the first and the last ones of a run."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import made_dataset, made_run, tiny_config
from training.architectures import build_classifier
from training.blend import SHARES, Tried, blend
from training.config import TrainConfig
from training.data import load_part
from training.errors import TrainingError
from training.linear_start import fit_head
from training.run_folder import load_run, read_history
from training.train import load_classifier

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config(small: str, weights: Path) -> TrainConfig:
    return tiny_config(architecture=small, head="levels", weights=weights)


@pytest.fixture(scope="module")
def fitted(config: TrainConfig) -> Path:
    """A run whose head was fitted before it was trained."""
    return made_run("fitted", made_dataset(), config)


@pytest.fixture(scope="module")
def blended(
    fitted: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Tried]]:
    folder = tmp_path_factory.mktemp("blended") / "run"
    return folder, blend(dataset, fitted, folder)


def test_the_share_that_surprises_least_is_kept(blended: tuple[Path, list[Tried]]) -> None:
    folder, tried = blended

    kept = load_run(folder).first_share

    assert [one.share for one in tried] == list(SHARES)
    assert kept == min(tried, key=lambda one: one.surprise).share


def test_the_weights_lie_between_the_first_and_the_last_ones(
    blended: tuple[Path, list[Tried]], fitted: Path, config: TrainConfig, dataset: Path
) -> None:
    first = build_classifier(config, styles=2, size_px=None)
    fit_head(first, config, load_part(dataset, split="picture", part="train"))
    share = load_run(blended[0]).first_share

    found = load_classifier(blended[0]).get_weights()

    last = load_classifier(fitted).get_weights()
    for one, begin, end in zip(found, first.get_weights(), last, strict=True):
        np.testing.assert_allclose(one, share * begin + (1 - share) * end, atol=1e-6)


def test_it_is_a_run_like_the_one_that_it_comes_from(
    blended: tuple[Path, list[Tried]], fitted: Path
) -> None:
    folder, _ = blended

    assert load_run(folder).plan == load_run(fitted).plan
    assert read_history(folder) == read_history(fitted)


def test_a_run_that_began_with_a_random_head_is_refused(
    run: Path, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="--head levels"):
        blend(dataset, run, tmp_path / "blended")


def test_a_folder_that_exists_is_not_overwritten(fitted: Path, dataset: Path) -> None:
    with pytest.raises(TrainingError, match="exists"):
        blend(dataset, fitted, fitted)
