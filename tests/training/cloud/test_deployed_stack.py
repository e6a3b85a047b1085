"""The stack is found by its name, and whoever cannot find it is told why."""

from pathlib import Path

import pytest

from tests.training.cloud.conftest import VALUES, make_stack
from training.cloud.deployed_stack import OUTPUTS, Stack, find_stack
from training.cloud.jobs import list_jobs
from training.config import DEFAULT_STACK
from training.errors import TrainingError


def test_a_stack_tells_its_outputs(stack: Stack) -> None:
    assert stack == Stack(name=DEFAULT_STACK, **VALUES)


def test_another_stack_is_found_by_its_name(aws: str) -> None:
    make_stack("style-your-art-prod", **VALUES)

    found = find_stack("style-your-art-prod")

    assert found.name == "style-your-art-prod"


def test_without_machines_for_training_there_is_still_a_service(aws: str) -> None:
    make_stack(**{name: VALUES[name] for name in OUTPUTS})

    found = find_stack()

    assert found.function == VALUES["function"]
    with pytest.raises(TrainingError, match=r"no machines for training: .*has_training=true"):
        list_jobs(found)


def test_a_stack_that_is_not_there_is_named_with_its_region(aws: str) -> None:
    with pytest.raises(TrainingError, match=r"no stack nowhere in eu-west-1: deploy it"):
        find_stack("nowhere")


def test_a_stack_of_another_version_is_refused(aws: str) -> None:
    make_stack(**{name: value for name, value in VALUES.items() if name != "queue"})

    with pytest.raises(TrainingError, match=r"no output JobQueue: .* deploy it again"):
        find_stack()


def test_who_has_no_credentials_is_told_to_sign_in(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(TrainingError, match="sign in first"):
        find_stack()


def test_who_has_no_region_is_told_to_set_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(TrainingError, match="no region is set"):
        find_stack()


def test_the_region_is_the_one_of_awss_other_tools(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    with pytest.raises(TrainingError, match=r"no stack style-your-art-dev in eu-central-1"):
        find_stack()


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(TrainingError, match=r"nobody.*AWS_PROFILE"):
        find_stack()
