"""The stories of the 18 styles and of the WikiArt styles that they unite, from `styles/*.json`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from lambda_fn.contract.styles import STYLES

_FOLDER = Path(__file__).parent / "styles"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Period(_Frozen):
    """When a style flourished, as the literature has it."""

    first: int = Field(alias="from", serialization_alias="from", description="year")
    last: int = Field(alias="to", serialization_alias="to", description="year")
    words: str = Field(examples=["about 1400 to 1600"])


class KeyArtist(_Frozen):
    """An artist that the style is known for."""

    name: str
    url: str = Field(description="page at WikiArt")


class FamousWork(_Frozen):
    """One work that the style is known for."""

    title: str
    artist: str
    year: str
    place: str = Field(description="where it hangs")


class _Story(_Frozen):
    text: str = Field(description="60 to 120 words")
    period: Period
    region: str
    traits: tuple[str, ...] = Field(min_length=3, max_length=5)
    artists: tuple[KeyArtist, ...] = Field(min_length=3, max_length=3)
    work: FamousWork


class PartStory(_Story):
    """The story of one WikiArt style among those that a style unites."""

    wikiart_style: str


class StyleStory(_Story):
    """The story of one of our styles; `parts` is empty where it unites nothing."""

    slug: str
    parts: tuple[PartStory, ...]

    @property
    def taste(self) -> str:
        """The first sentence."""
        return re.split(r"(?<=[.!?]) ", self.text, maxsplit=1)[0]


@cache
def read_stories() -> Mapping[str, StyleStory]:
    """Return the stories by slug, in the order of STYLES; read once."""
    return MappingProxyType(
        {
            style.slug: StyleStory.model_validate_json(
                (_FOLDER / f"{style.slug}.json").read_bytes()
            )
            for style in STYLES
        }
    )
