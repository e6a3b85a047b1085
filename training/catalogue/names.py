"""One name and one slug for each artist, however the source spells them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slugify import slugify

from training.dataset.artists import unite_spellings
from training.sources.garbled import mend_text


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist as the catalogue has them."""

    name: str
    slug: str
    """that of their WikiArt page where some work has one"""


def mend_name(name: str) -> str:
    """Return the name that stood there before it was garbled, such as Böcklin for `Bã¶cklin`."""
    mended = mend_text(name).strip()
    if mended == name:
        return name
    return " ".join(word[:1].upper() + word[1:] for word in mended.split())


def unite_artists(works: Iterable[tuple[str, str | None]]) -> Mapping[str, Artist]:
    """Return the artist that each name stands for.

    works: the artist's name and, where it is known, the slug of their WikiArt page; once for each
    work, as the most frequent spelling is the one that all works get.
    """
    works = list(works)
    keys = unite_spellings({name for name, _ in works})
    names: dict[str, Counter[str]] = defaultdict(Counter)
    slugs: dict[str, Counter[str]] = defaultdict(Counter)
    for name, slug in works:
        names[keys[name]][name] += 1
        if slug:
            slugs[keys[name]][slug] += 1
    united = {key: _artist(_first(found), slugs[key]) for key, found in names.items()}
    return {name: united[key] for name, key in keys.items()}


def _artist(name: str, slugs: Counter[str]) -> Artist:
    return Artist(name, _first(slugs) if slugs else slugify(name))


def _first(counts: Counter[str]) -> str:
    """Return the most frequent one; among equals the first of the alphabet."""
    return min(counts, key=lambda one: (-counts[one], one))
