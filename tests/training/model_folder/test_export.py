"""From drawn pictures to a served model; what export refuses."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lambda_fn.catalogue.neighbours import open_neighbours, quantise
from lambda_fn.contract.evaluation import ModelEvaluation
from lambda_fn.contract.images import to_pixels
from lambda_fn.contract.manifest import (
    EVALUATION_FILE,
    GOLDEN_FILE,
    KERAS_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    NEIGHBOURS_FILE,
    ModelManifest,
    sha256_of,
)
from lambda_fn.model import load_model
from tests.made_once import made_once
from tests.pictures import take_photographs
from tests.training.catalogue.sources import one_row, write_source
from tests.training.conftest import tiny_config
from tests.training.small import LEVELS, build_small, registered
from training.catalogue.source import read_source
from training.config import TrainConfig
from training.errors import TrainingError
from training.evaluation.comparison_report import read_comparison
from training.model_folder import export as steps
from training.model_folder.export import Parity, export, require_parity
from training.model_folder.golden import draw_golden
from training.network import litert
from training.network.heads import HIDDEN
from training.recipes import load_recipe
from training.runs.run_folder import load_run
from training.runs.train import load_classifier, train

pytestmark = pytest.mark.slow
STUDY = Path(__file__).parents[3] / "docs" / "study" / "compare.csv"


def build_wide(**options: Any) -> keras.Model:
    """Return the small backbone with weights that take more room than its graph."""
    small = build_small(**options)
    features = small.output
    for name in ("wider", "widest"):
        features = keras.layers.Conv2D(320, 3, activation="relu", name=name)(features)
    return keras.Model(small.input, features, name=options.get("name"))


@pytest.fixture(scope="module")
def wide() -> Iterator[str]:
    with registered("wide", build_wide, (*LEVELS, "widest")) as name:
        yield name


@pytest.fixture(scope="module")
def small_run(small: str, run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the others' run: the graph that export writes stays out of theirs."""
    return Path(shutil.copytree(run, tmp_path_factory.mktemp("small") / "run"))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise, which no drawn painting looks like, and a file that is no picture."""
    folder = take_photographs(tmp_path_factory.mktemp("photographs"), 40)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def exported(wide: str, dataset: Path, photographs: Path) -> Path:
    """A folder with a run, whose head hears all levels, its export and the works it knows."""

    def make(folder: Path) -> None:
        works = write_source(folder / "works", [one_row(number) for number in range(1, 6)])
        train(dataset, folder / "run", tiny_config(architecture=wide, head="levels"))
        export(
            dataset,
            folder / "run",
            folder / "models" / "model",
            photographs=photographs,
            works=works,
            comparison=STUDY,
        )

    return made_once("exported", make)


@pytest.fixture(scope="module")
def served_run(exported: Path) -> Path:
    """Read only; export writes into its run's folder."""
    return exported / "run"


@pytest.fixture(scope="module")
def works(exported: Path) -> Path:
    return exported / "works"


@pytest.fixture(scope="module")
def model(exported: Path) -> tuple[Path, ModelManifest]:
    folder = exported / "models" / "model"
    return folder, ModelManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())


def test_export_writes_exactly_the_files_of_its_manifest(
    model: tuple[Path, ModelManifest],
) -> None:
    folder, manifest = model

    files = {path.name for path in folder.iterdir()}

    assert files == {MODEL_FILE, GOLDEN_FILE, EVALUATION_FILE, MANIFEST_FILE, NEIGHBOURS_FILE}
    assert set(manifest.files) == files - {MANIFEST_FILE}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_study_goes_along_for_the_page(model: tuple[Path, ModelManifest]) -> None:
    folder, _ = model

    evaluation = ModelEvaluation.model_validate_json((folder / EVALUATION_FILE).read_bytes())

    assert evaluation.comparison == read_comparison(STUDY)


def test_the_neighbours_are_the_works_as_the_exported_file_sees_them(
    model: tuple[Path, ModelManifest], works: Path
) -> None:
    folder, manifest = model
    loaded = load_model(folder)

    found = open_neighbours(
        folder / NEIGHBOURS_FILE, model=manifest.id, size=manifest.embedding_size
    )

    source = read_source(works).works
    assert [*found.ids] == [one.work.id for one in source]
    for place, one in enumerate(source):
        assert one.picture is not None
        pixels = to_pixels(one.picture.read_bytes(), size_px=manifest.input_size_px).pixels
        expected = quantise(loaded.answer(pixels).embedding[np.newaxis])
        np.testing.assert_array_equal(found.vectors[[place]], expected)


@pytest.fixture(scope="module")
def rounded(
    dataset: Path, served_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, ModelManifest]:
    """The same run in whole numbers, without works."""
    folder = tmp_path_factory.mktemp("rounded")
    own = Path(shutil.copytree(served_run, folder / "run"))
    # by force: a network of two epochs is so unsure that rounding may turn its answers
    return folder / "model", export(
        dataset, own, folder / "model", precision="int8", is_forced=True
    )


def test_without_works_a_folder_has_no_neighbours(rounded: tuple[Path, ModelManifest]) -> None:
    folder, manifest = rounded

    assert NEIGHBOURS_FILE not in manifest.files
    assert not (folder / NEIGHBOURS_FILE).exists()


def test_works_that_are_none_are_refused_before_anything_is_measured(
    dataset: Path, served_run: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="holds no works"):
        export(dataset, served_run, tmp_path / "model", works=tmp_path)


def test_the_id_names_architecture_size_day_and_file(
    model: tuple[Path, ModelManifest], served_run: Path
) -> None:
    folder, manifest = model
    day = load_run(served_run).finished.strftime("%Y%m%d")

    assert manifest.id == f"wide-64-{day}-{sha256_of(folder / MODEL_FILE)[:6]}"


def test_the_exported_model_gives_its_golden_answers(model: tuple[Path, ModelManifest]) -> None:
    golden = np.load(model[0] / GOLDEN_FILE)
    loaded = load_model(model[0])

    answers = [loaded.answer(one.astype(np.float32)).probabilities for one in golden["pictures"]]

    assert golden["pictures"].dtype == np.uint8
    assert golden["probabilities"].dtype == np.float32
    np.testing.assert_allclose(np.stack(answers), golden["probabilities"], atol=1e-6)


def test_the_run_served_by_tensorflow_agrees_with_the_exported_file(
    model: tuple[Path, ModelManifest], served_run: Path
) -> None:
    lite, full = load_model(model[0]), load_model(served_run, runtime="tensorflow")
    pictures = draw_golden(lite.manifest.input_size_px).astype(np.float32)

    answers, expected = ([model.answer(one) for one in pictures] for model in (lite, full))

    for name in ("probabilities", "maps", "painting"):
        found, wanted = (np.stack([getattr(a, name) for a in b]) for b in (answers, expected))
        np.testing.assert_allclose(found, wanted, atol=0.005 * np.abs(wanted).max())


UNITS = 4_000


@pytest.fixture(scope="module")
def hidden_run(
    dataset: Path, small: str, weights: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run whose hidden layer outweighs all else."""
    folder = tmp_path_factory.mktemp("hidden")
    config = TrainConfig(
        **load_recipe("original")
        | {
            "architecture": small,
            "scaling": "own",
            "weights": weights,
            "head": "levels",
            "hidden_units": UNITS,
            "epochs": 1,
        }
    )
    train(dataset, folder, config)
    return folder


def test_a_hidden_layer_is_stored_once_and_answers_as_in_keras(
    dataset: Path, hidden_run: Path, tmp_path: Path
) -> None:
    manifest = export(dataset, hidden_run, tmp_path / "model")

    lite = load_model(tmp_path / "model")
    full = load_model(hidden_run, runtime="tensorflow")
    pictures = draw_golden(lite.manifest.input_size_px).astype(np.float32)
    answers, expected = ([model.answer(one) for one in pictures] for model in (lite, full))
    for name in ("probabilities", "maps"):
        found, wanted = (np.stack([getattr(a, name) for a in b]) for b in (answers, expected))
        np.testing.assert_allclose(found, wanted, atol=0.05 * max(1, abs(wanted).max()))
    channels = load_classifier(hidden_run).get_layer("head").get_layer(HIDDEN).kernel.shape[0]
    beside = 2 * UNITS * manifest.embedding_size  # in 16 bits
    assert (tmp_path / "model" / MODEL_FILE).stat().st_size < 2.5 * channels * UNITS + beside


def test_the_runs_own_manifest_is_of_its_keras_file(
    model: tuple[Path, ModelManifest], served_run: Path
) -> None:
    manifest = load_model(served_run, runtime="tensorflow").manifest

    assert manifest.files == {
        name: sha256_of(served_run / name) for name in (KERAS_FILE, EVALUATION_FILE)
    }
    assert manifest.precision == "float32"
    assert manifest.temperature == model[1].temperature


def test_int8_takes_less_room_and_still_sums_to_1(
    rounded: tuple[Path, ModelManifest], model: tuple[Path, ModelManifest]
) -> None:
    folder, manifest = rounded

    loaded = load_model(folder)
    drawn = draw_golden(64).astype(np.float32)
    answers = [loaded.answer(one).probabilities for one in drawn]
    size, wide = ((one / MODEL_FILE).stat().st_size for one in (folder, model[0]))
    assert manifest.precision == "int8"
    assert size < 0.75 * wide
    np.testing.assert_allclose(np.sum(answers, axis=1), 1, atol=1e-5)
    expected = [load_model(model[0]).answer(one).probabilities for one in drawn]
    assert np.abs(np.stack(answers) - expected).mean() < 0.1


def test_int8_without_pictures_to_measure_ranges_on_is_refused(served_run: Path) -> None:
    classifier = load_classifier(served_run)

    with pytest.raises(ValueError, match="calibration"):
        litert.convert(classifier, size_px=64, precision="int8")


def test_export_refuses_a_folder_that_holds_a_model(
    dataset: Path, served_run: Path, model: tuple[Path, ModelManifest]
) -> None:
    before = sha256_of(model[0] / MANIFEST_FILE)

    with pytest.raises(TrainingError, match="--replace"):
        export(dataset, served_run, model[0])

    assert sha256_of(model[0] / MANIFEST_FILE) == before


def test_export_refuses_a_file_that_answers_differently(
    dataset: Path, small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twist_weights(monkeypatch)

    with pytest.raises(TrainingError, match="float32 probability"):
        export(dataset, small_run, tmp_path / "model", precision="float32")

    assert list(tmp_path.iterdir()) == []


def test_export_by_force_replaces_a_folder_though_it_answers_differently(
    dataset: Path, small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twist_weights(monkeypatch)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").touch()

    manifest = export(
        dataset,
        small_run,
        tmp_path / "model",
        precision="float32",
        is_replacing=True,
        is_forced=True,
    )

    assert load_model(tmp_path / "model").manifest == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert not (tmp_path / "model" / "old").exists()


def twist_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patched because the converter itself makes no such mistake on demand."""

    def twisted(answering: keras.Model, **options: Any) -> bytes:
        copy = keras.models.clone_model(answering)
        copy.set_weights(answering.get_weights())
        layer = copy.get_layer("calibrated")
        layer.set_weights([1000 * one for one in layer.get_weights()])
        return litert.convert(copy, **options)

    monkeypatch.setattr(steps, "convert", twisted)


@pytest.mark.parametrize(
    ("parity", "reason"),
    [
        (Parity(difference=2e-5, agreement=1, loss=0), "off by 2.0e-05"),
        (Parity(difference=float("nan"), agreement=1, loss=0), "off by nan"),
        (Parity(difference=0, agreement=0.98, loss=0), "2.00% of the pictures"),
        (Parity(difference=0, agreement=1, loss=0, others=0.01), "off by 1.0e-02"),
        (Parity(difference=0, agreement=1, loss=0.006), "0.60 points"),
    ],
)
def test_parity_beyond_a_bound_is_refused_with_the_figure(parity: Parity, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        require_parity(parity)


def test_parity_at_the_bounds_is_accepted() -> None:
    require_parity(Parity(difference=1e-5, agreement=0.99, loss=0.005))
