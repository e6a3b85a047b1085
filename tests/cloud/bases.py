"""Stand-ins for the base images of the Dockerfiles, made from Debian's packages.

They have the Python of AWS's own images, 3.13, and for functions AWS's own runtime client. What
else AWS's images hold, this machine cannot get without a registry.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.cloud.machine import AS_FUNCTION, PODMAN, ROOT, Machine, MachineError, ToolError

DEBIAN: Final = "localhost/rehearsal/debian"
LAMBDA: Final = "localhost/rehearsal/lambda-python"
PYTHON: Final = "localhost/rehearsal/python"
_RELEASE: Final = "trixie"
_LEFT_OUT: Final = ("doc", "man", "locale", "info")
# what AWS puts beside a function: its client of the Runtime API, and boto3
_IN_RUNTIME: Final = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)
_PYTHON_FILE: Final = f"""
FROM {DEBIAN}
# Debian keeps pip off its own Python, and packages beside it; the real images have pip alone
RUN rm -f /usr/lib/python3*/EXTERNALLY-MANAGED && cd /usr/lib/python3/dist-packages && \\
    rm -rf setuptools* wheel* packaging* pkg_resources* _distutils_hack*
"""
_LAMBDA_FILE: Final = f"""
FROM {PYTHON}
ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime LANG=en_US.UTF-8 TZ=:UTC \\
    PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin PYTHONPATH=/var/runtime
COPY requirements.txt /tmp/requirements.txt
RUN python3 -m pip install --no-cache-dir --root-user-action ignore --no-deps --require-hashes \\
        --only-binary :all: --target /var/runtime -r /tmp/requirements.txt
RUN mkdir -p /var/lang/bin && ln -s /usr/bin/python3 /var/lang/bin/python && \\
    ln -s /usr/bin/python3 /var/lang/bin/python3
RUN mkdir -p /var/task /opt && printf '#!/bin/sh\\nexport _HANDLER="$1"\\n\\
exec python3 -m awslambdaric "$1"\\n' > /lambda-entrypoint.sh && chmod +x /lambda-entrypoint.sh
WORKDIR /var/task
ENTRYPOINT ["/lambda-entrypoint.sh"]
"""


def make_bases(machine: Machine) -> None:
    """Make what is missing of the stand-ins.

    Raises:
        MachineError: packages cannot be had here, or containers not be run.
    """
    for step, needed in _STEPS:
        try:
            step(machine)
        except ToolError as error:
            raise MachineError(f"it needs {needed}: {error}") from error


def has_image(machine: Machine, name: str) -> bool:
    """Return whether the storage holds an image of this name."""
    return bool(machine.run("buildah", "images", "--quiet", "--filter", f"reference={name}").stdout)


def locked(names: Iterable[str]) -> str:
    """Return the lines of the lock file for these packages, with their hashes."""
    text = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    return "".join(_lock_of(text, name) for name in names)


def _lock_of(text: str, name: str) -> str:
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", text, re.MULTILINE)
    if found is None:
        raise ValueError(
            f"{name}: not in the lock file; was the runtime client's own list changed?"
        )
    return found[0]


def _make_debian(machine: Machine) -> None:
    if has_image(machine, DEBIAN):
        return
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    with tempfile.TemporaryDirectory(dir=machine.home) as folder:
        archive = Path(folder) / "debian.tar"
        packages = "--include=ca-certificates,python3-pip"
        machine.run("mmdebstrap", "--variant=minbase", packages, *left_out, _RELEASE, str(archive))
        machine.run("podman", "import", "--quiet", str(archive), DEBIAN)


def _build(machine: Machine, name: str, dockerfile: str, *, beneath: str = "") -> None:
    requirements = locked(_IN_RUNTIME)
    made_of = hashlib.sha256((beneath + dockerfile + requirements).encode()).hexdigest()[:12]
    if has_image(machine, f"{name}:{made_of}"):
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(dockerfile, "utf-8")
        (Path(folder) / "requirements.txt").write_text(requirements, "utf-8")
        tags = ("--tag", name, "--tag", f"{name}:{made_of}")
        machine.run(
            "buildah", "build", "--isolation=chroot", "--layers", *machine.mounts, *tags, folder
        )


def _make_python(machine: Machine) -> None:
    _build(machine, PYTHON, _PYTHON_FILE)


def _try_container(machine: Machine) -> None:
    machine.run(*PODMAN, "run", "--rm", *AS_FUNCTION, "--memory=64m", PYTHON, "true")


def _make_lambda(machine: Machine) -> None:
    _build(machine, LAMBDA, _LAMBDA_FILE, beneath=_PYTHON_FILE)


_STEPS: Final = (
    (_make_debian, "Debian's packages, and leave to unpack them"),
    (_make_python, "builds in containers"),
    (_try_container, "containers with limits"),
    (_make_lambda, "Python's packages inside of containers"),
)
