"""The model card: every figure of the folder, names for slugs, and what it refuses."""

from pathlib import Path

import pytest

from lambda_fn.contract.manifest import EVALUATION_FILE, MANIFEST_FILE, MODEL_FILE
from tests.fakes import make_evaluation, make_manifest
from training.errors import TrainingError
from training.model_folder.model_card import render_card, write_card


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / MANIFEST_FILE).write_text(make_manifest().model_dump_json(), "utf-8")
    (tmp_path / EVALUATION_FILE).write_text(make_evaluation().model_dump_json(), "utf-8")
    (tmp_path / MODEL_FILE).write_bytes(b"0" * 4_900_000)
    return tmp_path


def test_the_card_has_the_sections_of_the_form(folder: Path) -> None:
    write_card(folder, folder / "card.md")

    lines = (folder / "card.md").read_text("utf-8").splitlines()
    titles = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert titles == [
        "Model details",
        "Intended use",
        "Data",
        "Metrics",
        "Where it fails",
        "Caveats and advice",
    ]


@pytest.mark.parametrize(
    "fact",
    [
        "# Model card: fake-1",
        "4.9 MB",
        "| `picture` | **this model's recipe** | 30 | .500 |",
        "| `picture` | plain | 30 | .500 |",
        "| Cubism | .600 | .400 | .480 | 10 | Ukiyo-e (30 %) |",
        "AUROC .990 on 30 test paintings and 20 photographs",
        "90.0 % of the test",
        "adds 5.0 points",
        "*Bridge* (1890): filed under Cubism, named Impressionism with 95 %.",
    ],
)
def test_the_card_tells_the_figures_of_the_folder(folder: Path, fact: str) -> None:
    write_card(folder, folder / "card.md")

    text = " ".join((folder / "card.md").read_text("utf-8").split())
    assert fact in text


def test_a_model_without_photographs_says_nothing_of_them() -> None:
    manifest = make_manifest().model_copy(update={"painting": None})
    evaluation = make_evaluation().model_copy(update={"painting": None, "source_probe": None})

    text = render_card(manifest, evaluation, size_bytes=1)

    assert "AUROC" not in text
    assert "collection that a picture came from" not in text


def test_a_folder_that_was_not_exported_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="training export"):
        write_card(tmp_path, tmp_path / "card.md")


def test_figures_of_another_version_are_refused(folder: Path) -> None:
    (folder / EVALUATION_FILE).write_text("{}", "utf-8")

    with pytest.raises(TrainingError, match="another version"):
        write_card(folder, folder / "card.md")

    assert not (folder / "card.md").exists()
