"""Who painted what, however the name is spelt: so that no artist is on both sides of a split.

Too few unions put works of one hand into training and test alike, which flatters every figure; one
too many only keeps two artists together. So names are compared without case, accents, punctuation,
remarks in brackets and the order of their words ("Monet, Claude"), and initials join the full
name, where there is exactly one that they can stand for.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

# letters that Unicode does not take apart into a plain one and a mark
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
_NOBODY = frozenset({(), ("unknown",), ("artist", "unknown"), ("anonymous",)})
Words = tuple[str, ...]


def is_unknown(artist: str | None) -> bool:
    """Return whether a name says nothing, such as `Unknown artist`."""
    return _words(artist or "") in _NOBODY


def unite_spellings(artists: Iterable[str]) -> dict[str, str]:
    """Return for each spelling the key that all spellings of that artist share."""
    words = {artist: _words(artist) for artist in artists}
    full_names = _by_long_word({one for one in words.values() if not _initials(one)})
    return {artist: " ".join(_full_name(one, full_names)) for artist, one in words.items()}


def _words(artist: str) -> Words:
    """Return the words of a name, sorted: family names come first here and last there."""
    name = re.sub(r"\(.*?\)|\[.*?\]", " ", artist)
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"['’‘`´]", "", plain)  # noqa: RUF001 - O'Keeffe is one word
    return tuple(sorted(re.findall(r"[^\W_]+", plain)))


def _initials(words: Words) -> list[str]:
    return [word for word in words if len(word) == 1 and word.isascii()]


def _by_long_word(names: Iterable[Words]) -> dict[str, list[Words]]:
    found: dict[str, list[Words]] = defaultdict(list)
    for name in names:
        for word in set(name):
            found[word].append(name)
    return found


def _full_name(words: Words, full_names: Mapping[str, list[Words]]) -> Words:
    """Return the one full name that a name with initials can stand for, or else the name."""
    initials = _initials(words)
    long_words = [word for word in words if word not in initials]
    if not initials or not long_words:
        return words
    fitting = [
        name for name in full_names.get(long_words[0], []) if _fits(name, long_words, initials)
    ]
    return fitting[0] if len(fitting) == 1 else words


def _fits(name: Words, long_words: list[str], initials: list[str]) -> bool:
    rest = list(name)
    for word in long_words:
        if word not in rest:
            return False
        rest.remove(word)
    firsts = [word[0] for word in rest]
    return all(firsts.count(one) >= initials.count(one) for one in initials)
