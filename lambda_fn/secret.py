"""Secrets out of AWS Secrets Manager; their values stay out of every log and message."""

import json
import logging
from typing import Final

from pydantic import SecretStr

from lambda_fn.catalogue.works import CatalogueUnavailableError

_TIMEOUT_S: Final = 2

logger = logging.getLogger(__name__)


class SecretError(CatalogueUnavailableError):
    """A secret cannot be had; the message names it and says why, never what is in it."""


def read_secret(name: str, *, key: str) -> SecretStr:
    """Return a secret: its text, or what a JSON object in it has under `key`.

    name: ARN or name.

    Raises:
        SecretError: it does not exist, may not be read, or holds no such key.
    """
    try:
        return _take(_fetch(name), key)
    except SecretError as error:
        logger.error("a secret cannot be read (%s): %s", name, error)
        raise


def _fetch(name: str) -> str:
    # here and not above: the import takes longer than a cold start has to spare
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    # one more try than the first, each of them short: somebody may be waiting
    config = Config(
        connect_timeout=_TIMEOUT_S, read_timeout=_TIMEOUT_S, retries={"total_max_attempts": 2}
    )
    try:
        client = boto3.client("secretsmanager", config=config)
        text = client.get_secret_value(SecretId=name).get("SecretString")
    except ClientError as error:
        raise SecretError(str(error.response["Error"]["Code"])) from error
    except BotoCoreError as error:
        raise SecretError(type(error).__name__) from error
    if not text:
        raise SecretError("it holds no text")
    return str(text)


def _take(text: str, key: str) -> SecretStr:
    """Read a JSON object only: a connection string begins with no brace."""
    if not text.lstrip().startswith("{"):
        return SecretStr(text.strip())
    try:
        value = json.loads(text).get(key)
    except ValueError:
        # without its cause, which carries the text
        raise SecretError("it begins like JSON, but is none") from None
    if not isinstance(value, str) or not value:
        raise SecretError(f'it is JSON without a text under "{key}"')
    return SecretStr(value)
