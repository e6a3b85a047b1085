"""Originals that are too large for a request: a form takes one to a bucket, a prediction takes it
from there once.

The form is signed for one key that nobody can guess, one type and a size. What is answered is
deleted at once; what is never asked about goes by the bucket's own rule.
"""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, get_args

from lambda_fn import errors
from lambda_fn.schemas import PictureType, UploadForm

_CONTENT_TYPES: Final = get_args(PictureType)
# a form can be used again and again while it lasts, by whoever has it
_FORM_S: Final = 300
_TIMEOUT_S: Final = 5
_KEY: Final = re.compile(r"originals/[0-9a-f]{32}")
# without the right to list a bucket, S3 denies access to what is not there
_MISSING: Final = ("NoSuchKey", "AccessDenied")

logger = logging.getLogger(__name__)


class UploadsError(Exception):
    """The bucket cannot be used as AWS's client is set up; the message says what is missing."""


class Uploads:
    """A bucket for originals of at most `max_bytes`.

    The first call imports the client of S3, which takes longer than a cold start has to spare.
    """

    def __init__(self, bucket: str, *, max_bytes: int) -> None:
        self._bucket = bucket
        self.max_bytes = max_bytes

    @property
    def origin(self) -> str:
        """Where a browser sends an original, as a Content-Security-Policy names it.

        Raises:
            UploadsError: what AWS's client misses, such as a region.
        """
        from botocore.exceptions import BotoCoreError

        try:
            url = str(self._client.generate_presigned_post(self._bucket, "x")["url"])
        except BotoCoreError as error:
            raise UploadsError(f"no uploads to the bucket {self._bucket}: {error}") from error
        return "/".join(url.split("/")[:3])

    def invite(self, content_type: str) -> UploadForm:
        """Return the form for one original of this type, good for five minutes.

        Raises:
            UploadsDownError: it cannot be signed, because there are no credentials.
        """
        key = f"originals/{secrets.token_hex(16)}"
        fields = {"Content-Type": content_type}
        with _translating():
            form = self._client.generate_presigned_post(
                self._bucket,
                key,
                Fields=fields,
                Conditions=[fields, ["content-length-range", 1, self.max_bytes]],
                ExpiresIn=_FORM_S,
            )
        return UploadForm(
            upload=key,
            url=form["url"],
            fields=form["fields"],
            max_bytes=self.max_bytes,
            expires_in_s=_FORM_S,
        )

    def read(self, key: str) -> bytes:
        """Return an original.

        Raises:
            UnknownUploadError: there is none, or it is no longer there.
            UploadsDownError: S3 does not answer.
            ServiceError: it is too large or no picture, in spite of its form.
        """
        if not _KEY.fullmatch(key):
            raise _unknown()
        with _translating():
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            problem = self._problem_of(found)
            data = b"" if problem else found["Body"].read()
            found["Body"].close()
        if problem:
            raise problem
        return bytes(data)

    def _problem_of(self, found: dict[str, Any]) -> errors.ServiceError | None:
        if found["ContentLength"] > self.max_bytes:
            return errors.BodyTooLargeError(
                f"The original has more than {self.max_bytes / 1e6:g} MB: save it smaller."
            )
        if found["ContentType"] not in _CONTENT_TYPES:
            return errors.UnsupportedContentTypeError(
                f"An upload of type {found['ContentType']} cannot be a picture."
            )
        return None

    def forget(self, key: str) -> None:
        """Delete an original, if there is one."""
        try:
            with _translating():
                self._client.delete_object(Bucket=self._bucket, Key=key)
        except errors.ServiceError:
            logger.error("an upload was not deleted: the bucket's own rule will do it")

    @cached_property
    def _client(self) -> Any:
        """The client of S3, by the bucket's own host in its region: another one redirects."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import NoCredentialsError

        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
            connect_timeout=_TIMEOUT_S,
            read_timeout=_TIMEOUT_S,
            retries={"total_max_attempts": 2},
        )
        # a session of its own: two threads may get here, and the shared one is not made for that
        session = boto3.Session()
        if session.get_credentials() is None:
            raise NoCredentialsError  # to sign a form without any is an error of another kind
        return session.client("s3", config=config)


@contextmanager
def _translating() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code in _MISSING:
            logger.warning("an upload is not there, or may not be read: %s", code)
            raise _unknown() from error
        raise _down(code) from error
    except BotoCoreError as error:
        raise _down(type(error).__name__) from error


def _unknown() -> errors.UnknownUploadError:
    return errors.UnknownUploadError(
        "There is no such upload: each can be asked about once, within a day. Send the picture "
        "again; POST /v1/uploads says where to."
    )


def _down(reason: str) -> errors.UploadsDownError:
    logger.error("the bucket of uploads does not answer: %s", reason)
    return errors.UploadsDownError(
        "Originals cannot be taken right now: try again in a few seconds, or send the picture "
        "itself, shrunk to 1,024 pixels on the longer side."
    )
