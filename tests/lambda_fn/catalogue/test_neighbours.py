"""Nearest works: exact, within a style or rights, and only by the embeddings of one model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lambda_fn.catalogue.neighbours import (
    Neighbours,
    make_neighbours,
    open_neighbours,
    quantise,
    restore,
    write_neighbours,
)
from lambda_fn.catalogue.works import CatalogueError

SIZE = 128


def draw(works: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(works, SIZE))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def make(embeddings: NDArray[np.float32]) -> Neighbours:
    """The first half of the works is Baroque, every other one in the public domain."""
    count = len(embeddings)
    return make_neighbours(
        embeddings,
        ids=[f"someone/work-{number}" for number in range(count)],
        styles=["baroque" if number < count / 2 else "cubism" for number in range(count)],
        rights=["unknown" if number % 2 else "public-domain" for number in range(count)],
        model="first",
    )


@pytest.fixture
def embeddings() -> NDArray[np.float32]:
    return draw(200)


@pytest.fixture
def file(tmp_path: Path, embeddings: NDArray[np.float32]) -> Path:
    path = tmp_path / "neighbours.npz"
    write_neighbours(make(embeddings), path)
    return path


def test_the_nearest_works_are_those_of_a_full_sort(embeddings: NDArray[np.float32]) -> None:
    neighbours, query = make(embeddings), draw(1, seed=1)[0]

    found = neighbours.nearest(query, count=20)

    likeness = restore(quantise(embeddings)) @ query
    expected = np.argsort(-likeness)[:20]
    assert [one.id for one in found] == [f"someone/work-{place}" for place in expected]
    assert [one.similarity for one in found] == pytest.approx(likeness[expected].tolist())


def test_a_work_is_nearest_to_itself(embeddings: NDArray[np.float32]) -> None:
    found = make(embeddings).nearest(embeddings[7], count=1)

    assert found[0].id == "someone/work-7"
    assert found[0].similarity == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("style", "rights", "places"),
    [
        ("cubism", None, range(100, 200)),
        (None, "unknown", range(1, 200, 2)),
        ("baroque", "public-domain", range(0, 100, 2)),
    ],
)
def test_a_search_stays_within_a_style_and_rights(
    embeddings: NDArray[np.float32], style: str | None, rights: str | None, places: range
) -> None:
    neighbours = make(embeddings)

    found = neighbours.nearest(embeddings[0], count=500, style=style, rights=rights)  # type: ignore[arg-type]

    assert {one.id for one in found} == {f"someone/work-{place}" for place in places}


def test_nothing_is_found_where_there_is_nothing(embeddings: NDArray[np.float32]) -> None:
    neighbours = make(embeddings)

    assert neighbours.nearest(embeddings[0], count=5, style="ukiyo-e") == []
    assert neighbours.nearest(embeddings[0], count=0) == []


def test_a_file_gives_what_was_written_and_is_mapped_not_read(
    file: Path, embeddings: NDArray[np.float32]
) -> None:
    found = open_neighbours(file, model="first", size=SIZE)

    expected = make(embeddings)
    assert isinstance(found.vectors, np.memmap)
    assert found.nearest(embeddings[3], count=9) == expected.nearest(embeddings[3], count=9)
    assert found.nearest(embeddings[3], count=9, style="cubism", rights="unknown") == (
        expected.nearest(embeddings[3], count=9, style="cubism", rights="unknown")
    )


def test_embeddings_of_another_model_are_refused_with_what_to_do(file: Path) -> None:
    with pytest.raises(CatalogueError, match=r"come from the model first, but second .* embed`"):
        open_neighbours(file, model="second", size=SIZE)


def test_embeddings_of_another_size_are_refused(file: Path) -> None:
    with pytest.raises(CatalogueError, match=r"shape \(200, 64\)"):
        open_neighbours(file, model="first", size=64)


def test_rows_that_do_not_belong_together_are_refused(
    tmp_path: Path, embeddings: NDArray[np.float32]
) -> None:
    path = tmp_path / "neighbours.npz"
    whole = make(embeddings)
    write_neighbours(replace(whole, styles=whole.styles[:-1]), path)

    with pytest.raises(CatalogueError, match="does not fit"):
        open_neighbours(path, model="first", size=SIZE)


@pytest.mark.parametrize("kept", [0, 10, 3_000])
def test_a_damaged_file_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(CatalogueError, match="holds no embeddings"):
        open_neighbours(file, model="first", size=SIZE)


def test_a_compressed_file_is_refused_as_it_cannot_be_mapped(tmp_path: Path) -> None:
    path = tmp_path / "neighbours.npz"
    np.savez_compressed(
        path,
        vectors=np.zeros((1, SIZE), np.int8),
        ids=np.frombuffer(b"a/b\n", np.uint8),
        styles=np.zeros(1, np.uint8),
        rights=np.zeros(1, np.uint8),
        model=np.array("first"),
    )

    with pytest.raises(CatalogueError, match="compressed"):
        open_neighbours(path, model="first", size=SIZE)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_int8_keeps_the_direction_of_a_vector(seed: int) -> None:
    embeddings = draw(5, seed)

    restored = restore(quantise(embeddings))

    assert np.linalg.norm(restored, axis=1) == pytest.approx(1)
    assert (restored * embeddings).sum(axis=1).min() > 0.999
