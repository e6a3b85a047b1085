"""The jobs of the stack's queue: how far each is, what it wrote, and how to stop it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from training.cloud.aws import CloudError, clear_cloud_errors, client
from training.cloud.deployed_stack import Stack
from training.cloud.job_spec import SPEC, JobSpec
from training.errors import TrainingError

ENDED: Final = ("SUCCEEDED", "FAILED")
COLUMNS: Final = ("run", "state", "attempts", "submitted", "architecture", "dataset", "reason")

_KEPT: Final = timedelta(days=7)  # Batch forgets jobs that ended earlier
_AT_ONCE: Final = 100
_STEP_S: Final = 5.0
_RUNNING: Final = ("STARTING", "RUNNING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of the queue, or one child of a comparison.

    attempts: those that began. streams: of its log, by attempt. children: ids.
    """

    id: str
    run: str
    state: str
    reason: str
    attempts: int
    submitted: datetime
    spec: JobSpec | None
    streams: tuple[str, ...] = ()
    children: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether it will not change any more."""
        return self.state in ENDED


def list_jobs(stack: Stack) -> list[Job]:
    """Return the jobs of the last seven days, newest first; those of a comparison after it.

    Raises:
        TrainingError: AWS failed, or the stack has no machines for training.
    """
    stack.require_training()
    batch = client("batch")
    since = round((datetime.now(UTC) - _KEPT).timestamp() * 1000)
    with clear_cloud_errors(f"the queue of {stack.name}"):
        pages = batch.get_paginator("list_jobs").paginate(
            jobQueue=stack.queue, filters=[{"name": "AFTER_CREATED_AT", "values": [str(since)]}]
        )
        found = [one["jobId"] for page in pages for one in page["jobSummaryList"]]
    parents = _describe(batch, [one for one in found if ":" not in one])
    children = _describe(batch, [child for job in parents for child in job.children])
    by_parent = sorted(parents, key=lambda job: job.submitted, reverse=True)
    return [
        one
        for job in by_parent
        for one in (job, *(child for child in children if child.id in job.children))
    ]


def find_job(stack: Stack, name: str) -> Job:
    """Return the newest job of a run, or the one with this id.

    Raises:
        TrainingError: there is none.
    """
    for job in list_jobs(stack):
        if name in (job.run, job.id):
            return job
    raise TrainingError(
        f"no job {name} in the last {_KEPT.days} days: `python -m training jobs` lists them"
    )


def cancel(stack: Stack, name: str) -> Job:
    """Stop a job, wherever it is; a comparison with all its jobs.

    Raises:
        TrainingError: there is none, or it has ended.
    """
    job = find_job(stack, name)
    if job.has_ended:
        raise TrainingError(f"the job {name} has ended already ({job.state.lower()})")
    with clear_cloud_errors(f"the job {name}"):
        client("batch").terminate_job(jobId=job.id, reason="cancelled by `training cancel`")
    return job


def read_log(
    stack: Stack,
    name: str,
    *,
    is_following: bool,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Yield the lines of a job's log, attempt by attempt; following, until it has ended.

    Raises:
        TrainingError: no such job, or a comparison, whose jobs write one each.
    """
    job = find_job(stack, name)
    if job.children and job.spec is not None:
        raise TrainingError(f"{name} is a comparison: name one of {', '.join(job.spec.runs)}")
    batch, logs = client("batch"), client("logs")
    places: dict[str, str | None] = {}
    while True:
        for stream in job.streams:
            yield from _new_lines(logs, stack.logs, stream, places)
        if not is_following or job.has_ended:
            return
        pause(_STEP_S)
        # asked before its log is read, so that the last lines are not missed
        [job] = _describe(batch, [job.id])


def as_rows(jobs: Sequence[Job]) -> list[tuple[str, ...]]:
    """Return the cells of a table (`COLUMNS`)."""
    return [
        (
            job.run,
            job.state.lower(),
            str(job.attempts),
            f"{job.submitted:%Y-%m-%d %H:%M}",
            "" if job.spec is None or job.spec.architectures else job.spec.config.architecture,
            "" if job.spec is None else job.spec.dataset[:12],
            job.reason,
        )
        for job in jobs
    ]


def _new_lines(logs: Any, group: str, stream: str, places: dict[str, str | None]) -> Iterator[str]:
    while True:
        place = places.get(stream)
        asked = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
        try:
            with clear_cloud_errors(f"the log {group}"):
                page = logs.get_log_events(**asked, **({"nextToken": place} if place else {}))
        except CloudError as error:
            if error.code == "ResourceNotFoundException":
                return  # nothing was written yet
            raise
        yield from (one["message"] for one in page["events"])
        places[stream] = page["nextForwardToken"]
        if page["nextForwardToken"] == place:
            return


def _describe(batch: Any, ids: Sequence[str]) -> list[Job]:
    found: dict[str, Job] = {}
    for first in range(0, len(ids), _AT_ONCE):
        with clear_cloud_errors("the jobs"):
            answer = batch.describe_jobs(jobs=list(ids[first : first + _AT_ONCE]))
        found |= {one["jobId"]: _job_of(one) for one in answer["jobs"]}
    return [found[one] for one in ids if one in found]


def _job_of(answer: dict[str, Any]) -> Job:
    whole = _spec_of(answer.get("parameters", {}))
    array = answer.get("arrayProperties", {})
    index = array.get("index")
    if index is None and ":" in answer["jobId"]:
        index = int(answer["jobId"].rpartition(":")[2])
    spec = whole.of(index) if whole is not None and index is not None else whole
    attempts = answer.get("attempts", [])
    is_running = answer["status"] in _RUNNING
    return Job(
        id=answer["jobId"],
        run=answer["jobName"] if spec is None else spec.run,
        state=answer["status"],
        reason=_reason_of(answer, attempts),
        attempts=len(attempts) + is_running,
        submitted=datetime.fromtimestamp(answer["createdAt"] / 1000, UTC),
        spec=spec,
        streams=_streams_of(answer, attempts),
        children=tuple(f"{answer['jobId']}:{number}" for number in range(array.get("size", 0))),
    )


def _spec_of(parameters: dict[str, str]) -> JobSpec | None:
    """Return what the job does; of another version, nothing is known."""
    try:
        return JobSpec.model_validate_json(parameters.get(SPEC, ""))
    except ValidationError:
        return None


def _reason_of(answer: dict[str, Any], attempts: list[dict[str, Any]]) -> str:
    """Return why the job is as it is: as its container said it, or Batch."""
    last = attempts[-1] if attempts else {}
    said = last.get("container", {}).get("reason") or answer.get("statusReason")
    return str(said or last.get("statusReason") or "")


def _streams_of(answer: dict[str, Any], attempts: list[dict[str, Any]]) -> tuple[str, ...]:
    containers = [*(one.get("container", {}) for one in attempts), answer.get("container", {})]
    names = [one["logStreamName"] for one in containers if one.get("logStreamName")]
    return tuple(dict.fromkeys(names))
