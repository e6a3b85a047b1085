"""Training runs on Keras' JAX backend, too, without TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.conftest import tiny_config
from training.run_folder import load_plan, load_run, read_history
from training.train import load_classifier

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# Keras takes TensorFlow along where it is installed; this is a machine where it is not.
WITHOUT_TENSORFLOW = """
import sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ImportError("TensorFlow is not installed")

sys.meta_path.insert(0, NoTensorFlow())
from tests.training import small
"""
TRAIN = WITHOUT_TENSORFLOW + "small.main()"
# Broken off by a patch: a real Ctrl-C comes at no certain time.
BROKEN_OFF = (
    WITHOUT_TENSORFLOW
    + """
from training import train as steps

def on_epoch_begin(self, epoch, logs=None):
    if epoch == 1:
        raise KeyboardInterrupt

steps._Keeper.on_epoch_begin = on_epoch_begin
small.main()
"""
)
OPTIONS = (
    "--architecture small --weights none --epochs 2 --batch-size 8 --crop 48 --learning-rate 1e-3 "
    "--note jax --cutmix-alpha 1 --artist-weight 0.5 --averaged-epochs 2 --kept-share 0.25 "
    "--rotation-deg 10 --colour-cast 0.1 --grey-share 0.1"
).split()


def run_on_jax(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def jax_run(signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jax")
    result = run_on_jax(TRAIN, "train", signed, folder, *OPTIONS)
    assert result.returncode == 0, result.stderr
    return folder


def test_a_run_on_jax_ends_without_tensorflow(jax_run: Path) -> None:
    run = load_run(jax_run)

    assert run.epochs == 2
    assert run.plan.versions["backend"] == "jax"
    assert run.plan.callbacks == ("Keeper",)
    assert not (jax_run / "tensorboard").exists()


ANSWER = """
import sys
import numpy as np
from pathlib import Path
from training.train import load_classifier

pictures = np.load(sys.argv[2])
np.save(sys.argv[3], np.asarray(load_classifier(Path(sys.argv[1]))(pictures, training=False)))
"""


def test_a_model_of_jax_answers_the_same_on_tensorflow(jax_run: Path, tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).uniform(0, 255, (4, 64, 64, 3)).astype(np.float32)
    np.save(tmp_path / "pictures.npy", pictures)
    files = (tmp_path / "pictures.npy", tmp_path / "answers.npy")
    result = run_on_jax(ANSWER, jax_run, *files)
    assert result.returncode == 0, result.stderr

    found = np.asarray(load_classifier(jax_run)(pictures, training=False))

    assert keras.backend.backend() == "tensorflow"
    np.testing.assert_allclose(found, np.load(tmp_path / "answers.npy"), atol=1e-4)
    assert found.std() > 1e-3


def test_a_broken_off_run_on_jax_ends_as_an_unbroken_one(
    jax_run: Path, signed: Path, tmp_path: Path
) -> None:
    broken = run_on_jax(BROKEN_OFF, "train", signed, tmp_path, *OPTIONS)
    assert broken.returncode == 1
    assert "run the same command again to go on" in broken.stderr
    assert len(read_history(tmp_path)) == 1

    result = run_on_jax(TRAIN, "train", signed, tmp_path, *OPTIONS)

    assert result.returncode == 0, result.stderr
    assert [row | {"seconds": 0} for row in read_history(tmp_path)] == [
        row | {"seconds": 0} for row in read_history(jax_run)
    ]
    assert load_plan(tmp_path).note == "jax"
    found, expected = (load_classifier(folder).get_weights() for folder in (tmp_path, jax_run))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_the_loss_on_jax_is_near_that_on_tensorflow(
    jax_run: Path, small: str, signed: Path, tmp_path: Path
) -> None:
    from training.train import train

    config = load_run(jax_run).plan.config
    assert config == tiny_config(
        architecture=small,
        batch_norm_momentum=0.98,
        warmup_epochs=1.0,
        cutmix_alpha=1,
        artist_weight=0.5,
        averaged_epochs=2,
        kept_share=0.25,
        rotation_deg=10,
        colour_cast=0.1,
        grey_share=0.1,
    )

    train(signed, tmp_path, config)

    # the random numbers of the two backends are others
    losses = [[row["val_loss"] for row in read_history(one)] for one in (tmp_path, jax_run)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.5)
