"""A store is opened by its address, and MongoDB's driver is loaded only for MongoDB."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lambda_fn.catalogue.mongo import MongoCatalogue
from lambda_fn.catalogue.opening import open_feedback, open_writer
from lambda_fn.catalogue.sqlite import SqliteFeedback, SqliteWriter
from lambda_fn.catalogue.works import CatalogueError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["works.sqlite", "works", "mongodb", "a:b.db", "ä b?.db#1%20"])
def test_what_is_no_address_is_a_file(tmp_path: Path, name: str) -> None:
    with (
        closing(open_writer(str(tmp_path / name))) as writer,
        closing(open_feedback(str(tmp_path / "feedback"))) as feedback,
    ):
        assert isinstance(writer, SqliteWriter)
        assert isinstance(feedback, SqliteFeedback)

    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("uri", ["mongodb://127.0.0.1:1/", "mongodb+srv://cluster.example.org/x"])
def test_an_address_of_mongodb_is_one(uri: str) -> None:
    with closing(open_writer(uri)) as writer, closing(open_feedback(uri)) as feedback:
        assert isinstance(writer, MongoCatalogue)
        assert isinstance(feedback, MongoCatalogue)


def test_another_address_is_refused_without_being_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CatalogueError, match="postgresql:// is no store") as caught:
        open_writer("postgresql://user:word@host/db")

    assert "word" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_opened_without_the_driver_of_mongodb(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from lambda_fn.catalogue.opening import open_feedback, open_writer\n"
        f"open_writer({str(tmp_path / 'works')!r}).close()\n"
        f"open_feedback({str(tmp_path / 'feedback')!r}).close()\n"
        "sys.exit('pymongo' in sys.modules or 'numpy' in sys.modules)\n"
    )

    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)

    assert result.returncode == 0
