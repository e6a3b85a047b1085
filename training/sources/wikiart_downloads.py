"""The folder names of the usual downloads of WikiArt, beyond those that `STYLES` has.

Such a download has 27 classes, among them finer ones than the 25 that the product unites. A finer
one is filed under the style that WikiArt sees it as a part of, if that is one of the 25; the others
are left out rather than squeezed in, and the reason is told.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from training.sources.raw_folder import style_key, style_of

_FINER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Action painting": "Abstract Expressionism",
        "Color Field Painting": "Abstract Expressionism",
        "Analytical Cubism": "Cubism",
        "Synthetic Cubism": "Cubism",
        "Mannerism": "Mannerism (Late Renaissance)",
        "Pointillism": "Post-Impressionism",
    }
)
_LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Contemporary Realism": "not the Realism of the 19th century",
        "Fauvism": "a movement of its own between Post-Impressionism and Expressionism",
        "New Realism": "not the Realism of the 19th century",
    }
)
_PARENTS = {style_key(name): parent for name, parent in _FINER.items()}
_REASONS = {style_key(name): reason for name, reason in _LEFT_OUT.items()}


def known_style(label: str) -> str | None:
    """Return the name by which `STYLES` knows a style: the label, its parent's, or None."""
    if style_of([label]):
        return label
    return _PARENTS.get(style_key(label))


def why_left_out(label: str) -> str:
    """Return the reason why a style that is not known is left out, with its name."""
    reason = _REASONS.get(style_key(label))
    return f"unknown style: {label or 'none given'}" + (f" ({reason})" if reason else "")


def is_style_name(text: str) -> bool:
    """Return whether a text is the name of a style in such a download, known here or not."""
    return known_style(text) is not None or style_key(text) in _REASONS
