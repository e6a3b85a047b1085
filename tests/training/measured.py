"""The finished run of the tests, measured on all parts of its list; made once and read only."""

import shutil
from pathlib import Path

from tests.made_once import made_once
from training.evaluation.evaluate import evaluate


def measured_run(dataset: Path, run: Path) -> Path:
    """Return a copy of the run with its evaluation."""

    def make(folder: Path) -> None:
        evaluate(dataset, Path(shutil.copytree(run, folder / "run")))

    return made_once("measured", make) / "run"
