"""What a job is to do: `submit` writes it, the job reads it, `jobs` shows it."""

import re
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from training.cloud.s3_folders import Place
from training.config import OrganiseConfig, TrainConfig
from training.errors import TrainingError

SPEC: Final = "spec"
"""The job definition's parameter that holds the JSON of a `JobSpec`."""

AGAIN: Final = 75
"""Exit code of a job that may go on elsewhere; the job definition tries it again."""

_SHA256: Final = r"^[0-9a-f]{64}$"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_ARRAY: Final = 2


class JobSpec(BaseModel):
    """One training, or one for each of several architectures.

    dataset: fingerprint of a set. weights: SHA-256 of a pushed file, for `config.weights`.
    photographs: fingerprint of a set of pictures that are no paintings, for the export.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    dataset: str = Field(pattern=_SHA256)
    kind: Literal["dataset", "raw"] = "dataset"
    config: TrainConfig
    is_precision_given: bool = False
    architectures: tuple[str, ...] = ()
    organise: OrganiseConfig = OrganiseConfig()
    weights: str | None = Field(default=None, pattern=_SHA256)
    photographs: str | None = Field(default=None, pattern=_SHA256)
    note: str = ""

    @field_validator("run")
    @classmethod
    def _fits_into_a_key(cls, run: str) -> str:
        if not _NAME.fullmatch(run):
            raise ValueError(
                "a run's name has small letters, digits and hyphens, 60 at most, and begins with "
                "a letter or digit"
            )
        return run

    @field_validator("architectures")
    @classmethod
    def _are_several(cls, architectures: tuple[str, ...]) -> tuple[str, ...]:
        if architectures and len(architectures) < _ARRAY:
            raise ValueError("a comparison has two architectures or more")
        return architectures

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs; of a comparison, in the order of its jobs."""
        return tuple(f"{self.run}-{name}" for name in self.architectures) or (self.run,)

    @property
    def jobs(self) -> tuple["JobSpec", ...]:
        """What each job does; the only one, where there is no comparison."""
        if not self.architectures:
            return (self,)
        return tuple(self.of(index) for index in range(len(self.architectures)))

    def of(self, index: int | None) -> "JobSpec":
        """Return what the job with this index of an array does; of a single one, index is None.

        Raises:
            TrainingError: the index does not fit the comparison.
        """
        if not self.architectures:
            return self
        if index is None or not 0 <= index < len(self.architectures):
            last = len(self.architectures) - 1
            raise TrainingError(f"index {index} of {self.run}: expected 0 to {last}")
        return self.model_copy(
            update={
                "run": self.runs[index],
                "config": self.config.model_copy(
                    update={"architecture": self.architectures[index]}
                ),
                "architectures": (),
            }
        )

    def config_on(self, *, has_gpu: bool, weights: Path | None) -> TrainConfig:
        """Return the options for the machine of the job.

        A GPU computes half as wide numbers twice as fast, so that is what it gets where nobody
        asked for a precision.
        """
        changes: dict[str, object] = {}
        if has_gpu and not self.is_precision_given:
            changes["precision"] = "mixed_float16"
        if weights is not None:
            changes["weights"] = weights
        return self.config.model_copy(update=changes)


def run_place(bucket: str, run: str) -> Place:
    """Return where a finished run is."""
    return Place(bucket, f"runs/{run}")


def checkpoint_place(bucket: str, run: str) -> Place:
    """Return where the checkpoints of a run are; they go by the bucket's own rule."""
    return Place(bucket, f"checkpoints/{run}")
