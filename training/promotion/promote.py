"""A model goes live, or the one before it again; only one change at a time.

    1. see which model is live (live.py) and hold the new one against it (gate.py)
    2. write into the history that it begins (history.py): of two who get here, one goes on
    3. put the folder to `s3://MODELS/models/ID/`, whole or absent; an id is never reused
    4. move settings, parameter and alias, after the new version has answered (live.py)
    5. write into the history that it is live, or that it was given up

The history holds who, when, which, the figures of the gate, and what it was forced against. It is
an object beside the folders: they never change after they are written, and going back is history,
too, of a folder that was written long before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from lambda_fn.contract.history import MODELS_PREFIX, ModelHistory, RecordedChange
from lambda_fn.contract.manifest import MANIFEST_FILE, MODEL_FILE, ModelManifest
from lambda_fn.model import load_model
from lambda_fn.runtime import ModelError
from training.cloud.aws import clear_cloud_errors, client
from training.cloud.deployed_stack import Stack
from training.cloud.s3_folders import Place, fetch_folder, put_folder
from training.errors import TrainingError
from training.promotion.live_model import (
    HalfMovedError,
    LiveModel,
    go_live,
    golden_trial,
    is_in_s3,
    read_live,
)
from training.promotion.model_history import (
    Known,
    read_history,
    refuse_if_open,
    with_open,
    write_history,
)

if TYPE_CHECKING:
    from training.promotion.gate_bounds import Verdict  # imports what a rollback does not need

RELEASE: Final = Path(__file__).parents[2] / "lambda_fn" / "release"
Gate = Callable[[Path, Path], "Verdict"]
"""Holds a candidate's folder against the live model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the one who promotes or rolls back wants.

    is_forced: go on although the gate refuses. is_taking_over: a change that was begun was broken
    off. may_go_on: is asked before anything is changed, with a line that says what.
    """

    is_forced: bool = False
    is_taking_over: bool = False
    may_go_on: Callable[[str], None] = field(default=lambda _: None)


_NONE: Final = Wishes()


@dataclass(frozen=True, slots=True)
class Moved:
    """What is live now, what was before, and the version of the function that answers."""

    model: str
    before: str
    version: str


def find_model(path: Path) -> Path:
    """Return the model folder at a path: itself, or `model` in a run folder.

    Raises:
        TrainingError: there is none.
    """
    for folder in (path, path / "model"):
        if (folder / MANIFEST_FILE).is_file() and (folder / MODEL_FILE).is_file():
            return folder
    raise TrainingError(
        f"{path} is no model folder, and has none called `model`: run `python -m training export "
        f"DATASET {path} {path / 'model'}` first"
    )


def promote(folder: Path, stack: Stack, gate: Gate, *, wishes: Wishes = _NONE) -> Moved:
    """Put a model folder live if the gate lets it through.

    Raises:
        TrainingError: why it is not live; all is as before then.
    """
    s3 = client("s3")
    manifest = _load_manifest(folder)
    known = read_history(s3, stack.models)
    if not wishes.is_taking_over:
        refuse_if_open(known)
    live = read_live(stack)
    if manifest.id == live.model:
        return _finish(folder, stack, s3, known)
    with _live_folder(s3, live) as before:
        verdict = gate(folder, before)
    if verdict.reasons and not wishes.is_forced:
        raise TrainingError(
            f"the gate refuses {manifest.id}: {'; '.join(verdict.reasons)}. Train a better one, or "
            "give --force, which writes this into its history"
        )
    wishes.may_go_on(f"{manifest.id} takes the place of {live.model} for all visitors at once")
    change = _promotion(manifest.id, stack, live, verdict)
    closed = known.history if known.open is None else with_open(known.history, state="given up")
    begun = ModelHistory(changes=(*closed.changes, change))
    return _carry_out(folder, stack, s3, write_history(s3, stack.models, known, begun))


def _promotion(model: str, stack: Stack, live: LiveModel, verdict: "Verdict") -> RecordedChange:
    return RecordedChange(
        at=datetime.now(UTC),
        kind="promoted",
        model=model,
        forced=verdict.reasons,
        figures=verdict.figures,
        address=str(Place(stack.models, MODELS_PREFIX + model)),
        previous=live.address,
        previous_model=live.model,
        by=_who(),
        state="begun",
    )


def _finish(folder: Path, stack: Stack, s3: Any, known: Known) -> Moved:
    """End a promotion that was broken off after the alias had moved; the gate was behind it."""
    change, model = known.open, _load_manifest(folder).id
    if change is None or change.model != model:
        raise TrainingError(f"{model} is live already")
    begun = with_open(known.history, at=datetime.now(UTC), by=_who())
    return _carry_out(folder, stack, s3, write_history(s3, stack.models, known, begun))


def _carry_out(folder: Path, stack: Stack, s3: Any, known: Known) -> Moved:
    """Do what the last change of the history says, and write down what came of it."""
    change = known.history.changes[-1]
    with _giving_up_on_failure(s3, stack, known):
        put_folder(s3, folder, Place.parse(change.address))
        now = go_live(stack, change.address, model=change.model, trial=golden_trial(folder))
    write_history(s3, stack.models, known, with_open(known.history, state="live"))
    return Moved(now.model, change.previous_model, now.version)


def roll_back(stack: Stack, *, wishes: Wishes = _NONE) -> Moved:
    """Let the model that was live before the last promotion answer again.

    A second time it goes back one more. Taking over a promotion that was broken off gives it up.

    Raises:
        TrainingError: nothing to go back to, or why it failed; all is as before then.
    """
    s3 = client("s3")
    known = read_history(s3, stack.models)
    if not wishes.is_taking_over:
        refuse_if_open(known)
    step = _step_back(known)
    wishes.may_go_on(f"{step.model} takes the place of {step.previous_model} again, at once")
    known = write_history(s3, stack.models, known, step.begun)
    with _giving_up_on_failure(s3, stack, known):
        # which model the image holds, a deploy may have changed since then
        now = go_live(stack, step.address, model=step.model if is_in_s3(step.address) else None)
    ended = {"state": step.end} | ({"model": now.model} if step.end == "live" else {})
    write_history(s3, stack.models, known, with_open(known.history, **ended))
    return Moved(now.model, step.previous_model, now.version)


@dataclass(frozen=True, slots=True)
class _Step:
    """Where a rollback leads, and what it writes before and after."""

    address: str
    model: str
    previous_model: str
    begun: ModelHistory
    end: str


def _step_back(known: Known) -> _Step:
    now, who = datetime.now(UTC), _who()
    if (change := known.open) is not None:
        begun = with_open(known.history, at=now, by=who)
        if change.kind == "rolled back":
            return _Step(change.address, change.model, change.previous_model, begun, "live")
        return _Step(change.previous, change.previous_model, change.model, begun, "given up")
    promoted = _promotions(known.history)
    if not promoted:
        raise TrainingError(
            "there is nothing to roll back: no promotion is live. The model inside the image comes "
            "with the code; check out an older commit and deploy that"
        )
    last = promoted[-1]
    change = RecordedChange(
        at=now,
        kind="rolled back",
        model=last.previous_model,
        address=last.previous,
        previous=last.address,
        previous_model=last.model,
        by=who,
        state="begun",
    )
    begun = ModelHistory(changes=(*known.history.changes, change))
    return _Step(change.address, change.model, change.previous_model, begun, "live")


def _promotions(history: ModelHistory) -> list[RecordedChange]:
    """Return the promotions that no rollback has taken back, the oldest first."""
    standing: list[RecordedChange] = []
    for change in history.changes:
        if change.state == "live" and change.kind == "promoted":
            standing.append(change)
        elif change.state == "live" and standing:
            standing.pop()
    return standing


@contextmanager
def _giving_up_on_failure(s3: Any, stack: Stack, known: Known) -> Iterator[None]:
    """Write into the history that what was begun came to nothing, so that nobody waits for it."""
    try:
        yield
    except HalfMovedError:
        raise  # who goes on has to know
    except BaseException:
        write_history(s3, stack.models, known, with_open(known.history, state="given up"))
        raise


@contextmanager
def _live_folder(s3: Any, live: LiveModel) -> Iterator[Path]:
    """Yield the folder of the live model: fetched, or that of this checkout if it is in the image.

    Raises:
        TrainingError: the checkout holds another one.
    """
    if is_in_s3(live.address):
        with TemporaryDirectory() as name:
            folder = Path(name) / "live"
            fetch_folder(s3, Place.parse(live.address), folder)
            yield folder
        return
    found = _load_manifest(RELEASE).id
    if found != live.model:
        raise TrainingError(
            f"the model {live.model} is live, out of the image, but {RELEASE} holds {found}: check "
            "out the commit that was deployed, or deploy this one first"
        )
    yield RELEASE


def _load_manifest(folder: Path) -> ModelManifest:
    """Return the manifest of a folder that is whole and can be loaded."""
    try:
        return load_model(folder).manifest
    except ModelError as error:
        raise TrainingError(str(error)) from error


def _who() -> str:
    """Return who is asking AWS, by the name that AWS gives them."""
    with clear_cloud_errors("the account"):
        return str(client("sts").get_caller_identity()["Arn"])
