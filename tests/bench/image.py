"""What `lambda_fn/Dockerfile` puts on top of AWS's image, put together from this environment.

The packages are the same ones, of the same lock file, trimmed and compiled by the same commands;
only Python is this machine's.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from tests.cloud.function import HANDLER, ROOT, Start, lambda_variables

_LOCK: Final = ROOT / "requirements" / "lambda-litert.txt"
_DOCKERFILE: Final = ROOT / "lambda_fn" / "Dockerfile"
_OF_AWS: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")
_FLOOR: Final = Path(__file__).with_name("floor.py")
_NO_WRITING: Final = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")
"""Runs a command as one that may not write where the modes of files forbid it, root's too."""


class Image:
    """A folder `task`, which the image adds, and `client`, which AWS's image has already."""

    def __init__(self, folder: Path) -> None:
        self.task, self.client = folder / "task", folder / "client"
        _copy(re.findall(r"^([a-z0-9._-]+)==", _LOCK.read_text("utf-8"), re.M), self.task)
        _copy(_OF_AWS, self.client)
        _python("requirements/trim.py", str(self.task))
        shutil.copytree(
            ROOT / "lambda_fn",
            self.task / "lambda_fn",
            ignore=shutil.ignore_patterns("__pycache__", "Dockerfile"),
        )
        shutil.copy(_FLOOR, self.client)
        for part in (self.task, self.client):
            options = ("-q", "-j", "2", "--invalidation-mode", "unchecked-hash")
            _python("-m", "compileall", *options, str(part))
            subprocess.run(["chmod", "-R", "a=rX", str(part)], check=True)

    @property
    def size_mb(self) -> float:
        """How much it adds, unpacked."""
        return sum(path.stat().st_size for path in self.task.rglob("*") if path.is_file()) / 1e6

    def compressed_mb(self) -> float:
        """Return how much it adds to what a registry keeps."""
        archive = shutil.make_archive(str(self.task), "gztar", self.task)
        return Path(archive).stat().st_size / 1e6

    def start(
        self, handler: str = HANDLER, *, memory_mib: int = 1769, within: Sequence[str] = ()
    ) -> Start:
        """Return what starts a handler in it; packages of this environment are out of reach."""
        python = Path(sys.base_prefix) / "bin" / "python{}.{}".format(*sys.version_info)
        as_user = _NO_WRITING if os.geteuid() == 0 and shutil.which(_NO_WRITING[0]) else ()
        own = {
            "PYTHONPATH": f"{self.task}{os.pathsep}{self.client}",
            "FLOOR_MODEL": str(self.task / "lambda_fn" / "release"),
        }

        def start(address: str, number: int) -> "subprocess.Popen[bytes]":
            return subprocess.Popen(
                [*within, *as_user, str(python), "-S", "-m", "awslambdaric", handler],
                cwd=self.task,
                env=lambda_variables(address, handler, memory_mib) | image_variables() | own,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

        return start


def image_variables() -> dict[str, str]:
    """Return what the Dockerfile sets, but for what depends on its arguments."""
    text = _DOCKERFILE.read_text("utf-8").replace("\\\n", " ")
    block = re.search(r"^ENV (.*)$", text, re.M)
    pairs = re.findall(r"(\w+)=([^\s$]+)(?:\s|$)", block[1] if block else "")
    return dict(pairs)


def _copy(names: Iterable[str], target: Path) -> None:
    for name in set(names):
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:
            continue  # of another system
        for file in files:
            source = Path(str(file.locate()))
            if ".." not in file.parts and "__pycache__" not in file.parts and source.is_file():
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / file)


def _python(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONNODEBUGRANGES": "1"},
        check=True,
    )
