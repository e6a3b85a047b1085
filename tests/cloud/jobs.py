"""A machine of Batch: runs the image of a submitted job with what the job says.

moto notes jobs and starts none.
"""

import re
from collections.abc import Mapping
from typing import Any

from tests.cloud.machine import LIMITS, PODMAN, Machine


def run_job(machine: Machine, batch: Any, job_id: str, settings: Mapping[str, str]) -> str:
    """Run a job to its end; return what it wrote into its log.

    batch: boto3's client. settings: variables that the machine adds, such as where AWS is.

    Raises:
        ToolError: it failed, and with which last words.
    """
    [job] = batch.describe_jobs(jobs=[job_id])["jobs"]
    definitions = batch.describe_job_definitions(jobDefinitions=[job["jobDefinition"]])
    [container] = [one["containerProperties"] for one in definitions["jobDefinitions"]]
    own = {one["name"]: one["value"] for one in container["environment"]}
    variables = {**settings, **own, "AWS_BATCH_JOB_ID": job_id}
    given = (f"--env={name}={value}" for name, value in variables.items())
    options = ("--rm", "--pull=never", "--network=host", *LIMITS, *given)
    command = (_filled_in(word, job["parameters"]) for word in container["command"])
    return machine.run(*PODMAN, "run", *options, container["image"], *command).stdout


def _filled_in(word: str, parameters: Mapping[str, str]) -> str:
    reference = re.fullmatch(r"Ref::(\w+)", word)
    return parameters[reference[1]] if reference else word
