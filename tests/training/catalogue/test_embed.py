"""Embeddings by the released model: those of the service, kept batch by batch, none twice."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from lambda_fn.catalogue.neighbours import open_neighbours, quantise, restore
from lambda_fn.catalogue.opening import open_writer
from lambda_fn.catalogue.works import CatalogueWriter
from lambda_fn.contract.images import to_pixels
from lambda_fn.model import load_model
from lambda_fn.runtime import StyleModel
from tests.training.catalogue.sources import one_row, write_source
from training.catalogue.embed import embed, find_neighbours
from training.catalogue.load import load
from training.catalogue.source import Source, read_source
from training.errors import TrainingError
from training.model_folder.check_release import RELEASE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("target", ["sqlite", "mongodb"], indirect=True),
]


@pytest.fixture(scope="module")
def model() -> StyleModel:
    return load_model(RELEASE)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return read_source(write_source(tmp_path / "source", [one_row(n) for n in range(1, 5)]))


@pytest.fixture
def catalogue(target: str, source: Source) -> Iterator[CatalogueWriter]:
    with closing(open_writer(target)) as opened:
        load(source, opened)
        yield opened


def test_a_work_gets_the_embedding_that_the_service_gives_its_picture(
    catalogue: CatalogueWriter, source: Source, model: StyleModel
) -> None:
    done = embed(source, RELEASE, catalogue, neighbours=None)

    assert (done.model, done.new, done.same, done.skipped) == (model.manifest.id, 4, 0, {})
    assert catalogue.facts().embedding_model == model.manifest.id
    kept = dict(catalogue.embeddings())
    for one in source.works:
        assert one.picture is not None
        picture = to_pixels(one.picture.read_bytes(), size_px=model.manifest.input_size_px)
        vector = np.frombuffer(kept[one.work.id], np.int8)[np.newaxis]
        assert restore(vector)[0] @ model.answer(picture.pixels).embedding > 0.999


def test_what_has_an_embedding_of_the_model_gets_none_again(
    catalogue: CatalogueWriter, source: Source, tmp_path: Path
) -> None:
    embed(Source(source.works[:3], source.skipped), RELEASE, catalogue, neighbours=None)

    done = embed(source, RELEASE, catalogue, neighbours=tmp_path / "neighbours.npz")

    assert (done.new, done.same) == (1, 3)
    assert len(dict(catalogue.embeddings())) == 4


def test_embeddings_of_another_model_are_replaced(
    catalogue: CatalogueWriter, source: Source, model: StyleModel
) -> None:
    catalogue.embed({one.work.id: bytes(8) for one in source.works}, model="former-model")

    done = embed(source, RELEASE, catalogue, neighbours=None)

    assert (done.new, done.same) == (4, 0)
    assert {len(vector) for _, vector in catalogue.embeddings()} == {model.manifest.embedding_size}


def test_the_neighbours_file_finds_each_work_first(
    catalogue: CatalogueWriter, source: Source, model: StyleModel, tmp_path: Path
) -> None:
    embed(source, RELEASE, catalogue, neighbours=tmp_path / "new" / "neighbours.npz")

    name, size = model.manifest.id, model.manifest.embedding_size
    found = open_neighbours(tmp_path / "new" / "neighbours.npz", model=name, size=size)
    vectors = {id_: np.frombuffer(vector, np.int8) for id_, vector in catalogue.embeddings()}
    assert [*found.ids] == [one.work.id for one in source.works]
    np.testing.assert_array_equal(found.vectors, [vectors[id_] for id_ in found.ids])
    for id_ in found.ids:
        best = found.nearest(restore(vectors[id_][np.newaxis])[0], count=1, style="cubism")
        assert [one.id for one in best] == [id_]


def test_a_folder_that_is_being_made_gets_the_same_neighbours(
    catalogue: CatalogueWriter, source: Source, model: StyleModel
) -> None:
    embed(source, RELEASE, catalogue, neighbours=None)

    found = find_neighbours(source, model)

    kept = dict(catalogue.embeddings())
    assert found.model == model.manifest.id
    assert {id_: row.tobytes() for id_, row in zip(found.ids, found.vectors, strict=True)} == kept


def test_works_that_cannot_be_embedded_are_counted_by_reason(
    catalogue: CatalogueWriter, tmp_path: Path
) -> None:
    table = write_source(tmp_path / "more", [one_row(n) for n in range(1, 6)])
    (table.parent / "cubism" / "00001.png").unlink()
    (table.parent / "cubism" / "00002.png").write_bytes(b"no picture")

    done = embed(read_source(table), RELEASE, catalogue, neighbours=None)

    assert done.new == 2
    assert done.skipped == {"no picture": 1, "unreadable picture": 1, "not in the catalogue": 1}


def test_without_a_single_picture_there_are_no_neighbours(
    catalogue: CatalogueWriter, model: StyleModel, tmp_path: Path
) -> None:
    bare = read_source(write_source(tmp_path / "bare", [one_row(1)], has_pictures=False))

    with pytest.raises(TrainingError, match="--pictures"):
        find_neighbours(bare, model)
    with pytest.raises(TrainingError, match="--pictures"):
        embed(bare, RELEASE, catalogue, neighbours=tmp_path / "neighbours.npz")
    assert not (tmp_path / "neighbours.npz").exists()


def test_a_folder_that_holds_no_model_is_refused(
    catalogue: CatalogueWriter, source: Source, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="no model in"):
        embed(source, tmp_path, catalogue, neighbours=None)


def test_bytes_are_kept_as_they_are_quantised(catalogue: CatalogueWriter) -> None:
    vector = quantise(np.array([[0.6, -0.8]], np.float32)).tobytes()

    catalogue.embed({"juan-gris/guitar-1": vector}, model="tiny")

    assert dict(catalogue.embeddings()) == {"juan-gris/guitar-1": vector}
