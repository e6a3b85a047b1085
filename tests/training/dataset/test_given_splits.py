"""Lists of a CSV are taken over as they are, or refused with what is wrong."""

from pathlib import Path

import pytest

from tests.training.conftest import make_work, works_of
from training.config import OrganiseConfig
from training.dataset.given_splits import fit_list, read_lists
from training.errors import TrainingError

CONFIG = OrganiseConfig()


def write(folder: Path, text: str) -> Path:
    (folder / "lists.csv").write_text(text, "utf-8")
    return folder / "lists.csv"


def test_every_column_but_path_is_a_list(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffpicture,path,source\ntrain,a.jpg,test\nunused,b.jpg,train\n")

    lists = read_lists(path)

    assert lists == {
        "picture": {"a.jpg": "train", "b.jpg": "unused"},
        "source": {"a.jpg": "test", "b.jpg": "train"},
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,picture\na.jpg,training\n", r"\['training'\]: only train, validation, test"),
        ("path,picture\na.jpg\n", r"\[''\]: only"),
        ("picture\ntrain\n", "needs a column path"),
        ("path\na.jpg\n", "one column of parts per list"),
        ("", "needs a column path"),
        ("path,picture\na.jpg,train\na.jpg,test\n", "the path 'a.jpg' 2 times"),
        ('path,picture\na.jpg,"train\n', "is no CSV"),
    ],
)
def test_a_csv_that_makes_no_sense_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        read_lists(write(tmp_path, text))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lists.csv").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(TrainingError, match="is no CSV in UTF-8"):
        read_lists(tmp_path / "lists.csv")


def test_a_work_that_a_list_does_not_name_is_unused() -> None:
    works = [make_work("a.jpg", "cubism"), make_work("b.jpg", "cubism")]

    parts = fit_list("own", {"a.jpg": "validation", "gone.jpg": "test"}, works, CONFIG)

    assert parts == {"a.jpg": "validation", "b.jpg": "unused"}


def test_a_list_with_a_validation_part_is_not_changed() -> None:
    works = works_of({"cubism": 30})
    parts = {one.path: ("train", "validation", "test")[n % 3] for n, one in enumerate(works)}

    assert fit_list("own", parts, works, CONFIG) == parts


def test_a_list_without_a_validation_part_gets_one_out_of_training() -> None:
    works = works_of({"cubism": 40})
    parts = {one.path: "train" if n < 30 else "test" for n, one in enumerate(works)}

    fitted = fit_list("own", parts, works, CONFIG)

    changed = [path for path in parts if parts[path] != fitted[path]]
    assert len(changed) == 4  # one in eight of thirty
    assert {(parts[path], fitted[path]) for path in changed} == {("train", "validation")}


def test_a_list_whose_paths_are_no_works_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"'own' uses none of the 1 works.* such as 'a\.jpg'"):
        fit_list("own", {"other.jpg": "train"}, [make_work("a.jpg", "cubism")], CONFIG)


def test_a_style_without_pictures_for_validation_is_named_with_the_list() -> None:
    works = works_of({"cubism": 2})

    with pytest.raises(
        TrainingError, match="list 'own' has no validation part, and style 'cubism'"
    ):
        fit_list("own", dict.fromkeys((one.path for one in works), "train"), works, CONFIG)
