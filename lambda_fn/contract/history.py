"""Which model was live when, and why: `history.json` beside the model folders in S3.

A folder never changes after it is written, and going back is history, too: so it is one object of
its own, which `promote` and `rollback` write and the service shows.
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from lambda_fn.contract.manifest import Share

HISTORY_FILE: Final = "history.json"
MODELS_PREFIX: Final = "models/"
"""before the ids of the folders, and before the history"""


class _Frozen(BaseModel):
    # ignored: a service that is older than the last promotion must still read it
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class ChangeFigures(_Frozen):
    """What the gate measured, on the same test pictures."""

    pictures: int = Field(gt=0)
    top1: Share
    macro_f1: Share
    macro_f1_before: Share = Field(description="of the model that was live until then")


class ModelChange(_Frozen):
    """One change of the live model."""

    at: datetime
    kind: Literal["promoted", "rolled back"]
    model: str = Field(description="id of the model that is live since then")
    forced: tuple[str, ...] = Field((), description="what the gate refused it for")
    figures: ChangeFigures | None = Field(None, description="none where it was rolled back")


class RecordedChange(ModelChange):
    """A change with what only those need who make the next one; the service does not show it."""

    address: str = Field(description="of the model that is live since then")
    previous: str = Field(description="address of the one before")
    previous_model: str = Field(description="its id")
    by: str = Field(description="who made it, as AWS calls them")
    state: Literal["begun", "live", "given up"]


class ModelHistory(_Frozen):
    """All changes, the oldest first."""

    changes: tuple[RecordedChange, ...] = ()

    @property
    def open(self) -> RecordedChange | None:
        """The change that was begun and has not come to its end."""
        last = self.changes[-1] if self.changes else None
        return last if last is not None and last.state == "begun" else None

    @property
    def live(self) -> list[ModelChange]:
        """The changes that came to an end, without what only their makers need."""
        names = set(ModelChange.model_fields)
        return [
            ModelChange.model_validate(one.model_dump(include=names))
            for one in self.changes
            if one.state == "live"
        ]
