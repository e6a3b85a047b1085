"""Organising on several processes: the same result, whatever is stopped or killed on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.made_once import made_once
from tests.training.conftest import make_raw
from training.config import OrganiseConfig
from training.dataset.dataset_folder import Dataset, load_dataset
from training.dataset.organise import organise

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CONFIG = OrganiseConfig(min_pictures_per_style=10, keeps_duplicates=True)
WAIT_S = 60.0


def _make(folder: Path) -> None:
    raw = make_raw(folder, {"cubism": 150, "ukiyo-e": 150})
    organise(raw, folder / "unbroken", CONFIG, workers=1)


@pytest.fixture(scope="module")
def many() -> Path:
    """Enough works that organising them can be stopped half-way; read only."""
    return made_once("many", _make) / "raw"


@pytest.fixture(scope="module")
def unbroken() -> Dataset:
    """What one process makes of them that nobody stops."""
    return load_dataset(made_once("many", _make) / "unbroken")


def start(raw: Path, target: Path, *, workers: int) -> subprocess.Popen[str]:
    """Start organising, and return when some pictures are stored and others are not."""
    options = ["--min-pictures", "10", "--keep-duplicates", "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "training", "organise", str(raw), str(target), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len(list(target.glob("pictures/*/*.png"))) > 20)
    return process


def wait_until(is_so: object) -> None:
    end = time.monotonic() + WAIT_S
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.005)


def converters(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def test_two_processes_make_the_same_dataset_as_one(
    many: Path, unbroken: Dataset, tmp_path: Path
) -> None:
    assert organise(many, tmp_path, CONFIG, workers=2) == unbroken


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_step_goes_on_to_the_same_dataset(
    many: Path, unbroken: Dataset, tmp_path: Path, workers: int
) -> None:
    process = start(many, tmp_path, workers=workers)
    process.kill()
    process.communicate()
    stored = {path: path.stat().st_mtime_ns for path in tmp_path.glob("pictures/*/[!.]*.png")}

    resumed = organise(many, tmp_path, CONFIG, workers=1)

    assert len(stored) < unbroken.pictures
    assert resumed == unbroken
    assert stored == {path: path.stat().st_mtime_ns for path in stored}


def test_processes_whose_parent_is_killed_end(many: Path, tmp_path: Path) -> None:
    process = start(many, tmp_path, workers=2)
    children = converters(process)

    process.kill()
    process.communicate()

    assert len(children) == 2
    assert psutil.wait_procs(children, timeout=WAIT_S)[1] == []


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_with_one_line_and_no_process(
    many: Path, tmp_path: Path, workers: int
) -> None:
    process = start(many, tmp_path, workers=workers)
    children = converters(process)

    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all of them
    output, errors = process.communicate(timeout=WAIT_S)

    assert (process.returncode, output) == (1, "")
    assert errors == "stopped; run the same command again to go on\n"
    assert psutil.wait_procs(children, timeout=0)[1] == []
    assert not (tmp_path / "dataset.json").exists()
    assert list(tmp_path.glob("pictures/*/.*")) == []


def test_a_process_that_is_killed_is_one_clear_line(many: Path, tmp_path: Path) -> None:
    process = start(many, tmp_path, workers=2)

    converters(process)[0].kill()
    _, errors = process.communicate(timeout=WAIT_S)

    assert process.returncode == 1
    assert errors.startswith("error: a process that converts pictures was killed")
    assert len(errors.splitlines()) == 1


def test_what_a_process_cannot_write_reaches_the_caller(many: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file in the place of the folder")

    with pytest.raises(OSError, match="pictures/cubism"):
        organise(many, tmp_path, CONFIG, workers=2)
