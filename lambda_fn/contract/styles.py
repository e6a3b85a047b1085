"""The 18 art styles: their order, slugs, names and the WikiArt styles each one unites."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Style:
    """One style; `wikiart_styles` are the names under which WikiArt files its works."""

    slug: str
    name: str
    wikiart_styles: tuple[str, ...]


STYLES: tuple[Style, ...] = (
    Style(
        "abstract-art", "Abstract Art", ("Abstract Art", "Abstract Expressionism", "Art Informel")
    ),
    Style("art-nouveau", "Art Nouveau (Modern)", ("Art Nouveau (Modern)",)),
    Style("baroque", "Baroque", ("Baroque", "Rococo")),
    Style("conceptual-art", "Conceptual Art", ("Conceptual Art",)),
    Style("cubism", "Cubism", ("Cubism",)),
    Style("expressionism", "Expressionism", ("Expressionism",)),
    Style("impressionism", "Impressionism", ("Impressionism", "Post-Impressionism")),
    Style("minimalism", "Minimalism", ("Minimalism",)),
    Style("naive-art", "Naïve Art (Primitivism)", ("Naïve Art (Primitivism)",)),
    Style("neo-expressionism", "Neo-Expressionism", ("Neo-Expressionism",)),
    Style("neoclassicism", "Neoclassicism", ("Neoclassicism",)),
    Style("pop-art", "Pop Art", ("Pop Art",)),
    Style("realism", "Realism", ("Realism",)),
    Style(
        "renaissance",
        "Renaissance",
        (
            "Early Renaissance",
            "Northern Renaissance",
            "High Renaissance",
            "Mannerism (Late Renaissance)",
        ),
    ),
    Style("romanticism", "Romanticism", ("Romanticism",)),
    Style("surrealism", "Surrealism", ("Surrealism",)),
    Style("symbolism", "Symbolism", ("Symbolism",)),
    Style("ukiyo-e", "Ukiyo-e", ("Ukiyo-e",)),
)
"""In alphabetical order of their names. A model lists the slugs it knows in its manifest."""

STYLE_BY_SLUG = MappingProxyType({style.slug: style for style in STYLES})
