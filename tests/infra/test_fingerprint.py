"""A deploy that changes the function reads which model is live, or it would undo a promotion."""

from dataclasses import replace
from typing import Any

import pytest

from infra.config import DEV, StageConfig
from infra.fingerprint import fingerprint

BUCKET = {"Ref": "StorageUploads"}
BEFORE = fingerprint("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": BUCKET})


def test_the_same_function_has_the_same_fingerprint() -> None:
    assert fingerprint("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": dict(BUCKET)}) == BEFORE


@pytest.mark.parametrize(
    ("image", "config", "environment", "more"),
    [
        ("another", DEV, {"ARTSTYLE_UPLOADS_BUCKET": BUCKET}, {}),
        ("image", replace(DEV, memory_mib=3008), {"ARTSTYLE_UPLOADS_BUCKET": BUCKET}, {}),
        ("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": {"Ref": "Another"}}, {}),
        ("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": BUCKET, "ARTSTYLE_NEW": "1"}, {}),
        ("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": BUCKET}, {"max_body_bytes": 1}),
        ("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": BUCKET}, {"timeout_s": 20}),
        ("image", DEV, {"ARTSTYLE_UPLOADS_BUCKET": BUCKET}, {"cdk_version": "3.0.0"}),
    ],
)
def test_whatever_changes_the_function_changes_it(
    image: str, config: StageConfig, environment: dict[str, object], more: dict[str, Any]
) -> None:
    assert fingerprint(image, config, environment, **more) != BEFORE
