"""Handlers that do what ours should never do, to try the stand-ins of AWS with."""

import os
import time
from typing import Any


def echo(event: Any, context: Any) -> Any:
    """Answer the event and what the context says."""
    return {
        "event": event,
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "left_ms": context.get_remaining_time_in_millis(),
        "memory_mib": context.memory_limit_in_mb,
        "trace": os.environ["_X_AMZN_TRACE_ID"],
        "process": os.getpid(),
    }


def oversleep(event: Any, context: Any) -> Any:
    """Take as many seconds as the event says; then say who did."""
    time.sleep(event["seconds"])
    return os.getpid()


def fail(event: Any, context: Any) -> Any:
    """Raise."""
    raise ValueError("no such painting")


def leave(event: Any, context: Any) -> Any:
    """End the process in the middle of an event."""
    os._exit(3)


def flood(event: Any, context: Any) -> Any:
    """Answer more than Lambda takes, if the event wants it."""
    return "x" * event["size"]
