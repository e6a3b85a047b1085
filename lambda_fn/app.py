"""create_app(): the routes and the one place where errors become answers."""

from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lambda_fn.answer import answer_picture
from lambda_fn.catalogue.breaker import GuardedCatalogue, refuse_to_open
from lambda_fn.catalogue.works import Rights
from lambda_fn.catalogue_query import KnownStyle, refuse_repeats
from lambda_fn.contract.history import ModelChange
from lambda_fn.deadline import finish_in_time
from lambda_fn.errors import ServiceError, code_of_status
from lambda_fn.feedback import FeedbackDesk, add_feedback
from lambda_fn.model import read_evaluation
from lambda_fn.related_works import Companions, Wanted
from lambda_fn.request_body import BodyReader, is_json, json_body
from lambda_fn.request_log import Journal, Write, facts_of, note
from lambda_fn.routes.catalogue import add_catalogue
from lambda_fn.routes.docs import add_docs
from lambda_fn.routes.static_page import Page
from lambda_fn.runtime import StyleModel
from lambda_fn.schemas import (
    ErrorBody,
    ErrorFacts,
    Guide,
    Health,
    Limits,
    ModelCard,
    PredictionWithWorks,
    Uploaded,
)
from lambda_fn.uploads import Uploads, add_uploads, read_upload

_MAX_PREDICTIONS = 2
_MAX_SIMILAR = 50
_MAX_PLACE = 100
_INVALID = "invalid_request"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "description": "One picture: raw, as the field `file` of a form, or the name of an upload.",
        "content": {
            **json_body(Uploaded)["requestBody"]["content"],
            "image/*": _BINARY,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": _BINARY["schema"]},
                }
            },
        },
    }
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "No picture, several, or a broken form"},
    404: {"model": ErrorBody, "description": "No such upload, or no uploads at all"},
    413: {"model": ErrorBody, "description": "Too many bytes or pixels"},
    415: {"model": ErrorBody, "description": "Not a picture's Content-Type"},
    422: {"model": ErrorBody, "description": "The picture cannot be read"},
    503: {"model": ErrorBody, "description": "Too many pictures at once; try again"},
}


Picture = Callable[[Request], AsyncGenerator[Callable[[], bytes], None]]
ReadHistory = Callable[[], list[ModelChange] | None]


@dataclass(frozen=True, slots=True)
class About:
    """What is known about the model beside its manifest; read when it is asked for."""

    evaluation: Path | None
    history: ReadHistory | None


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
        docs_url=None,
        redoc_url=None,
    )
    # public and without cookies, so any page may ask
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]
    )
    if journal is not None:
        app.add_middleware(Journal, write=journal)
    # Decoding a picture may take 800 MB. Those that wait do so outside the worker threads, which
    # stay free for the other routes; so the routes that decode are no plain functions. Threads of
    # our own also stay from one event to the next, where the framework's end with each.
    pool = ThreadPoolExecutor(_MAX_PREDICTIONS, "picture")
    limits = Limits(body_bytes=max_body_bytes, upload_bytes=uploads and uploads.max_bytes)
    answer = partial(answer_picture, model, companions=companions, desk=desk)
    _add_predictions(app, answer, _picture_of(limits, uploads), pool)
    add_uploads(app, uploads)
    add_catalogue(app, model.manifest, companions.catalogue)
    add_feedback(app, desk, pool)
    _add_about(app, model, companions, desk, About(evaluation, history), limits)
    _add_error_handlers(app)
    add_docs(app)
    if web is not None:
        # not mounted: a mount at / would also swallow wrong methods on the API's own routes
        app.router.default = Page(web, connect_to=uploads.origin if uploads else None)
        app.add_middleware(GZipMiddleware)  # in the cloud the CDN does it
    else:
        _add_guide(app)
    return app


def _add_guide(app: FastAPI) -> None:
    @app.get("/", tags=["about"])
    def read_guide() -> Guide:
        """Name what can be asked here."""
        return Guide()


def _picture_of(limits: Limits, uploads: Uploads | None) -> Picture:
    """Return what finds the picture of a request: in its body, or where its body says."""
    hint = ""
    if limits.upload_bytes is not None:
        hint = f"Or send the original of up to {limits.upload_bytes / 1e6:g} MB: POST /v1/uploads."
    reader = BodyReader(limits.body_bytes, hint=hint)

    async def picture(request: Request) -> AsyncGenerator[Callable[[], bytes], None]:
        if is_json(request):
            yield await read_upload(request, uploads)
        else:
            async with reader.picture(request) as data:
                yield lambda: data

    return picture


def _add_predictions(
    app: FastAPI,
    answer: Callable[[bytes, Wanted], PredictionWithWorks],
    picture: Picture,
    pool: Executor,
) -> None:
    @app.post(
        "/v1/predictions",
        tags=["styles"],
        openapi_extra=_PICTURE_BODY,
        responses=_ERRORS,
        dependencies=[Depends(refuse_repeats)],
    )
    async def create_prediction(
        request: Request,
        take: Annotated[Callable[[], bytes], Depends(picture)],
        similar: Annotated[
            int, Query(ge=0, le=_MAX_SIMILAR, description="how many similar works")
        ] = 10,
        similar_style: Annotated[
            KnownStyle | None, Query(description="similar works of this style only")
        ] = None,
        similar_rights: Annotated[
            Rights | None, Query(description="similar works with these rights only")
        ] = None,
    ) -> PredictionWithWorks:
        """Name the style of one picture. The picture is read in memory and not kept."""
        wanted = Wanted(similar, similar_style, similar_rights)
        found = await finish_in_time(lambda: answer(take(), wanted), pool=pool)
        note(request, **facts_of(found))
        return found


def _add_about(
    app: FastAPI,
    model: StyleModel,
    companions: Companions,
    desk: FeedbackDesk | None,
    about: About,
    limits: Limits,
) -> None:
    @app.get("/v1/health", tags=["about"])
    def read_health() -> Health:
        """Say that the service is up; also a way to wake it before the first picture."""
        companions.catalogue.wake()
        if desk is not None:
            desk.wake()
        return Health(model=model.manifest.id, limits=limits)

    @app.get("/v1/model", tags=["about"])
    def read_model() -> ModelCard:
        """Tell all that is known about the model: data, recipe, figures, where it fails."""
        found = read_evaluation(about.evaluation) if about.evaluation else None
        changes = about.history() if about.history else None
        return ModelCard(manifest=model.manifest, evaluation=found, history=changes)


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    def of_ours(request: Request, error: ServiceError) -> JSONResponse:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
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
        # not logged here: the server, uvicorn or Mangum, gets the error too and logs it
        return _answer(
            500, "internal_error", "Something broke on our side. It is logged; try again later."
        )


def _answer(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = ErrorBody(error=ErrorFacts(code=code, message=message))
    return JSONResponse(body.model_dump(), status, headers)
