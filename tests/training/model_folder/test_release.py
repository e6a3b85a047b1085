"""From pictures of all 18 styles to a released folder, by one command; what is checked of it."""

import json
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.catalogue.neighbours import open_neighbours
from lambda_fn.contract.evaluation import ModelEvaluation
from lambda_fn.contract.manifest import (
    EVALUATION_FILE,
    MANIFEST_FILE,
    NEIGHBOURS_FILE,
    ModelManifest,
)
from lambda_fn.contract.styles import STYLES
from lambda_fn.model import load_model
from tests.made_once import made_once
from tests.pictures import (
    draw_picture,
    encode,
    hang_gallery,
    paint_collection,
    paint_elsewhere,
    take_photographs,
)
from training.config import ImportConfig
from training.dataset.dataset_folder import load_works
from training.errors import TrainingError
from training.evaluation.left_out import read_left_out
from training.files import write_table
from training.model_folder.check_release import check_release
from training.model_folder.export import export
from training.model_folder.gallery import (
    ask_gallery,
    count_famous,
    read_gallery,
    write_copies,
    write_page,
)
from training.model_folder.release import ORIGINAL, Ingredients, Recipe, make_release
from training.recipes import load_recipe
from training.runs.run_folder import load_run
from training.sources.importing import import_works
from training.sources.raw_folder import read_works

pytestmark = pytest.mark.slow

PER_STYLE = 12
PARTS = ("train",) * 6 + ("validation",) * 3 + ("test",) * 3
SLUGS = tuple(style.slug for style in STYLES)
NEVER = "realism/000.png"


def write_lists(folder: Path) -> Path:
    """Two lists that take turns with the same pictures."""
    ids = sorted(work.id for work in read_works(folder))
    rows = [
        (one, PARTS[number % PER_STYLE], PARTS[(number + 6) % PER_STYLE])
        for number, one in enumerate(ids)
    ]
    write_table(folder.parent / "lists.csv", ("path", "picture", "artist"), rows)
    return folder.parent / "lists.csv"


def sign(pictures: Path) -> None:
    """Say of every picture whose it is and what it shows."""
    paths = [f"{slug}/{number:03d}.png" for slug in SLUGS for number in range(PER_STYLE)]
    rows = [(path, path.split("/")[0], f"Painter of {path[:4]}", path) for path in paths]
    write_table(pictures / "metadata.csv", ("path", "style", "artist", "title"), rows)


@pytest.fixture(scope="module")
def made(small: str, weights: Path) -> tuple[Path, ModelManifest, list[str]]:
    """A release of drawn pictures, and what was told while it was made; read only."""

    def make(folder: Path) -> None:
        pictures = paint_collection(folder / "pictures", dict.fromkeys(SLUGS, PER_STYLE))
        sign(pictures)
        import_works(pictures, folder / "first" / "raw", ImportConfig())
        photographs = take_photographs(folder / "photographs", 40)
        write_table(folder / "never.csv", ("path",), [(NEVER,), ("unknown/1.png",)])
        ingredients = Ingredients(
            pictures,
            write_lists(folder / "first" / "raw"),
            photographs,
            weights,
            min_pictures=6,
            elsewhere=paint_elsewhere(folder / "elsewhere", SLUGS),
            never=folder / "never.csv",
            gallery=hang_gallery(folder / "gallery", SLUGS),
        )
        told: list[str] = []
        make_release(
            ingredients,
            folder / "work",
            folder / "model",
            folder / "card.md",
            tell=told.append,
            recipe=quick_recipe(small),
        )
        (folder / "told.json").write_text(json.dumps(told), "utf-8")

    folder = made_once("release", make)
    manifest = ModelManifest.model_validate_json((folder / "model" / MANIFEST_FILE).read_bytes())
    return folder, manifest, json.loads((folder / "told.json").read_text("utf-8"))


def quick_recipe(architecture: str) -> Recipe:
    few = {"architecture": architecture, "epochs": 2}
    # long enough to tell styles apart: rounding would turn answers that are all alike
    quick = {"batch_size": 8, "hidden_units": 8, "soft_px": 32, "epochs": 30, "learning_rate": 5e-3}
    quick |= {"photographs": 1, "views": 1, "min_collection": 40}
    ours, original = (load_recipe(name) | few for name in ("released", "original"))
    return Recipe(size_px=64, original_size_px=32, folds=2, ours=ours | quick, original=original)


def test_a_release_is_measured_on_places_that_it_never_saw(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    _, manifest, told = made

    found = manifest.elsewhere
    assert found is not None
    assert (found.pictures, found.places) == (18, 1)
    assert found.large is not None
    assert found.large.pictures == 6
    assert found.top1_interval[0] <= found.top1 <= found.top1_interval[1]
    assert manifest.painting is not None
    assert {kind: one.pictures for kind, one in manifest.painting.kinds.items()} == {
        "chart": 3,
        "photo": 3,
    }
    assert manifest.painting.photographed is not None
    assert manifest.painting.photographed.pictures == 18
    assert manifest.famous is not None
    assert (manifest.famous.pictures, manifest.famous.known) == (18, 18)
    assert "leave places out, 2 times" in told


def test_paintings_from_elsewhere_are_learnt_from_and_what_never_may_be_is_not(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder, manifest, _ = made
    works = {work.path: work for work in load_works(folder / "work" / "dataset")}

    assert works["realism/0000.jpg"].parts == {"picture": "train", "artist": "train"}
    assert works["realism/0003.jpg"].parts == {"picture": "unused", "artist": "unused"}
    assert works[NEVER].parts["picture"] == "unused"
    assert manifest.data.train == sum(one.parts["picture"] == "train" for one in works.values())


def test_a_place_that_is_left_out_is_asked_by_a_run_that_never_saw_it(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder = made[0] / "work" / "left-out"

    found = read_left_out(folder)

    assert len(found.labels) == 3 * 18
    assert set(found.places) == {"place-0", "place-1", "place-2"}
    held_out = [set(load_run(folder / f"fold-{number}").plan.config.held_out) for number in (0, 1)]
    assert not held_out[0] & held_out[1]
    assert set.union(*held_out) == set(found.places)
    assert 0 <= found.balanced_accuracy <= 1


def test_the_gallery_is_shown_with_what_the_model_says(
    made: tuple[Path, ModelManifest, list[str]], tmp_path: Path
) -> None:
    folder, manifest, _ = made
    model = load_model(folder / "model")
    works = read_gallery(folder / "gallery")

    outcomes = ask_gallery(model, works, folder / "gallery" / "pictures")
    write_copies(model, folder / "gallery", tmp_path / "copies")
    write_page(model, outcomes, "../copies", tmp_path / "docs" / "gallery.md")

    assert count_famous(outcomes, manifest.styles) == manifest.famous
    page = (tmp_path / "docs" / "gallery.md").read_text("utf-8")
    assert page.count("\n| ") == 18 + 1
    assert page.count("<img ") == 1
    assert "Work / 3" in page
    answers = json.loads((tmp_path / "copies" / "answers.json").read_text("utf-8"))
    assert answers["model"] == manifest.id
    assert [one["file"] for one in answers["pictures"]] == [works[0]["file"]]
    assert (tmp_path / "copies" / works[0]["file"]).is_file()


def test_a_collection_of_all_18_styles_gives_a_model_of_18_styles(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder, manifest, _ = made
    client = TestClient(create_app(load_model(folder / "model"), max_body_bytes=1_000_000))

    answer = client.post("/v1/predictions", content=encode(draw_picture())).json()

    assert manifest.styles == SLUGS
    assert {one["slug"] for one in answer["probabilities"]} == set(SLUGS)
    assert all(style["known"] for style in client.get("/v1/styles").json()["styles"])


def test_each_list_is_measured_by_a_model_of_its_own_beside_the_originals_recipe(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    text = (made[0] / "model" / EVALUATION_FILE).read_bytes()

    evaluation = ModelEvaluation.model_validate_json(text)

    assert {name: one.run for name, one in evaluation.lists.items()} == {
        "picture": "picture",
        "artist": "artist",
    }
    assert [(one.name, set(one.lists)) for one in evaluation.baselines] == [
        (ORIGINAL, {"picture", "artist"})
    ]
    assert evaluation.painting is not None
    assert evaluation.training.pictures == made[1].data.train


def test_a_later_model_takes_over_what_an_earlier_one_was_compared_with(
    made: tuple[Path, ModelManifest, list[str]], tmp_path: Path
) -> None:
    folder, _, _ = made
    own = Path(shutil.copytree(folder / "work" / "runs" / "picture", tmp_path / "run"))

    export(folder / "work" / "dataset", own, tmp_path / "model", baselines=[folder / "model"])

    before, after = (
        ModelEvaluation.model_validate_json((one / "model" / EVALUATION_FILE).read_bytes())
        for one in (folder, tmp_path)
    )
    assert after.baselines == before.baselines != []


def test_a_release_finds_the_works_most_like_a_picture(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder, manifest, _ = made

    file = folder / "model" / NEIGHBOURS_FILE
    found = open_neighbours(file, model=manifest.id, size=manifest.embedding_size)

    assert len(found.ids) == len(SLUGS) * PER_STYLE
    assert NEIGHBOURS_FILE in manifest.files


def test_every_step_is_told_and_the_card_is_written(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder, manifest, told = made

    assert [line.split(",")[0] for line in told] == [
        "import",
        "organise at 64 px",
        "train picture",
        "evaluate picture",
        "train artist",
        "evaluate artist",
        "leave places out",
        "organise at 32 px",
        "train picture-original",
        "evaluate picture-original",
        "train artist-original",
        "evaluate artist-original",
        "export",
    ]
    assert manifest.id in (folder / "card.md").read_text("utf-8")


def test_the_manifest_is_found_true_on_its_dataset(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder, manifest, _ = made

    assert check_release(folder / "work" / "dataset", folder / "model") == manifest.test


def test_a_manifest_that_flatters_is_found_out(
    made: tuple[Path, ModelManifest, list[str]], tmp_path: Path
) -> None:
    folder, manifest, _ = made
    copy = Path(shutil.copytree(folder / "model", tmp_path / "model"))
    better = manifest.test.model_copy(update={"top1": manifest.test.top1 + 0.001})
    flattering = manifest.model_copy(update={"test": better})
    (copy / MANIFEST_FILE).write_text(flattering.model_dump_json(), "utf-8")

    with pytest.raises(TrainingError, match="top-1"):
        check_release(folder / "work" / "dataset", copy)


def test_a_model_of_another_dataset_is_not_measured(
    made: tuple[Path, ModelManifest, list[str]],
) -> None:
    folder = made[0]

    with pytest.raises(TrainingError, match="--size 64"):
        check_release(folder / "work" / "baseline", folder / "model")
