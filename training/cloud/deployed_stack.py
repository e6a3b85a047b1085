"""The deployed stack, found by its name: its buckets, its queue, its function.

The names of the outputs are those of `infra/stack.py` and `infra/training_stack.py`; a test of
boundaries keeps them the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from training.cloud.aws import CloudError, clear_cloud_errors, client
from training.config import DEFAULT_STACK
from training.errors import TrainingError

OUTPUTS: Final[Mapping[str, str]] = {
    "datasets": "DatasetsBucket",
    "runs": "RunsBucket",
    "models": "ModelsBucket",
    "model_parameter": "ModelParameter",
    "function": "FunctionName",
    "alias": "FunctionAlias",
}
"""Field of `Stack` -> output of the stack."""

TRAINING_OUTPUTS: Final[Mapping[str, str]] = {
    "queue": "JobQueue",
    "definition": "JobDefinition",
    "logs": "JobLogs",
    "machines": "JobMachines",
}
"""Field of `Stack` -> output of the stack that trains, which may have been left out."""

TRAINING_SUFFIX: Final = "-training"
"""What its name has more."""

# a stack is read while nothing of it is there yet, or no longer
_NOT_THERE: Final = (
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What a deployed stack says about itself; buckets by their names.

    queue, definition: ARNs. logs: the group of the jobs' logs. machines: types of machines that
    the queue may take, with commas. All four are empty where training was left out.
    """

    name: str
    datasets: str
    runs: str
    models: str
    model_parameter: str
    function: str
    alias: str
    queue: str = ""
    definition: str = ""
    logs: str = ""
    machines: str = ""

    def require_training(self) -> None:
        """Check that there are machines for training.

        Raises:
            TrainingError: they were left out.
        """
        if not self.queue:
            raise TrainingError(
                f"{self.name} has no machines for training: deploy it with -c has_training=true"
            )


def find_stack(name: str = DEFAULT_STACK) -> Stack:
    """Return the stack of this name in the region of the environment.

    Raises:
        TrainingError: no account, no region, no such stack, or one that is not whole.
    """
    cloud = client("cloudformation")
    found = _describe(cloud, name)
    if found is None:
        raise TrainingError(
            f"there is no stack {name} in {cloud.meta.region_name}: deploy it (`make deploy`), or "
            "name another with --stack, or another region in AWS_REGION"
        )
    fields = _fields(name, found, OUTPUTS)
    training = _describe(cloud, name + TRAINING_SUFFIX)
    if training is not None:
        fields |= _fields(name + TRAINING_SUFFIX, training, TRAINING_OUTPUTS)
    return Stack(name=name, **fields)


def _describe(cloud: Any, name: str) -> dict[str, Any] | None:
    """Return what CloudFormation tells of a stack; None where there is none."""
    try:
        with clear_cloud_errors(f"the stack {name}"):
            found: dict[str, Any] = cloud.describe_stacks(StackName=name)["Stacks"][0]
    except CloudError as error:
        if error.code != "ValidationError":
            raise
        return None
    return found


def _fields(name: str, found: Mapping[str, Any], outputs: Mapping[str, str]) -> dict[str, str]:
    state = str(found["StackStatus"])
    if state in _NOT_THERE or state.startswith("DELETE"):
        raise TrainingError(f"the stack {name} is not whole ({state}): deploy it first")
    told = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
    if missing := [key for key in outputs.values() if key not in told]:
        raise TrainingError(
            f"the stack {name} has no output {', '.join(missing)}: it was made by another version; "
            "deploy it again"
        )
    return {field: told[key] for field, key in outputs.items()}
