"""What a caller may ask of the catalogue: every value is checked here, before any store sees it."""

import base64
import binascii
import re
from collections import Counter
from typing import Annotated, Final, Literal, Self

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from lambda_fn import errors
from lambda_fn.catalogue.works import (
    ID_PATTERN,
    MAX_PAGE,
    MAX_WORDS,
    SLUG_PATTERN,
    Filters,
    Rights,
    search_words,
)
from lambda_fn.contract.styles import STYLE_BY_SLUG, Style

_MAX_ID: Final = 400
_MAX_TEXT: Final = 200
_LAST_YEAR: Final = 2100
_ID = re.compile(ID_PATTERN)
# what no title needs, and what other places take for more than text
_STRANGE = re.compile(r"[$<>\\{}\x00-\x1f\x7f]")


def find_style(slug: str) -> Style:
    """Return the style that a path names.

    Raises:
        UnknownStyleError: there is none.
    """
    style = STYLE_BY_SLUG.get(slug)
    if style is None:
        raise errors.UnknownStyleError("There is no such style: GET /v1/styles lists all 18.")
    return style


def require_work_id(text: str) -> str:
    """Return the text if it may be the id of a work.

    Raises:
        UnknownWorkError: it cannot be one.
    """
    if len(text) > _MAX_ID or not _ID.fullmatch(text):
        raise errors.UnknownWorkError(
            "This is no id of a work: one looks like claude-monet/water-lilies, "
            "and GET /v1/artworks lists them."
        )
    return text


def write_cursor(last_id: str) -> str:
    """Return where a page ended, as text that fits into an address."""
    return base64.urlsafe_b64encode(last_id.encode("ascii")).decode("ascii").rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the id at which a page ended.

    Raises:
        PydanticCustomError: the text is not what `write_cursor` gives.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        last_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        last_id = ""
    if not _ID.fullmatch(last_id) or write_cursor(last_id) != cursor:
        raise PydanticCustomError("cursor", "this is not the next_cursor of another page")
    return last_id


async def refuse_repeats(request: Request) -> None:
    """Refuse a parameter that comes twice: which of the two was meant is anybody's guess."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    if counts and max(counts.values()) > 1:
        raise errors.RepeatedParameterError("A parameter of the query comes twice: give it once.")


def _known_style(slug: str) -> str:
    if slug not in STYLE_BY_SLUG:
        raise PydanticCustomError("style", "no style of this name; GET /v1/styles lists all 18")
    return slug


def _search_text(text: str) -> str:
    if _STRANGE.search(text):
        raise PydanticCustomError(
            "text", "a search is for words of title and artist, without $ < > { } \\ or controls"
        )
    words = search_words(text)
    if text.strip() and not words:
        raise PydanticCustomError("text", "there is no word in it to search for")
    if len(words) > MAX_WORDS:
        raise PydanticCustomError("text", f"a search has at most {MAX_WORDS} words")
    return text


def _checked_cursor(cursor: str) -> str:
    read_cursor(cursor)
    return cursor


SLUGS: Final = {"enum": list(STYLE_BY_SLUG)}
"""What the description of the API says of a slug."""
KnownStyle = Annotated[
    str,
    AfterValidator(_known_style),
    Field(description="slug of a style", examples=["cubism"], json_schema_extra=SLUGS),
]
Year = Annotated[int, Field(ge=1, le=_LAST_YEAR)]


class PageQuery(BaseModel):
    """Which works of one style to list, and how many."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, AfterValidator(_search_text)] = Field(
        default="",
        max_length=_MAX_TEXT,
        description="words, each the beginning of a word of title or artist; accents do not matter",
        examples=["monet water"],
    )
    artist: str | None = Field(
        default=None,
        pattern=rf"^{SLUG_PATTERN}$",
        max_length=_MAX_ID,
        description="slug of an artist",
        examples=["claude-monet"],
    )
    year_from: Year | None = Field(default=None, description="works of this year or later")
    year_to: Year | None = Field(default=None, description="works of this year or earlier")
    rights: Rights | None = Field(default=None, description="works with these rights only")
    limit: int = Field(default=20, ge=1, le=MAX_PAGE, description="works in a page")
    cursor: Annotated[str, AfterValidator(_checked_cursor)] | None = Field(
        default=None,
        max_length=2 * _MAX_ID,
        description="`next_cursor` of the page before this one",
    )

    @model_validator(mode="after")
    def _years_are_in_order(self) -> Self:
        if (
            self.year_from is not None
            and self.year_to is not None
            and self.year_from > self.year_to
        ):
            raise PydanticCustomError("years", "year_from comes after year_to")
        return self

    @property
    def after(self) -> str:
        """The id at which the page before this one ended."""
        return read_cursor(self.cursor) if self.cursor else ""

    def filters(self, style: str | None) -> Filters:
        """Return the same as the stores take it."""
        return Filters(
            words=search_words(self.q),
            style=style,
            artist=self.artist,
            first_year=self.year_from,
            last_year=self.year_to,
            rights=self.rights,
        )


class StyleWorksQuery(PageQuery):
    """Which works of one style to list, in which order, and how many."""

    order: Literal["artist", "mixed"] = Field(
        default="artist",
        description="`artist`: by artist and title. `mixed`: artists mixed, the same way each "
        "time; only for all works of a style, without filters.",
    )

    @model_validator(mode="after")
    def _only_all_works_are_mixed(self) -> Self:
        if self.order == "mixed" and self.filters(None) != Filters():
            raise PydanticCustomError(
                "order", "order=mixed takes no filters: leave one of both out"
            )
        return self


class WorksQuery(PageQuery):
    """Which works to list, and how many."""

    style: KnownStyle | None = Field(default=None, description="works of this style only")
