"""What a rehearsal needs of the machine that it runs on, and where it keeps what it makes."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("buildah", "podman", "runc", "conmon", "mmdebstrap")
# for what speaks TLS from inside a container; they are there only while it runs
_TRUST: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/xdg/pip")
# of a container, as a function has them in AWS; podman's own defaults need more rights
LIMITS: Final = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
# and what else AWS lets a function have: nothing to write to but /tmp
AS_FUNCTION: Final = (
    "--pull=never",
    "--network=host",
    "--read-only",
    "--read-only-tmpfs=false",
    "--tmpfs=/tmp:rw,exec,size=512m",
    *LIMITS,
)
PODMAN: Final = ("podman", "--runtime", "runc")
_WEEK_S: Final = 7 * 24 * 3600
_ROOM_BYTES: Final = 6_000_000_000
# what takes longer would not have ended
_PATIENCE_S: Final = 600
_STORAGE: Final = """[storage]
driver = "overlay"
graphroot = "{home}/images"
runroot = "{home}/run"
"""


class MachineError(Exception):
    """This machine cannot rehearse; the message says why, and what would help."""


class ToolError(Exception):
    """A tool failed at its work; the message is what it said last."""


@dataclass(frozen=True)
class Machine:
    """A machine with the tools for containers, and a folder of ours on it.

    home: holds the images and what else makes a second rehearsal fast.
    """

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """This process's variables, and where the tools find their storage."""
        return {**os.environ, "CONTAINERS_STORAGE_CONF": str(self.home / "storage.conf")}

    @property
    def mounts(self) -> list[str]:
        """Options that show a build whom this machine trusts and where it finds packages."""
        shown = [path for path in _TRUST if Path(path).exists()]
        return [f"--volume={path}:{path}:ro" for path in shown]

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a tool and return what it says.

        Raises:
            ToolError: it failed, or did not end.
        """
        name = " ".join(command[:3])
        try:
            result = subprocess.run(
                command,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"{name}: no end after {_PATIENCE_S} s") from error
        if result.returncode != 0:
            raise ToolError(f"{name}: {result.stderr.strip()[-800:]}")
        return result


def prepare() -> Machine:
    """Return this machine, with what it lacks installed from Debian's packages.

    Raises:
        MachineError: it cannot run containers.
    """
    if os.geteuid() != 0:
        raise MachineError("it makes root file systems: run it as root, on a machine of its own")
    if missing := [name for name in PACKAGES if shutil.which(name) is None]:
        _install(missing)
    home = home_of_rehearsals()
    home.mkdir(parents=True, exist_ok=True)
    _forget_what_is_old(home)
    _require_room(home)
    (home / "storage.conf").write_text(_STORAGE.format(home=home), "utf-8")
    machine = Machine(home)
    try:
        # Debian's packages and the code go on; what a rehearsal made a week ago is of no use
        old = f"--filter=until={_WEEK_S}s"
        machine.run(*PODMAN, "image", "prune", "--all", "--force", old)
    except ToolError as error:
        raise MachineError(f"it must be allowed to mount and to run containers: {error}") from error
    return machine


def home_of_rehearsals() -> Path:
    """Return the folder that REHEARSAL_HOME names, or else one in the user's cache."""
    given = os.environ.get("REHEARSAL_HOME")
    return Path(given) if given else user_cache_path("style-your-art") / "rehearsal"


def _forget_what_is_old(home: Path) -> None:
    """Remove what rehearsals that were ended by force have left."""
    for folder in home.glob("tmp*"):
        if time.time() - folder.stat().st_mtime > _WEEK_S:
            shutil.rmtree(folder, ignore_errors=True)


def _require_room(home: Path) -> None:
    if (home / "images").exists():
        return
    if (free := shutil.disk_usage(home).free) < _ROOM_BYTES:
        needed, there = _ROOM_BYTES / 1e9, free / 1e9
        raise MachineError(f"it needs {needed:.0f} GB in {home}, where {there:.1f} GB are free")


def _install(packages: list[str]) -> None:
    names = ", ".join(packages)
    if shutil.which("apt-get") is None:
        raise MachineError(f"it needs {names}: install them; only Debian's apt-get is known here")
    options = ["-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends"]
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    machine = Machine(home_of_rehearsals())
    try:
        machine.run(*quiet, "update", "-qq")
        machine.run(*quiet, "install", "-y", *options, *packages)
    except ToolError as error:
        raise MachineError(f"apt-get could not install {names}: {error}") from error
