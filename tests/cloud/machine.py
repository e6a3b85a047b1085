"""What a rehearsal needs of the machine that it runs on, and where it keeps what it makes."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("buildah", "podman", "runc", "conmon", "mmdebstrap")
# for what speaks TLS from inside a container; they are there only while it runs
_TRUST: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/xdg/pip")
_OLD: Final = ("--filter", "until=168h")
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

    def run(self, *command: str, **options: object) -> "subprocess.CompletedProcess[str]":
        """Run a tool and return what it says.

        Raises:
            ToolError: it failed.
        """
        result = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, **options
        )  # type: ignore[call-overload]  # the options of subprocess.run
        if result.returncode != 0:
            raise ToolError(f"{' '.join(command[:3])}: {result.stderr.strip()[-2000:]}")
        return result  # type: ignore[no-any-return]


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
    (home / "storage.conf").write_text(_STORAGE.format(home=home), "utf-8")
    machine = Machine(home)
    try:
        # Debian's packages and the code go on; what a rehearsal made a week ago is of no use
        machine.run("podman", "--runtime", "runc", "image", "prune", "--all", "--force", *_OLD)
    except ToolError as error:
        raise MachineError(f"it must be allowed to mount and to run containers: {error}") from error
    return machine


def home_of_rehearsals() -> Path:
    """Return the folder that REHEARSAL_HOME names, or else one in the user's cache."""
    given = os.environ.get("REHEARSAL_HOME")
    return Path(given) if given else user_cache_path("style-your-art") / "rehearsal"


def _install(packages: list[str]) -> None:
    names = ", ".join(packages)
    if shutil.which("apt-get") is None:
        raise MachineError(f"it needs {names}: install them; only Debian's apt-get is known here")
    options = ["-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends"]
    # conmon, runc and others lie in sbin, which the path of root may lack
    for command in (["update", "-qq"], ["install", "-y", *options, *packages]):
        result = subprocess.run(
            ["apt-get", *command],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise MachineError(f"apt-get could not install {names}: {result.stderr.strip()[-500:]}")
