"""Makes works without a dataset folder."""

from typing import Any

from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work


def make_work(path: str, **known: Any) -> Work:
    """Return a work of which nothing is known but its style, by its path, and what is given."""
    unknown: dict[str, Any] = {
        "style": path.split("/")[0],
        "wikiart_style": "Cubism",
        "artist": UNKNOWN_ARTIST,
        "title": "",
        "year": None,
        "rights": "unknown",
        "source": "wikiart",
        "digest": "",
        "parts": {"picture": "train"},
    }
    return Work(path=path, **(unknown | known))
