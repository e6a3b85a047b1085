"""Clients of AWS that try again by themselves, and its failures as one clear line each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from training.errors import TrainingError

_SIGN_IN: Final = "sign in first (`aws configure`, `aws sso login`, or set AWS_PROFILE)"
_CREDENTIALS: Final = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    SSOTokenLoadError,
    TokenRetrievalError,
)
_EXPIRED: Final = (
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId"),
    *("UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
)
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_ATTEMPTS: Final = 8  # of each request; about a minute of growing pauses
_CONNECTIONS: Final = 32
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429


class CloudError(TrainingError):
    """AWS refused, or could not be reached; `code` is its own name for that, or empty.

    is_passing: the same may succeed later.
    """

    def __init__(self, message: str, *, code: str = "", is_passing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.is_passing = is_passing


def client(service: str, *, attempts: int = _ATTEMPTS) -> Any:
    """Return a client of one service of AWS, by the account and region of the environment.

    attempts: how often one request is made before it has failed.

    Raises:
        CloudError: no region, or a profile that does not exist.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=_CONNECTIONS,
    )
    with clear_cloud_errors(f"the client of {service}"):
        # a session of its own: the default one would keep the account of an earlier call. AWS's
        # other tools read AWS_REGION first, and boto3 AWS_DEFAULT_REGION alone
        region = os.environ.get("AWS_REGION") or None
        return boto3.Session(region_name=region).client(service, config=config)


@contextmanager
def clear_cloud_errors(what: str) -> Iterator[None]:
    """Turn the errors of AWS's client into ours; `what` is what was asked for.

    Raises:
        CloudError: in the place of AWS's own.
    """
    try:
        yield
    except ClientError as error:
        raise _answered(what, error) from error
    except NoRegionError as error:
        raise CloudError(
            "no region is set: set AWS_REGION (or `aws configure set region REGION`) to the one "
            "that the stack was deployed to"
        ) from error
    except _CREDENTIALS as error:
        raise CloudError(f"AWS knows no account here: {_SIGN_IN}") from error
    except ProfileNotFound as error:
        raise CloudError(f"{error}: name another one in AWS_PROFILE") from error
    except EndpointConnectionError as error:
        raise CloudError(f"{what}: AWS could not be reached; try again", is_passing=True) from error
    except (BotoCoreError, Boto3Error) as error:
        said = " ".join(str(error).split())
        raise CloudError(f"{what}: {said}; try again", is_passing=True) from error


def _answered(what: str, error: ClientError) -> CloudError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", "")) or code
    if code in _EXPIRED:
        return CloudError(f"AWS did not accept the credentials ({code}): {_SIGN_IN}", code=code)
    if code in _DENIED:
        return CloudError(f"{what}: this account may not do that ({said})", code=code)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    is_passing = status >= _SERVER_ERROR or status == _TOO_MANY
    return CloudError(f"{what}: {said} ({code})", code=code, is_passing=is_passing)
