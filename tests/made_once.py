"""Folders that take seconds to make, made once for all workers and for later runs of the tests.

They lie in the user's cache, or in TESTS_CACHE, below a name that changes with everything they may
depend on: the code of the product and of what makes them, the packages, Python, the processor, and
the variables that decide how TensorFlow computes. `make coverage` begins with an empty TESTS_CACHE,
since what is not made is not covered.
"""

import hashlib
import inspect
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from filelock import FileLock
from platformdirs import user_cache_path

_ROOT: Final = Path(__file__).parents[1]
_CODE: Final = (
    *("training", "lambda_fn", "requirements/dev.txt"),
    *("tests/pictures.py", "tests/works_of_art.py"),
)
_VARIABLES: Final = ("TF_", "KERAS_", "XLA_", "OMP_", "OPENBLAS_", "ARTSTYLE_THREADS")
_KEPT: Final = 4
"""so many states of the code are kept, the latest used ones"""


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder of this name; where it is missing, `make` fills it and others wait.

    It is read only: whoever wants to change it copies it. One that was changed is made anew.
    """
    base = _base()
    base.mkdir(parents=True, exist_ok=True)
    name = f"{name}-{_digest_of_file(make)}"
    folder, seal = base / name, base / f"{name}.seal"
    with FileLock(base / f"{name}.lock"):
        if not (seal.is_file() and folder.is_dir() and seal.read_text("utf-8") == _look(folder)):
            shutil.rmtree(folder, ignore_errors=True)
            seal.unlink(missing_ok=True)
            # under its own name: what is made may remember where it lies
            folder.mkdir(parents=True)
            make(folder)
            seal.write_text(_look(folder), "utf-8")
    return folder


@cache
def _base() -> Path:
    given = os.environ.get("TESTS_CACHE")
    home = Path(given) if given else user_cache_path("style-your-art") / "tests"
    base = home / _state_of_the_code()
    base.mkdir(parents=True, exist_ok=True)
    os.utime(base)
    _forget_old(home)
    return base


def _forget_old(home: Path) -> None:
    """Remove all but the latest states; one that is less than an hour old may be in use."""
    states = sorted((one for one in home.iterdir() if one.is_dir()), key=_changed, reverse=True)
    for old in states[_KEPT:]:
        if time.time() - _changed(old) > 3600:
            shutil.rmtree(old, ignore_errors=True)


def _changed(folder: Path) -> float:
    return folder.stat().st_mtime


def _state_of_the_code() -> str:
    digest = hashlib.sha256()
    for path in _files():
        digest.update(str(path.relative_to(_ROOT)).encode())
        digest.update(path.read_bytes())
    variables = {k: v for k, v in sorted(os.environ.items()) if k.startswith(_VARIABLES)}
    digest.update(repr((sys.version, platform.machine(), _processor(), variables)).encode())
    return digest.hexdigest()[:16]


def _digest_of_file(make: Callable[[Path], object]) -> str:
    """Tell apart by the file that `make` stands in, too."""
    path = Path(inspect.getsourcefile(inspect.unwrap(make)) or "")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def _files() -> Iterator[Path]:
    helpers = [path for path in (_ROOT / "tests/training").rglob("*.py") if not _is_test(path)]
    yield from sorted(helpers)
    for name in _CODE:
        path = _ROOT / name
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (one for one in found if one.is_file() and "__pycache__" not in one.parts)


def _is_test(path: Path) -> bool:
    return path.name.startswith("test_")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return " ".join(line for line in lines if line.startswith(("model name", "flags")))


def _look(folder: Path) -> str:
    """Return what a change would change: every file's name, size and time."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return "\n".join(
        f"{path.relative_to(folder)} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in found
    )
