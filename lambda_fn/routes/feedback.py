"""POST /v1/feedback: what a visitor says of an answer."""

from concurrent.futures import Executor
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import Depends, FastAPI, Request

from lambda_fn import errors
from lambda_fn.deadline import finish_in_time
from lambda_fn.feedback import FeedbackDesk, read_picture
from lambda_fn.request_body import json_body, json_of
from lambda_fn.schemas import ErrorBody, FeedbackRequest, FeedbackStored

_MAX_BODY_BYTES: Final = 1_400_000  # base64 makes four bytes of three
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The token is none of this service"},
    404: {"model": ErrorBody, "description": "No feedback is kept here"},
    408: {"model": ErrorBody, "description": "The body stands still"},
    410: {"model": ErrorBody, "description": "The answer is more than a day old"},
    413: {"model": ErrorBody, "description": "The picture is too large"},
    415: {"model": ErrorBody, "description": "Not JSON"},
    422: {"model": ErrorBody, "description": "An unknown style, or no readable picture"},
    503: {"model": ErrorBody, "description": "It cannot be kept now; try again"},
}


def add_feedback(app: FastAPI, desk: FeedbackDesk | None, pool: Executor) -> None:
    """Add the route to the app; pool: the threads that decode pictures."""
    body = json_of(FeedbackRequest, max_bytes=_MAX_BODY_BYTES, allow=lambda: _require(desk))

    @app.post(
        "/v1/feedback",
        status_code=201,
        tags=["feedback"],
        openapi_extra=json_body(FeedbackRequest),
        responses=_ERRORS,
    )
    async def keep_feedback(
        request: Request,
        said: Annotated[FeedbackRequest, Depends(body)],
    ) -> FeedbackStored:
        """Say that an answer is right, or what the picture is rather.

        A second word about the same answer replaces the first. The picture is kept only if it is
        in the request.
        """
        own, text, picture = _require(desk), said.picture, None
        if text is not None:
            await to_thread.run_sync(own.check, said.token)
            picture = await finish_in_time(lambda: read_picture(text), pool=pool, request=request)
        await to_thread.run_sync(own.keep, said.token, said.style, picture)
        return FeedbackStored()


def _require(desk: FeedbackDesk | None) -> FeedbackDesk:
    if desk is None:
        raise errors.FeedbackOffError("This service keeps no feedback.")
    return desk
