"""`make pin`: write the digest of each base image into its Dockerfile.

A tag such as python:3.13 names another image every few weeks. With the digest beside it a build is
what it was, and a patch of the base comes by a change that somebody can see.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
DOCKERFILES: Final = ("Dockerfile", "lambda_fn/Dockerfile", "training/Dockerfile")
_BASE: Final = re.compile(r"^ARG BASE=([^\s@]+)(@sha256:[0-9a-f]{64})?$", re.MULTILINE)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class PinError(Exception):
    """A digest could not be had; the message says of which image, and why."""


def pin(file: Path, *, digest_of: Callable[[str], str]) -> str:
    """Write the digest of a Dockerfile's base into it; return the base with its digest.

    Raises:
        PinError: the file names no base, or nobody knows its digest.
    """
    text = file.read_text("utf-8")
    found = _BASE.search(text)
    if found is None:
        raise PinError(f"{file}: expected a line `ARG BASE=name:tag`")
    pinned = f"{found[1]}@{digest_of(found[1])}"
    file.write_text(text.replace(found[0], f"ARG BASE={pinned}"), "utf-8")
    return pinned


def ask_registry(image: str) -> str:
    """Return the digest of an image for all its architectures, as docker finds it.

    Raises:
        PinError: docker is missing, or the registry does not answer.
    """
    docker = os.environ.get("CDK_DOCKER", "docker")
    command = [docker, *"buildx imagetools inspect --format {{.Manifest.Digest}}".split(), image]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise PinError(f"{image}: {docker} cannot be run ({error.strerror})") from error
    digest = told.stdout.strip()
    if told.returncode != 0 or not _DIGEST.fullmatch(digest):
        raise PinError(f"{image}: no digest ({(told.stderr or told.stdout).strip()[-300:]})")
    return digest


def main(names: Sequence[str] = DOCKERFILES) -> None:
    """Pin the base of each Dockerfile, and say which it is now."""
    try:
        for name in names:
            sys.stdout.write(f"{name}: {pin(ROOT / name, digest_of=ask_registry)}\n")
    except PinError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
