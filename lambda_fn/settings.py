"""Every environment variable that the service reads; made once, by the entry point."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from lambda_fn.model import Runtime, load_model
from lambda_fn.model_in_s3 import SCHEME, S3Place, fetch_model
from lambda_fn.runtime import StyleModel

_HERE = Path(__file__).parent


# a Lambda function has one CPU for so much memory, and sees two of which it gets a share
_MIB_PER_CPU = 1769


def _usable_cpus() -> int:
    """Return how many CPUs this process may use, at most 4: more do not help one picture.

    Threads beyond the share of a Lambda function would only wait for each other, and spend it.
    """
    memory_mib = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 0))
    if memory_mib:
        return min(max(memory_mib // _MIB_PER_CPU, 1), 4)
    return min(len(os.sched_getaffinity(0)), 4) if hasattr(os, "sched_getaffinity") else 2


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _require_mongodb(uri: SecretStr | None) -> SecretStr | None:
    if uri and not uri.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("it must begin with mongodb:// or mongodb+srv://")
    return uri


def _to_place(value: object) -> object:
    return S3Place.parse(value) if isinstance(value, str) and value.startswith(SCHEME) else value


_Empty = BeforeValidator(_none_if_empty)
OptionalSecret = Annotated[SecretStr | None, _Empty]
OptionalName = Annotated[str | None, _Empty]
OptionalPlace = Annotated[S3Place | None, NoDecode, BeforeValidator(_to_place), _Empty]
ModelPlace = Annotated[Path | S3Place, NoDecode, BeforeValidator(_to_place)]


class Settings(BaseSettings):
    """The service's settings; each is read from ARTSTYLE_ and its name in capitals."""

    # what is wrong with a secret is said without the secret
    model_config = SettingsConfigDict(
        env_prefix="ARTSTYLE_", frozen=True, hide_input_in_errors=True
    )

    model: ModelPlace = Field(
        default=_HERE / "release",
        description="Model folder, as `python -m training export` writes it, or the address of one "
        "in S3, `s3://BUCKET/models/ID`, as `promote` leaves it there.",
    )
    history: OptionalPlace = Field(
        default=None,
        description="Address in S3 of the history of live models, which `GET /v1/model` shows; "
        "without it none is shown.",
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
    uploads_bucket: OptionalName = Field(
        default=None,
        description="S3 bucket for originals too large for a request; without one none are taken.",
    )
    max_upload_bytes: int = Field(
        default=30_000_000, ge=1_000, description="Largest original in that bucket, in bytes."
    )
    web: Path | None = Field(
        default=None, description="Folder of the page to serve at `/`; without it only the API."
    )
    catalogue: Path = Field(
        default=_HERE / "catalogue" / "starter.sqlite",
        description="SQLite file of works; not read where MongoDB is set.",
    )
    neighbours: Annotated[Path | None, _Empty] = Field(
        default=None,
        description="Embeddings of the catalogue's works, as `python -m training embed "
        "--neighbours` writes them; by default those in the model folder.",
    )
    mongodb_uri: Annotated[OptionalSecret, AfterValidator(_require_mongodb)] = Field(
        default=None, description="Address of a MongoDB with the works, for one without secrets."
    )
    mongodb_secret: OptionalName = Field(
        default=None,
        description="ARN or name of the secret in AWS Secrets Manager that holds this address, as "
        'text or as JSON with `"uri"`; it takes precedence over an address.',
    )
    feedback: Annotated[Path | None, _Empty] = Field(
        default=None,
        description="SQLite file that keeps feedback; empty: none is kept. Where MongoDB is set "
        "and this is not, MongoDB keeps it.",
    )
    token_secret: OptionalSecret = Field(
        default=None,
        description="What signs the tokens of answers; without one they end with the process.",
    )
    token_secret_arn: OptionalName = Field(
        default=None,
        description="ARN or name of the secret in AWS Secrets Manager that signs them, as text or "
        'as JSON with `"secret"`; it takes precedence over one given here.',
    )

    @property
    def has_mongodb(self) -> bool:
        """Whether the works come from a MongoDB."""
        return self.mongodb_uri is not None or self.mongodb_secret is not None

    @property
    def model_folder(self) -> Path:
        """The model's folder on this machine; one in S3 is there once it was loaded."""
        return self.model.local if isinstance(self.model, S3Place) else self.model

    def load_model(self) -> StyleModel:
        """Load the model that they name; one in S3 is fetched first.

        Raises:
            ModelError: why it cannot be loaded.
        """
        if isinstance(self.model, S3Place):
            fetch_model(self.model)
        return load_model(self.model_folder, runtime=self.runtime, threads=self.threads)

    def is_named(self, name: str) -> bool:
        """Return whether somebody has set this setting, if only to its default or to nothing."""
        return name in self.model_fields_set
