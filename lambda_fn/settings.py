"""Every environment variable that the service reads; made once, by the entry point."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lambda_fn.model import Runtime

_HERE = Path(__file__).parent


def _usable_cpus() -> int:
    """Return how many CPUs this process may use, at most 4: more do not help one picture."""
    return min(len(os.sched_getaffinity(0)), 4) if hasattr(os, "sched_getaffinity") else 2


class Settings(BaseSettings):
    """The service's settings; each is read from ARTSTYLE_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="ARTSTYLE_", frozen=True)

    model: Path = Field(
        default=_HERE / "release",
        description="Model folder, as `python -m training export` writes it.",
    )
    runtime: Runtime = Field(
        default="litert",
        description="`litert`, or `tensorflow` for a run folder with its Keras file.",
    )
    threads: int = Field(
        default_factory=_usable_cpus, ge=1, le=64, description="Threads of the inference runtime."
    )
    max_body_bytes: int = Field(
        default=30_000_000, ge=1_000, description="Largest request body, in bytes."
    )
    web: Path | None = Field(
        default=None, description="Folder of the page to serve at `/`; without it only the API."
    )
