"""Bottleneck features: what the backbone gives, computed once, whatever breaks it off."""

import errno
import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.training.conftest import STYLES, make_raw
from tests.training.forks import fork
from tests.training.killed_features import compute_until_killed
from tests.training.small import LEVELS as BOTH
from tests.training.small import build_small, registered
from training.config import LEVELS, OrganiseConfig, TrainConfig
from training.dataset import batches as data
from training.dataset.batches import load_part
from training.dataset.dataset_folder import load_works
from training.dataset.organise import organise
from training.dataset.picture_files import open_store
from training.errors import TrainingError
from training.network.architectures import build_features
from training.runs import features as steps
from training.runs.features import bottleneck_features

pytestmark = pytest.mark.slow

PICTURES, BATCH, SAVED_EVERY = 80, 8, 2


@pytest.fixture(autouse=True)
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patched because 80 pictures would be done before the progress is saved for the first time."""
    monkeypatch.setattr(steps, "BATCH", BATCH)
    monkeypatch.setattr(steps, "SAVED_EVERY", SAVED_EVERY)


@pytest.fixture
def own(dataset: Path, tmp_path: Path) -> Path:
    """A dataset of the test's own: features are written into it."""
    return copy_without_features(dataset, tmp_path / "dataset")


def copy_without_features(dataset: Path, folder: Path) -> Path:
    return Path(shutil.copytree(dataset, folder, ignore=shutil.ignore_patterns("features")))


@pytest.fixture
def config(small: str, weights: Path) -> TrainConfig:
    return TrainConfig(trains="head", architecture=small, weights=weights)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches that are read, patched to be counted."""
    sizes: list[int] = []

    def look_ahead(batches: Any) -> Iterator[Any]:
        for batch in data.look_ahead(batches):
            sizes.append(len(batch[0]))
            yield batch

    monkeypatch.setattr(steps, "look_ahead", look_ahead)
    return sizes


def folder_of(dataset: Path) -> Path:
    (folder,) = (dataset / "features").iterdir()
    return folder


def test_features_are_what_the_backbone_gives(own: Path, config: TrainConfig) -> None:
    store = open_store(own)
    pictures = np.stack([store.read(work.path) for work in load_works(own)]).astype(np.float32)

    found = bottleneck_features(own, config)

    expected = np.asarray(build_features(config, size_px=64)(pictures, training=False))
    assert found.values.dtype == np.float16
    np.testing.assert_allclose(found.values, expected, rtol=2e-3, atol=1e-6)
    assert expected.std() > 0.01


def test_of_the_levels_only_their_means_are_kept(own: Path, config: TrainConfig) -> None:
    levels = config.model_copy(update={"head": LEVELS})
    store = open_store(own)
    pictures = np.stack([store.read(work.path) for work in load_works(own)]).astype(np.float32)

    found = bottleneck_features(own, levels)

    said = build_features(levels, size_px=64)(pictures, training=False)
    expected = np.hstack([np.mean(one, axis=(1, 2)) for one in said])
    np.testing.assert_allclose(found.values, expected, rtol=2e-3, atol=1e-6)


def test_levels_do_not_lie_where_other_features_do(own: Path, config: TrainConfig) -> None:
    bottleneck_features(own, config)

    bottleneck_features(own, config.model_copy(update={"head": LEVELS}))

    assert len(list((own / "features").iterdir())) == 2


def test_other_levels_are_computed_anew(own: Path, config: TrainConfig) -> None:
    levels = config.model_copy(update={"head": LEVELS})
    first = bottleneck_features(own, levels)

    with registered(levels=BOTH[:1]):
        second = bottleneck_features(own, levels)

    assert second.values.shape[1] < first.values.shape[1]


def with_views(config: TrainConfig, **changes: Any) -> TrainConfig:
    return config.model_copy(update={"head": LEVELS, "views": 2, **changes})


def test_a_place_beyond_the_end_of_a_part_is_that_of_a_view(own: Path, config: TrainConfig) -> None:
    found = bottleneck_features(own, with_views(config))
    part = load_part(own, split="picture", part="test")
    count = len(part.names)

    said = found.of(part, np.array([3, count + 3, 2 * count + 3, 2 * count]))

    row, first = found.rows[part.names[3]], found.rows[part.names[0]]
    wanted = [found.values[row], found.views[0][row], found.views[1][row], found.views[1][first]]
    np.testing.assert_array_equal(said, wanted)


def test_each_view_shows_the_pictures_in_another_way(own: Path, config: TrainConfig) -> None:
    found = bottleneck_features(own, with_views(config))

    ways = [found.values, *found.views]
    apart = [np.abs(a - b).mean() for a, b in itertools.pairwise(ways)]
    assert min(apart) > 0.05 * found.values.std()


def test_the_soft_view_is_the_picture_shrunk_and_brought_back(
    own: Path, config: TrainConfig
) -> None:
    soft = config.model_copy(update={"head": LEVELS, "soft_px": 8})
    store = open_store(own)
    pictures = [Image.fromarray(store.read(work.path)) for work in load_works(own)]
    shrunk = [one.resize((8, 8), Image.Resampling.LANCZOS) for one in pictures]
    softened = np.stack(
        [np.asarray(one.resize((64, 64), Image.Resampling.BICUBIC)) for one in shrunk]
    )

    found = bottleneck_features(own, soft)

    said = build_features(soft, size_px=64)(softened.astype(np.float32), training=False)
    expected = np.hstack([np.mean(one, axis=(1, 2)) for one in said])
    # Pillow rounds to whole steps of colour, twice
    off = np.abs(found.views[0] - expected).mean()
    assert off < 0.1 * np.abs(found.values - expected).mean()


def test_a_view_is_the_same_after_a_break(own: Path, config: TrainConfig) -> None:
    whole = bottleneck_features(own, with_views(config)).views[1].copy()
    (folder,) = (own / "features").glob("*view-2*")
    (folder / "progress.json").write_text(json.dumps({"rows": 4 * BATCH}))

    again = bottleneck_features(own, with_views(config)).views[1]

    np.testing.assert_array_equal(again, whole)


def test_a_last_batch_that_is_not_full_has_views_too(
    own: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BATCH", PICTURES // 2 - 1)

    found = bottleneck_features(own, with_views(config))

    assert (np.abs(found.views[0][-2:]).sum(axis=1) > 0).all()


def test_other_changes_make_other_views(own: Path, config: TrainConfig) -> None:
    bottleneck_features(own, with_views(config))

    bottleneck_features(own, with_views(config, jpeg_quality=90))

    names = sorted(one.name.rsplit("-", 1)[0] for one in (own / "features").iterdir())
    assert [name.count("view") for name in names] == [0, 1, 1, 1, 1]


def test_a_part_takes_the_rows_of_its_own_pictures(own: Path, config: TrainConfig) -> None:
    part = load_part(own, split="picture", part="test")
    backbone = build_features(config, size_px=64)

    found = bottleneck_features(own, config).of(part, np.array([3, 0]))

    expected = backbone(part.read([3, 0]).astype(np.float32), training=False)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-6)


def test_a_second_call_computes_nothing(
    own: Path, config: TrainConfig, computed: list[int]
) -> None:
    first = bottleneck_features(own, config)
    computed.clear()

    second = bottleneck_features(own, config)

    assert computed == []
    assert np.array_equal(first.values, second.values)


def kill_in_the_sixth_batch(dataset: Path, config: TrainConfig) -> None:
    """Patched in the process that is killed: from outside nobody knows at which batch it is."""
    killed = partial(compute_until_killed, batch=BATCH, saved_every=SAVED_EVERY, killed_at=5)
    code, said = fork(killed, dataset, config).finish()
    assert code == -signal.SIGKILL, said


def test_a_killed_computation_goes_on_after_the_last_saved_row(
    own: Path, config: TrainConfig, computed: list[int], tmp_path: Path
) -> None:
    kill_in_the_sixth_batch(own, config)
    assert json.loads((folder_of(own) / "progress.json").read_text()) == {"rows": 4 * BATCH}
    assert computed == []

    resumed = bottleneck_features(own, config)

    assert sum(computed) == PICTURES - 4 * BATCH
    other = copy_without_features(own, tmp_path / "other")
    unbroken = bottleneck_features(other, config)
    assert np.array_equal(resumed.values, unbroken.values)


def test_a_computation_stopped_by_ctrl_c_goes_on(
    own: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch, computed: list[int]
) -> None:
    def stop(batches: Any) -> Iterator[Any]:
        yield batches[0]
        yield batches[1]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # a real Ctrl-C comes at no certain time
        patch.setattr(steps, "look_ahead", stop)
        with pytest.raises(KeyboardInterrupt):
            bottleneck_features(own, config)

    found = bottleneck_features(own, config)

    assert sum(computed) == PICTURES - 2 * BATCH
    assert (np.abs(found.values.astype(np.float32)).sum(axis=(1, 2, 3)) > 0).all()


def test_a_full_disk_leaves_what_was_done(
    own: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch, computed: list[int]
) -> None:
    calls = iter(range(PICTURES))

    def fill_disk(_: int) -> None:
        if next(calls) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:  # a disk cannot be made full at a certain time
        patch.setattr("training.runs.features.os.fsync", fill_disk)
        with pytest.raises(OSError, match="No space"):
            bottleneck_features(own, config)
    computed.clear()

    bottleneck_features(own, config)

    assert sum(computed) == PICTURES - SAVED_EVERY * BATCH


def other_weights(config: TrainConfig, tmp_path: Path) -> TrainConfig:
    build_small(input_shape=(64, 64, 3)).save_weights(tmp_path / "other.weights.h5")
    return config.model_copy(update={"weights": tmp_path / "other.weights.h5"})


def other_scaling(config: TrainConfig, _: Path) -> TrainConfig:
    return config.model_copy(update={"scaling": "unit"})


@pytest.mark.parametrize("change", [other_weights, other_scaling])
def test_what_decides_the_numbers_has_a_folder_of_its_own(
    own: Path,
    config: TrainConfig,
    tmp_path: Path,
    change: Callable[[TrainConfig, Path], TrainConfig],
) -> None:
    bottleneck_features(own, config)

    bottleneck_features(own, change(config, tmp_path))

    assert len(list((own / "features").iterdir())) == 2


def test_other_pictures_have_a_folder_of_their_own(own: Path, config: TrainConfig) -> None:
    bottleneck_features(own, config)
    raw = make_raw(own.parent, dict.fromkeys(STYLES, 12))
    organise(raw, own, OrganiseConfig(size_px=64, min_pictures_per_style=10))

    found = bottleneck_features(own, config)

    assert len(found.values) == 24
    assert len(list((own / "features").iterdir())) == 2


def test_options_that_leave_the_numbers_alone_share_a_folder(
    own: Path, config: TrainConfig, computed: list[int]
) -> None:
    bottleneck_features(own, config)
    computed.clear()

    bottleneck_features(own, config.model_copy(update={"head": "original-3", "seed": 7}))

    assert computed == []


@pytest.fixture
def whole(own: Path, config: TrainConfig) -> NDArray[np.float16]:
    """Features as they were computed, before a test spoils them."""
    return np.array(bottleneck_features(own, config).values)


def write_text(path: Path) -> None:
    path.write_text("no array")


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def reshape(path: Path) -> None:
    np.save(path, np.zeros((3, 2), np.float16))


@pytest.mark.parametrize("spoil", [write_text, write_nothing, cut_short, reshape])
def test_a_damaged_array_is_one_clear_line(
    own: Path, config: TrainConfig, whole: NDArray[np.float16], spoil: Callable[[Path], None]
) -> None:
    path = folder_of(own) / "features.npy"
    spoil(path)

    with pytest.raises(TrainingError, match=r"features\.npy .*: delete ") as caught:
        bottleneck_features(own, config)

    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"rows": null}', '{"rows": 81}'])
def test_a_damaged_progress_means_that_all_is_computed_again(
    own: Path, config: TrainConfig, whole: NDArray[np.float16], computed: list[int], text: str
) -> None:
    computed.clear()
    (folder_of(own) / "progress.json").write_text(text)

    found = bottleneck_features(own, config)

    assert sum(computed) == PICTURES
    assert np.array_equal(found.values, whole)


def test_rows_that_are_gone_are_not_taken_for_done(
    own: Path, config: TrainConfig, whole: NDArray[np.float16]
) -> None:
    (folder_of(own) / "features.npy").unlink()

    found = bottleneck_features(own, config)

    assert np.array_equal(found.values, whole)


@pytest.mark.parametrize(
    ("weights_file", "reason"),
    [(None, "random weights say nothing"), (Path("gone.weights.h5"), "no weights file at gone")],
)
def test_weights_that_are_not_there_are_one_clear_line(
    own: Path, config: TrainConfig, weights_file: Path | None, reason: str
) -> None:
    with pytest.raises(TrainingError, match=reason):
        bottleneck_features(own, config.model_copy(update={"weights": weights_file}))

    assert not (own / "features").exists()
