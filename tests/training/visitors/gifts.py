"""Feedback with drawn pictures, in a real store, and its export."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from lambda_fn.catalogue.opening import open_feedback
from lambda_fn.catalogue.works import Feedback
from tests.pictures import encode, paint
from training.sources.visitor_reviews import Review, read_review
from training.visitors.export_feedback import export_feedback


def make_gift(
    id_: str = "a1",
    *,
    said: str = "pop-art",
    predicted: str = "cubism",
    picture: bytes | None = None,
    painted: str | None = None,
    seed: int = 1000,
) -> Feedback:
    """Return feedback with a picture painted in the style that was said, unless told otherwise."""
    return Feedback(
        id=id_,
        model="fake-1",
        predicted=predicted,
        said=said,
        probabilities={predicted: 0.75, "pop-art": 0.25},
        received=f"2026-11-24T10:00:00.{id_}+00:00",
        picture=encode(paint(painted or said, seed=seed)) if picture is None else picture,
    )


def make_gifts(count: int) -> list[Feedback]:
    """Return feedback with so many different pictures, ids a0, a1 and so on."""
    return [make_gift(f"a{number}", seed=1000 + number) for number in range(count)]


def exported(folder: Path, gifts: Iterable[Feedback]) -> list[Review]:
    """Export to a folder; return what waits for review."""
    export_feedback(gifts, folder)
    return read_review(folder)


def store_with(target: str, gifts: Iterable[Feedback]) -> str:
    """Put feedback to a store; return where it is."""
    with closing(open_feedback(target)) as store:
        for gift in gifts:
            store.add(gift)
    return target
