"""A short text that changes whenever a deploy will change the function."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version

from infra.config import MAX_BODY_BYTES, TIMEOUT_S, StageConfig


def fingerprint(
    image_hash: str,
    config: StageConfig,
    environment: Mapping[str, object],
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    timeout_s: int = TIMEOUT_S,
    cdk_version: str | None = None,
) -> str:
    """Return it; too many changes only read the parameter of the live model once more.

    One too few would deploy the model that was live when the parameter was read last, and so undo
    a promotion. environment: variables with their values, as the template writes them.
    """
    library = cdk_version or version("aws-cdk-lib")
    facts = [image_hash, asdict(config), environment, max_body_bytes, timeout_s, library]
    return sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()[:16]
