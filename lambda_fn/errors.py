"""Every failure a caller can see, each with a status and a stable code.

ServiceError
├── EmptyBodyError              400  empty_body
├── MissingFileError            400  missing_file
├── SeveralFilesError           400  several_files
├── BrokenMultipartError        400  broken_multipart
├── IncompleteBodyError         400  incomplete_body
├── AbandonedError              400  abandoned
├── SlowBodyError               408  slow_body
├── BodyTooLargeError           413  body_too_large
├── TooManyPixelsError          413  too_many_pixels
├── UnsupportedContentTypeError 415  unsupported_content_type
├── UnreadableImageError        422  unreadable_image
├── TruncatedImageError         422  truncated_image
├── UnknownStyleError           404  unknown_style
├── UnknownWorkError            404  unknown_work
├── RepeatedParameterError      422  repeated_parameter
├── BadTokenError               400  bad_token
├── ExpiredTokenError           410  expired_token
├── FeedbackOffError            404  feedback_off
├── UploadsOffError             404  uploads_off
├── UnknownUploadError          404  unknown_upload
├── BusyError                   503  busy
├── TooSlowError                503  timeout
├── CatalogueDownError          503  catalogue_unavailable
├── FeedbackDownError           503  feedback_unavailable
└── UploadsDownError            503  uploads_unavailable

What the framework refuses by itself gets the code of its status: see `code_of_status`.
"""

from http import HTTPStatus
from typing import ClassVar

from lambda_fn.contract import images


class ServiceError(Exception):
    """A failure that the caller can do something about; the message says what."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    code: ClassVar[str] = "bad_request"
    retry_after_s: ClassVar[int | None] = None
    ends_connection: ClassVar[bool] = False
    """The rest of the body is still to come, and nobody wants it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EmptyBodyError(ServiceError):
    """The request has no body."""

    code = "empty_body"


class MissingFileError(ServiceError):
    """A form came without a file in its field `file`."""

    code = "missing_file"


class SeveralFilesError(ServiceError):
    """A form came with more than one file."""

    code = "several_files"


class BrokenMultipartError(ServiceError):
    """A form cannot be taken apart."""

    code = "broken_multipart"


class IncompleteBodyError(ServiceError):
    """The connection ended before the body did."""

    code = "incomplete_body"


class AbandonedError(ServiceError):
    """The sender went away before the answer; this is for the log."""

    code = "abandoned"
    ends_connection = True


class SlowBodyError(ServiceError):
    """The body stands still, or comes so slowly that it keeps others out."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "slow_body"
    ends_connection = True


class BodyTooLargeError(ServiceError):
    """The body is larger than the service accepts."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "body_too_large"


class TooManyPixelsError(ServiceError):
    """The picture would take too much memory to decode."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_many_pixels"


class UnsupportedContentTypeError(ServiceError):
    """The Content-Type is neither a picture's nor a form's."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_content_type"


class UnreadableImageError(ServiceError):
    """The bytes are no picture of a supported kind."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unreadable_image"


class TruncatedImageError(ServiceError):
    """The picture ends too early."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "truncated_image"


class UnknownStyleError(ServiceError):
    """A path names a style that is none of the 18."""

    status = HTTPStatus.NOT_FOUND
    code = "unknown_style"


class UnknownWorkError(ServiceError):
    """The catalogue has no work with this id."""

    status = HTTPStatus.NOT_FOUND
    code = "unknown_work"


class RepeatedParameterError(ServiceError):
    """A query names a parameter twice."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "repeated_parameter"


class BadTokenError(ServiceError):
    """The token of a feedback is none that this service signed."""

    code = "bad_token"


class ExpiredTokenError(ServiceError):
    """The token of a feedback is too old."""

    status = HTTPStatus.GONE
    code = "expired_token"


class FeedbackOffError(ServiceError):
    """This service keeps no feedback."""

    status = HTTPStatus.NOT_FOUND
    code = "feedback_off"


class UploadsOffError(ServiceError):
    """This service has no bucket for originals."""

    status = HTTPStatus.NOT_FOUND
    code = "uploads_off"


class UnknownUploadError(ServiceError):
    """There is no upload of this key, or no longer."""

    status = HTTPStatus.NOT_FOUND
    code = "unknown_upload"


class BusyError(ServiceError):
    """More pictures are on their way than fit into memory; worth another try."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "busy"
    retry_after_s = 2


class TooSlowError(ServiceError):
    """A picture took longer than anybody waits."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "timeout"
    retry_after_s = 2


class CatalogueDownError(ServiceError):
    """The catalogue does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "catalogue_unavailable"
    retry_after_s = 30


class FeedbackDownError(ServiceError):
    """What would keep feedback does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "feedback_unavailable"
    retry_after_s = 30


class UploadsDownError(ServiceError):
    """The bucket of uploads does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "uploads_unavailable"
    retry_after_s = 5


_OF_PICTURE: dict[type[images.PictureError], type[ServiceError]] = {
    images.UnreadablePictureError: UnreadableImageError,
    images.TruncatedPictureError: TruncatedImageError,
    images.TooManyPixelsError: TooManyPixelsError,
}


def of_picture(error: images.PictureError) -> ServiceError:
    """Translate a failure of the contract's decoder."""
    message = str(error)
    return _OF_PICTURE[type(error)](message[:1].upper() + message[1:] + ".")


def code_of_status(status: int) -> str:
    """Return the code for a failure that the framework found: 404 becomes not_found."""
    try:
        return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    except ValueError:
        return "error"
