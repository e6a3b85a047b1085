"""What the catalogue has to show beside an answer: artists, works of the style, works that look
alike.

Whatever happens to the catalogue, the answer comes without these parts rather than late.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lambda_fn.catalogue.breaker import GuardedCatalogue
from lambda_fn.catalogue.neighbours import Neighbour, Neighbours
from lambda_fn.catalogue.works import CatalogueError, CatalogueUnavailableError, Rights
from lambda_fn.runtime import Floats
from lambda_fn.schemas import PARTS, ArtistWorks, CatalogueState, Part, WorkLabel
from lambda_fn.work_labels import label_artist, label_work

BUDGET_S: Final = 1.2
"""What the catalogue may add to an answer; with the rest it stays below 1.5 s."""
_ARTISTS: Final = 3
_WORKS: Final = 15
_DECIMALS: Final = 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parts of an answer a caller wants, how many similar works, and among which."""

    similar: int = 10
    style: str | None = None
    rights: Rights | None = None
    parts: frozenset[Part] = frozenset(PARTS) - {"embedding"}


@dataclass(frozen=True, slots=True)
class Company:
    """What is shown beside an answer."""

    artists: list[ArtistWorks] = field(default_factory=list)
    works: list[WorkLabel] = field(default_factory=list)
    similar: list[WorkLabel] = field(default_factory=list)
    catalogue: CatalogueState = "ok"


class Companions:
    """Finds what is shown beside an answer.

    neighbours: of the model that answers; without them no work is similar.
    """

    def __init__(
        self,
        catalogue: GuardedCatalogue,
        neighbours: Neighbours | None = None,
        *,
        budget_s: float = BUDGET_S,
    ) -> None:
        self.catalogue = catalogue
        self._neighbours = neighbours
        self._budget_s = budget_s
        self._fits: bool | None = None

    def find(self, style: str, embedding: Floats, wanted: Wanted) -> Company:
        """Return the company of a picture: of its style (slug), and nearest to its embedding."""
        if not wanted.parts & {"artists", "works", "similar"}:
            return Company()
        try:
            with self.catalogue.deadline(self._budget_s):
                return Company(
                    self._find_artists(style) if "artists" in wanted.parts else [],
                    self._draw_works(style) if "works" in wanted.parts else [],
                    self._find_similar(embedding, wanted) if "similar" in wanted.parts else [],
                )
        except CatalogueUnavailableError:
            return Company(catalogue="unavailable")  # the breaker has logged it
        except CatalogueError as error:
            logger.error("the catalogue cannot be read: %s", error)
            return Company(catalogue="unavailable")

    def _find_artists(self, style: str) -> list[ArtistWorks]:
        return [label_artist(one) for one in self.catalogue.artists(style, limit=_ARTISTS)]

    def _draw_works(self, style: str) -> list[WorkLabel]:
        return [label_work(one) for one in self.catalogue.sample(style, size=_WORKS)]

    def _find_similar(self, embedding: Floats, wanted: Wanted) -> list[WorkLabel]:
        if self._neighbours is None or wanted.similar == 0 or not self._is_of_this_model():
            return []
        nearest = self._neighbours.nearest(
            embedding, count=wanted.similar, style=wanted.style, rights=wanted.rights
        )
        return self._label(nearest)

    def _label(self, nearest: Sequence[Neighbour]) -> list[WorkLabel]:
        works = self.catalogue.get([one.id for one in nearest])
        return [
            label_work(works[one.id], round(min(max(one.similarity, 0.0), 1.0), _DECIMALS))
            for one in nearest
            if one.id in works
        ]

    def _is_of_this_model(self) -> bool:
        """Compare the catalogue's embeddings with the model's; until they fit, each time anew."""
        if not self._fits and self._neighbours is not None:
            was_told = self._fits is False
            problem = find_misfit(self.catalogue.facts().embedding_model, self._neighbours.model)
            self._fits = problem is None
            if problem and not was_told:
                logger.error("no similar works: %s", problem)
        return bool(self._fits)


def find_misfit(found: str | None, served: str) -> str | None:
    """Return why a catalogue with the embeddings of the model `found` cannot be used; or None."""
    if found is None or found == served:
        return None
    return (
        f"the catalogue's embeddings come from the model {found}, but {served} is served: "
        "renew them with `python -m training embed`"
    )
