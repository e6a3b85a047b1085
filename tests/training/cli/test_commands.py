"""The command line: one call, one closing line, one clear line when something is wrong."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.training.conftest import made_teacher, make_raw
from training.cli.commands import cli
from training.config import OrganiseConfig, TrainConfig
from training.dataset.dataset_folder import load_dataset
from training.files import write_table
from training.runs.run_folder import load_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def assert_one_clear_line(result: Result, text: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("error: ")
    assert text in result.stderr


def test_organise_ends_with_what_how_many_and_where(tmp_path: Path) -> None:
    raw = make_raw(tmp_path, {"cubism": 10, "ukiyo-e": 10})

    result = call("organise", raw, tmp_path / "new", "--size", 32, "--min-pictures", 5)

    assert result.exit_code == 0
    assert result.stdout == (
        f"20 pictures of 2 styles are in {tmp_path / 'new'}, with the lists picture (0 left out; "
        "dataset.json says why)\n"
    )


def test_organise_takes_every_option(tmp_path: Path) -> None:
    raw = make_raw(tmp_path, {"cubism": 10, "ukiyo-e": 10})
    rows = [(f"cubism/00{number}.png", "train") for number in range(10)]
    write_table(tmp_path / "lists.csv", ("path", "own"), rows)
    options = "--format tar --keep-duplicates --split picture --cap-train 4 --cap-test 1".split()
    options += "--size 32 --min-pictures 5 --test-share .3 --validation-share .2".split()
    options += "--seed 1 --workers 1 --max-unreadable-share 0 --lists".split()

    result = call("organise", raw, tmp_path / "new", *options, tmp_path / "lists.csv")

    assert result.exit_code == 0
    assert "with the lists own, picture (0 left out" in result.stdout
    assert load_dataset(tmp_path / "new").config == OrganiseConfig(
        size_px=32,
        format="tar",
        min_pictures_per_style=5,
        keeps_duplicates=True,
        lists=tmp_path / "lists.csv",
        test_share=0.3,
        validation_share=0.2,
        cap_train=4,
        cap_test=1,
        seed=1,
        max_unreadable_share=0,
    )


def test_our_own_error_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    result = call("organise", tmp_path / "nothing", tmp_path / "dataset")

    assert_one_clear_line(result, f"{tmp_path / 'nothing'} holds no works")


def test_lists_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    raw = make_raw(tmp_path, {"cubism": 10, "ukiyo-e": 10})
    options = ("--min-pictures", 5, "--lists", tmp_path / "gone.csv")

    result = call("organise", raw, tmp_path / "dataset", *options)

    assert_one_clear_line(result, f"{tmp_path / 'gone.csv'}: No such file")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("organise", "raw", "dataset", "--size", "8"), "size_px=8: "),
        (("organise", "raw", "dataset", "--cap-train", "1"), "cap_train=1: "),
        (("train", "dataset", "run", "--set", "crop_px=8"), "greater than or equal to 32"),
        (("find-rate", "dataset", "rates", "--set", "dropout=1"), "dropout=1: "),
        (("train", "dataset", "run", "--recipe", "orginal"), "did you mean original"),
        (
            ("train", "dataset", "run", "--recipe=original", "--set=cutmix_alpha=1"),
            "knows no cutmix",
        ),
    ],
)
def test_a_value_out_of_its_range_is_one_line_and_exit_code_1(
    arguments: tuple[str, ...], text: str
) -> None:
    assert_one_clear_line(call(*arguments), text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("organise", "raw"),
        ("organise", "raw", "dataset", "--size", "large"),
        ("organise", "raw", "dataset", "--split", "painter"),
        ("organise", "raw", "dataset", "--workers", "0"),
        ("train", "dataset", "run", "--epochs", "4"),
        ("export", "dataset", "run", "model", "--precision", "int4"),
        ("compare", "run"),
        ("runs", "--limit", "0"),
        ("paint",),
    ],
)
def test_wrong_arguments_are_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert call(*arguments).exit_code == 2


# patched below: neither a full disk nor Ctrl-C can be had at a certain time
def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_disk(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "dataset/works.csv")

    monkeypatch.setattr("training.dataset.organise.organise", fill_disk)

    assert_one_clear_line(
        call("organise", "raw", "dataset"), "dataset/works.csv: No space left on device"
    )


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.dataset.organise.organise", stop)

    result = call("organise", "raw", "dataset")

    assert result.exit_code == 1
    assert result.stderr == "stopped; run the same command again to go on\n"


STEPS = (
    *("collect", "import", "organise", "explore", "find-rate"),
    *("train", "evaluate", "compare", "runs", "export"),
)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_explains_itself(step: str) -> None:
    result = call(step, "--help")

    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_does_not_wait_for_tensorflow() -> None:
    program = (
        "import sys, training.__main__, training.dataset.organise; "
        "print('tensorflow' in sys.modules)"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout == "False\n"


@pytest.mark.slow
def test_train_needs_a_dataset(tmp_path: Path) -> None:
    assert_one_clear_line(call("train", tmp_path, tmp_path / "run"), "no finished dataset")


@pytest.mark.slow
def test_train_refuses_an_unknown_architecture(dataset: Path, tmp_path: Path) -> None:
    result = call("train", dataset, tmp_path, "--set", "architecture=alexnet", "--set=crop_px=48")

    assert_one_clear_line(result, "no architecture 'alexnet'")


TRAIN_OPTIONS: dict[str, Any] = {
    "weights": None,
    "epochs": 2,
    "batch_size": 8,
    "cutmix_alpha": 0.5,
    "mixup_alpha": 0.1,
    "artist_weight": 0.5,
    "teacher_weight": 0.3,
    "averaged_epochs": 2,
    "kept_share": 0.25,
    "min_crop_area": 0.5,
    "vertical_flips": 0.1,
    "colour_cast": 0.1,
    "max_softness": 1.5,
}


@pytest.fixture(scope="module")
def taught(
    small: str, signed: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Result]:
    """A teacher, a run that has learnt from it with every option, and what its step said."""
    teacher, student = made_teacher(), tmp_path_factory.mktemp("taught") / "student"
    options = TRAIN_OPTIONS | {"architecture": small, "crop_px": 48, "teachers": f'["{teacher}"]'}
    words = (
        f"--set={name}={'none' if value is None else value}" for name, value in options.items()
    )
    return teacher, student, call("train", signed, student, *words)


@pytest.mark.slow
def test_train_takes_what_it_is_to_learn_from(taught: tuple[Path, Path, Result]) -> None:
    teacher, student, result = taught

    assert result.exit_code == 0, result.stderr
    more: dict[str, Any] = {"architecture": "small", "crop_px": 48, "teachers": (teacher,)}
    assert load_run(student).plan.config == TrainConfig(**TRAIN_OPTIONS, **more)


@pytest.mark.slow
def test_a_mean_of_epochs_is_not_called_the_best_one(taught: tuple[Path, Path, Result]) -> None:
    _, student, result = taught

    last = result.stdout.splitlines()[-1]  # Keras tells of the epochs before it
    assert last.startswith("2 epochs in ")
    assert last.endswith(f"is in {student}")
    assert "the best on validation" not in last


@pytest.mark.slow
def test_a_run_is_repeated_with_its_own_teacher(
    taught: tuple[Path, Path, Result], signed: Path, tmp_path: Path
) -> None:
    _, student, _ = taught

    result = call("train", signed, tmp_path, "--from", student, "--set", "epochs=1")

    assert result.exit_code == 0, result.stderr
    first, second = (load_run(one).plan.config for one in (student, tmp_path))
    assert second == first.model_copy(update={"epochs": 1})


@pytest.mark.slow
def test_evaluate_ends_with_the_accuracy_and_where(
    dataset: Path, run: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")

    result = call("evaluate", dataset, copy)

    assert result.exit_code == 0
    assert "of 24 test pictures are named rightly (95 %: " in result.stdout
    assert result.stdout.endswith(f"the figures are in {copy / 'evaluation'}, report.html first\n")


@pytest.mark.slow
def test_evaluate_ends_with_the_part_that_was_asked_for(
    dataset: Path, run: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")

    result = call("evaluate", dataset, copy, "--part", "validation")

    assert result.exit_code == 0
    assert "of 16 validation pictures are named rightly" in result.stdout


@pytest.mark.slow
def test_compare_ends_with_how_many_and_where(run: Path, tmp_path: Path) -> None:
    result = call("compare", run, "--out", tmp_path / "compared")

    assert result.exit_code == 0
    where = tmp_path / "compared"
    assert result.stdout == f"the comparison (1 rows) is in {where}, compare.html first\n"


@pytest.fixture
def three_runs(tmp_path: Path) -> Path:
    for number, name in enumerate(("a", "b", "c")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        plan = {"config": {"epochs": 9 - number}, "started": f"2026-11-0{number + 1}T10:00:00Z"}
        (tmp_path / "runs" / name / "plan.json").write_text(json.dumps(plan))
    return tmp_path / "runs"


def test_runs_lists_them_and_ends_with_how_many_and_where(three_runs: Path) -> None:
    result = call("runs", three_runs)

    heading, *lines, last = result.stdout.splitlines()
    assert result.exit_code == 0
    assert heading.split()[0] == "id"
    assert [line.split()[0] for line in lines] == ["a", "b", "c"]
    assert last == f"runs in {three_runs}: 3"


def test_runs_sorts_limits_and_exports(three_runs: Path, tmp_path: Path) -> None:
    table = tmp_path / "new" / "runs.csv"
    options = ("--sort", "planned_epochs", "--limit", 2, "--csv", table)

    result = call("runs", three_runs, *options)

    assert [line.split()[0] for line in result.stdout.splitlines()[1:3]] == ["c", "b"]
    last = result.stdout.splitlines()[-1]
    assert last == f"runs in {three_runs}: 2 of 3; {table} has all columns"
    assert [line.split(",")[0] for line in table.read_text().splitlines()] == ["id", "c", "b"]


def test_runs_refuses_an_unknown_column_with_those_there_are(three_runs: Path) -> None:
    assert_one_clear_line(call("runs", three_runs, "--sort", "speed"), "sort by one of id, state")


@pytest.mark.slow
def test_export_ends_with_the_id_and_where(
    small: str, dataset: Path, run: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")

    result = call("export", dataset, copy, tmp_path / "model", "--precision", "float32")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"model {small}-64-")
    assert result.stdout.endswith(f"is in {tmp_path / 'model'}\n")


@pytest.mark.slow
def test_evaluate_and_export_need_a_finished_run(dataset: Path, tmp_path: Path) -> None:
    assert_one_clear_line(call("evaluate", dataset, tmp_path), "no finished run")
    assert_one_clear_line(call("export", dataset, tmp_path, tmp_path / "m"), "no finished run")
