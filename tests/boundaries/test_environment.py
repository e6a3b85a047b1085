"""The stack sets what the service reads: every variable that it needs, and none that it ignores."""

import json
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from lambda_fn import cloudwatch as telemetry
from lambda_fn.settings import Settings
from tests.infra.conftest import dev, full
from tests.infra.synthesis import Synthesis

__all__ = ["dev", "full"]

READ = {f"ARTSTYLE_{name.upper()}": field for name, field in Settings.model_fields.items()}
NEEDED = {
    # the model is no longer the one inside the image once another is promoted
    "ARTSTYLE_MODEL",
    # what Lambda takes is less than what the service takes at home
    "ARTSTYLE_MAX_BODY_BYTES",
    # and what is larger needs a place of its own
    "ARTSTYLE_UPLOADS_BUCKET",
    # what was live before is kept beside the models
    "ARTSTYLE_HISTORY",
} | {
    name
    for name, field in READ.items()
    if field.default is PydanticUndefined and field.default_factory is None
}
OF_A_DATABASE = {"ARTSTYLE_MONGODB_SECRET", "ARTSTYLE_TOKEN_SECRET_ARN"}


def _with_names(value: Any) -> str:
    """Return a value as CloudFormation makes it; what it only knows then is called `made-up`."""
    if isinstance(value, dict) and "Fn::Join" in value:
        glue, parts = value["Fn::Join"]
        return str(glue).join(map(_with_names, parts))
    return value if isinstance(value, str) else "made-up"


def variables(stage: Synthesis) -> dict[str, Any]:
    """Return what the function of the service finds in its environment."""
    function = stage.one("AWS::Lambda::Function", "ServiceFunction")
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def test_the_stack_sets_what_the_service_needs_and_nothing_else(dev: Synthesis) -> None:
    assert set(variables(dev)) == NEEDED


def test_with_a_database_it_sets_where_its_secret_is(full: Synthesis) -> None:
    assert set(variables(full)) == NEEDED | OF_A_DATABASE


def test_the_dashboard_shows_metrics_that_the_service_writes(dev: Synthesis) -> None:
    parts = dev.one("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(part if isinstance(part, str) else "made-up" for part in parts))
    shown = [metric for one in body["widgets"] for metric in one["properties"]["metrics"]]

    of_service = [one for one in shown if not one[0].startswith("AWS/")]

    assert {one[0] for one in of_service} == {telemetry.NAMESPACE}
    assert {one[1] for one in of_service} < set(telemetry.METRICS)
    assert all(one[-2:] == ["service", telemetry.SERVICE] for one in of_service)


@pytest.mark.parametrize("stage", ["dev", "full"])
def test_the_service_reads_every_variable_that_the_stack_sets(
    request: pytest.FixtureRequest, stage: str
) -> None:
    assert set(variables(request.getfixturevalue(stage))) <= set(READ)


def test_the_service_takes_the_values_that_the_stack_sets(
    full: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(full).items():
        monkeypatch.setenv(name, _with_names(value))

    settings = Settings()

    assert settings.max_body_bytes == 4_500_000
    assert settings.has_mongodb
