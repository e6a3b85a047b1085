"""Opens what holds works and feedback; a driver is imported only when it is asked for."""

from pathlib import Path

from pydantic import SecretStr

from lambda_fn.catalogue.works import Catalogue, CatalogueUnavailableError, FeedbackStore


class Stores:
    """The real ones.

    All methods raise `CatalogueError` with what is wrong, and what to do about it.
    """

    def open_file(self, file: Path) -> Catalogue:
        """Open the works in an SQLite file, to read them."""
        from lambda_fn.catalogue.sqlite import open_sqlite

        return open_sqlite(file)

    def open_mongodb(self, uri: SecretStr) -> Catalogue:
        """Open the works in a MongoDB."""
        from lambda_fn.catalogue.mongo import MongoCatalogue

        return MongoCatalogue(uri.get_secret_value())

    def open_feedback_file(self, file: Path) -> FeedbackStore:
        """Open an SQLite file for feedback; it and its folder are made if they are missing."""
        from lambda_fn.catalogue.sqlite import SqliteFeedback

        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogueUnavailableError(f"{file.parent} cannot be made") from error
        return SqliteFeedback(file)

    def open_mongodb_feedback(self, uri: SecretStr) -> FeedbackStore:
        """Open a MongoDB for feedback."""
        from lambda_fn.catalogue.opening import open_feedback

        return open_feedback(uri.get_secret_value())
