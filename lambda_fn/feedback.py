"""Feedback about an answer: a signed token holds all of it, so that nothing is kept in between."""

import base64
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import Depends, FastAPI
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from pydantic import SecretStr

from lambda_fn import errors
from lambda_fn.catalogue.deferred import Deferred
from lambda_fn.catalogue.works import CatalogueUnavailableError, Feedback, FeedbackStore
from lambda_fn.contract.images import PictureError, to_pixels
from lambda_fn.deadline import finish_in_time
from lambda_fn.request_body import json_body, json_of
from lambda_fn.schemas import ErrorBody, FeedbackRequest, FeedbackStored, Prediction

DAY_S: Final = 24 * 60 * 60
MAX_PICTURE_BYTES: Final = 1_000_000
_MAX_BODY_BYTES: Final = 1_400_000  # base64 makes four bytes of three
_FORMATS: Final = ("jpeg", "png", "webp")
_PATIENCE_S: Final = 5.0
_DECIMALS: Final = 4
_CHECK_PX: Final = 32
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The token is none of this service"},
    404: {"model": ErrorBody, "description": "No feedback is kept here"},
    410: {"model": ErrorBody, "description": "The answer is more than a day old"},
    413: {"model": ErrorBody, "description": "The picture is too large"},
    415: {"model": ErrorBody, "description": "Not JSON"},
    422: {"model": ErrorBody, "description": "An unknown style, or no readable picture"},
    503: {"model": ErrorBody, "description": "It cannot be kept now; try again"},
}


@dataclass(frozen=True, slots=True)
class _Judged:
    """The answer that a token stands for."""

    id: str
    model: str
    predicted: str
    probabilities: dict[str, float]


class FeedbackDesk:
    """Hands out tokens and takes them back with what the visitor says.

    open_store and read_secret are called at the first use, in threads of their own.
    """

    def __init__(
        self,
        open_store: Callable[[], FeedbackStore],
        read_secret: Callable[[], SecretStr],
        *,
        max_age_s: int = DAY_S,
    ) -> None:
        self._store = Deferred(open_store)
        self._signer = Deferred(
            lambda: URLSafeTimedSerializer(read_secret().get_secret_value(), salt="feedback")
        )
        self._max_age_s = max_age_s

    def wake(self) -> None:
        """Begin to fetch the secret, if nobody has."""
        self._signer.wake()

    def write_token(self, prediction: Prediction, *, patience_s: float) -> str | None:
        """Return the token of an answer; None if the secret does not come in this time."""
        try:
            signer = self._signer.within(patience_s)
        except CatalogueUnavailableError:
            return None  # logged where it was read
        odds = {one.slug: round(one.probability, _DECIMALS) for one in prediction.probabilities}
        facts = [prediction.id, prediction.model.id, prediction.style.slug, odds]
        return str(signer.dumps(facts))

    def keep(self, token: str, said: str, picture: bytes | None) -> None:
        """Keep what a visitor says: the slug of a style, and maybe the picture.

        Raises:
            BadTokenError: nobody here signed the token.
            ExpiredTokenError: it is too old.
            FeedbackDownError: there is no keeping it now.
        """
        try:
            self._store.within(_PATIENCE_S).add(self._record(token, said, picture))
        except CatalogueUnavailableError as error:
            raise errors.FeedbackDownError(
                "Feedback cannot be kept right now: try again in half a minute."
            ) from error

    def _record(self, token: str, said: str, picture: bytes | None) -> Feedback:
        judged = self._read_token(token)
        return Feedback(
            id=judged.id,
            model=judged.model,
            predicted=judged.predicted,
            said=said,
            probabilities=judged.probabilities,
            received=datetime.now(UTC).isoformat(timespec="seconds"),
            picture=picture,
        )

    def _read_token(self, token: str) -> _Judged:
        signer = self._signer.within(_PATIENCE_S)
        try:
            return _Judged(*signer.loads(token, max_age=self._max_age_s))
        except SignatureExpired as error:
            raise errors.ExpiredTokenError(
                "The answer is more than a day old: ask for the picture's style again."
            ) from error
        except BadData as error:
            raise errors.BadTokenError(
                "The token is none of this service: send `feedback_token` of an answer as it is."
            ) from error


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
        request: Annotated[FeedbackRequest, Depends(body)],
    ) -> FeedbackStored:
        """Say that an answer is right, or what the picture is rather.

        A second word about the same answer replaces the first. The picture is kept only if it is
        in the request.
        """
        text, picture = request.picture, None
        if text is not None:
            picture = await finish_in_time(lambda: read_picture(text), pool=pool)
        await to_thread.run_sync(_require(desk).keep, request.token, request.style, picture)
        return FeedbackStored()


def _require(desk: FeedbackDesk | None) -> FeedbackDesk:
    if desk is None:
        raise errors.FeedbackOffError("This service keeps no feedback.")
    return desk


def read_picture(text: str) -> bytes:
    """Return the picture in a base64 text, as it was given, after decoding it once.

    Raises:
        ServiceError: it is no JPEG, PNG or WebP, cannot be read or is too large.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise errors.UnreadableImageError("The picture is not base64.") from error
    if len(data) > MAX_PICTURE_BYTES:
        raise errors.BodyTooLargeError("The picture has more than 1 MB: shrink it.")
    try:
        found = to_pixels(data, size_px=_CHECK_PX).format
    except PictureError as error:
        raise errors.of_picture(error) from error
    if found not in _FORMATS:
        raise errors.UnreadableImageError("The picture is no JPEG, PNG or WebP: save it as one.")
    return data
