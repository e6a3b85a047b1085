"""Real model folders are asked pictures from elsewhere, as visitors' are, and judged by them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from lambda_fn.contract.manifest import MANIFEST_FILE
from lambda_fn.model import load_model
from lambda_fn.predict import predict
from tests.pictures import draw_picture, paint, paint_collection
from tests.training.candidates import RELEASE, make_candidate
from tests.training.conftest import make_raw
from training.config import OrganiseConfig
from training.dataset.dataset_folder import load_dataset, load_works
from training.dataset.organise import organise
from training.errors import TrainingError
from training.files import write_table
from training.promotion.gate import hold_against
from training.promotion.gate_bounds import Limits, Verdict
from training.promotion.gate_probe import ask_probe, read_probe
from training.promotion.gate_table import print_verdict

pytestmark = pytest.mark.slow

MANIFEST = json.loads((RELEASE / MANIFEST_FILE).read_text("utf-8"))
LAX = Limits(max_latency_ratio=1000)  # a machine that does other things may stumble
PICTURES = 12


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_raw(tmp_path_factory.mktemp("home"), {"cubism": 10, "pop-art": 10})


@pytest.fixture(scope="module")
def dataset(raw: Path) -> Path:
    config = OrganiseConfig(size_px=MANIFEST["input_size_px"], min_pictures_per_style=3)
    organise(raw, raw.parent / "dataset", config)
    return raw.parent / "dataset"


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large drawn pictures, each in the folder of the style that the released model says."""
    folder = tmp_path_factory.mktemp("probe") / "probe"
    model = load_model(RELEASE)
    for seed in range(PICTURES):
        file = folder.parent / f"{seed}.png"
        draw_picture(900, 700, seed=seed).save(file)
        style = predict(model, file.read_bytes()).style.slug
        (folder / style).mkdir(parents=True, exist_ok=True)
        file.rename(folder / style / file.name)
    return folder


def candidate_of(dataset: Path, folder: Path, *, shift: int = 0) -> Path:
    """Return the released model; with a shift it calls every style by the name of another one."""
    styles = MANIFEST["styles"]
    data = MANIFEST["data"] | {"fingerprint": load_dataset(dataset).fingerprint}
    return make_candidate(folder, "second", data=data, styles=styles[shift:] + styles[:shift])


def elsewhere(verdict: Verdict) -> dict[str, str]:
    """Return the reasons of the lines of the table that are about the probe."""
    return {row.name: row.reason for row in verdict.rows if row.name.startswith("elsewhere")}


def test_the_same_file_is_no_worse_elsewhere(dataset: Path, probe: Path, tmp_path: Path) -> None:
    candidate = candidate_of(dataset, tmp_path / "second")

    verdict = hold_against(candidate, RELEASE, dataset, probe=probe, limits=LAX)

    assert elsewhere(verdict) == {
        "elsewhere: named right": "",
        "elsewhere: calibration error": "",
        "elsewhere: refused": "",
    }
    assert verdict.rows[-3].live == "100.0%"
    assert verdict.notes == (f"elsewhere: {PICTURES} pictures from {PICTURES} places",)


def test_a_model_that_is_worse_elsewhere_is_refused(
    dataset: Path, probe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = candidate_of(dataset, tmp_path / "second", shift=1)

    verdict = hold_against(candidate, RELEASE, dataset, probe=probe, limits=LAX)
    print_verdict(verdict, Console(width=160))

    reason = elsewhere(verdict)["elsewhere: named right"]
    assert reason in verdict.reasons
    assert reason == (
        f"it is worse elsewhere: of {PICTURES} pictures from elsewhere it names 0.0% rightly, the "
        "live model 100.0%"
    )
    lines = capsys.readouterr().out.splitlines()
    assert any("elsewhere: named right" in line and "refused" in line for line in lines)
    assert f"elsewhere: {PICTURES} pictures from {PICTURES} places" in lines


def test_without_a_probe_nothing_is_said_of_elsewhere(dataset: Path, tmp_path: Path) -> None:
    verdict = hold_against(candidate_of(dataset, tmp_path / "second"), RELEASE, dataset, limits=LAX)

    assert elsewhere(verdict) == {}
    assert verdict.notes == ()


def test_each_picture_is_answered_as_the_service_answers_it(dataset: Path, probe: Path) -> None:
    model = load_model(RELEASE)

    answers = ask_probe(read_probe(probe), [model], dataset, "picture")

    for picture, told in zip(answers.pictures, answers.said[0].probabilities, strict=True):
        served = {one.slug: one for one in predict(model, picture.file.read_bytes()).probabilities}
        assert [served[slug].probability for slug in MANIFEST["styles"]] == told.tolist()


def test_a_probe_that_was_trained_on_is_refused(dataset: Path, raw: Path, tmp_path: Path) -> None:
    taught = next(one for one in load_works(dataset) if one.parts["picture"] == "train")
    folder = paint_collection(tmp_path / "probe", {"cubism": 1})
    shutil.copy(raw / "pictures" / taught.path, folder / "cubism" / "taught.png")

    with pytest.raises(TrainingError, match=r"was trained on .*taught\.png of the probe"):
        ask_probe(read_probe(folder), [load_model(RELEASE)], dataset, "picture")


def test_a_table_names_places_and_only_its_test_part_is_asked(
    dataset: Path, tmp_path: Path
) -> None:
    rows = [
        ("a.png", "cubism", "test", "museum"),
        ("b.png", "Rococo", "test", "museum"),
        ("c.png", "Pointillism", "", "blog"),
        ("d.png", "cubism", "train", "blog"),
        ("e.png", "chart", "test", "blog"),
        ("a.png", "cubism", "test", "museum"),
        ("../f.png", "cubism", "test", "museum"),
    ]
    write_table(tmp_path / "metadata.csv", ("path", "style", "part", "source"), rows)
    for number, name in enumerate("abc"):
        paint("ukiyo-e", seed=100 + number).save(tmp_path / f"{name}.png")

    answers = ask_probe(read_probe(tmp_path), [load_model(RELEASE)], dataset, "picture")

    assert [one.style for one in answers.pictures] == ["cubism", "baroque", "impressionism"]
    assert answers.note == (
        "elsewhere: 3 pictures from 2 places; left out: 1 of the part train, 1 unknown style: "
        "chart, 1 listed twice, 1 outside of the folder"
    )


def test_a_few_unreadable_pictures_are_counted_and_many_refused(
    dataset: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), dtype=np.uint8)
    (tmp_path / "cubism").mkdir()
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(tmp_path / "cubism" / f"{number:02d}.png")
    (tmp_path / "cubism" / "00.png").write_bytes(b"no picture")
    model = load_model(RELEASE)

    answers = ask_probe(read_probe(tmp_path), [model], dataset, "picture")
    (tmp_path / "cubism" / "01.png").write_bytes(b"no picture")

    assert dict(answers.skipped) == {"unreadable: UnreadablePictureError": 1}
    with pytest.raises(TrainingError, match="2 of 20 pictures of the probe cannot be read"):
        ask_probe(read_probe(tmp_path), [model], dataset, "picture")


def test_a_probe_without_a_picture_to_ask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is no folder"):
        read_probe(tmp_path / "nothing")
    with pytest.raises(TrainingError, match=r"no picture to ask \(it is empty\)"):
        read_probe(tmp_path)
    paint("cubism", seed=0).save(tmp_path / "loose.png")
    with pytest.raises(TrainingError, match=r"no picture to ask \(1 in no folder of a style\)"):
        read_probe(tmp_path)
