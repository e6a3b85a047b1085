"""create_app(): what the service is made of, and the one place where errors become answers."""

from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lambda_fn.answer import answer_picture
from lambda_fn.catalogue.breaker import GuardedCatalogue, refuse_to_open
from lambda_fn.deadline import PicturePool
from lambda_fn.errors import ServiceError, code_of_status
from lambda_fn.feedback import FeedbackDesk
from lambda_fn.http_manners import Manners
from lambda_fn.openapi import ABOUT, describe, name_operation
from lambda_fn.related_works import Companions
from lambda_fn.request_log import Journal, Write, note
from lambda_fn.routes.about import About, ReadHistory, add_about, add_guide
from lambda_fn.routes.catalogue import add_catalogue
from lambda_fn.routes.docs import add_docs
from lambda_fn.routes.feedback import add_feedback
from lambda_fn.routes.predictions import add_predictions, picture_of
from lambda_fn.routes.static_page import Page
from lambda_fn.routes.uploads import add_uploads
from lambda_fn.runtime import StyleModel
from lambda_fn.schemas import (
    ErrorBody,
    ErrorFacts,
    Limits,
)
from lambda_fn.uploads import Uploads

_MAX_PREDICTIONS = 2
_MAX_PLACE = 100
_INVALID = "invalid_request"


def create_app(
    model: StyleModel,
    *,
    max_body_bytes: int,
    companions: Companions | None = None,
    desk: FeedbackDesk | None = None,
    uploads: Uploads | None = None,
    evaluation: Path | None = None,
    history: ReadHistory | None = None,
    web: Path | None = None,
    journal: Write | None = None,
) -> FastAPI:
    """Return the service for one loaded model.

    companions: finds works to show beside an answer; without them the catalogue is unavailable.
    desk: takes feedback; without one there is none.
    uploads: takes originals that are larger than a body may be; without it none are taken.
    evaluation: file of what the model's tests showed, read when it is asked for.
    history: gives the changes of the live model; it may give none and must not raise.
    web: folder of the page to serve at `/`; without it `/` answers a short guide in JSON.
    journal: writes a line about each request; without one nothing is written.
    """
    companions = companions or Companions(GuardedCatalogue(refuse_to_open))
    app = FastAPI(
        title="Style Your Art",
        summary="A picture goes in; the name of its art style comes out.",
        version="1",
        generate_unique_id_function=name_operation,
        docs_url=None,
        redoc_url=None,
        # it would send a client to the address that the service has behind its gateway
        redirect_slashes=False,
        **ABOUT,
    )
    describe(app)
    app.add_middleware(Manners)
    # public and without cookies, so any page may ask
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["Retry-After", "ETag"],
    )
    if journal is not None:
        app.add_middleware(Journal, write=journal)
    # Decoding a picture may take 800 MB. Those that wait do so outside the worker threads, which
    # stay free for the other routes; so the routes that decode are no plain functions. Threads of
    # our own also stay from one event to the next, where the framework's end with each.
    pool = PicturePool(_MAX_PREDICTIONS)
    limits = Limits(body_bytes=max_body_bytes, upload_bytes=uploads and uploads.max_bytes)
    answer = partial(answer_picture, model, companions=companions, desk=desk)
    add_predictions(app, answer, picture_of(limits, uploads), pool)
    add_uploads(app, uploads)
    add_catalogue(app, model.manifest, companions.catalogue)
    add_feedback(app, desk, pool)
    add_about(app, model, companions, desk, About(evaluation, history), limits)
    _add_error_handlers(app)
    add_docs(app)
    if web is not None:
        # not mounted: a mount at / would also swallow wrong methods on the API's own routes
        app.router.default = Page(web, connect_to=uploads.origin if uploads else None)
        app.add_middleware(GZipMiddleware)  # in the cloud the CDN does it
    else:
        add_guide(app)
    return app


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    def of_ours(request: Request, error: ServiceError) -> JSONResponse:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
        if error.ends_connection:
            headers["Connection"] = "close"
        note(request, error=error.code)
        return _answer(error.status, error.code, error.message, headers)

    @app.exception_handler(HTTPException)
    def of_framework(request: Request, error: HTTPException) -> JSONResponse:
        code = code_of_status(error.status_code)
        note(request, error=code)
        message = f"{error.detail}: {request.method} {request.url.path}. See /docs."
        return _answer(error.status_code, code, message, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        note(request, error=_INVALID)
        where = ".".join(str(part) for part in first["loc"])[:_MAX_PLACE]
        return _answer(422, _INVALID, f"{where}: {first['msg']}. See /docs.")

    @app.exception_handler(Exception)
    def of_surprise(request: Request, error: Exception) -> JSONResponse:
        # Not logged here: the server, uvicorn or Mangum, gets the error too and logs it. And this
        # answer goes past the middleware that lets other pages read it.
        return _answer(
            500,
            "internal_error",
            "Something broke on our side. It is logged; try again later.",
            {"Access-Control-Allow-Origin": "*"},
        )


def _answer(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = ErrorBody(error=ErrorFacts(code=code, message=message))
    return JSONResponse(body.model_dump(), status, headers)
