"""Settings come from ARTSTYLE_ variables and nowhere else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from lambda_fn.settings import Settings


def test_defaults_serve_the_released_model() -> None:
    settings = Settings()

    assert settings.model.name == "release"
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
