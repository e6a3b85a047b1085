"""Feedback about an answer: a signed token holds all of it, so that nothing is kept in between."""

import base64
import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Final, NamedTuple

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from pydantic import SecretStr, TypeAdapter, ValidationError

from lambda_fn import errors
from lambda_fn.catalogue.deferred import Deferred
from lambda_fn.catalogue.works import CatalogueUnavailableError, Feedback, FeedbackStore
from lambda_fn.contract.images import PictureError, to_image
from lambda_fn.schemas import Prediction

DAY_S: Final = 24 * 60 * 60
MAX_PICTURE_BYTES: Final = 1_000_000
MAX_PICTURE_PIXELS: Final = 4_000_000
_FORMATS: Final = ("jpeg", "png", "webp")
_PATIENCE_S: Final = 5.0
_DECIMALS: Final = 4
_QUALITY: Final = 95


class _Judged(NamedTuple):
    """The answer that a token stands for."""

    id: str
    model: str
    predicted: str
    probabilities: dict[str, float]


@cache
def _judged() -> TypeAdapter[_Judged]:
    """Return what checks a token's facts; made when the first comes, and not by the start."""
    return TypeAdapter(_Judged)


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
            raise _is_down() from error

    def check(self, token: str) -> None:
        """Refuse a token that is none, before anything that it comes with is looked at.

        Raises:
            BadTokenError: nobody here signed the token.
            ExpiredTokenError: it is too old.
            FeedbackDownError: there is no reading it now.
        """
        try:
            self._read_token(token)
        except CatalogueUnavailableError as error:
            raise _is_down() from error

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
            return _judged().validate_python(signer.loads(token, max_age=self._max_age_s))
        except SignatureExpired as error:
            raise errors.ExpiredTokenError(
                "The answer is more than a day old: ask for the picture's style again."
            ) from error
        except (BadData, ValidationError) as error:  # or it is that of an older version
            raise errors.BadTokenError(
                "The token is none of this service: send `feedback_token` of an answer as it is."
            ) from error


def read_picture(text: str) -> bytes:
    """Return the picture in a base64 text as a JPEG of its own: upright, in sRGB, pixels alone.

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
        image, found = to_image(data, max_pixels=MAX_PICTURE_PIXELS)
    except PictureError as error:
        raise errors.of_picture(error) from error
    if found not in _FORMATS:
        raise errors.UnreadableImageError("The picture is no JPEG, PNG or WebP: save it as one.")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _is_down() -> errors.FeedbackDownError:
    return errors.FeedbackDownError(
        "Feedback cannot be kept right now: try again in half a minute."
    )
