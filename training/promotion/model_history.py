"""The history of live models in the models bucket, which is also the lock of those who change it.

`models/history.json` is written only by those who know what it held before (If-Match, or
If-None-Match for the first): of two who read the same, S3 lets one write. A change is written
before anything is moved, with the state `begun`, and once more when it came to an end; while one is
begun nobody begins another. Where the one who began it is gone, the next says so by `--take-over`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from lambda_fn.contract.history import (
    HISTORY_FILE,
    MODELS_PREFIX,
    ModelHistory,
    RecordedChange,
)
from training.cloud.aws import CloudError, clear_cloud_errors
from training.errors import TrainingError

KEY: Final = MODELS_PREFIX + HISTORY_FILE
_MISSING: Final = ("NoSuchKey", "404")
_OUTRUN: Final = ("PreconditionFailed", "412")
_BUSY: Final = ("ConditionalRequestConflict", "409")
_ATTEMPTS: Final = 5

Change = Callable[[ModelHistory], ModelHistory]


class OutrunError(TrainingError):
    """Somebody else changed the live model meanwhile."""


@dataclass(frozen=True, slots=True)
class Known:
    """The history as it was read, and what S3 calls this state of it; None: there is none."""

    history: ModelHistory
    etag: str | None

    @property
    def open(self) -> RecordedChange | None:
        """The change that was begun and has not come to an end."""
        return self.history.open


def read_history(s3: Any, bucket: str) -> Known:
    """Return what the bucket knows.

    Raises:
        TrainingError: it cannot be read, or another version wrote it.
    """
    where = f"s3://{bucket}/{KEY}"
    try:
        with clear_cloud_errors(where):
            found = s3.get_object(Bucket=bucket, Key=KEY)
            data = found["Body"].read()
    except CloudError as error:
        if error.code in _MISSING:
            return Known(ModelHistory(), None)
        raise
    try:
        return Known(ModelHistory.model_validate_json(data), found["ETag"])
    except ValidationError as error:
        raise TrainingError(f"{where} is damaged, or of another version of this program") from error


def write_history(s3: Any, bucket: str, known: Known, history: ModelHistory) -> Known:
    """Write a history in the place of the known one.

    Raises:
        OutrunError: it is no longer the known one.
        TrainingError: S3 failed.
    """
    data = history.model_dump_json(indent=2).encode()
    condition = {"IfNoneMatch": "*"} if known.etag is None else {"IfMatch": known.etag}
    for _ in range(_ATTEMPTS):
        try:
            with clear_cloud_errors(f"s3://{bucket}/{KEY}"):
                answer = s3.put_object(Bucket=bucket, Key=KEY, Body=data, **condition)
            return Known(history, answer["ETag"])
        except CloudError as error:
            if error.code not in (*_OUTRUN, *_BUSY, *_MISSING):
                raise
            found = read_history(s3, bucket)
            if found.history == history:
                return found  # our own: the answer to it was lost, and it was sent again
            if found.etag != known.etag:
                raise _outrun(found) from error
    raise TrainingError(f"s3://{bucket}/{KEY} is written by somebody else all the time; try again")


def refuse_if_open(known: Known) -> None:
    """Refuse to begin a change while another is under way.

    Raises:
        TrainingError: who began which, and when.
    """
    if (change := known.open) is None:
        return
    raise TrainingError(
        f"{change.model} is being {change.kind} by {change.by}, since {change.at:%Y-%m-%d %H:%M} "
        "UTC: wait for it. If that was broken off, the same command with --take-over goes on"
    )


def with_open(history: ModelHistory, **changes: object) -> ModelHistory:
    """Return the history with something changed about its last change."""
    *others, last = history.changes
    return ModelHistory(changes=(*others, last.model_copy(update=changes)))


def _outrun(found: Known) -> OutrunError:
    last = found.history.changes[-1] if found.history.changes else None
    if last is None:
        return OutrunError("somebody removed the history of models meanwhile; try again")
    return OutrunError(
        f"{last.by} was faster: {last.model} is {last.kind} there since {last.at:%H:%M:%S} UTC; "
        "run the same command again to be held against that one"
    )
