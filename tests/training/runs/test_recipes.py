"""What a run learns, and from what: recipes, starts, heads, means of epochs, teachers."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training import made_runs
from tests.training.conftest import SIZE_PX, epochs_of, made_teacher, tiny_config
from tests.training.runs.test_resume import assert_same_weights
from tests.training.small import build_coarse, build_small, registered
from training.config import TrainConfig
from training.dataset.batches import fixed_batches, load_part
from training.errors import TrainingError
from training.network.architectures import build_classifier
from training.network.heads import STANDARD
from training.runs.features import bottleneck_features
from training.runs.run_folder import load_run, read_history
from training.runs.train import load_classifier, load_parts, make_job, train

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small")]

Floats = NDArray[np.float32]


def share_named(run: Path, dataset: Path) -> float:
    """Return for how many validation pictures a finished run names the right style."""
    part = load_part(dataset, split="picture", part="validation")
    inputs, targets = fixed_batches(part, styles=2, batch_size=100)[0]
    logits = np.asarray(load_classifier(run)(inputs, training=False))
    return float(np.mean(logits.argmax(axis=1) == targets.argmax(axis=1)))


def share_in_best_epoch(run: Path) -> float:
    return read_history(run)[load_run(run).best_epoch - 1]["val_accuracy"]


def test_a_top_of_the_original_ends_in_a_classifier_of_pictures(
    dataset: Path, tmp_path: Path
) -> None:
    backbone = build_coarse(input_shape=(SIZE_PX, SIZE_PX, 3))
    backbone.save_weights(tmp_path / "coarse.weights.h5")
    coarse = {"architecture": "coarse", "weights": tmp_path / "coarse.weights.h5"}
    config = made_runs.frozen_config(**coarse, head="original-3", epochs=2)

    with registered("coarse", build_coarse):
        train(dataset, tmp_path / "run", config)

    named = share_named(tmp_path / "run", dataset)
    # the features of training are rounded to 16 bits
    assert named == pytest.approx(share_in_best_epoch(tmp_path / "run"), abs=0.07)


@pytest.mark.parametrize("agreement_weight", [0.0, 2.0])
def test_a_hidden_layer_on_kept_levels_ends_in_a_classifier_of_pictures(
    signed: Path, agreement_weight: float
) -> None:
    run = made_runs.hidden(agreement_weight=agreement_weight)

    named = share_named(run, signed)

    # the features of training are rounded to 16 bits
    assert named == pytest.approx(share_in_best_epoch(run), abs=0.07)


def test_kept_levels_are_brought_to_one_scale_by_the_training_part(signed: Path) -> None:
    run = made_runs.hidden()
    part = load_part(signed, split="picture", part="train")
    config = load_run(run).plan.config
    kept = bottleneck_features(signed, config).of(part, np.arange(len(part.labels)))

    mean, _ = load_classifier(run).get_layer("head").get_layer(STANDARD).get_weights()

    np.testing.assert_allclose(mean, kept.astype(np.float64).mean(axis=0), rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def start(weights: Path) -> keras.Model:
    """The backbone with which the runs begin."""
    backbone = build_small(input_shape=(SIZE_PX, SIZE_PX, 3))
    backbone.load_weights(weights)
    return backbone


def test_a_frozen_backbone_keeps_its_weights(start: keras.Model) -> None:
    kept = load_classifier(made_runs.stopped()).get_layer("backbone").get_weights()

    assert_same_weights(kept, start.get_weights())


@pytest.fixture(scope="module")
def thawed() -> list[keras.Model]:
    """A run as it was after each epoch, without artists' and pictures' layers."""
    return [model.get_layer("small") for model in epochs_of(made_runs.thawed())]


def test_a_run_begins_with_the_weights_of_the_run_it_starts_from() -> None:
    begun, started = load_classifier(made_runs.hidden()), load_classifier(made_runs.started())

    assert [one.shape for one in started.get_weights()] == [
        one.shape for one in begun.get_weights()
    ]
    for ours, theirs in zip(started.get_weights(), begun.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_run_does_not_start_from_one_of_another_network(signed: Path, tmp_path: Path) -> None:
    config = made_runs.started_config(hidden_units=7)

    with pytest.raises(TrainingError, match="its hidden_units is 6, this run's 7"):
        train(signed, tmp_path / "run", config)


def test_held_out_sources_are_not_trained_on(signed: Path) -> None:
    whole = load_parts(signed, tiny_config())
    source = whole["train"].sources[0]

    with pytest.raises(TrainingError, match="nothing is left of the train part"):
        load_parts(signed, tiny_config(held_out=(source,)))
    with pytest.raises(TrainingError, match="no picture to train on comes from nowhere"):
        load_parts(signed, tiny_config(held_out=("nowhere",)))


@pytest.fixture(scope="module")
def half_kept() -> keras.Model:
    return load_classifier(made_runs.half_kept()).get_layer("backbone")


def test_the_kept_share_of_the_backbone_stays_as_it_was(
    half_kept: keras.Model, start: keras.Model
) -> None:
    assert_same_weights(half_kept.layers[1].get_weights(), start.layers[1].get_weights())
    assert not np.array_equal(half_kept.layers[3].kernel, start.layers[3].kernel)


def test_fixed_statistics_are_those_of_the_weights(
    half_kept: keras.Model, start: keras.Model
) -> None:
    assert_same_weights(half_kept.layers[2].get_weights(), start.layers[2].get_weights())


def assert_mean(found: Sequence[Floats], models: Sequence[Sequence[Floats]]) -> None:
    """Check each weight against its mean over the models, which differ in it."""
    for one, several in zip(found, zip(*models, strict=True), strict=True):
        np.testing.assert_allclose(one, np.mean(several, axis=0), rtol=1e-5, atol=1e-7)
        assert not np.array_equal(several[0], several[-1])


def test_the_model_is_the_mean_of_the_last_epochs(thawed: list[keras.Model]) -> None:
    found = load_classifier(made_runs.thawed()).get_weights()

    assert_mean(
        found,
        [
            [
                *core.get_layer("backbone").get_weights(),
                *core.get_layer("head").get_layer("logits").get_weights(),
            ]
            for core in thawed[2:]
        ],
    )


def test_a_frozen_run_is_the_mean_of_all_epochs_where_there_are_fewer() -> None:
    run = made_runs.frozen_mean()

    found = load_classifier(run).get_layer("head").get_weights()

    assert_mean(found, [head.get_weights() for head in epochs_of(run)])


def test_the_weights_of_single_epochs_are_gone_in_the_end(run: Path) -> None:
    averaged = made_runs.thawed()

    assert {one.name for one in averaged.iterdir()} == {one.name for one in run.iterdir()}


def test_only_backbone_and_styles_are_left_of_a_run_with_artists_and_a_teacher() -> None:
    student = made_runs.student()
    plain = build_classifier(load_run(student).plan.config, styles=2, size_px=None)

    found = load_classifier(student)

    assert [one.shape for one in found.weights] == [one.shape for one in plain.weights]
    assert found.output_shape == plain.output_shape == (None, 2)


def test_what_is_left_names_as_many_pictures_as_in_its_best_epoch(signed: Path) -> None:
    named = share_named(made_runs.student(), signed)

    assert named == pytest.approx(share_in_best_epoch(made_runs.student()))


def test_the_scale_of_the_levels_stays_as_it_was_found(signed: Path) -> None:
    run = made_runs.student()
    config = load_run(run).plan.config
    job = make_job(signed, load_parts(signed, config), config, styles=2)
    first = job.core(job.build()).get_layer("head").get_layer(STANDARD).get_weights()

    kept = load_classifier(run).get_layer("head").get_layer(STANDARD).get_weights()

    assert_same_weights(kept, first)


def test_a_teacher_learns_nothing_itself() -> None:
    after = epochs_of(made_runs.student())[-1].get_layer("teacher-0")

    assert_same_weights(after.get_weights(), load_classifier(made_teacher()).get_weights())


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


def test_several_teachers_answer_with_their_mean(signed: Path, tmp_path: Path) -> None:
    teachers = (made_teacher(), twin_of(made_teacher(), tmp_path / "twin", scale=1.5))
    pictures = load_parts(signed, tiny_config())["train"].read(range(8)).astype(np.float32)

    found = taught(signed, teachers, training=False)

    answers = [keras.ops.softmax(load_classifier(one)(pictures)) for one in teachers]
    np.testing.assert_allclose(found, np.mean(answers, axis=0), rtol=1e-4)
    assert np.abs(np.subtract(*answers)).max() > 0.001


def test_a_teacher_answers_with_all_its_features_while_training(
    signed: Path, tmp_path: Path
) -> None:
    forgetful = twin_of(made_teacher(), tmp_path / "forgetful", dropout=0.9)
    steady = twin_of(made_teacher(), tmp_path / "steady", dropout=0.0)

    found = taught(signed, (forgetful,), training=True)

    np.testing.assert_allclose(found, taught(signed, (steady,), training=True), rtol=1e-5)


def test_a_teacher_that_is_not_finished_is_refused(dataset: Path, tmp_path: Path) -> None:
    config = tiny_config(architecture="small", teachers=(tmp_path / "nobody",))

    with pytest.raises(TrainingError, match="nobody is no finished run"):
        train(dataset, tmp_path / "run", config)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"styles": ("cubism", "baroque")}, "other styles"),
        ({"config": TrainConfig(split="half")}, "test pictures of 'picture'"),
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


def test_mixed_precision_ends_in_a_classifier_of_full_precision(
    signed: Path, tmp_path: Path
) -> None:
    config = tiny_config(
        architecture="small",
        precision="mixed_bfloat16",
        epochs=1,
        artist_weight=0.5,
        artist_works=2,
        teachers=(made_teacher(),),
    )
    train(signed, tmp_path, config)

    classifier = load_classifier(tmp_path)

    assert {weight.dtype for weight in classifier.weights} == {"float32"}
    assert {layer.compute_dtype for layer in classifier.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
