"""What a file's name says where it is as in downloads of WikiArt: `artist_title-year.jpg`.

Artist and title are those of the work's address on WikiArt: small letters, words joined by
hyphens. Behind the year there may be a number, which tells works of one title and year apart, and
behind that a `(1)`, which tells copies of a file apart. Names that only look alike, such as
`img_0012.jpg` or `cubism_17.jpg`, say nothing: no artist is better than a wrong one.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from training.sources.garbled import decode_path, mend_text
from training.sources.wikiart_downloads import is_style_name

_SUFFIXES = re.compile(r"(\.(jpe?g|png|gif|webp)(![a-z]+)?)+$", re.IGNORECASE)
_COPY = re.compile(r"(\s*\(\d+\))+$")
_ARTIST = re.compile(r"[^\W\d_][^\W_]*([-.'’]+[^\W_]+)*[-.]?")  # noqa: RUF001 - both apostrophes
_YEAR = r"(?:1[2-9]\d\d|20[0-2]\d)"
# the earlier year of a span, as `collect` takes it
_DATED = re.compile(rf"(?P<title>.*?)-(?P<year>{_YEAR})(?:-(?:{_YEAR}|\d{{1,2}}))?")
_NO_TITLE = re.compile(r"not_detected_\d+|\d{1,3}|\d{5,}")
_NO_ARTISTS = frozenset(
    "art artwork canvas dsc file frame image img painting photo pic picture pxl scan screenshot "
    "test thumb train untitled val validation work".split()
)
_SMALL_WORDS = frozenset("and da de del della der di du el la le of the van von y".split())
_NUMERALS = frozenset({"ii", "iii", "iv"})
_MIN_LETTERS = 3


@dataclass(frozen=True, slots=True)
class NamedWork:
    """What a file's name says of a work."""

    artist: str
    """such as `Vincent van Gogh`; without accents and hyphens that the address lacks"""
    title: str | None
    year: int | None


def read_file_name(path: str) -> NamedWork | None:
    """Return what the last part of a path says, or None where it is not as in such a download."""
    stem = _COPY.sub("", _SUFFIXES.sub("", PurePosixPath(decode_path(path)).name))
    # the artist's name has no underscore; of the titles only `not_detected_235678` has
    artist, _, title = (_mended(part) for part in stem.partition("_"))
    if not _is_artist(artist, title):
        return None
    dated = _DATED.fullmatch(title)
    name = dated["title"] if dated else title
    return NamedWork(
        artist=_name_of(artist),
        title=_sentence(name) if name and not _NO_TITLE.fullmatch(name) else None,
        year=int(dated["year"]) if dated else None,
    )


def _mended(part: str) -> str:
    return unicodedata.normalize("NFC", mend_text(part)).strip()


def _is_artist(artist: str, title: str) -> bool:
    is_address = f"{artist}{title}".islower() and not re.search(r"\s", f"{artist}{title}")
    if not (title and is_address and _ARTIST.fullmatch(artist)):
        return False
    if len(artist) < _MIN_LETTERS or artist in _NO_ARTISTS or is_style_name(artist):
        return False
    # a single word is an artist, such as `titian`, only beside what can be nothing but a title
    return "-" in artist or re.search(r"[^\W\d_]{2}.*-|-.*[^\W\d_]{2}", title) is not None


def _name_of(slug: str) -> str:
    first, *others = (word for word in slug.split("-") if word)
    return " ".join([_capitalised(first), *(_part_of_name(word) for word in others)])


def _part_of_name(word: str) -> str:
    if word in _SMALL_WORDS:
        return word
    return word.upper() if word in _NUMERALS else _capitalised(word)


def _sentence(slug: str) -> str:
    return _capitalised(" ".join(word for word in slug.split("-") if word))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
