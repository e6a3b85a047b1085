"""One command per step: read the arguments, call one function, print one line.

TensorFlow takes seconds to import, so every command imports its step when it is called.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from rich.console import Console

from training.config import CollectConfig, ImportConfig, OrganiseConfig, TrainConfig
from training.errors import TrainingError

_COLLECT = CollectConfig()
_IMPORT = ImportConfig()
_ORGANISE = OrganiseConfig()
_TRAIN = TrainConfig()

cli = typer.Typer(
    help="Make a model that names art styles: collect or import, organise, train, evaluate, "
    "compare, export.",
    no_args_is_help=True,
    add_completion=False,
)

Dataset = Annotated[Path, typer.Argument(help="Dataset folder, made by organise.")]
FinishedRun = Annotated[Path, typer.Argument(help="Run folder, made by train.")]


@cli.command()
def collect(
    raw: Annotated[Path, typer.Argument(help="Folder to write; a broken-off collection goes on.")],
    only: Annotated[
        list[str] | None,
        typer.Option(help="Artist, by name or as in the address of the page; may be repeated."),
    ] = None,
    style: Annotated[
        list[str] | None,
        typer.Option(help="'Rococo', 'baroque' (Rococo too), 'Ukiyo-e' ...; may be repeated."),
    ] = None,
    public_domain: Annotated[
        bool, typer.Option("--public-domain", help="Leave out works in copyright.")
    ] = False,
    limit: Annotated[int | None, typer.Option(help="Stop at so many works.")] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Only titles, styles, years and addresses.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say how many requests, hours and bytes are left."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Look for missing and broken files instead.")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="With --check: take them out, to be collected again."),
    ] = False,
    requests: Annotated[
        int, typer.Option(help="Most requests in any 5 seconds; WikiArt blocks above 10.")
    ] = _COLLECT.requests_per_window,
    max_failed_share: Annotated[
        float, typer.Option(help="Call it a failure when more works than this failed.")
    ] = _COLLECT.max_failed_share,
    base_url: Annotated[
        str, typer.Option(help="Another site that speaks WikiArt's JSON interface.")
    ] = _COLLECT.base_url,
) -> None:
    """Bring works and pictures from WikiArt; the same command again goes on."""
    if repair and not check:
        raise typer.BadParameter("--repair goes with --check")
    with _one_clear_line():
        if check:
            line = _check_raw(raw, is_repairing=repair)
        else:
            config = CollectConfig(
                base_url=base_url,
                only=tuple(only or ()),
                styles=tuple(style or ()),
                is_public_domain_only=public_domain,
                limit=limit,
                has_pictures=not no_pictures,
                requests_per_window=requests,
                max_failed_share=max_failed_share,
            )
            line = _estimate(raw, config) if dry_run else _collect(raw, config)
    typer.echo(line)


def _collect(raw: Path, config: CollectConfig) -> str:
    from training.collect import collect as step
    from training.raw import counts_by_reason

    done = step(raw, config)
    left_out = counts_by_reason(done.failed | done.skipped)
    return (
        f"{done.works} works of {done.artists} artists ({done.new} new, {done.pictures} with a "
        f"picture) are in {raw}" + (f"; left out: {left_out}" if left_out else "")
    )


def _estimate(raw: Path, config: CollectConfig) -> str:
    from training.estimate import estimate

    left = estimate(raw, config)
    size = "an unknown size"
    if left.picture_bytes is not None:
        size = f"{left.picture_bytes / 1e6:,.1f} MB"
    bound = "at most" if config.styles else "about"
    return (
        f"{bound} {left.works:,} works and {left.pictures:,} pictures of {left.artists:,} artists "
        f"are left: {left.requests:,} requests, {left.seconds / 3600:,.1f} hours or more, {size}"
    )


def _check_raw(raw: Path, *, is_repairing: bool) -> str:
    from training.raw import check_raw

    health = check_raw(raw, is_repairing=is_repairing)
    if is_repairing:
        return (
            f"{raw}: {health.findings}; broken ones are taken out: run the step that made the "
            "folder again to bring what is missing"
        )
    if not health.is_whole:
        raise TrainingError(
            f"{raw}: {health.findings}: add --repair to take out what is broken, then run the step "
            "that made the folder again to bring what is missing"
        )
    return (
        f"{health.works} works and {health.pictures} pictures in {raw} are sound "
        f"({health.without_picture} works have no picture)"
    )


@cli.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="Folder with a folder of pictures per style, or with a CSV.")
    ],
    raw: Annotated[Path, typer.Argument(help="Folder to write or to add to.")],
    csv: Annotated[
        Path | None,
        typer.Option(
            help="CSV in SOURCE with the columns path and style, and if known wikiart_style, "
            "artist, title, year, genre, source, rights, wikiart_path. metadata.csv is found."
        ),
    ] = None,
    max_unreadable_share: Annotated[
        float, typer.Option(help="Give up when more pictures than this cannot be read.")
    ] = _IMPORT.max_unreadable_share,
) -> None:
    """Take labelled pictures of your own to where collect puts WikiArt's."""
    with _one_clear_line():
        from training.importing import import_works as step
        from training.raw import counts_by_reason

        config = ImportConfig(csv=csv, max_unreadable_share=max_unreadable_share)
        done = step(source, raw, config)
    left_out = counts_by_reason(done.skipped)
    typer.echo(
        f"{done.works} works of {done.styles} styles ({done.new} new) are in {raw}"
        + (f"; left out: {left_out}" if left_out else "")
    )


@cli.command()
def organise(
    source: Annotated[
        Path,
        typer.Argument(
            help="Folder with metadata.csv (columns path, style), or with a folder per style."
        ),
    ],
    dataset: Annotated[Path, typer.Argument(help="Folder to write.")],
    size: Annotated[
        int, typer.Option(help="Side of the stored squares in pixels: what the model will see.")
    ] = _ORGANISE.size_px,
    min_pictures: Annotated[
        int, typer.Option(help="Styles with fewer pictures stay out.")
    ] = _ORGANISE.min_pictures_per_style,
    test_share: Annotated[
        float, typer.Option(help="Share kept for the final figures.")
    ] = _ORGANISE.test_share,
    validation_share: Annotated[
        float, typer.Option(help="Share that picks the best epoch and the temperature.")
    ] = _ORGANISE.validation_share,
    seed: Annotated[int, typer.Option(help="Decides the split.")] = _ORGANISE.seed,
    max_unreadable_share: Annotated[
        float, typer.Option(help="Give up when more pictures than this cannot be read.")
    ] = _ORGANISE.max_unreadable_share,
) -> None:
    """Turn labelled pictures into a dataset: known styles, named splits, squares of one size."""
    with _one_clear_line():
        from training.organise import organise as step

        config = OrganiseConfig(
            size_px=size,
            min_pictures_per_style=min_pictures,
            test_share=test_share,
            validation_share=validation_share,
            seed=seed,
            max_unreadable_share=max_unreadable_share,
        )
        done = step(source, dataset, config)
    left_out = sum(done.skipped.values())
    typer.echo(
        f"{done.pictures} pictures of {len(done.styles)} styles are in {dataset} "
        f"({left_out} left out; dataset.json says why)"
    )


@cli.command()
def train(
    dataset: Dataset,
    run: Annotated[Path, typer.Argument(help="Folder to write; a broken-off run goes on.")],
    architecture: Annotated[
        str, typer.Option(help="resnet50, vgg16, inceptionv3, mobilenetv2 or xception.")
    ] = _TRAIN.architecture,
    weights: Annotated[
        str,
        typer.Option(help="Where to begin: imagenet (downloaded), none, or a Keras weights file."),
    ] = str(_TRAIN.weights),
    split: Annotated[str, typer.Option(help="List of the dataset to train on.")] = _TRAIN.split,
    epochs: Annotated[int, typer.Option(help="How often each picture is seen.")] = _TRAIN.epochs,
    batch_size: Annotated[
        int, typer.Option(help="Pictures per step; fewer need less memory.")
    ] = _TRAIN.batch_size,
    crop: Annotated[
        int, typer.Option(help="Side of the random training crops in pixels.")
    ] = _TRAIN.crop_px,
    learning_rate: Annotated[
        float, typer.Option(help="Highest rate; it warms up, then falls as a cosine.")
    ] = _TRAIN.learning_rate,
    weight_decay: Annotated[
        float, typer.Option(help="Pull of the weights towards 0.")
    ] = _TRAIN.weight_decay,
    mixup_alpha: Annotated[
        float, typer.Option(help="How strongly pictures are blended; 0 turns it off.")
    ] = _TRAIN.mixup_alpha,
    label_smoothing: Annotated[
        float, typer.Option(help="Share of each label that is spread over all styles.")
    ] = _TRAIN.label_smoothing,
    dropout: Annotated[
        float, typer.Option(help="Share of the features hidden in a step.")
    ] = _TRAIN.dropout,
    class_weights: Annotated[
        Literal["none", "sqrt", "balanced"],
        typer.Option(help="How much rare styles count: as they come, half-way, or all alike."),
    ] = _TRAIN.class_weights,
    seed: Annotated[int, typer.Option(help="Decides order, crops and weights.")] = _TRAIN.seed,
) -> None:
    """Train a model; the same command again goes on where it was stopped."""
    with _one_clear_line():
        config = TrainConfig(
            architecture=architecture,
            weights=None if weights == "none" else weights,
            split=split,
            epochs=epochs,
            batch_size=batch_size,
            crop_px=crop,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            mixup_alpha=mixup_alpha,
            label_smoothing=label_smoothing,
            dropout=dropout,
            class_weights=class_weights,
            seed=seed,
        )
        with _quiet_import():
            from training.train import train as step
        done = step(dataset, run, config)
    typer.echo(
        f"{epochs} epochs in {done.seconds / 60:.0f} minutes; the model of epoch "
        f"{done.best_epoch}, the best on validation, is in {run}"
    )


@cli.command()
def evaluate(
    dataset: Dataset,
    run: FinishedRun,
    split: Annotated[
        str | None, typer.Option(help="Another list to test on; the run's own by default.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="train, validation or test; may be repeated. All three by default."),
    ] = None,
) -> None:
    """Measure a finished run: figures, tables, plots and a report to read."""
    with _one_clear_line():
        with _quiet_import():
            from training.evaluate import evaluate as step
            from training.evaluate import evaluation_folder
        done = step(dataset, run, split=split, parts=part)
        folder = evaluation_folder(run, own=done.own_split, split=done.split)
    name, metrics = done.headline
    low, high = metrics.top1_interval or (metrics.top1, metrics.top1)
    typer.echo(
        f"{metrics.top1:.1%} of {metrics.pictures} {name} pictures are named rightly "
        f"(95 %: {low:.1%} to {high:.1%}); the figures are in {folder}, report.html first"
    )


@cli.command()
def compare(
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Run folders, made by train.", show_default=False)
    ] = None,
    all_architectures: Annotated[
        bool,
        typer.Option(
            "--all-architectures",
            help="Add sizes and latency of the architectures that have no run.",
        ),
    ] = False,
) -> None:
    """Set finished runs side by side: scores, sizes, times and latency on this machine."""
    with _one_clear_line():
        with _quiet_import():
            from training.compare import compare as step
        done = step(runs or [], out, has_all_architectures=all_architectures)
    typer.echo(f"the comparison ({len(done)} rows) is in {out}, compare.html first")


@cli.command()
def runs(
    folder: Annotated[Path, typer.Argument(help="Folder that holds run folders.")] = Path("runs"),
    sort: Annotated[str, typer.Option(help="Column of the CSV to sort by.")] = "started",
    reverse: Annotated[bool, typer.Option("--reverse", help="The largest first.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Show only so many.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write all columns, beyond those shown, to this file.")
    ] = None,
) -> None:
    """List runs, also those that are under way ("epoch 3 of 20") or were broken off there."""
    with _one_clear_line():
        from training.runs import as_table, as_text, list_runs, sort_runs, write_runs

        found = list_runs(folder)
        rows = sort_runs(found, sort, is_reversed=reverse)[:limit]
        if csv is not None:
            write_runs(csv, rows)
    if sys.stdout.isatty():
        console = Console()
        console.print(as_table(rows, width=console.width))
    else:
        typer.echo(as_text(rows))
    shown = "" if len(rows) == len(found) else f"{len(rows)} of "
    everything = f"; {csv} has all columns" if csv else ""
    typer.echo(f"runs in {folder}: {shown}{len(found)}{everything}")


@cli.command()
def export(
    dataset: Dataset,
    run: FinishedRun,
    model: Annotated[Path, typer.Argument(help="Model folder to write.")],
    precision: Annotated[
        Literal["float32", "float16"],
        typer.Option(help="How weights are stored; float16 takes half the room."),
    ] = "float16",
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of a folder that exists.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Export even if it answers differently from Keras.")
    ] = False,
) -> None:
    """Turn a finished run into the folder that the service runs on."""
    with _one_clear_line():
        with _quiet_import():
            from training.export import export as step
        done = step(
            dataset,
            run,
            model,
            precision=precision,
            is_replacing=replace,
            is_forced=force,
        )
    typer.echo(
        f"model {done.id} ({len(done.files) + 1} files, {done.test.top1:.1%} of "
        f"{done.test.pictures} test pictures right) is in {model}"
    )


@contextmanager
def _one_clear_line() -> Iterator[None]:
    """Turn what a person can cause or answer into one line and exit code 1."""
    try:
        yield
    except TrainingError as error:
        message = f"error: {error}"
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"error: {place}={str(first['input'])[:80]}: {first['msg']}"
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        message = f"error: {where}{error.strerror or error}"
    except KeyboardInterrupt:
        message = "stopped; run the same command again to go on"
    else:
        return
    typer.echo(message, err=True)
    raise typer.Exit(1)


@contextmanager
def _quiet_import() -> Iterator[None]:
    """Hold back what TensorFlow's libraries write to stderr, unless the import fails.

    They do so before they read TF_CPP_MIN_LOG_LEVEL, past Python's sys.stderr.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
