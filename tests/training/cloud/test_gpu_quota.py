"""An account without room for a GPU is told so before anything is sent."""

from typing import Any

import boto3
import pytest

from infra.preflight import GPU_QUOTAS
from training.cloud.gpu_quota import QUOTAS, require_gpu_quota
from training.errors import TrainingError


class Quotas:
    """Stands in for the Service Quotas, which moto does not tell of EC2."""

    def __init__(self, spot: float, on_demand: float) -> None:
        self._values = dict(zip(QUOTAS.values(), (spot, on_demand), strict=True))

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:
        assert ServiceCode == "ec2"
        return {"Quota": {"Value": self._values[QuotaCode]}}


@pytest.mark.parametrize("quotas", [Quotas(8, 0), Quotas(0, 4), Quotas(4, 4)])
def test_room_for_one_machine_of_either_kind_is_enough(quotas: Quotas) -> None:
    require_gpu_quota(quotas, vcpus=4)


@pytest.mark.parametrize(
    ("quotas", "vcpus", "told"),
    [(Quotas(0, 0), 4, "0 vCPUs"), (Quotas(8, 4), 16, "8 vCPUs .* needs 16")],
)
def test_without_room_it_says_how_to_ask_for_it(quotas: Quotas, vcpus: int, told: str) -> None:
    with pytest.raises(TrainingError, match=told) as caught:
        require_gpu_quota(quotas, vcpus=vcpus)

    assert f"--quota-code {QUOTAS['Spot']}" in str(caught.value)


def test_who_may_not_ask_is_let_through(aws: str) -> None:
    require_gpu_quota(boto3.client("service-quotas"), vcpus=4)  # moto knows none


def test_a_deploy_looks_at_the_same_quotas() -> None:
    assert GPU_QUOTAS == QUOTAS
