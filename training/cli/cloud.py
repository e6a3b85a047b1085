"""The commands for training in the cloud: push, submit, jobs, logs, cancel, pull, job."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.cli.failures import one_clear_line, quiet_import
from training.cli.recipe_options import (
    RecipeName,
    RepeatedRun,
    Settings,
    SplitName,
    Weights,
    config_of,
)
from training.cli.shared_options import RunName, StackName, Yes
from training.config import DEFAULT_STACK, OrganiseConfig, Split, TrainConfig
from training.errors import TrainingError

_ORGANISE = OrganiseConfig()
_WIDE = 200  # columns of a table that no terminal shows

InCloud = Annotated[
    str,
    typer.Argument(
        help="Dataset or raw folder that was pushed, or the beginning of its fingerprint."
    ),
]
_Index = Annotated[int | None, typer.Option(envvar="AWS_BATCH_JOB_ARRAY_INDEX", min=0)]
_METADATA = "http://169.254.169.254"


def push(
    dataset: Annotated[
        Path, typer.Argument(help="Dataset folder, or a raw one to organise there.")
    ],
    stack: StackName = DEFAULT_STACK,
    yes: Yes = False,
) -> None:
    """Put a dataset into the cloud: what is there already is not sent again."""
    with one_clear_line():
        from training.cloud.aws import client
        from training.cloud.deployed_stack import find_stack
        from training.cloud.job_costs import storage_line
        from training.cloud.pushed_datasets import plan_push, push_set

        bucket, s3 = find_stack(stack).datasets, client("s3")
        plan = plan_push(s3, bucket, dataset)
        if plan.missing:
            _agree(f"this sends {len(plan.missing)} files of {storage_line(plan.size)}", is_yes=yes)
        push_set(s3, bucket, plan)
    pushed = plan.pushed
    typer.echo(
        f"{dataset} is in the cloud as {pushed.fingerprint[:12]}: {len(pushed.listing.files)} "
        f"files, {len(plan.missing)} of them sent"
    )


def submit(
    dataset: InCloud,
    recipe: RecipeName = None,
    from_: RepeatedRun = None,
    set_: Settings = None,
    weights: Weights = None,
    split: SplitName = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; architecture and time by default.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Train all five architectures, a job for each.")
    ] = False,
    photographs: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures that are no paintings, for the model to refuse."),
    ] = None,
    size: Annotated[
        int, typer.Option(help="Of a raw folder: side of the squares to train on.")
    ] = _ORGANISE.size_px,
    min_pictures: Annotated[
        int, typer.Option(help="Of a raw folder: styles with fewer pictures stay out.")
    ] = _ORGANISE.min_pictures_per_style,
    gpus: Annotated[int, typer.Option(min=1, max=8, help="Of one machine, for each job.")] = 1,
    note: Annotated[str, typer.Option(help="A remark to keep with the run.")] = "",
    stack: StackName = DEFAULT_STACK,
    yes: Yes = False,
) -> None:
    """Train in the cloud: says what it will cost, asks, and starts a job that needs nobody."""
    with one_clear_line():
        from training.cloud.deployed_stack import find_stack
        from training.cloud.submit import Wish
        from training.cloud.submit import submit as step

        config = config_of(
            recipe=recipe,
            repeated=_options_of(from_, dataset),
            settings=set_ or (),
            weights=weights,
            split=split,
        )
        wish = Wish(
            dataset=dataset,
            config=config,
            is_precision_given="precision" in config.model_fields_set,
            is_comparison=compare,
            organise=_organise_options(size, min_pictures, config),
            photographs=photographs,
            name=name,
            note=note,
            gpus=gpus,
        )
        spec, _ = step(find_stack(stack), wish, agree=lambda line: _agree(line, is_yes=yes))
    typer.echo(
        f"{', '.join(spec.runs)} submitted: `python -m training jobs` says how far, `python -m "
        f"training logs {spec.runs[0]} --follow` what happens, `python -m training pull "
        f"{spec.runs[0]}` brings it"
    )


def _organise_options(size_px: int, min_pictures: int, config: TrainConfig) -> OrganiseConfig:
    made = {one.value for one in Split}
    splits = (Split(config.split),) if config.split in made else _ORGANISE.splits
    return OrganiseConfig(size_px=size_px, min_pictures_per_style=min_pictures, splits=splits)


def _options_of(run: Path | None, dataset: str) -> TrainConfig | None:
    """Return the options of the run that is to be repeated on this dataset, if one is."""
    if run is None:
        return None
    from training.runs.run_folder import load_plan, require_dataset

    plan = load_plan(run)
    if Path(dataset).is_dir():
        require_dataset(Path(dataset), run, plan)
    elif not plan.fingerprint.startswith(dataset):
        raise TrainingError(
            f"{run} was trained on another dataset (fingerprint {plan.fingerprint[:12]}) than "
            f"{dataset}"
        )
    return plan.config


def jobs(stack: StackName = DEFAULT_STACK) -> None:
    """List the jobs of the last seven days: state, attempts, and why."""
    with one_clear_line():
        from training.cloud.deployed_stack import find_stack
        from training.cloud.jobs import COLUMNS, as_rows, list_jobs

        found = list_jobs(find_stack(stack))
    if found:
        table = Table(*COLUMNS, box=None, pad_edge=False, header_style="bold")
        for row in as_rows(found):
            table.add_row(*row)
        width = None if sys.stdout.isatty() else _WIDE
        Console(width=width, highlight=False, markup=False).print(table)
    typer.echo(f"jobs of {stack} in the last seven days: {len(found)}")


def logs(
    run: RunName,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until the job has ended.")
    ] = False,
    stack: StackName = DEFAULT_STACK,
) -> None:
    """Show what a job wrote, attempt by attempt."""
    with one_clear_line():
        from training.cloud.deployed_stack import find_stack
        from training.cloud.jobs import read_log

        for line in read_log(find_stack(stack), run, is_following=follow):
            typer.echo(line)


def cancel(run: RunName, stack: StackName = DEFAULT_STACK) -> None:
    """Stop a job; its last checkpoint stays for thirty days, to be gone on with by `submit`."""
    with one_clear_line():
        from training.cloud.deployed_stack import find_stack
        from training.cloud.jobs import cancel as step

        job = step(find_stack(stack), run)
    typer.echo(f"{job.run} is told to stop; it was {job.state.lower()}")


def pull(
    run: RunName,
    to: Annotated[
        Path | None, typer.Option(help="Folder to write; runs/RUN by default.", show_default=False)
    ] = None,
    stack: StackName = DEFAULT_STACK,
) -> None:
    """Bring a finished run: report, plots and model."""
    target = to or Path("runs") / run
    with one_clear_line():
        from training.cloud.aws import client
        from training.cloud.deployed_stack import find_stack
        from training.cloud.job_spec import run_place
        from training.cloud.s3_folders import fetch_folder, find_listing

        place, s3 = run_place(find_stack(stack).runs, run), client("s3")
        if find_listing(s3, place) is None:
            raise TrainingError(
                f"the run {run} is not whole: `python -m training jobs` says how far it is"
            )
        listing = fetch_folder(s3, place, target)
    typer.echo(
        f"{run} ({len(listing.files)} files, {listing.size / 1e6:,.1f} MB) is in {target}, "
        "evaluation/report.html first"
    )


def job(
    spec: Annotated[str, typer.Argument(help="What to do, as JSON; submit writes it.")],
    datasets: Annotated[str, typer.Option(envvar="ARTSTYLE_DATASETS", help="s3://BUCKET")],
    runs: Annotated[str, typer.Option(envvar="ARTSTYLE_RUNS", help="s3://BUCKET")],
    index: _Index = None,
    work: Annotated[Path, typer.Option(help="Folder for what is made on the way.")] = Path("job"),
    metadata: Annotated[
        str, typer.Option(help="Where the machine says that it will be taken away.")
    ] = _METADATA,
    job_id: Annotated[
        str, typer.Option(envvar="AWS_BATCH_JOB_ID", help="The same in each attempt.")
    ] = "",
    hours: Annotated[
        float,
        typer.Option(envvar="ARTSTYLE_JOB_HOURS", help="What all attempts may take.", min=0),
    ] = 8.0,
) -> None:
    """What the container of a job runs; nothing for a person to start."""
    with one_clear_line():
        from training.cloud.aws import CloudError
        from training.cloud.job_spec import AGAIN, JobSpec

        what = JobSpec.model_validate_json(spec).of(index)
        with quiet_import():
            from training.cloud.job_in_container import Surroundings, run_job
        around = Surroundings(
            datasets=datasets.removeprefix("s3://"),
            runs=runs.removeprefix("s3://"),
            work=work,
            metadata=metadata,
            job=job_id,
            limit_h=hours,
        )
        try:
            place = run_job(what, around, tell=_tell)
        except CloudError as error:
            if not error.is_passing:
                raise
            typer.echo(f"error: {error}; the next attempt goes on", err=True)
            raise typer.Exit(AGAIN) from error
    typer.echo(f"the run {what.run} is in {place}")


def add_commands(cli: typer.Typer) -> None:
    """Add the commands, the one that only a container runs hidden."""
    for command in (push, submit, jobs, logs, cancel, pull):
        cli.command()(command)
    cli.command(hidden=True)(job)


def _tell(line: str) -> None:
    """Write a line at once: whoever follows the log wants it now."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _agree(line: str, *, is_yes: bool) -> None:
    """Say what it costs, and ask.

    Raises:
        typer.Abort: the answer is no.
    """
    typer.echo(line)
    if not is_yes:
        typer.confirm("Go on?", abort=True)
