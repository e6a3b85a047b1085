"""What every store of works promises: the facts of a work, how to ask for works, how to fill it.

A work's id is its WikiArt path, `ARTIST/TITLE`, or one made the same way: it is unique, people can
read it, the order of ids is by artist and title, and a page of works ends where the next begins.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, get_args

Rights = Literal["public-domain", "copyright", "unknown"]
RIGHTS: tuple[Rights, ...] = get_args(Rights)
ID_PATTERN: Final = r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*"
SLUG_PATTERN: Final = r"[a-z0-9][a-z0-9-]*"
PALETTE_SIZE: Final = 5
MAX_PAGE: Final = 100
"""Works in a page, at most."""
MAX_WORDS: Final = 8
"""Words of a search, at most."""
UNKNOWN_ARTIST: Final = "unknown"
"""Slug of the artist of works whose artist nobody knows; these count as no artist's."""
_WORD = r"[^\W_]+"


class CatalogueError(Exception):
    """A catalogue cannot be used as it is; the message says what to do."""


class CatalogueUnavailableError(CatalogueError):
    """The catalogue does not answer now; it may later."""


@dataclass(frozen=True, slots=True)
class Work:
    """The facts of one work; the addresses are None where nobody knows them."""

    id: str
    title: str
    artist: str
    style: str
    """slug"""
    wikiart_style: str
    year: int | None = None
    genre: str | None = None
    rights: Rights = "unknown"
    page_url: str | None = None
    image_url: str | None = None
    palette: tuple[str, ...] = ()
    """dominant colours as `#rrggbb`, the largest area first; empty where no picture was at hand"""

    @property
    def artist_slug(self) -> str:
        """The artist as ids have them."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist and how many works of a style the catalogue has."""

    slug: str
    name: str
    works: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Which works are asked for; what is None or empty does not narrow.

    words: as `search_words` gives them. All must begin a word of title or artist. years: the first
    and last, both included; a work without a year is in no range.
    """

    words: tuple[str, ...] = ()
    style: str | None = None
    artist: str | None = None
    """slug"""
    first_year: int | None = None
    last_year: int | None = None
    rights: Rights | None = None


@dataclass(frozen=True, slots=True)
class StyleCount:
    """How many works of one of our styles there are."""

    works: int
    dated: int
    artists: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a catalogue says about itself."""

    works: int
    embedding_model: str | None
    """id of the model that its embeddings come from; None if it has none"""


class Catalogue(Protocol):
    """A store of works that can be read; may be used from several threads.

    Every method raises `CatalogueUnavailableError` when the store does not answer, and
    `CatalogueError` when what it holds cannot be read.
    """

    def deadline(self, seconds: float) -> AbstractContextManager[object]:
        """Return a block in which all that is asked together takes at most so long."""
        ...

    def facts(self) -> Facts:
        """Return what the catalogue says about itself; also the way to see whether it answers."""
        ...

    def counts(self) -> Mapping[str, StyleCount]:
        """Return the counts of each style that has works, by slug."""
        ...

    def artists(self, style: str, *, limit: int) -> Sequence[Artist]:
        """Return the artists with the most works of a style; ties by slug.

        An artist whose name is written in several ways has the first of these in order.
        """
        ...

    def sample(self, style: str, *, size: int) -> Sequence[Work]:
        """Return different works of a style, drawn anew each time, or all if there are fewer."""
        ...

    def find(self, filters: Filters, *, limit: int, after: str = "") -> Sequence[Work]:
        """Return works in the order of their ids, from the first id after `after` on."""
        ...

    def ids(self, style: str) -> Sequence[str]:
        """Return the ids of all works of a style, in order."""
        ...

    def get(self, ids: Sequence[str]) -> Mapping[str, Work]:
        """Return the works with these ids; those that are not there are left out."""
        ...

    def years(self) -> Mapping[str, Mapping[int, int]]:
        """Return for each WikiArt style how many works of each year there are."""
        ...


@dataclass(frozen=True, slots=True)
class ImageCheck:
    """Whether the address of a work's picture answers with one, and when that was seen (UTC)."""

    id: str
    is_there: bool
    checked: str
    """ISO 8601"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a batch of works did to the catalogue."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        """Return both together."""
        return Stored(self.new + other.new, self.changed + other.changed, self.same + other.same)


class CatalogueWriter(Catalogue, Protocol):
    """A store that can be filled. What a method has done is safe when it returns."""

    def prepare(self) -> None:
        """Make the tables or indexes that are missing; does nothing where all are there."""
        ...

    def store(self, works: Sequence[Work]) -> Stored:
        """Add works, or renew those whose id is there already.

        A palette is kept where the new facts have none. A changed address of a picture is to be
        checked again.
        """
        ...

    def unchecked_images(self, *, before: str) -> Iterable[tuple[str, str]]:
        """Yield id and address of the pictures that were not checked since `before` (ISO 8601)."""
        ...

    def mark_images(self, checks: Sequence[ImageCheck]) -> None:
        """Keep what was seen; works give no address of a picture that is not there."""
        ...

    def embed(self, vectors: Mapping[str, bytes], *, model: str) -> None:
        """Keep embeddings by id, as int8 (see `neighbours.py`), and the model that made them.

        The first ones of another model remove all of the former model's.
        """
        ...

    def embeddings(self) -> Iterable[tuple[str, bytes]]:
        """Yield id and embedding of the works that have one; `facts` names the model."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a visitor said about an answer."""

    id: str
    """of the answer: who answers twice has changed their mind"""
    model: str
    predicted: str
    """slug"""
    said: str
    """slug; the predicted one for "right" """
    probabilities: Mapping[str, float]
    received: str
    """UTC, ISO 8601"""
    picture: bytes | None = field(default=None, repr=False)
    """JPEG, only if the visitor ticked to give it"""


class FeedbackStore(Protocol):
    """Where feedback is kept; may be used from several threads."""

    def add(self, feedback: Feedback) -> None:
        """Keep it, in the place of an earlier one about the same answer.

        Raises:
            CatalogueUnavailableError: the store does not answer.
        """
        ...

    def all(self) -> Iterable[Feedback]:
        """Yield all that was kept, by the time it came in."""
        ...

    def forget(self, answer: str) -> bool:
        """Delete what was said about an answer, its picture too; return whether there was any."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: lower case, without accents, once each."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(dict.fromkeys(re.findall(_WORD, plain.casefold())))


def can_match(filters: Filters) -> bool:
    """Return whether a work can pass; none does if a word is no word or a slug no slug.

    A store asks this first, so that text made to harm it never reaches it.
    """
    slugs = (slug for slug in (filters.style, filters.artist) if slug is not None)
    return all(re.fullmatch(_WORD, word) for word in filters.words) and all(
        re.fullmatch(SLUG_PATTERN, slug) for slug in slugs
    )


def wikiart_page_url(path: str) -> str:
    """Return where WikiArt has the page of a work or an artist, by the path it has there."""
    return f"https://www.wikiart.org/en/{path}"


def wikiart_image_url(work_id: str) -> str:
    """Return where WikiArt has the picture of a work, if its id is the work's path there."""
    return f"https://uploads.wikiart.org/images/{work_id}.jpg"
