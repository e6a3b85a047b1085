"""The development container has a Python and a Node that `make check` takes."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CONTAINER: dict[str, Any] = json.loads(
    (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8")
)
CHECK: dict[str, Any] = yaml.safe_load(
    (ROOT / ".github" / "workflows" / "check.yml").read_text("utf-8")
)["jobs"]["check"]


def test_its_python_is_one_that_is_checked_and_the_one_that_make_takes() -> None:
    version = re.fullmatch(r"python:(3\.\d+)-\w+", CONTAINER["image"])

    assert version is not None
    assert version[1] in CHECK["strategy"]["matrix"]["python"]
    # Debian's own, which cannot make environments, would be found first where it is newer
    assert CONTAINER["containerEnv"]["PYTHON"] == f"/usr/local/bin/python{version[1]}"


def test_its_node_is_the_one_that_is_checked() -> None:
    (node,) = (step["with"] for step in CHECK["steps"] if "setup-node" in step.get("uses", ""))
    (feature,) = CONTAINER["features"].values()

    assert feature["version"] == node["node-version"]


def test_what_it_makes_at_first_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    make, *targets = CONTAINER["postCreateCommand"].split()

    assert make == "make"
    assert all(re.search(rf"^{re.escape(one)}:", makefile, re.MULTILINE) for one in targets)
