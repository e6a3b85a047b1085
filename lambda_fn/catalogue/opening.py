"""Opens a store by its address: MongoDB by its URI, anything else as a SQLite file."""

from pathlib import Path
from typing import TYPE_CHECKING

from lambda_fn.catalogue.sqlite import SqliteFeedback, SqliteWriter
from lambda_fn.catalogue.works import CatalogueError, CatalogueWriter, FeedbackStore

if TYPE_CHECKING:
    from lambda_fn.catalogue.mongo import MongoCatalogue


def open_writer(target: str) -> CatalogueWriter:
    """Return the catalogue at a MongoDB URI or in a file, which is made if it is missing.

    Raises:
        CatalogueError: the URI is none, or the file is no catalogue that this version can read.
    """
    return _open_mongo(target) or SqliteWriter(Path(target))


def open_feedback(target: str) -> FeedbackStore:
    """Return the feedback at a MongoDB URI or in a file, which is made with the first.

    Raises:
        CatalogueError: the URI is none.
    """
    return _open_mongo(target) or SqliteFeedback(Path(target))


def _open_mongo(target: str) -> "MongoCatalogue | None":
    scheme, colon, _ = target.partition("://")
    if not colon:
        return None
    if scheme not in ("mongodb", "mongodb+srv"):
        raise CatalogueError(f"{scheme}:// is no store: give a file, mongodb:// or mongodb+srv://")
    # imported here, as the service often starts without it, and its start counts
    from lambda_fn.catalogue.mongo import MongoCatalogue

    return MongoCatalogue(target)
