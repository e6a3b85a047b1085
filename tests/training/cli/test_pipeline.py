"""From a site to a served model: every step once by the command line, with random weights.

What each step does is proved beside it; here they must fit together, and be repeatable. None of
that depends on the network, so it is the smallest one; test_export.py exports a MobileNetV2.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from lambda_fn.contract.manifest import GOLDEN_FILE, sha256_of
from lambda_fn.model import load_model
from tests.pictures import paint_collection
from tests.training.cli.test_commands import assert_one_clear_line, call
from tests.training.wikiart_server import Painter, Painting, WikiArtServer, serve_wikiart
from training.dataset.dataset_folder import load_dataset
from training.runs.run_folder import load_plan, load_run, read_history

pytestmark = pytest.mark.slow

STYLES = {"cubism": "Cubism", "ukiyo-e": "Ukiyo-e"}
PAINTERS_PER_STYLE, WORKS_PER_PAINTER = 4, 8
WORKS = len(STYLES) * PAINTERS_PER_STYLE * WORKS_PER_PAINTER


def painters() -> tuple[Painter, ...]:
    """Return painters of one style each, with works of different years."""
    found = []
    for place, (look, style) in enumerate(STYLES.items()):
        for number in range(PAINTERS_PER_STYLE):
            first = 1000 * (1 + place) + 100 * number
            works = tuple(
                Painting(
                    first + n, f"work-{first + n}", style, look, 1800 + 60 * place + 5 * number + n
                )
                for n in range(WORKS_PER_PAINTER)
            )
            found.append(Painter(f"{look}-{number}", f"Painter {place}{number}", True, works))
    return tuple(found)


@dataclass(frozen=True)
class Pipeline:
    """The folders of all steps below `folder`, and what each step said."""

    folder: Path
    server: WikiArtServer
    results: dict[str, Result]

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def step(pipeline: Pipeline, name: str, *arguments: object) -> Result:
    """Run a step; in the arguments `/x` stands for the folder x of the pipeline."""
    words = [word for one in arguments for word in str(one).split()]
    return call(name, *(pipeline[word[1:]] if word.startswith("/") else word for word in words))


def collect(pipeline: Pipeline) -> Result:
    return call(
        *("collect", pipeline["raw"], "--base-url", pipeline.server.base_url),
        *("--requests", 100_000),
    )


ORGANISE = "--size 64 --min-pictures 10 --test-share .3 --validation-share .2"
TINY = "--weights none --set architecture=small --set crop_px=48 --set batch_size=8"
STEPS = {
    "organise": ("organise", "/raw /dataset --split picture --split artist", ORGANISE),
    "explore": ("explore", "/dataset /explored"),
    "find-rate": ("find-rate", "/dataset /rate --steps 20", TINY),
    "train": ("train", "/dataset /runs/first --set epochs=1 --split artist --note tiny", TINY),
    "train --from": ("train", "/dataset /runs/second --from /runs/first"),
    "evaluate": ("evaluate", "/dataset /runs/first --part test"),
    "compare": ("compare", "/runs/first /runs/second --out /compared"),
    "runs": ("runs", "/runs --csv /runs.csv"),
    "export": ("export", "/dataset /runs/first /model --precision float32"),
}


@pytest.fixture(scope="module")
def pipeline(small: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """All steps in their order; the tests may repeat them, but change nothing."""
    with serve_wikiart(painters()) as server:
        made = Pipeline(tmp_path_factory.mktemp("pipeline"), server, {})
        made.results["collect"] = collect(made)
        for name, arguments in STEPS.items():
            made.results[name] = step(made, *arguments)
        yield made


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("collect", f"{WORKS} works of 8 artists ({WORKS} new, {WORKS} with a picture) are in "),
        ("organise", f"{WORKS} pictures of 2 styles are in "),
        ("explore", f"{WORKS} pictures of 2 styles, {WORKS} of them dated, are described in "),
        ("find-rate", "try a learning rate of "),
        ("train", "; the model of epoch 1, the best on validation, is in "),
        ("train --from", "; the model of epoch 1, the best on validation, is in "),
        ("evaluate", " test pictures are named rightly "),
        ("compare", "the comparison (2 rows) is in "),
        ("runs", "runs in "),
        ("export", "model small-64-"),
    ],
)
def test_every_step_ends_well_with_one_line(pipeline: Pipeline, name: str, ending: str) -> None:
    result = pipeline.results[name]

    assert result.exit_code == 0, result.output
    assert ending in result.stdout.splitlines()[-1]


def test_nothing_half_written_is_left(pipeline: Pipeline) -> None:
    hidden = [path for path in pipeline.folder.rglob(".*") if path.name != ".lock"]

    assert hidden == []


def test_the_exported_model_gives_its_golden_answers(pipeline: Pipeline) -> None:
    model = load_model(pipeline["model"])
    golden = np.load(pipeline["model"] / GOLDEN_FILE)

    answers = [model.answer(one.astype(np.float32)).probabilities for one in golden["pictures"]]

    assert model.manifest.styles == tuple(STYLES)
    np.testing.assert_allclose(np.stack(answers), golden["probabilities"], atol=1e-6)


def test_collecting_again_asks_for_no_work(pipeline: Pipeline) -> None:
    pipeline.server.requests.clear()

    result = collect(pipeline)

    assert result.exit_code == 0, result.output
    assert f"{WORKS} works of 8 artists (0 new" in result.stdout
    assert not [path for path in pipeline.server.requests if "ImageJson" in path]


def test_organising_again_gives_the_same_dataset(pipeline: Pipeline) -> None:
    before = load_dataset(pipeline["dataset"]).fingerprint

    result = step(pipeline, *STEPS["organise"])

    assert result.stdout == pipeline.results["organise"].stdout
    assert load_dataset(pipeline["dataset"]).fingerprint == before


def test_exploring_again_says_the_same(pipeline: Pipeline) -> None:
    before = sha256_of(pipeline["explored"] / "report.html")

    result = step(pipeline, *STEPS["explore"])

    assert result.stdout == pipeline.results["explore"].stdout
    assert sha256_of(pipeline["explored"] / "report.html") == before


def test_a_finished_run_is_not_trained_again(pipeline: Pipeline) -> None:
    assert_one_clear_line(step(pipeline, *STEPS["train"]), "is already finished")


def test_a_run_repeated_from_another_has_the_same_weights(pipeline: Pipeline) -> None:
    from training.runs.train import load_classifier

    first, second = pipeline["runs/first"], pipeline["runs/second"]

    found, expected = (load_classifier(one).get_weights() for one in (second, first))

    assert load_plan(second).config == load_plan(first).config
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    rows = [{**read_history(one)[0], "seconds": 0} for one in (first, second)]
    assert rows[0] == rows[1]


def test_a_run_is_not_repeated_on_another_dataset(pipeline: Pipeline) -> None:
    organised = step(pipeline, "organise", "/raw /other --split artist --seed 7", ORGANISE)
    assert organised.exit_code == 0, organised.output

    result = step(pipeline, "train", "/other /runs-of-other/first --from /runs/first")

    assert_one_clear_line(result, "was trained on another dataset")
    assert not pipeline["runs-of-other"].exists()


def test_an_option_goes_before_that_of_the_run_to_repeat(pipeline: Pipeline) -> None:
    options = "--from /runs/first --set architecture=alexnet --set epochs=3"

    result = step(pipeline, "train", "/dataset /refused", options)

    assert_one_clear_line(result, "no architecture 'alexnet'")


def test_the_note_and_the_list_are_kept_with_the_run(pipeline: Pipeline) -> None:
    plan = load_run(pipeline["runs/first"]).plan

    assert (plan.note, plan.config.split) == ("tiny", "artist")


def test_evaluating_again_gives_the_same_figures(pipeline: Pipeline) -> None:
    path = pipeline["runs/first"] / "evaluation" / "metrics.json"
    before = json.loads(path.read_bytes())

    result = step(pipeline, *STEPS["evaluate"])

    assert result.stdout == pipeline.results["evaluate"].stdout
    assert json.loads(path.read_bytes())["parts"] == before["parts"]


def test_both_runs_are_listed_with_their_scores(pipeline: Pipeline) -> None:
    with pipeline["runs.csv"].open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}

    assert set(rows) == {"first", "second"}
    assert rows["first"]["note"] == "tiny"
    assert rows["first"]["val_accuracy"] == rows["second"]["val_accuracy"] != ""


def test_a_model_folder_is_not_written_again(pipeline: Pipeline) -> None:
    before = sha256_of(pipeline["model"] / "manifest.json")

    assert_one_clear_line(step(pipeline, *STEPS["export"]), "--replace")

    assert sha256_of(pipeline["model"] / "manifest.json") == before


def test_pictures_of_your_own_go_the_same_way(tmp_path: Path) -> None:
    source = paint_collection(tmp_path / "source", dict.fromkeys(STYLES, 12))

    first = call("import", source, tmp_path / "raw")
    second = call("import", source, tmp_path / "raw")
    organised = call("organise", tmp_path / "raw", tmp_path / "dataset", *ORGANISE.split())

    assert "24 works of 2 styles (24 new) are in " in first.stdout
    assert "24 works of 2 styles (0 new) are in " in second.stdout
    assert organised.stdout.startswith("24 pictures of 2 styles are in ")
