"""What the CDK calls in the place of docker: builds with buildah, and pushes the name only.

The image itself stays in this machine's storage, under the name that the registry would have for
it; the registry of the rehearsal gets what describes it.
"""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.cloud.bases import LAMBDA, PYTHON
from tests.cloud.machine import ROOT, Machine, home_of_rehearsals

LOG: Final = "REHEARSAL_BUILDS"
# by the Dockerfile; without a GPU, the training image needs no CUDA
BUILD_ARGS: Final[Mapping[str, Mapping[str, str]]] = {
    "lambda_fn/Dockerfile": {"BASE": LAMBDA},
    "training/Dockerfile": {"BASE": PYTHON, "REQUIREMENTS": "training.txt"},
}
_IMAGE: Final = re.compile(r"\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.[^/]+/([^:]+):(.+)")
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"


def write_command(folder: Path) -> Path:
    """Write a command that can be called like docker, and return where it is."""
    command = folder / "docker"
    lines = ["#!/bin/sh", f"PYTHONPATH='{ROOT}' exec '{sys.executable}' -m {__spec__.name} \"$@\""]
    command.write_text("\n".join(lines) + "\n", "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return command


def login(_machine: Machine, _arguments: list[str]) -> int:
    """Take the password."""
    sys.stdin.read()
    return 0


def inspect(machine: Machine, arguments: list[str]) -> int:
    """Say by the status whether there is such an image."""
    return _buildah(machine, "inspect", "--type", "image", arguments[-1], is_quiet=True)


def build(machine: Machine, arguments: list[str]) -> int:
    """Build an image on the stand-in for its base."""
    dockerfile = arguments[arguments.index("--file") + 1]
    given = [f"--build-arg={name}={value}" for name, value in BUILD_ARGS[dockerfile].items()]
    how = ["--isolation=chroot", "--layers", *machine.mounts, *given]
    return _buildah(machine, "build", *how, *arguments)


def tag(machine: Machine, arguments: list[str]) -> int:
    """Give an image another name."""
    return _buildah(machine, "tag", *arguments)


def push(machine: Machine, arguments: list[str]) -> int:
    """Tell the registry of an image."""
    import boto3  # takes longer than all that the other commands do

    found = _IMAGE.fullmatch(arguments[-1])
    if found is None:
        return 1
    region, repository, name = found.groups()
    said = machine.run("buildah", "inspect", "--type", "image", arguments[-1]).stdout
    manifest = {"mediaType": _MANIFEST, **json.loads(json.loads(said)["Manifest"])}
    boto3.client("ecr", region_name=region).put_image(
        repositoryName=repository, imageTag=name, imageManifest=json.dumps(manifest)
    )
    return 0


COMMANDS: Final[Mapping[str, Callable[[Machine, list[str]], int]]] = {
    "login": login,
    "inspect": inspect,
    "build": build,
    "tag": tag,
    "push": push,
}


def _buildah(machine: Machine, *command: str, is_quiet: bool = False) -> int:
    # what runs in a build has no business with the rehearsal's account
    own = {name: value for name, value in machine.environment.items() if name[:4] != "AWS_"}
    output = subprocess.DEVNULL if is_quiet else sys.stderr
    result = subprocess.run(
        ["buildah", *command], env=own, stdout=output, stderr=output, check=False
    )
    return result.returncode


def main(arguments: list[str]) -> int:
    """Do what docker would do, and note it."""
    command, *rest = arguments
    status = COMMANDS[command](Machine(home_of_rehearsals()), rest)
    with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
        log.write(f"{command} {status} {' '.join(rest)}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
