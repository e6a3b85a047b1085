"""Settings -> the service with its real parts; the entry points build it here and nowhere else."""

import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import SecretStr

from lambda_fn.app import create_app
from lambda_fn.catalogue.breaker import GuardedCatalogue
from lambda_fn.catalogue.neighbours import Neighbours, open_neighbours
from lambda_fn.catalogue.works import Catalogue, CatalogueError, CatalogueUnavailableError
from lambda_fn.contract.manifest import EVALUATION_FILE, NEIGHBOURS_FILE, ModelManifest
from lambda_fn.feedback import FeedbackDesk
from lambda_fn.model_in_s3 import HistoryReader
from lambda_fn.related_works import Companions, find_misfit
from lambda_fn.request_log import Write
from lambda_fn.runtime import StyleModel
from lambda_fn.secret import read_secret
from lambda_fn.settings import Settings
from lambda_fn.stores import Stores
from lambda_fn.uploads import Uploads


def build_app(
    settings: Settings,
    model: StyleModel,
    *,
    stores: Stores | None = None,
    journal: Write | None = None,
) -> FastAPI:
    """Return the service for a loaded model.

    Files are opened here, so that one that is wrong stops the start; what lies behind an address
    is opened when it is first asked, because a start should not wait for it.

    Raises:
        CatalogueError: the file of works or the embeddings cannot be used, and what to do.
    """
    stores = stores or Stores()
    uri = _mongodb_uri(settings)
    neighbours = _open_neighbours(settings, model.manifest)
    return create_app(
        model,
        max_body_bytes=settings.max_body_bytes,
        companions=Companions(
            GuardedCatalogue(_find_catalogue(settings, stores, uri, neighbours)), neighbours
        ),
        desk=_open_desk(settings, stores, uri),
        uploads=_open_uploads(settings),
        evaluation=settings.model_folder / EVALUATION_FILE,
        history=None if settings.history is None else HistoryReader(settings.history),
        web=settings.web,
        journal=journal,
    )


def _open_neighbours(settings: Settings, manifest: ModelManifest) -> Neighbours | None:
    """Open the embeddings of works, if there are some, and search them once.

    The first search unpacks them, which takes some 20 ms for 14,000 works: too little to be worth a
    thread, and the first picture does not pay for it.
    """
    file = settings.neighbours or settings.model_folder / NEIGHBOURS_FILE
    if not file.is_file() and settings.neighbours is None:
        return None
    size = manifest.embedding_size
    neighbours = open_neighbours(file, model=manifest.id, size=size)
    neighbours.nearest(np.zeros(size, np.float32), count=1)
    return neighbours


def _find_catalogue(
    settings: Settings,
    stores: Stores,
    uri: Callable[[], SecretStr] | None,
    neighbours: Neighbours | None,
) -> Callable[[], Catalogue]:
    """Return what gives the catalogue; that of a file is open already."""
    if uri is not None:
        return lambda: stores.open_mongodb(uri())
    file = settings.catalogue
    if not file.is_file():
        if settings.is_named("catalogue"):
            raise CatalogueError(
                f"no catalogue at {file}: ARTSTYLE_CATALOGUE must name a file that "
                "`python -m training catalogue load` wrote"
            )
        return lambda: _miss(file)
    catalogue = stores.open_file(file)
    if neighbours is not None:
        problem = find_misfit(catalogue.facts().embedding_model, neighbours.model)
        if problem:
            raise CatalogueError(f"{file}: {problem}")
    return lambda: catalogue


def _miss(file: Path) -> Catalogue:
    raise CatalogueUnavailableError(f"there is no catalogue at {file}")


def _mongodb_uri(settings: Settings) -> Callable[[], SecretStr] | None:
    """Return what gives the address of the MongoDB, if there is one."""
    name, uri = settings.mongodb_secret, settings.mongodb_uri
    if name is not None:
        return cache(lambda: read_secret(name, key="uri"))
    return None if uri is None else lambda: uri


def _open_desk(
    settings: Settings, stores: Stores, uri: Callable[[], SecretStr] | None
) -> FeedbackDesk | None:
    """Return what takes feedback; None where nothing would keep it."""
    secret, file = _token_secret(settings), settings.feedback
    if file is not None:
        return FeedbackDesk(lambda: stores.open_feedback_file(file), secret)
    if uri is not None and not settings.is_named("feedback"):
        return FeedbackDesk(lambda: stores.open_mongodb_feedback(uri()), secret)
    return None


def _open_uploads(settings: Settings) -> Uploads | None:
    bucket = settings.uploads_bucket
    return None if bucket is None else Uploads(bucket, max_bytes=settings.max_upload_bytes)


def _token_secret(settings: Settings) -> Callable[[], SecretStr]:
    name = settings.token_secret_arn
    if name is not None:
        return lambda: read_secret(name, key="secret")
    given = settings.token_secret or SecretStr(secrets.token_urlsafe(32))
    return lambda: given
