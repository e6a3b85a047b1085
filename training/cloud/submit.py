"""A dataset in the cloud + options -> a job of AWS Batch, or one for each of the architectures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from training.cloud.aws import clear_cloud_errors, client
from training.cloud.deployed_stack import Stack
from training.cloud.gpu_quota import require_gpu_quota
from training.cloud.job_costs import cards_of, describe, estimate
from training.cloud.job_spec import SPEC, JobSpec, run_place
from training.cloud.jobs import list_jobs
from training.cloud.pushed_datasets import (
    PushedSet,
    describe_set,
    find_set,
    plan_push,
    push_file,
    push_set,
)
from training.cloud.s3_folders import find_listing, read_object, write_object
from training.config import OrganiseConfig, TrainConfig
from training.errors import TrainingError

COMPARED: Final = ("mobilenetv2", "resnet50", "inceptionv3", "xception", "vgg16")
"""What a comparison trains, in the order of its jobs."""

_VCPUS, _MEMORY_MIB = 4, 13 * 1024  # for each GPU, as the job definition has it
_TRAINING_SHARE: Final = 0.7  # of a raw folder, by the defaults of organise


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for. photographs: a folder to push, for the export."""

    dataset: str
    config: TrainConfig
    is_precision_given: bool = False
    is_comparison: bool = False
    organise: OrganiseConfig = field(default_factory=OrganiseConfig)
    photographs: Path | None = None
    name: str | None = None
    note: str = ""
    gpus: int = 1


def submit(stack: Stack, wish: Wish, *, agree: Callable[[str], None]) -> tuple[JobSpec, str]:
    """Start what was asked for, once `agree` returns; return what the job does, and its id.

    agree: is called with what it will cost; raises to stop.

    Raises:
        TrainingError: no such dataset, options that cannot train there, a name that is taken, no
            room for GPU machines in the account, or AWS failed.
    """
    stack.require_training()
    s3 = client("s3")
    _refuse_what_stays_at_home(wish)
    pushed = _find_dataset(s3, stack, wish.dataset)
    spec = _spec(pushed, wish)
    _refuse_taken_names(s3, stack, spec)
    machines = _machines(stack, wish.gpus)
    require_gpu_quota(client("service-quotas"), vcpus=wish.gpus * _VCPUS)
    pictures = _training_pictures(pushed, wish.config)
    configs = [one.config for one in spec.jobs]
    costs = estimate(configs, machines, pictures=pictures, gpus=wish.gpus)
    agree(describe(costs, jobs=len(configs)))
    spec = _with_files(s3, stack, spec, wish)
    write_object(s3, stack.runs, _spec_key(spec), spec.model_dump_json().encode())
    return spec, _start(stack, spec, wish.gpus)


def _refuse_what_stays_at_home(wish: Wish) -> None:
    if wish.config.teachers or wish.config.start:
        raise TrainingError(
            "a run on this machine cannot teach in the cloud, nor be begun with: leave out "
            "teachers and start"
        )
    weights = wish.config.weights
    if isinstance(weights, Path) and not weights.is_file():
        raise TrainingError(f"no weights at {weights}: name a Keras file, imagenet or none")
    if isinstance(weights, Path) and wish.is_comparison:
        raise TrainingError(
            "one file of weights fits one architecture: with --compare, give imagenet or none"
        )


def _find_dataset(s3: Any, stack: Stack, dataset: str) -> PushedSet:
    folder = Path(dataset)
    fingerprint = describe_set(folder).fingerprint if folder.is_dir() else dataset
    found = find_set(s3, stack.datasets, fingerprint)
    if found.kind == "folder":
        raise TrainingError(f"{found.name} ({fingerprint[:12]}) is neither a dataset nor raw")
    return found


def _spec(pushed: PushedSet, wish: Wish) -> JobSpec:
    name = wish.name or _new_name("compare" if wish.is_comparison else wish.config.architecture)
    weights = wish.config.weights
    blank = {"weights": "imagenet"} if isinstance(weights, Path) else {}
    return JobSpec(
        run=name,
        dataset=pushed.fingerprint,
        kind="raw" if pushed.kind == "raw" else "dataset",
        config=wish.config.model_copy(update=blank),
        is_precision_given=wish.is_precision_given,
        architectures=COMPARED if wish.is_comparison else (),
        organise=wish.organise,
        note=wish.note,
    )


def _new_name(what: str) -> str:
    return f"{what}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def _refuse_taken_names(s3: Any, stack: Stack, spec: JobSpec) -> None:
    """Check that no run of these names is there or under way; one that broke off may go on."""
    for run in spec.runs:
        if find_listing(s3, run_place(stack.runs, run)) is not None:
            raise TrainingError(f"the run {run} is there already: give another --name")
    if any(job.run in (spec.run, *spec.runs) and not job.has_ended for job in list_jobs(stack)):
        raise TrainingError(f"a job {spec.run} is under way: give another --name, or cancel it")
    begun = read_object(s3, stack.runs, _spec_key(spec))
    if begun is not None and _essence_of(begun) != _essence(spec):
        raise TrainingError(
            f"{spec.run} was begun with other options or another dataset: give another --name"
        )


def _essence_of(data: bytes) -> JobSpec | None:
    """Return that of a job which was submitted before; None, if another version did it."""
    try:
        return _essence(JobSpec.model_validate_json(data))
    except ValidationError:
        return None


def _essence(spec: JobSpec) -> JobSpec:
    """Return what decides the outcome; files that came along are compared by the job."""
    return spec.model_copy(update={"note": "", "weights": None, "photographs": None})


def _spec_key(spec: JobSpec) -> str:
    return f"specs/{spec.run}.json"


def _machines(stack: Stack, gpus: int) -> list[str]:
    known = stack.machines.split(",")
    found = [machine for machine in known if cards_of(machine) >= gpus]
    if not found:
        raise TrainingError(
            f"no machine of the stack has {gpus} GPUs ({stack.machines}): deploy it with, say, "
            "-c gpu_instances=g5.12xlarge -c gpu_max_vcpus=48"
        )
    return found


def _training_pictures(pushed: PushedSet, config: TrainConfig) -> int:
    if pushed.kind == "raw":
        return round(pushed.pictures * _TRAINING_SHARE)
    if config.split not in pushed.training:
        raise TrainingError(
            f"the dataset has no list {config.split!r}: there are {', '.join(pushed.training)}"
        )
    return pushed.training[config.split]


def _with_files(s3: Any, stack: Stack, spec: JobSpec, wish: Wish) -> JobSpec:
    """Push what the job needs beside its dataset."""
    changes: dict[str, str] = {}
    if isinstance(wish.config.weights, Path):
        changes["weights"] = push_file(s3, stack.datasets, wish.config.weights)
    if wish.photographs is not None:
        push = plan_push(s3, stack.datasets, wish.photographs)
        push_set(s3, stack.datasets, push)
        changes["photographs"] = push.pushed.fingerprint
    return spec.model_copy(update=changes)


def _start(stack: Stack, spec: JobSpec, gpus: int) -> str:
    needs = {"GPU": gpus, "VCPU": gpus * _VCPUS, "MEMORY": gpus * _MEMORY_MIB}
    asked: dict[str, Any] = {
        "jobName": spec.run,
        "jobQueue": stack.queue,
        "jobDefinition": stack.definition,
        "parameters": {SPEC: spec.model_dump_json()},
        "tags": {"run": spec.run, "dataset": spec.dataset[:12]},
        "propagateTags": True,
    }
    if spec.architectures:
        asked["arrayProperties"] = {"size": len(spec.architectures)}
    if gpus > 1:
        asked["containerOverrides"] = {
            "resourceRequirements": [
                {"type": kind, "value": str(count)} for kind, count in needs.items()
            ]
        }
    with clear_cloud_errors(f"the job {spec.run}"):
        return str(client("batch").submit_job(**asked)["jobId"])
