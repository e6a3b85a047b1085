"""What the repository promises: no data, no addresses, one version."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked_files() -> list[Path]:
    result = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in result.stdout.splitlines() if (ROOT / line).is_file()]


def test_lock_files_hold_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        pins = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)

        assert pins, lock
        assert "://" not in text, lock
        assert text.count("--hash=sha256:") >= len(pins), lock


@pytest.mark.parametrize("folder", [".", "tests/bench/lighthouse"])
def test_lock_files_of_node_hold_hashes_and_no_registry(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}

    assert packages
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not any("resolved" in one for one in packages.values())


def test_no_picture_but_credited_ones_and_no_weights_file_is_tracked() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    examples = re.findall(r'file: "([a-z-]+)"', (ROOT / "web" / "examples.js").read_text("utf-8"))
    hung = {f"web/art/{one}{end}" for one in examples for end in (".jpg", "-small.webp")}
    gallery = (ROOT / "docs" / "gallery.md").read_text("utf-8")  # each beside its licence
    shown = {f"tests/gallery/{one}" for one in re.findall(r"tests/gallery/([^\"]+\.jpg)", gallery)}

    pictures = [n for n in names if n.lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".gif"))]
    assert {n for n in pictures if not n.startswith("docs/")} == hung | shown
    assert [n for n in names if n.endswith((".h5", ".keras", ".ckpt", ".onnx"))] == []


def test_the_newest_version_of_the_changelog_is_the_package_s() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert newest is not None
    assert re.fullmatch(rf"{re.escape(version)}, (unreleased|\d{{4}}-\d\d-\d\d)", newest[1])


def test_nothing_but_the_package_says_a_version() -> None:
    page = json.loads((ROOT / "package.json").read_text("utf-8"))

    assert "version" not in page


@pytest.mark.parametrize("has_data", [True, False])
def test_make_names_the_paintings_only_where_there_are_some(tmp_path: Path, has_data: bool) -> None:
    (tmp_path / "main").mkdir()
    if has_data:
        (tmp_path / "shared" / "data").mkdir(parents=True)
    show = 'show:\n\t@echo "$${ARTSTYLE_DATA-unset}"\n'
    makefile = (ROOT / "Makefile").read_text("utf-8") + show
    dropped = {"ARTSTYLE_DATA", "MAKEFLAGS"}  # the tests may run under make themselves
    others = {name: value for name, value in os.environ.items() if name not in dropped}

    result = subprocess.run(
        ["make", "-C", tmp_path / "main", "-s", "--no-print-directory", "-f", "-", "show"],
        input=makefile,
        env=others,
        capture_output=True,
        text=True,
        check=True,
    )

    named = str(tmp_path / "shared" / "data") if has_data else "unset"
    assert result.stdout.splitlines() == [named]
