"""Loading: nothing twice, nothing lost, also after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import CatalogueWriter, Stored, StyleCount, Work
from tests.pictures import paint, png_bomb
from tests.training.catalogue.sources import one_row, write_source
from training.catalogue.load import BATCH, load
from training.catalogue.source import read_source
from training.catalogue.statistics import every_work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("target", ["sqlite", "mongodb"], indirect=True),
]
ROOT = Path(__file__).parents[3]
Counts = Mapping[str, StyleCount]
BEFORE, MANY = BATCH, 2 * BATCH
"""works that are loaded when the loading is killed, and all of them"""


@pytest.fixture
def catalogue(target: str) -> Iterator[CatalogueWriter]:
    with closing(open_writer(target)) as opened:
        yield opened


def works_in(catalogue: CatalogueWriter) -> list[Work]:
    return list(every_work(catalogue))


def test_works_are_loaded_with_their_palettes(catalogue: CatalogueWriter, tmp_path: Path) -> None:
    source = read_source(write_source(tmp_path, [one_row(1), one_row(2)]))

    done = load(source, catalogue)

    assert done.stored == Stored(new=2)
    assert not done.without_palette
    works = works_in(catalogue)
    assert [work.id for work in works] == ["juan-gris/guitar-1", "juan-gris/guitar-2"]
    assert all(len(work.palette) == 5 for work in works)
    assert works[0].palette != works[1].palette


def test_a_second_load_changes_nothing(catalogue: CatalogueWriter, tmp_path: Path) -> None:
    source = read_source(write_source(tmp_path, [one_row(1), one_row(2)]))
    load(source, catalogue)
    before = works_in(catalogue)

    done = load(source, catalogue)

    assert done.stored == Stored(same=2)
    assert works_in(catalogue) == before


def test_changed_facts_take_the_place_of_the_former(
    catalogue: CatalogueWriter, tmp_path: Path
) -> None:
    load(read_source(write_source(tmp_path, [one_row(1, title="Gitarre"), one_row(2)])), catalogue)
    changed = read_source(write_source(tmp_path, [one_row(1, title="Guitar"), one_row(2)]))

    done = load(changed, catalogue)

    assert done.stored == Stored(changed=1, same=1)
    assert [work.title for work in works_in(catalogue)] == ["Guitar", "Guitar 2"]


def test_a_palette_that_is_there_needs_no_picture_any_more(
    catalogue: CatalogueWriter, tmp_path: Path
) -> None:
    table = write_source(tmp_path, [one_row(1)])
    load(read_source(table), catalogue)
    before = works_in(catalogue)
    (tmp_path / "cubism" / "00001.png").unlink()

    done = load(read_source(table), catalogue)

    assert not done.without_palette
    assert works_in(catalogue) == before


def test_works_without_a_sound_picture_come_without_palette(
    catalogue: CatalogueWriter, tmp_path: Path
) -> None:
    table = write_source(tmp_path, [one_row(1), one_row(2)])
    (tmp_path / "cubism" / "00001.png").unlink()
    (tmp_path / "cubism" / "00002.png").write_bytes(b"no picture")

    done = load(read_source(table), catalogue)

    assert done.without_palette == {"no picture": 1, "unreadable picture": 1}
    assert [work.palette for work in works_in(catalogue)] == [(), ()]


def test_a_palette_comes_later_where_the_picture_does(
    catalogue: CatalogueWriter, tmp_path: Path
) -> None:
    load(read_source(write_source(tmp_path, [one_row(1)], has_pictures=False)), catalogue)

    done = load(read_source(write_source(tmp_path, [one_row(1)])), catalogue)

    assert done.stored == Stored(changed=1)
    assert len(works_in(catalogue)[0].palette) == 5


# kills


def start(table: Path, target: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "training", "catalogue", "load", str(table), "--to", target],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def write_works(folder: Path) -> Path:
    """Write a source whose works have one of two pictures; returns the CSV."""
    # they are loaded in the order of their ids
    rows = [one_row(1000 + n, path=f"cubism/{n // BEFORE}.png") for n in range(MANY)]
    return write_source(folder, rows)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Work], Counts]:
    """What a load that nobody stops leaves behind."""
    folder = tmp_path_factory.mktemp("unbroken")
    with closing(open_writer(str(folder / "works.sqlite"))) as catalogue:
        load(read_source(write_works(folder)), catalogue)
        return works_in(catalogue), dict(catalogue.counts())


def test_a_killed_load_goes_on_without_loss_or_doubles(
    target: str, unbroken: tuple[list[Work], Counts], tmp_path: Path
) -> None:
    table = write_works(tmp_path / "source")
    last = tmp_path / "source" / "cubism" / "1.png"
    last.write_bytes(png_bomb(2000, 2000))  # takes long, and so does the batch that has it
    with closing(open_writer(target)) as killed:
        killed.prepare()
        process = start(table, target)
        wait_until(lambda: killed.facts().works >= BEFORE)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        before = killed.facts().works
        paint("cubism", seed=1).save(last)

        done = load(read_source(table), killed)

        assert before == BEFORE
        assert done.stored == Stored(new=MANY - before, same=before)
        assert (works_in(killed), dict(killed.counts())) == unbroken
