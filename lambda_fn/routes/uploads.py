"""POST /v1/uploads: a form for an original that is too large for a request."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import Depends, FastAPI, Request

from lambda_fn import errors
from lambda_fn.request_body import BodyReader, json_body, json_of, parse_json
from lambda_fn.schemas import ErrorBody, Uploaded, UploadForm, UploadRequest
from lambda_fn.uploads import Uploads

_MAX_JSON_BYTES: Final = 1_000
_ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorBody, "description": "No uploads are taken here"},
    413: {"model": ErrorBody, "description": "The body is too large"},
    415: {"model": ErrorBody, "description": "Not JSON"},
    422: {"model": ErrorBody, "description": "Not a type of picture that can be read"},
    503: {"model": ErrorBody, "description": "Uploads cannot be taken now; try again"},
}


def add_uploads(app: FastAPI, uploads: Uploads | None) -> None:
    """Add the route that gives forms to the app."""
    body = json_of(UploadRequest, max_bytes=_MAX_JSON_BYTES, allow=lambda: require_uploads(uploads))

    @app.post(
        "/v1/uploads",
        status_code=201,
        tags=["styles"],
        openapi_extra=json_body(UploadRequest),
        responses=_ERRORS,
    )
    async def create_upload(wanted: Annotated[UploadRequest, Depends(body)]) -> UploadForm:
        """Give a form for an original that is too large for a request.

        POST the form with the picture as its last field `file`, then ask for its style by
        `{"upload": ...}`. The original is deleted as soon as it has been answered.
        """
        return await to_thread.run_sync(require_uploads(uploads).invite, wanted.content_type)


@asynccontextmanager
async def upload_of(
    request: Request, uploads: Uploads | None
) -> AsyncGenerator[Callable[[], bytes], None]:
    """Yield what reads the upload that a JSON body names; it is deleted when it was answered.

    One that was refused for good was answered, too. After any other end it is there for a retry.
    """
    own = require_uploads(uploads)
    async with BodyReader(_MAX_JSON_BYTES).whole(request) as data:
        key = parse_json(data, Uploaded).upload
    try:
        yield partial(own.read, key)
    except errors.UnknownUploadError:
        raise
    except errors.ServiceError as error:
        if error.status < HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(
            error, errors.AbandonedError
        ):
            await to_thread.run_sync(own.forget, key)
        raise
    else:
        await to_thread.run_sync(own.forget, key)


def require_uploads(uploads: Uploads | None) -> Uploads:
    """Return the bucket, if there is one.

    Raises:
        UploadsOffError: there is none, and what to do instead.
    """
    if uploads is None:
        raise errors.UploadsOffError(
            "This service takes no uploads: send the picture itself to POST /v1/predictions, with "
            "'Content-Type: image/jpeg' (or image/png, ...)."
        )
    return uploads
