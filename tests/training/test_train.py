"""A run: what it keeps, and that a broken-off one ends as if it had never stopped."""

import resource
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.training.conftest import SIZE_PX, STYLES, make_raw, tiny_config
from tests.training.small import build_small
from training import train as steps
from training.architectures import build_classifier
from training.config import OrganiseConfig, TrainConfig
from training.data import fixed_batches, load_part
from training.errors import TrainingError
from training.features import bottleneck_features
from training.heads import STANDARD
from training.organise import organise
from training.run_folder import checkpoints, load_run, read_history
from training.train import load_classifier, load_parts, make_job, stages, train
from training.works import load_dataset

pytestmark = pytest.mark.slow

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def unbroken(small: str, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    train(dataset, folder, tiny_config(architecture=small, epochs=3))
    return folder


def break_off_in_epoch(number: int, patch: pytest.MonkeyPatch) -> None:
    """Patched because a real Ctrl-C comes at no certain time."""

    def on_epoch_begin(self: Any, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == number:
            raise KeyboardInterrupt

    patch.setattr(steps._Keeper, "on_epoch_begin", on_epoch_begin)


def break_off_at_the_end(patch: pytest.MonkeyPatch) -> None:
    """Patched likewise: all epochs are done, and the run is not finished yet."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    patch.setattr(steps, "_conclude", die)


@pytest.fixture(scope="module")
def resumed(small: str, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resumed")
    config = tiny_config(architecture=small, epochs=3)
    resume_after_a_break(dataset, folder, config, epoch=3)
    return folder


def resume_after_a_break(dataset: Path, folder: Path, config: TrainConfig, *, epoch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        break_off_in_epoch(epoch, patch)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, folder, config)
    keras.utils.set_random_seed(7)  # another process would not have the first one's state either
    train(dataset, folder, config)


def assert_same_outcome(one: Path, other: Path) -> None:
    assert without_seconds(one) == without_seconds(other)
    assert load_run(one).best_epoch == load_run(other).best_epoch
    found, expected = (load_classifier(folder).get_weights() for folder in (one, other))
    assert_same_weights(found, expected)


def assert_same_weights(found: Sequence[Floats], expected: Sequence[Floats]) -> None:
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def without_seconds(folder: Path) -> list[dict[str, float]]:
    return [row | {"seconds": 0.0} for row in read_history(folder)]


def test_a_resumed_run_ends_as_an_unbroken_one(unbroken: Path, resumed: Path) -> None:
    assert_same_outcome(resumed, unbroken)


@pytest.fixture(scope="module")
def thawed(small: str, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in three stages."""
    folder = tmp_path_factory.mktemp("thawed")
    config = tiny_config(
        architecture=small, epochs=4, head_epochs=1, half_epochs=1, batch_norm_momentum=0.9
    )
    train(dataset, folder, config)
    return folder


@pytest.mark.parametrize("epoch", [2, 3, 4])
def test_a_run_resumed_in_any_stage_of_thawing_ends_as_an_unbroken_one(
    thawed: Path, dataset: Path, tmp_path: Path, epoch: int
) -> None:
    resume_after_a_break(dataset, tmp_path, load_run(thawed).plan.config, epoch=epoch)

    assert_same_outcome(tmp_path, thawed)


def frozen_config(weights: Path, **changes: Any) -> TrainConfig:
    """Return the original's recipe with so little patience that it shows within a few epochs."""
    options: dict[str, Any] = {
        "recipe": "frozen",
        "architecture": "small",
        "weights": weights,
        "head": "original-3",
        "epochs": 12,
        "plateau_patience": 1,
        "stop_patience": 3,
        "stop_min_delta": 0.5,
    }
    return TrainConfig(**(options | changes))


def test_what_callbacks_remember_survives_a_break(
    weights: Path, dataset: Path, tmp_path: Path
) -> None:
    config = frozen_config(weights)
    train(dataset, tmp_path / "unbroken", config)
    rates = [row["learning_rate"] for row in read_history(tmp_path / "unbroken")]

    resume_after_a_break(dataset, tmp_path / "resumed", config, epoch=3)

    assert_same_outcome(tmp_path / "resumed", tmp_path / "unbroken")
    assert load_run(tmp_path / "resumed").stopped_early
    assert min(rates) < max(rates)


def test_a_run_killed_right_after_an_early_stop_is_finished_not_continued(
    weights: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = frozen_config(weights)
    with monkeypatch.context() as patch:
        break_off_at_the_end(patch)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, tmp_path, config)
    rows = read_history(tmp_path)

    run = train(dataset, tmp_path, config)

    assert run.epochs == len(rows) < config.epochs
    assert read_history(tmp_path) == rows


def test_the_frozen_recipe_ends_in_a_classifier_of_pictures(
    weights: Path, dataset: Path, tmp_path: Path
) -> None:
    train(dataset, tmp_path, frozen_config(weights, epochs=2))

    named = share_named(tmp_path, dataset)

    best = read_history(tmp_path)[load_run(tmp_path).best_epoch - 1]
    # the features of training are rounded to 16 bits
    assert named == pytest.approx(best["val_accuracy"], abs=0.07)


def hidden_config(weights: Path, **changes: Any) -> TrainConfig:
    options = {"head": "levels", "hidden_units": 6, "views": 1, "artist_weight": 0.5}
    return frozen_config(weights, **(options | changes))


@pytest.mark.parametrize("agreement_weight", [0.0, 2.0])
def test_a_hidden_layer_on_kept_levels_ends_in_a_classifier_of_pictures(
    weights: Path, signed: Path, tmp_path: Path, agreement_weight: float
) -> None:
    train(signed, tmp_path, hidden_config(weights, epochs=3, agreement_weight=agreement_weight))

    named = share_named(tmp_path, signed)

    best = read_history(tmp_path)[load_run(tmp_path).best_epoch - 1]
    # the features of training are rounded to 16 bits
    assert named == pytest.approx(best["val_accuracy"], abs=0.07)


def test_kept_levels_are_brought_to_one_scale_by_the_training_part(
    weights: Path, signed: Path, tmp_path: Path
) -> None:
    config = hidden_config(weights, epochs=1)
    train(signed, tmp_path, config)
    part = load_part(signed, split="picture", part="train")
    kept = bottleneck_features(signed, config).of(part, np.arange(len(part.labels)))

    mean, _ = load_classifier(tmp_path).get_layer("head").get_layer(STANDARD).get_weights()

    np.testing.assert_allclose(mean, kept.astype(np.float64).mean(axis=0), rtol=1e-4, atol=1e-5)


def test_a_resumed_run_with_a_hidden_layer_ends_as_an_unbroken_one(
    weights: Path, signed: Path, tmp_path: Path
) -> None:
    config = hidden_config(weights, epochs=4, agreement_weight=2.0)
    train(signed, tmp_path / "unbroken", config)

    resume_after_a_break(signed, tmp_path / "resumed", config, epoch=2)

    assert_same_outcome(tmp_path / "resumed", tmp_path / "unbroken")


def test_a_frozen_backbone_keeps_its_weights(weights: Path, dataset: Path, tmp_path: Path) -> None:
    train(dataset, tmp_path, frozen_config(weights, epochs=1))
    backbone = build_small(input_shape=(64, 64, 3))
    backbone.load_weights(weights)

    kept = load_classifier(tmp_path).get_layer("backbone").get_weights()

    assert_same_weights(kept, backbone.get_weights())


def test_the_head_alone_is_trained_in_the_first_stage(
    small: str, weights: Path, dataset: Path, tmp_path: Path
) -> None:
    backbone = build_small(input_shape=(64, 64, 3))
    backbone.load_weights(weights)
    config = tiny_config(architecture=small, weights=weights, epochs=1, head_epochs=1)

    train(dataset, tmp_path, config)

    kept = load_classifier(tmp_path).get_layer("backbone").get_weights()
    assert_same_weights(kept, backbone.get_weights())


@pytest.mark.parametrize("half_epochs", [0, 1])
def test_the_kept_share_of_the_backbone_stays_as_it_was(
    small: str, weights: Path, dataset: Path, tmp_path: Path, half_epochs: int
) -> None:
    before = build_small(input_shape=(64, 64, 3))
    before.load_weights(weights)
    options: dict[str, Any] = {"weights": weights, "kept_share": 0.75, "half_epochs": half_epochs}

    train(dataset, tmp_path, tiny_config(architecture=small, **options))

    after = load_classifier(tmp_path).get_layer("backbone")
    for kept, start in zip(after.layers[:3], before.layers[:3], strict=True):
        assert_same_weights(kept.get_weights(), start.get_weights())
    assert not np.array_equal(after.layers[3].kernel, before.layers[3].kernel)


def test_fixed_statistics_are_those_of_the_weights(
    small: str, weights: Path, dataset: Path, tmp_path: Path
) -> None:
    before = build_small(input_shape=(64, 64, 3))
    before.load_weights(weights)
    options: dict[str, Any] = {"weights": weights, "fixed_statistics": True}

    train(dataset, tmp_path, tiny_config(architecture=small, **options))

    after = load_classifier(tmp_path).get_layer("backbone")
    assert_same_weights(after.layers[2].get_weights(), before.layers[2].get_weights())
    assert not np.array_equal(after.layers[1].kernel, before.layers[1].kernel)


@pytest.mark.parametrize(
    ("head_epochs", "half_epochs", "expected"),
    [
        (0, 0, [(0, 6, 1.0)]),
        (1, 2, [(0, 1, 0.0), (1, 3, 0.5), (3, 6, 1.0)]),
        (0, 2, [(0, 2, 0.5), (2, 6, 1.0)]),
        (6, 0, [(0, 6, 0.0)]),
    ],
)
def test_stages_cover_every_epoch_once(
    head_epochs: int, half_epochs: int, expected: list[tuple[int, int, float]]
) -> None:
    config = tiny_config(epochs=6, head_epochs=head_epochs, half_epochs=half_epochs)

    assert [(one.begin, one.end, one.share) for one in stages(config)] == expected


def signed_config(**changes: Any) -> TrainConfig:
    """Return options with which a run names artists, too."""
    options = {"architecture": "small", "artist_weight": 0.5, "artist_works": 2}
    return tiny_config(**(options | changes))


def by_epoch(dataset: Path, folder: Path, config: TrainConfig) -> list[keras.Model]:
    """Train and return the model as it is after each epoch; the run is not finished then."""
    found = []
    for epoch in range(1, config.epochs + 1):
        with pytest.MonkeyPatch.context() as patch:
            if epoch < config.epochs:
                break_off_in_epoch(epoch + 1, patch)
            else:
                break_off_at_the_end(patch)
            with pytest.raises(KeyboardInterrupt):
                train(dataset, folder, config)
        found.append(keras.models.load_model(checkpoints(folder)[-1]))
    return found


def assert_mean(found: Sequence[Floats], models: Sequence[Sequence[Floats]]) -> None:
    """Check each weight against its mean over the models, which differ in it."""
    for one, several in zip(found, zip(*models, strict=True), strict=True):
        np.testing.assert_allclose(one, np.mean(several, axis=0), rtol=1e-5, atol=1e-7)
        assert not np.array_equal(several[0], several[-1])


@pytest.fixture(scope="module")
def learnt(
    small: str, signed: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[list[Floats]]:
    """What backbone and styles' logits have learnt after each of three epochs."""
    models = by_epoch(signed, tmp_path_factory.mktemp("learnt"), signed_config(epochs=3))
    cores = [model.get_layer(small) for model in models]
    return [
        [
            *core.get_layer("backbone").get_weights(),
            *core.get_layer("head").get_layer("logits").get_weights(),
        ]
        for core in cores
    ]


@pytest.fixture(scope="module")
def averaged(small: str, signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("averaged")
    train(signed, folder, signed_config(epochs=3, averaged_epochs=2))
    return folder


def test_the_model_is_the_mean_of_the_last_epochs(
    averaged: Path, learnt: list[list[Floats]]
) -> None:
    found = load_classifier(averaged).get_weights()

    assert_mean(found, learnt[1:])


def test_the_model_is_the_mean_of_all_epochs_where_there_are_fewer(
    signed: Path, learnt: list[list[Floats]], tmp_path: Path
) -> None:
    train(signed, tmp_path, signed_config(epochs=3, averaged_epochs=9))

    assert_mean(load_classifier(tmp_path).get_weights(), learnt)


def test_the_mean_of_a_resumed_run_is_that_of_an_unbroken_one(
    averaged: Path, signed: Path, tmp_path: Path
) -> None:
    config = signed_config(epochs=3, averaged_epochs=2)

    resume_after_a_break(signed, tmp_path, config, epoch=3)

    assert_same_outcome(tmp_path, averaged)


def test_the_weights_of_single_epochs_are_gone_in_the_end(averaged: Path, unbroken: Path) -> None:
    assert {one.name for one in averaged.iterdir()} == {one.name for one in unbroken.iterdir()}


def test_the_frozen_recipe_averages_its_head(weights: Path, dataset: Path, tmp_path: Path) -> None:
    config = frozen_config(weights, epochs=2, averaged_epochs=2, head="gap")
    heads = by_epoch(dataset, tmp_path, config)

    train(dataset, tmp_path, config)

    found = load_classifier(tmp_path).get_layer("head").get_weights()
    assert_mean(found, [head.get_weights() for head in heads])


@pytest.fixture(scope="module")
def teacher(small: str, signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    train(signed, folder, tiny_config(architecture=small, epochs=1))
    return folder


@pytest.fixture(scope="module")
def student(teacher: Path, signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learns from labels, artists and a teacher."""
    folder = tmp_path_factory.mktemp("student")
    train(signed, folder, signed_config(teachers=(teacher,)))
    return folder


def test_only_backbone_and_styles_are_left_of_a_run_with_artists_and_a_teacher(
    student: Path, teacher: Path
) -> None:
    found, plain = (load_classifier(folder) for folder in (student, teacher))

    assert [one.shape for one in found.weights] == [one.shape for one in plain.weights]
    assert found.output_shape == plain.output_shape == (None, 2)


def share_named(run: Path, dataset: Path) -> float:
    """Return for how many validation pictures a finished run names the right style."""
    part = load_part(dataset, split="picture", part="validation")
    inputs, targets = fixed_batches(part, styles=2, batch_size=100)[0]
    logits = np.asarray(load_classifier(run)(inputs, training=False))
    return float(np.mean(logits.argmax(axis=1) == targets.argmax(axis=1)))


def test_what_is_left_names_as_many_pictures_as_in_its_best_epoch(
    student: Path, signed: Path
) -> None:
    named = share_named(student, signed)

    best = read_history(student)[load_run(student).best_epoch - 1]
    assert named == pytest.approx(best["val_accuracy"])


@pytest.fixture(scope="module")
def levels_config(small: str, weights: Path) -> TrainConfig:
    """A run of the head that hears layers on the way, and names artists, too."""
    return tiny_config(
        architecture=small, head="levels", weights=weights, artist_weight=0.5, epochs=3
    )


@pytest.fixture(scope="module")
def levels(
    levels_config: TrainConfig, signed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("levels")
    train(signed, folder, levels_config)
    return folder


def test_levels_name_as_many_pictures_as_in_their_best_epoch(levels: Path, signed: Path) -> None:
    named = share_named(levels, signed)

    best = read_history(levels)[load_run(levels).best_epoch - 1]
    assert named == pytest.approx(best["val_accuracy"])


def test_a_resumed_run_of_levels_ends_as_an_unbroken_one(
    levels: Path, levels_config: TrainConfig, signed: Path, tmp_path: Path
) -> None:
    resume_after_a_break(signed, tmp_path, levels_config, epoch=3)

    assert_same_outcome(tmp_path, levels)


def test_the_scale_of_the_levels_stays_as_it_was_found(
    levels: Path, levels_config: TrainConfig, signed: Path
) -> None:
    job = make_job(signed, load_parts(signed, levels_config), levels_config, styles=2)
    first = job.core(job.build()).get_layer("head").get_layer(STANDARD).get_weights()

    kept = load_classifier(levels).get_layer("head").get_layer(STANDARD).get_weights()

    assert_same_weights(kept, first)


def test_a_teacher_learns_nothing_itself(
    teacher: Path, signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_classifier(teacher).get_weights()
    break_off_at_the_end(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(signed, tmp_path, signed_config(teachers=(teacher,)))

    after = keras.models.load_model(checkpoints(tmp_path)[-1]).get_layer("teacher-0")

    assert_same_weights(after.get_weights(), before)


def test_a_resumed_run_with_a_teacher_ends_as_an_unbroken_one(
    student: Path, teacher: Path, signed: Path, tmp_path: Path
) -> None:
    resume_after_a_break(signed, tmp_path, signed_config(teachers=(teacher,)), epoch=2)

    assert_same_outcome(tmp_path, student)


def twin_of(run: Path, folder: Path, *, dropout: float = 0.2, scale: float = 1.0) -> Path:
    """Copy a run; its model has another dropout, or all weights times `scale`."""
    shutil.copytree(run, folder)
    config = load_run(run).plan.config.model_copy(update={"dropout": dropout})
    twin = build_classifier(config, styles=2, size_px=None)
    twin.set_weights([scale * weight for weight in load_classifier(run).get_weights()])
    twin.save(folder / "model.keras")
    return folder


def taught(dataset: Path, teachers: tuple[Path, ...], *, training: bool) -> Floats:
    """Return what the teachers say of the first pictures, changed at random while training."""
    config = tiny_config(architecture="small", teachers=teachers)
    parts = load_parts(dataset, config)
    model = make_job(dataset, parts, config, styles=2).build()
    pictures = parts["train"].read(range(8)).astype(np.float32)
    return np.asarray(model(pictures, training=training))[:, -2:]


def test_several_teachers_answer_with_their_mean(
    teacher: Path, signed: Path, tmp_path: Path
) -> None:
    teachers = (teacher, twin_of(teacher, tmp_path / "twin", scale=1.5))
    pictures = load_parts(signed, tiny_config())["train"].read(range(8)).astype(np.float32)

    found = taught(signed, teachers, training=False)

    answers = [keras.ops.softmax(load_classifier(one)(pictures)) for one in teachers]
    np.testing.assert_allclose(found, np.mean(answers, axis=0), rtol=1e-4)
    assert np.abs(np.subtract(*answers)).max() > 0.001


def test_a_teacher_answers_with_all_its_features_while_training(
    teacher: Path, signed: Path, tmp_path: Path
) -> None:
    forgetful = twin_of(teacher, tmp_path / "forgetful", dropout=0.9)
    steady = twin_of(teacher, tmp_path / "steady", dropout=0.0)

    found = taught(signed, (forgetful,), training=True)

    np.testing.assert_allclose(found, taught(signed, (steady,), training=True), rtol=1e-5)


def test_a_teacher_that_is_not_finished_is_refused(
    small: str, dataset: Path, tmp_path: Path
) -> None:
    config = tiny_config(architecture=small, teachers=(tmp_path / "nobody",))

    with pytest.raises(TrainingError, match="nobody is no finished run"):
        train(dataset, tmp_path / "run", config)


@pytest.mark.parametrize("has_teacher", [False, True])
def test_mixed_precision_ends_in_a_classifier_of_full_precision(
    teacher: Path, signed: Path, tmp_path: Path, has_teacher: bool
) -> None:
    config = tiny_config(architecture="small", precision="mixed_bfloat16", epochs=1)
    more = {"teachers": (teacher,), "artist_weight": 0.5, "artist_works": 2}
    train(signed, tmp_path, config.model_copy(update=more if has_teacher else {}))

    classifier = load_classifier(tmp_path)

    assert {weight.dtype for weight in classifier.weights} == {"float32"}
    assert {layer.compute_dtype for layer in classifier.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_a_finished_run_keeps_what_it_needs_only(unbroken: Path) -> None:
    files = {path.name for path in unbroken.iterdir()}

    assert files == {
        "augmentation.png",
        "history.csv",
        "model.keras",
        "plan.json",
        "run.json",
        "tensorboard",
    }


def test_the_curves_are_written_for_tensorboard(unbroken: Path) -> None:
    parts = {path.name for path in (unbroken / "tensorboard").iterdir()}

    assert parts == {"train", "validation"}


def test_the_sheet_shows_pictures_and_their_variants(unbroken: Path) -> None:
    with Image.open(unbroken / "augmentation.png") as sheet:
        assert sheet.size == (8 * (64 + 4) + 4, 6 * (64 + 4) + 4)
        pixels = np.asarray(sheet.convert("RGB"), np.float32)

    stored, first_variant = pixels[4:68, 4:68], pixels[4:68, 72:136]
    assert np.abs(stored - first_variant).mean() > 1


def test_the_sheet_leaves_the_random_state_of_the_run_alone(
    small: str, dataset: Path, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "draw_sheet", lambda *_: None)

    train(dataset, tmp_path, tiny_config(architecture=small, epochs=3))

    assert_same_outcome(tmp_path, unbroken)


def test_the_run_keeps_what_it_takes_to_repeat_it(unbroken: Path, dataset: Path) -> None:
    plan = load_run(unbroken).plan

    assert plan.config == tiny_config(architecture="small", epochs=3)
    assert plan.fingerprint == load_dataset(dataset).fingerprint
    assert plan.pictures == {"train": 40, "validation": 16}
    assert {"python", "tensorflow", "keras", "numpy", "pillow"} <= set(plan.versions)


def test_the_classifier_gives_logits_for_whole_pictures(unbroken: Path) -> None:
    logits = np.asarray(load_classifier(unbroken)(np.zeros((2, 64, 64, 3), np.float32)))

    assert logits.shape == (2, 2)


def test_the_best_epoch_is_the_best_on_validation(unbroken: Path) -> None:
    rows = read_history(unbroken)

    best = rows[load_run(unbroken).best_epoch - 1]

    assert best["val_accuracy"] == max(row["val_accuracy"] for row in rows)


def test_a_finished_run_is_not_trained_again(unbroken: Path, dataset: Path) -> None:
    with pytest.raises(TrainingError, match="already finished"):
        train(dataset, unbroken, tiny_config(architecture="small", epochs=3))


def test_a_run_does_not_go_on_with_other_options(
    unbroken: Path, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_bytes((unbroken / "plan.json").read_bytes())
    (tmp_path / "checkpoint-0001.keras").touch()

    with pytest.raises(TrainingError, match="other options"):
        train(dataset, tmp_path, tiny_config(architecture="small", epochs=4))


def test_a_damaged_checkpoint_is_told_with_what_to_do(
    unbroken: Path, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_bytes((unbroken / "plan.json").read_bytes())
    (tmp_path / "checkpoint-0001.keras").write_text("no checkpoint")

    with pytest.raises(TrainingError, match="delete it"):
        train(dataset, tmp_path, tiny_config(architecture="small", epochs=3))


def test_wrong_options_are_refused_before_anything_is_written(
    dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="no architecture 'alexnet'"):
        train(dataset, tmp_path / "run", tiny_config(architecture="alexnet"))

    assert not (tmp_path / "run").exists()


def test_crops_larger_than_the_pictures_are_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="65 px are larger"):
        train(dataset, tmp_path, tiny_config(crop_px=65))


def test_a_soft_view_that_is_no_smaller_than_the_pictures_is_refused(
    dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="lower --soft-px"):
        train(dataset, tmp_path, TrainConfig(recipe="frozen", soft_px=SIZE_PX))


def test_a_run_that_was_never_finished_is_told_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="goes on where it stopped"):
        load_run(tmp_path)


def test_a_picture_that_is_gone_is_one_clear_error(small: str, tmp_path: Path) -> None:
    raw = make_raw(tmp_path, dict.fromkeys(STYLES, 10))
    organise(raw, tmp_path / "dataset", OrganiseConfig(size_px=64, min_pictures_per_style=10))
    for picture in (tmp_path / "dataset" / "pictures").rglob("*.png"):
        picture.unlink()

    with pytest.raises(TrainingError, match="organise again"):
        train(tmp_path / "dataset", tmp_path / "run", tiny_config(architecture=small, epochs=1))


@pytest.mark.parametrize(
    ("weights", "kept"),
    [("imagenet", "imagenet"), (None, None), ("some.h5", Path("some.h5"))],
)
def test_a_plan_reads_back_the_weights_it_was_given(weights: Any, kept: Any) -> None:
    config = TrainConfig(weights=weights)

    assert config.weights == kept
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_a_disk_that_fills_up_costs_no_more_than_the_epoch(
    small: str, dataset: Path, unbroken: Path, tmp_path: Path
) -> None:
    config = tiny_config(architecture=small, epochs=3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = (unbroken / "model.keras").stat().st_size  # a checkpoint has the optimiser besides

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            train(dataset, tmp_path, config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert Path(caught.value.filename).parent == tmp_path
    assert not list(tmp_path.glob(".*"))
    train(dataset, tmp_path, config)
    assert_same_outcome(tmp_path, unbroken)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"styles": ("cubism", "baroque")}, "other styles"),
        ({"config": tiny_config(split="half")}, "test pictures of 'picture'"),
    ],
)
def test_a_teacher_of_other_styles_or_another_list_is_refused(
    dataset: Path, run: Path, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    teacher = Path(shutil.copytree(run, tmp_path / "teacher"))
    done = load_run(teacher)
    other = done.model_copy(update={"plan": done.plan.model_copy(update=changes)})
    (teacher / "run.json").write_text(other.model_dump_json(), "utf-8")

    with pytest.raises(TrainingError, match=reason):
        train(dataset, tmp_path / "run", tiny_config(teachers=(teacher,)))

    assert not (tmp_path / "run").exists()
