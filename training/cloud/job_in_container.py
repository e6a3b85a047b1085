"""What the container runs: a dataset out of the cloud -> a run folder in the cloud.

It may be ended at any moment, by SIGTERM, by SIGKILL or with its machine: the same job started
again goes on after the last epoch whose checkpoint is in S3 and ends with the same run. Only a run
that is whole is in its place there, with its marker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tenacity

from training.catalogue.source import read_source
from training.cloud.aws import CloudError, client
from training.cloud.checkpoints import Checkpoints
from training.cloud.interruption import SpotNotice, end_process, watching
from training.cloud.job_spec import AGAIN, JobSpec, checkpoint_place, run_place
from training.cloud.pushed_datasets import fetch_file, fetch_set
from training.cloud.s3_folders import Place, find_listing, put_folder
from training.cloud.time_limit import ending_after, seconds_left
from training.dataset.dataset_folder import load_dataset
from training.dataset.organise import organise
from training.errors import TrainingError
from training.evaluation.evaluate import evaluate
from training.model_folder.export import export
from training.runs.devices import describe, has_gpu
from training.runs.train import train

MODEL_FOLDER: Final = "model"
"""of a run folder: what `export` made of it"""

# of the 30 s between SIGTERM and SIGKILL
_LAST_WORDS_S: Final = 12
# S3 may be away for so long at the end of hours of training
_PATIENCE_S: Final = 30 * 60

_Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a job runs: names of buckets, a folder of its own, and who tells about the machine.

    job: its id, the same in each attempt. limit_h: what all of them may take together.
    """

    datasets: str
    runs: str
    work: Path
    metadata: str
    job: str
    limit_h: float


def run_job(spec: JobSpec, around: Surroundings, tell: _Tell) -> Place:
    """Train, evaluate, export and put the run into the cloud; return where it is.

    Raises:
        TrainingError: as for the steps. CloudError, where AWS failed.
    """
    s3 = client("s3")
    place = run_place(around.runs, spec.run)
    if find_listing(s3, place) is not None:
        tell(f"the run {spec.run} is there already")
        return place
    run = around.work / "runs" / spec.run
    checkpoints = Checkpoints(s3, checkpoint_place(around.runs, spec.run), run, tell)
    notice = SpotNotice(around.metadata)
    left_s = seconds_left(s3, around.runs, around.job, hours=around.limit_h)
    if left_s <= 0:
        raise TrainingError(_time_is_up(around.limit_h))
    with (
        watching(lambda why: _leave(why, checkpoints, tell), notice=notice.is_there),
        ending_after(left_s, lambda: _give_up(around.limit_h, checkpoints, tell)),
    ):
        dataset = _dataset(s3, spec, around, tell)
        _train(s3, spec, around, dataset, run, checkpoints, tell)
        problem = _measure(s3, spec, around, dataset, run, tell)
        tell(f"put the run into {place}")
        _patiently(lambda: put_folder(s3, run, place))
    if problem is not None:
        raise TrainingError(f"the run is in {place}, but without a model: {problem}")
    return place


def _dataset(s3: Any, spec: JobSpec, around: Surroundings, tell: _Tell) -> Path:
    tell(f"fetch the dataset {spec.dataset[:12]}")
    fetched = around.work / spec.kind
    fetch_set(s3, around.datasets, spec.dataset, fetched)
    if spec.kind == "dataset":
        return fetched
    tell(f"organise at {spec.organise.size_px} px")
    organise(fetched, around.work / "dataset", spec.organise)
    return around.work / "dataset"


def _train(
    s3: Any,
    spec: JobSpec,
    around: Surroundings,
    dataset: Path,
    run: Path,
    checkpoints: Checkpoints,
    tell: _Tell,
) -> None:
    if (run / "run.json").is_file():
        return
    config = spec.config_on(has_gpu=has_gpu(), weights=_weights(s3, spec, around))
    done = checkpoints.restore()
    tell(f"train {spec.run} on {describe()} in {config.precision}, from epoch {done + 1} on")
    train(dataset, run, config, note=spec.note, after_epoch=checkpoints.keep)
    checkpoints.close()


def _weights(s3: Any, spec: JobSpec, around: Surroundings) -> Path | None:
    if spec.weights is None:
        return None
    path = around.work / f"{spec.weights}.weights.h5"
    fetch_file(s3, around.datasets, spec.weights, path)
    return path


def _measure(
    s3: Any, spec: JobSpec, around: Surroundings, dataset: Path, run: Path, tell: _Tell
) -> TrainingError | None:
    """Evaluate and export; return why there is no model. The run is worth keeping even so."""
    tell(f"evaluate on the lists of {load_dataset(dataset).pictures} pictures")
    evaluate(dataset, run)
    photographs = None
    if spec.photographs is not None:
        photographs = around.work / "photographs"
        fetch_set(s3, around.datasets, spec.photographs, photographs)
    tell("export")
    raw = around.work / "raw" if spec.kind == "raw" else None
    if raw and not read_source(raw).works:
        tell("no work names its artist and title: the model will find no similar works")
        raw = None
    try:
        export(
            dataset,
            run,
            run / MODEL_FOLDER,
            photographs=photographs,
            works=raw,
            is_replacing=True,
        )
    except TrainingError as error:
        return error
    return None


def _patiently(send: Callable[[], object]) -> None:
    """Try until S3 is back, or for half an hour: the hours before are worth it."""
    tenacity.Retrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, CloudError) and error.is_passing
        ),
        wait=tenacity.wait_exponential(min=1, max=60),
        stop=tenacity.stop_after_delay(_PATIENCE_S),
        reraise=True,
    )(send)


def _time_is_up(hours: float) -> str:
    return (
        f"the job has taken its {hours:g} hours, all attempts together: `submit` with the same "
        "--name goes on after the last whole epoch"
    )


def _give_up(hours: float, checkpoints: Checkpoints, tell: _Tell) -> None:
    """Say that the time is up, let the last checkpoint arrive, and end for good."""
    try:
        tell(_time_is_up(hours))
        checkpoints.settle(_LAST_WORDS_S)
    finally:
        end_process(1)


def _leave(why: str, checkpoints: Checkpoints, tell: _Tell) -> None:
    """Say what happened, let the last checkpoint arrive, and end in the way that is tried again."""
    try:
        tell(f"{why}: the next attempt goes on after the last whole epoch")
        checkpoints.settle(_LAST_WORDS_S)
    finally:
        end_process(AGAIN)
