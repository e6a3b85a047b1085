"""Training runs on Keras' JAX backend, too, without TensorFlow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.made_once import made_once
from tests.training.conftest import made_signed, tiny_config
from training.runs.run_folder import load_plan, load_run, read_history
from training.runs.train import load_classifier

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
# Keras takes TensorFlow along where it is installed; this is a machine where it is not.
WITHOUT_TENSORFLOW = """
import sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ImportError("TensorFlow is not installed")

sys.meta_path.insert(0, NoTensorFlow())
from pathlib import Path
from tests.training import small

def run():
    try:
        small.main()
    except SystemExit as end:
        return end.code
"""
ANSWERED = (
    WITHOUT_TENSORFLOW
    + """
import numpy as np
from training.runs.train import load_classifier

answers = sys.argv.pop()
pictures = np.load(sys.argv.pop())
assert not run()
found = load_classifier(Path(sys.argv[3]))(pictures, training=False)
np.save(answers, np.asarray(found))
"""
)
# Broken off by a patch: a real Ctrl-C comes at no certain time.
BROKEN_OFF = (
    WITHOUT_TENSORFLOW
    + """
import keras
from training.runs import train as steps
from training.runs.run_folder import read_history

begin = steps._Keeper.on_epoch_begin

def on_epoch_begin(self, epoch, logs=None):
    if epoch == 1:
        raise KeyboardInterrupt

steps._Keeper.on_epoch_begin = on_epoch_begin
code = run()
print(f"exit code {code} after epochs: {len(read_history(Path(sys.argv[3])))}")
steps._Keeper.on_epoch_begin = begin
keras.utils.set_random_seed(7)  # another process would not have the first one's state
small.main()
"""
)
QUICKLY = {
    # a program that runs for ten steps need not be a good one, and need not be made twice
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",  # with them the folder would matter
}
OPTIONS = (
    "--weights none --note jax --set architecture=small --set epochs=2 --set batch_size=8 "
    "--set crop_px=48 --set learning_rate=1e-3 --set cutmix_alpha=1 --set artist_weight=0.5 "
    "--set averaged_epochs=2 --set kept_share=0.25 --set colour_cast=0.1"
).split()


PICTURES = np.random.default_rng(0).uniform(0, 255, (4, 64, 64, 3)).astype(np.float32)


def run_on_jax(
    program: str, compiled: Path, *arguments: object
) -> subprocess.CompletedProcess[str]:
    quickly = QUICKLY | {"JAX_COMPILATION_CACHE_DIR": str(compiled)}
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        env=quickly | os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def made() -> Path:
    """The folder of a run on JAX, of what it answers, and of what JAX has compiled for it."""

    def make(folder: Path) -> None:
        np.save(folder / "pictures.npy", PICTURES)
        files = (folder / "pictures.npy", folder / "answers.npy")
        arguments = ("train", made_signed(), folder / "run", *OPTIONS, *files)
        result = run_on_jax(ANSWERED, folder / "compiled", *arguments)
        assert result.returncode == 0, result.stderr

    return made_once("jax", make)


@pytest.fixture(scope="module")
def jax_run(made: Path) -> Path:
    return made / "run"


def test_a_run_on_jax_ends_without_tensorflow(jax_run: Path) -> None:
    run = load_run(jax_run)

    assert run.epochs == 2
    assert run.plan.versions["backend"] == "jax"
    assert run.plan.callbacks == ("Keeper",)
    assert not (jax_run / "tensorboard").exists()


def test_a_model_of_jax_answers_the_same_on_tensorflow(made: Path, jax_run: Path) -> None:
    found = np.asarray(load_classifier(jax_run)(PICTURES, training=False))

    assert keras.backend.backend() == "tensorflow"
    np.testing.assert_allclose(found, np.load(made / "answers.npy"), atol=1e-4)
    assert found.std() > 1e-3


def test_a_broken_off_run_on_jax_ends_as_an_unbroken_one(
    made: Path, jax_run: Path, signed: Path, tmp_path: Path
) -> None:
    compiled = Path(shutil.copytree(made / "compiled", tmp_path / "compiled"))
    run = tmp_path / "run"

    result = run_on_jax(BROKEN_OFF, compiled, "train", signed, run, *OPTIONS)

    assert result.returncode == 0, result.stderr
    assert "exit code 1 after epochs: 1\n" in result.stdout
    assert "run the same command again to go on" in result.stderr
    assert [row | {"seconds": 0} for row in read_history(run)] == [
        row | {"seconds": 0} for row in read_history(jax_run)
    ]
    assert load_plan(run).note == "jax"
    found, expected = (load_classifier(folder).get_weights() for folder in (run, jax_run))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_the_loss_on_jax_is_near_that_on_tensorflow(
    jax_run: Path, small: str, signed: Path, tmp_path: Path
) -> None:
    from training.runs.train import train

    config = load_run(jax_run).plan.config
    assert config == tiny_config(
        architecture=small,
        batch_norm_momentum=0.98,
        warmup_epochs=1.0,
        cutmix_alpha=1,
        artist_weight=0.5,
        averaged_epochs=2,
        kept_share=0.25,
        colour_cast=0.1,
    )

    train(signed, tmp_path, config)

    # the random numbers of the two backends are others
    losses = [[row["val_loss"] for row in read_history(one)] for one in (tmp_path, jax_run)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.5)
