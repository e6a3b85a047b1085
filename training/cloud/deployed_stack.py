"""The deployed stack, found by its name: its buckets, its queue, its function.

The names of the outputs are those of `infra/stack.py`; a test of boundaries keeps them the same.
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
    "queue": "JobQueue",
    "definition": "JobDefinition",
    "logs": "JobLogs",
    "machines": "JobMachines",
}
"""Field of `Stack` -> output of the stack."""

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
    the queue may take, with commas.
    """

    name: str
    datasets: str
    runs: str
    models: str
    model_parameter: str
    function: str
    alias: str
    queue: str
    definition: str
    logs: str
    machines: str


def find_stack(name: str = DEFAULT_STACK) -> Stack:
    """Return the stack of this name in the region of the environment.

    Raises:
        TrainingError: no account, no region, no such stack, or one that is not whole.
    """
    outputs = _outputs(name)
    if missing := [key for key in OUTPUTS.values() if key not in outputs]:
        raise TrainingError(
            f"the stack {name} has no output {', '.join(missing)}: it was made by another version; "
            "deploy it again"
        )
    return Stack(name=name, **{field: outputs[key] for field, key in OUTPUTS.items()})


def _outputs(name: str) -> dict[str, str]:
    cloud = client("cloudformation")
    try:
        with clear_cloud_errors(f"the stack {name}"):
            found: dict[str, Any] = cloud.describe_stacks(StackName=name)["Stacks"][0]
    except CloudError as error:
        if error.code != "ValidationError":
            raise
        region = cloud.meta.region_name
        raise TrainingError(
            f"there is no stack {name} in {region}: deploy it (`make deploy`), or name another "
            "with --stack, or another region in AWS_REGION"
        ) from error
    state = str(found["StackStatus"])
    if state in _NOT_THERE or state.startswith("DELETE"):
        raise TrainingError(f"the stack {name} is not whole ({state}): deploy it first")
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
