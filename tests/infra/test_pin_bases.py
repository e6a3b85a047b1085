"""The base of an image is pinned by its digest, whatever the registry calls so later."""

from pathlib import Path

import pytest

from infra.pin_bases import DOCKERFILES, ROOT, PinError, ask_registry, pin

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
BASE = "public.ecr.aws/lambda/python:3.13"
TEXT = f"# base\nARG BASE={BASE}{{digest}}\nARG RUNTIME=litert\nFROM ${{{{BASE}}}}\n"


def docker(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put something in docker's place."""
    command = folder / "docker"
    command.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("CDK_DOCKER", str(command))


@pytest.mark.parametrize("before", ["", f"@{OLD}"], ids=["unpinned", "pinned"])
def test_the_digest_stands_behind_the_tag(tmp_path: Path, before: str) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(TEXT.format(digest=before), "utf-8")

    pinned = pin(file, digest_of=lambda _: NEW)

    assert pinned == f"{BASE}@{NEW}"
    assert file.read_text("utf-8") == TEXT.format(digest=f"@{NEW}")


def test_the_registry_is_asked_for_the_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(tmp_path, f'echo "$@" > {tmp_path}/asked; echo {NEW}', monkeypatch)

    assert ask_registry("python:3.13") == NEW
    assert (tmp_path / "asked").read_text("utf-8").split()[-1] == "python:3.13"


def test_without_an_answer_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(TEXT.format(digest=""), "utf-8")
    docker(tmp_path, "echo 'dial tcp: no such host' >&2; exit 1", monkeypatch)

    with pytest.raises(PinError, match=r"python:3\.13: no digest \(dial tcp"):
        pin(file, digest_of=ask_registry)
    assert file.read_text("utf-8") == TEXT.format(digest="")


def test_without_docker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DOCKER", "/nowhere/docker")

    with pytest.raises(PinError, match="/nowhere/docker cannot be run"):
        ask_registry("python:3.13")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_every_dockerfile_can_be_pinned(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "Dockerfile"
    copy.write_text((ROOT / name).read_text("utf-8"), "utf-8")

    assert pin(copy, digest_of=lambda _: NEW).endswith(f"@{NEW}")


def test_a_file_without_a_base_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM scratch\n", "utf-8")

    with pytest.raises(PinError, match="expected a line `ARG BASE"):
        pin(file, digest_of=lambda _: NEW)
