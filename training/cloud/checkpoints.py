"""A run that is under way <-> S3: after every epoch all that is needed to go on elsewhere.

    s3://RUNS/checkpoints/RUN/0/, 1/       two folders, written in turn
    s3://RUNS/checkpoints/RUN/latest.json  which of them is the latest whole one; written last

So the last checkpoint stays untouched until the next one is whole. Files are sent by a thread while
the next epoch is trained; they are taken at the end of the epoch by links, which cost no time, as
`train` writes its files anew and never changes one. The curves of TensorBoard alone grow in place,
so they are copied.
"""

import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.cloud.aws import CloudError
from training.cloud.s3_folders import Place, fetch_folder, put_folder, read_object, write_object
from training.errors import TrainingError
from training.runs.run_folder import epochs_done

_LATEST: Final = "latest.json"
_SLOTS: Final = 2
_LINKED: Final = (".keras", ".npz")


class _Latest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    slot: int = Field(ge=0, lt=_SLOTS)
    epoch: int


@dataclass(frozen=True, slots=True)
class _Sending:
    """What is on its way: a folder of links, gone when it has arrived."""

    taken: Path
    epoch: int
    sent: Future[None]

    @property
    def has_failed(self) -> bool:
        return self.sent.done() and self.sent.exception() is not None


class Checkpoints:
    """Keeps the run folder `run` in S3. tell: is called with a line when something happened."""

    def __init__(self, s3: Any, place: Place, run: Path, tell: Callable[[str], None]) -> None:
        self._s3, self._place, self._run, self._tell = s3, place, run, tell
        self._slot = 0
        self._sender = ThreadPoolExecutor(1, "checkpoints")
        self._newest: _Sending | None = None

    def restore(self) -> int:
        """Fetch the latest checkpoint into the run folder, and return after which epoch it is.

        Raises:
            CloudError: S3 failed.
        """
        if (self._run / "plan.json").is_file():
            return epochs_done(self._run)  # the same disk as before
        latest = self._find_latest()
        if latest is None:
            return 0
        self._slot = (latest.slot + 1) % _SLOTS
        try:
            fetch_folder(self._s3, self._slot_place(latest.slot), self._run)
        except CloudError:
            raise
        except TrainingError as error:
            self._tell(f"the checkpoint cannot be used, so that the run begins anew: {error}")
            return 0
        return latest.epoch

    def keep(self) -> None:
        """Take the run folder as it is and send it, while the caller goes on.

        One that still waits is passed over: the newest is all that matters.
        """
        epoch = epochs_done(self._run)
        taken = self._run.with_name(f".{self._run.name}.epoch-{epoch}")
        _take(self._run, taken)
        former = self._newest
        if former is not None and (former.sent.cancel() or former.has_failed):
            shutil.rmtree(former.taken, ignore_errors=True)
        self._newest = self._begin(taken, epoch)

    def settle(self, timeout_s: float) -> bool:
        """Wait until what was taken last is in S3; return whether it is.

        What S3 refused is sent once more.
        """
        newest = self._newest
        if newest is None:
            return True
        wait([newest.sent], timeout_s)
        if newest.has_failed:
            newest = self._begin(newest.taken, newest.epoch)
            wait([newest.sent], timeout_s)
        return newest.sent.done() and not newest.has_failed

    def close(self) -> None:
        """Send no more."""
        self._sender.shutdown(wait=True, cancel_futures=True)

    def _begin(self, taken: Path, epoch: int) -> _Sending:
        return _Sending(taken, epoch, self._sender.submit(self._send, taken, epoch))

    def _send(self, taken: Path, epoch: int) -> None:
        try:
            put_folder(self._s3, taken, self._slot_place(self._slot), is_replacing=True)
            latest = _Latest(slot=self._slot, epoch=epoch)
            key = self._place.key(_LATEST)
            write_object(self._s3, self._place.bucket, key, latest.model_dump_json().encode())
        except TrainingError as error:
            # the training goes on: the next epoch brings another try
            self._tell(f"the checkpoint of epoch {epoch} was not sent: {error}")
            raise
        shutil.rmtree(taken)
        self._slot = (self._slot + 1) % _SLOTS
        self._tell(f"the checkpoint of epoch {epoch} is in {self._place}")

    def _find_latest(self) -> _Latest | None:
        data = read_object(self._s3, self._place.bucket, self._place.key(_LATEST))
        if data is None:
            return None
        try:
            return _Latest.model_validate_json(data)
        except ValidationError:
            self._tell(f"{self._place}/{_LATEST} is damaged, so that the run begins anew")
            return None

    def _slot_place(self, slot: int) -> Place:
        return Place(self._place.bucket, self._place.key(str(slot)))


def _take(run: Path, taken: Path) -> None:
    shutil.rmtree(taken, ignore_errors=True)
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run)
        if not path.is_file() or any(part.startswith(".") for part in name.parts):
            continue
        target = taken / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in _LINKED:
            target.hardlink_to(path)
        else:
            shutil.copyfile(path, target)
