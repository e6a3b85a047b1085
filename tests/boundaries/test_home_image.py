"""The image for home: the lock of `make serve`, a user without rights, and all that it needs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
# a line that ends in a backslash goes on, and comments are none
LINES = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
PATIENCE_S = 60


def arguments_of(instruction: str) -> list[str]:
    """Return what follows an instruction, for each time that it stands there."""
    return [line.split(" ", 1)[1].strip() for line in LINES if line.startswith(f"{instruction} ")]


def variables() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", arguments_of("ENV")[-1]))


def command() -> list[str]:
    (found,) = re.findall(r"^CMD (\[.*\])$", "\n".join(LINES), re.MULTILINE)
    words: list[str] = json.loads(found)
    return words


def health_program() -> str:
    (found,) = re.findall(r"CMD (\[.*\])$", arguments_of("HEALTHCHECK")[0])
    *_, program = json.loads(found)
    return str(program)


def copied() -> list[list[str]]:
    """Return sources and target of what is copied out of the repository."""
    return [one.split() for one in arguments_of("COPY") if not one.startswith("--from")]


def test_it_installs_what_make_serve_installs_and_nothing_without_its_hash() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lock = re.search(r"^\.venv-service/installed: (\S+)", makefile, re.MULTILINE)
    (install,) = (one for one in arguments_of("RUN") if "pip install" in one)

    assert lock is not None
    assert any(lock[1] in sources for *sources, _ in copied())
    assert f"-r /build/{Path(lock[1]).name}" in install
    assert {"--require-hashes", "--no-deps"} <= set(install.split())


def test_its_base_can_be_pinned() -> None:
    assert re.fullmatch(r"BASE=[\w./-]+:[\w.-]+(@sha256:[0-9a-f]{64})?", arguments_of("ARG")[0])
    assert {one.split()[0] for one in arguments_of("FROM")} == {"${BASE}"}


def test_it_does_not_run_as_root() -> None:
    user, group = arguments_of("USER")[-1].split(":")

    assert int(user) > 0
    assert int(group) > 0


def test_feedback_is_kept_in_a_volume_that_its_user_may_write_to() -> None:
    (volume,) = arguments_of("VOLUME")
    owner = arguments_of("USER")[-1]

    assert PurePosixPath(variables()["ARTSTYLE_FEEDBACK"]).parent == PurePosixPath(volume)
    assert f"--from=app --chown={owner} {volume} {volume}" in arguments_of("COPY")


def test_what_it_copies_may_enter_and_nothing_else_does() -> None:
    allowed = (ROOT / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    folders = {source.split("/")[0] for *sources, _ in copied() for source in sources}

    assert allowed.index("*") < min(allowed.index(f"!{folder}") for folder in folders)
    assert {line for line in allowed if line.startswith("!")} == {f"!{one}" for one in folders}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a service that has only what the image has, and runs by its command."""
    for *sources, target in copied():
        for source in sources:
            if (ROOT / source).is_dir():
                place = tmp_path / target.removeprefix("/")
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "feedback").mkdir()
    others = {name: value for name, value in os.environ.items() if "ARTSTYLE" not in name}
    feedback = str(tmp_path / "feedback" / "feedback.sqlite")
    words = [sys.executable, *command()[1:-1], "0"]
    with subprocess.Popen(
        words,
        cwd=tmp_path / "app",
        env=others | variables() | {"ARTSTYLE_FEEDBACK": feedback},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://0\.0\.0\.0:(\d+)", process.stdout.readline())
            assert found is not None
            yield int(found[1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


def test_what_it_holds_serves_the_page_and_is_healthy(port: int) -> None:
    # it listens already, and answers once it can
    with urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S) as answer:
        page = answer.read()
    (exposed,) = arguments_of("EXPOSE")
    program = health_program()

    assert page == (ROOT / "web" / "index.html").read_bytes()
    assert command()[-1] == exposed
    assert f":{exposed}/" in program
    here = program.replace(f":{exposed}/", f":{port}/").replace("timeout=4", "timeout=60")
    assert subprocess.run([sys.executable, "-c", here], check=False).returncode == 0


def test_a_service_that_is_gone_is_not_healthy() -> None:
    gone = health_program().replace(":8000/", ":9/")

    result = subprocess.run([sys.executable, "-c", gone], check=False, capture_output=True)

    assert result.returncode != 0
