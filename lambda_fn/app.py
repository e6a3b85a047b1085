"""create_app(): the routes and the one place where errors become answers."""

import logging
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lambda_fn.body import read_picture
from lambda_fn.contract.styles import STYLES
from lambda_fn.docs import add_docs
from lambda_fn.errors import ServiceError, code_of_status
from lambda_fn.model import StyleModel
from lambda_fn.page import Page
from lambda_fn.predict import predict
from lambda_fn.schemas import (
    ErrorBody,
    ErrorFacts,
    Guide,
    Health,
    ModelInfo,
    Prediction,
    StyleInfo,
    Styles,
)

logger = logging.getLogger("artstyle")

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "description": "One picture: raw, or as the field `file` of a form.",
        "content": {
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
    413: {"model": ErrorBody, "description": "Too many bytes or pixels"},
    415: {"model": ErrorBody, "description": "Not a picture's Content-Type"},
    422: {"model": ErrorBody, "description": "The picture cannot be read"},
}


def create_app(model: StyleModel, *, max_body_bytes: int, web: Path | None = None) -> FastAPI:
    """Return the service for one loaded model.

    web: folder of the page to serve at `/`; without it `/` answers a short guide in JSON.
    """
    app = FastAPI(
        title="Style Your Art",
        summary="A picture goes in; the name of its art style comes out.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    # public and without cookies, so any page may ask
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"])
    _add_routes(app, model, max_body_bytes)
    _add_error_handlers(app)
    add_docs(app)
    if web is not None:
        app.mount("/", Page(web))
    else:
        app.get("/", response_model=Guide, tags=["about"])(Guide)
    return app


def _add_routes(app: FastAPI, model: StyleModel, max_body_bytes: int) -> None:
    async def picture(request: Request) -> bytes:
        return await read_picture(request, max_bytes=max_body_bytes)

    @app.post("/v1/predictions", tags=["styles"], openapi_extra=_PICTURE_BODY, responses=_ERRORS)
    def create_prediction(data: Annotated[bytes, Depends(picture)]) -> Prediction:
        """Name the style of one picture. The picture is read in memory and not kept."""
        return predict(model, data)

    @app.get("/v1/styles", tags=["styles"])
    def list_styles() -> Styles:
        """List all styles, and which of them the model knows."""
        return _styles(model)

    @app.get("/v1/health", tags=["about"])
    def read_health() -> Health:
        """Say that the service is up; also a way to wake it before the first picture."""
        return Health(model=model.manifest.id)


def _styles(model: StyleModel) -> Styles:
    manifest = model.manifest
    return Styles(
        model=ModelInfo(id=manifest.id, architecture=manifest.architecture, test=manifest.test),
        styles=[
            StyleInfo(
                slug=style.slug,
                name=style.name,
                wikiart_styles=list(style.wikiart_styles),
                known=style.slug in manifest.styles,
            )
            for style in STYLES
        ],
    )


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    def of_ours(request: Request, error: ServiceError) -> JSONResponse:
        return _answer(error.status, error.code, error.message)

    @app.exception_handler(HTTPException)
    def of_framework(request: Request, error: HTTPException) -> JSONResponse:
        code = code_of_status(error.status_code)
        message = f"{error.detail}: {request.method} {request.url.path}. See /docs."
        return _answer(error.status_code, code, message, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _answer(422, "invalid_request", f"{where}: {first['msg']}. See /docs.")

    @app.exception_handler(Exception)
    def of_surprise(request: Request, error: Exception) -> JSONResponse:
        logger.error("request failed", exc_info=error)
        return _answer(
            500, "internal_error", "Something broke on our side. It is logged; try again later."
        )


def _answer(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = ErrorBody(error=ErrorFacts(code=code, message=message))
    return JSONResponse(body.model_dump(), status, headers)
