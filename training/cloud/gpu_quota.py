"""Whether an account may start GPU machines at all: by default, it may not."""

from typing import Any, Final

from training.cloud.aws import CloudError, clear_cloud_errors
from training.errors import TrainingError

# of machines of the types G and VT, in vCPUs
QUOTAS: Final = {"Spot": "L-3819A6DF", "on demand": "L-DB2E81BA"}


def require_gpu_quota(quotas: Any, *, vcpus: int) -> None:
    """Check that the account may run a machine with so many vCPUs, on Spot or on demand.

    quotas: boto3's client of the Service Quotas. Somebody who may not ask them is let through: the
    queue says the same, only later.

    Raises:
        TrainingError: it may run none.
    """
    try:
        with clear_cloud_errors("the quotas of the account"):
            found = [
                float(quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"])
                for code in QUOTAS.values()
            ]
    except CloudError:
        return
    if max(found) < vcpus:
        raise TrainingError(
            f"the account may run {max(found):.0f} vCPUs of GPU machines, and a job needs {vcpus}: "
            "ask AWS for more, which takes a day or two (`aws service-quotas "
            f"request-service-quota-increase --service-code ec2 --quota-code {QUOTAS['Spot']} "
            f"--desired-value {max(vcpus, 8)}`)"
        )
