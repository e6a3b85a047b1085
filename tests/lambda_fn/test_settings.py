"""Settings come from ARTSTYLE_ variables and nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from lambda_fn.settings import Settings

ROOT = Path(__file__).parents[2]


def test_defaults_serve_the_released_model() -> None:
    settings = Settings()

    assert settings.model_folder.name == "release"
    assert settings.runtime == "litert"
    assert settings.max_body_bytes == 30_000_000
    assert 1 <= settings.threads <= 4


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_variables_replace_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTSTYLE_MODEL", "elsewhere")
    monkeypatch.setenv("ARTSTYLE_MAX_BODY_BYTES", "4500000")

    settings = Settings()

    assert settings.model == Path("elsewhere")
    assert settings.max_body_bytes == 4_500_000


def test_an_impossible_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTSTYLE_THREADS", "0")

    with pytest.raises(ValidationError, match="threads"):
        Settings()


@pytest.mark.parametrize(
    ("memory_mib", "threads"), [(512, 1), (1769, 1), (3008, 1), (3538, 2), (10_240, 4)]
)
def test_a_function_uses_as_many_threads_as_its_memory_has_cpus(
    monkeypatch: pytest.MonkeyPatch, memory_mib: int, threads: int
) -> None:
    monkeypatch.delenv("ARTSTYLE_THREADS", raising=False)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str(memory_mib))

    assert Settings().threads == threads


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("MONGODB_URI", "MONGODB_SECRET", "FEEDBACK", "TOKEN_SECRET", "TOKEN_SECRET_ARN")
    for name in names:
        monkeypatch.setenv(f"ARTSTYLE_{name}", "")

    settings = Settings()

    assert {getattr(settings, name.lower()) for name in names} == {None}
    assert not settings.has_mongodb
    assert settings.is_named("feedback")


@pytest.mark.parametrize("name", ["MONGODB_URI", "TOKEN_SECRET"])
def test_a_secret_shows_itself_nowhere(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"ARTSTYLE_{name}", "mongodb://visitor:hunter2@127.0.0.1")

    assert "hunter2" not in repr(Settings())


def test_a_wrong_address_is_refused_without_being_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTSTYLE_MONGODB_URI", "visitor:hunter2@127.0.0.1")

    with pytest.raises(ValidationError, match="must begin with mongodb://") as caught:
        Settings()

    assert "hunter2" not in str(caught.value)


def test_settings_of_the_shell_reach_no_test() -> None:
    # the handler is a fixture of its module, and thus made before those of a single test
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "guide"]
    stray = os.environ | {"ARTSTYLE_MODEL": "/nowhere"}

    result = subprocess.run(
        [*command, "tests/lambda_fn/test_handler.py"],
        cwd=ROOT,
        env=stray,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout
