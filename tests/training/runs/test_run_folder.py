"""A run folder as the other steps read it, also one that a former version began."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.config import TrainConfig
from training.errors import TrainingError
from training.runs.run_folder import load_plan


def write_plan(folder: Path, config: dict[str, Any]) -> Path:
    plan = {
        "config": config,
        "styles": ["cubism", "ukiyo-e"],
        "size_px": 64,
        "fingerprint": "f" * 64,
        "pictures": {"train": 1},
        "shapes": {"picture": [64, 64, 3]},
        "weights_sha256": None,
        "callbacks": [],
        "commit": "unknown",
        "versions": {},
        "device": "cpu",
        "started": "2026-11-20T10:30:00Z",
    }
    (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    return folder


@pytest.mark.parametrize(("formerly", "now"), [("fine-tune", "network"), ("frozen", "head")])
def test_a_plan_that_calls_what_is_trained_a_recipe_is_read(
    formerly: str, now: str, tmp_path: Path
) -> None:
    config = json.loads(TrainConfig(seed=7).model_dump_json())
    del config["trains"]

    plan = load_plan(write_plan(tmp_path, config | {"recipe": formerly}))

    assert plan.config == TrainConfig.model_validate({"trains": now, "seed": 7})


def test_a_plan_with_a_recipe_that_never_was_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="of another version"):
        load_plan(write_plan(tmp_path, {"recipe": "melted"}))
