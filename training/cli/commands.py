"""One command per step: read the arguments, call one function, print one line.

TensorFlow takes seconds to import, so every command imports its step when it is called.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from training.cli import catalogue as commands
from training.cli import cloud as remote
from training.cli import promotion as promotion_commands
from training.cli.failures import one_clear_line, quiet_import
from training.cli.recipe_options import (
    RecipeName,
    RepeatedRun,
    Settings,
    SplitName,
    Weights,
    config_of,
)
from training.cli.recipes import recipes
from training.cli.visitors import review
from training.config import (
    CollectConfig,
    ExploreConfig,
    ImportConfig,
    OrganiseConfig,
    Split,
    TrainConfig,
)
from training.errors import TrainingError

_COLLECT = CollectConfig()
_IMPORT = ImportConfig()
_ORGANISE = OrganiseConfig()
_EXPLORE = ExploreConfig()

cli = typer.Typer(
    help="Name art styles, step by step: collect or import, organise, explore, find-rate, train, "
    "evaluate, compare, runs, export. Each step reads one folder and writes another. recipes shows "
    "every option of a training. catalogue and embed look after the works that the service shows, "
    "feedback and review after what visitors say. push, submit, jobs, logs, cancel and pull do it "
    "in the cloud; promote and rollback change which model is live there.",
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
    with one_clear_line():
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
    from training.sources.collect import collect as step
    from training.sources.raw_folder import counts_by_reason

    done = step(raw, config)
    left_out = counts_by_reason(done.failed | done.skipped)
    return (
        f"{done.works} works of {done.artists} artists ({done.new} new, {done.pictures} with a "
        f"picture) are in {raw}" + (f"; left out: {left_out}" if left_out else "")
    )


def _estimate(raw: Path, config: CollectConfig) -> str:
    from training.sources.estimate import estimate

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
    from training.sources.raw_folder import check_raw

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
        Path,
        typer.Argument(
            help="Folder with a folder of pictures per style, or with a CSV; or a reviewed export "
            "of feedback."
        ),
    ],
    raw: Annotated[Path, typer.Argument(help="Folder to write or to add to.")],
    csv: Annotated[
        Path | None,
        typer.Option(
            help="CSV in SOURCE with the columns path and style, and if known wikiart_style, "
            "artist, artist_sure, group, title, year, genre, source, rights, provenance, "
            "wikiart_path; or a class list such as style_train.csv, with style_class.txt beside "
            "it. metadata.csv is found."
        ),
    ] = None,
    max_unreadable_share: Annotated[
        float, typer.Option(help="Give up when more pictures than this cannot be read.")
    ] = _IMPORT.max_unreadable_share,
) -> None:
    """Take labelled pictures of your own to where collect puts WikiArt's."""
    with one_clear_line():
        from training.sources.importing import import_works as step
        from training.sources.raw_folder import counts_by_reason

        config = ImportConfig(csv=csv, max_unreadable_share=max_unreadable_share)
        done = step(source, raw, config)
    for folder in done.folders:
        typer.echo(folder)
    left_out = counts_by_reason(done.skipped)
    typer.echo(
        f"{done.works} works of {done.styles} styles ({done.new} new) are in {raw}"
        + (f"; left out: {left_out}; left-out-*.csv there name them" if left_out else "")
        + (
            f"; {done.taken_out} taken out, as they are not given any more"
            if done.taken_out
            else ""
        )
    )


@cli.command()
def organise(
    raw: Annotated[Path, typer.Argument(help="Raw folder, made by collect or import.")],
    dataset: Annotated[
        Path, typer.Argument(help="Folder to write; what is there already is kept.")
    ],
    size: Annotated[
        int, typer.Option(help="Side of the stored squares in pixels: what the model will see.")
    ] = _ORGANISE.size_px,
    format_: Annotated[
        Literal["png", "jpeg", "tar"],
        typer.Option(
            "--format",
            help="png: the service's very pixels. tar: the same in one file. jpeg: a third of the "
            "room, pixels slightly off.",
        ),
    ] = _ORGANISE.format,
    min_pictures: Annotated[
        int, typer.Option(help="Styles with fewer pictures stay out.")
    ] = _ORGANISE.min_pictures_per_style,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Keep copies of the same work.")
    ] = False,
    split: Annotated[
        list[Split] | None,
        typer.Option(
            help="List to make: picture (every style alike) or artist (none on both sides); may "
            "be repeated; picture by default."
        ),
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option(
            help="CSV of lists to take over: the column path (ids of works.jsonl) and a column "
            "per list with train, validation, test or unused."
        ),
    ] = None,
    test_share: Annotated[
        float, typer.Option(help="Share kept for the final figures.")
    ] = _ORGANISE.test_share,
    validation_share: Annotated[
        float, typer.Option(help="Share that picks the best epoch and the temperature.")
    ] = _ORGANISE.validation_share,
    cap_train: Annotated[
        int | None,
        typer.Option(help="Most pictures of a style to train on, validation included."),
    ] = None,
    cap_test: Annotated[
        int | None, typer.Option(help="Most pictures of a style to test on.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides splits and caps.")] = _ORGANISE.seed,
    max_unreadable_share: Annotated[
        float, typer.Option(help="Give up when more pictures than this cannot be read.")
    ] = _ORGANISE.max_unreadable_share,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as processors by default.")
    ] = None,
) -> None:
    """Turn raw works into a dataset: known styles, no copies, named splits, squares of one size."""
    with one_clear_line():
        from training.dataset.organise import organise as step

        config = OrganiseConfig(
            size_px=size,
            format=format_,
            min_pictures_per_style=min_pictures,
            keeps_duplicates=keep_duplicates,
            splits=tuple(split or _ORGANISE.splits),
            lists=lists,
            test_share=test_share,
            validation_share=validation_share,
            cap_train=cap_train,
            cap_test=cap_test,
            seed=seed,
            max_unreadable_share=max_unreadable_share,
        )
        done = step(raw, dataset, config, workers=workers)
    left_out = sum(done.skipped.values())
    typer.echo(
        f"{done.pictures} pictures of {len(done.styles)} styles are in {dataset}, with the lists "
        f"{', '.join(done.lists)} ({left_out} left out; dataset.json says why)"
    )


@cli.command()
def explore(
    dataset: Dataset,
    folder: Annotated[
        Path, typer.Argument(help="Folder to write; an earlier exploration in it is replaced.")
    ],
    seed: Annotated[
        int, typer.Option(help="Picks the works of the contact sheets.")
    ] = _EXPLORE.seed,
) -> None:
    """Show what a dataset holds: counts, contact sheets, chronology, quality."""
    with one_clear_line():
        from training.exploration.explore import explore as step

        done = step(dataset, folder, ExploreConfig(seed=seed))
    total = done.total
    typer.echo(
        f"{total.pictures:,} pictures of {len(done.styles)} styles, "
        f"{total.pictures - total.undated:,} of them dated, are described in "
        f"{folder / 'report.html'}"
    )


@cli.command()
def train(
    dataset: Dataset,
    run: Annotated[Path, typer.Argument(help="Folder to write; a broken-off run goes on.")],
    recipe: RecipeName = None,
    from_: RepeatedRun = None,
    set_: Settings = None,
    weights: Weights = None,
    split: SplitName = None,
    note: Annotated[str, typer.Option(help="A remark to keep with the run.")] = "",
) -> None:
    """Train a model; the same command again goes on where it was stopped."""
    with one_clear_line():
        config = _config_of(dataset, recipe, from_, set_, weights, split)
        with quiet_import():
            from training.runs.train import train as step
        done = step(dataset, run, config, note=note)
    stopped = ", stopped early" if done.stopped_early else ""
    averaged = min(config.averaged_epochs, done.epochs)
    what = (
        f"the model of epoch {done.best_epoch}, the best on validation,"
        if averaged == 1
        else f"the mean of the models of the last {averaged} epochs"
    )
    typer.echo(
        f"{done.epochs} epochs in {done.seconds / 60:.0f} minutes{stopped}; {what} is in {run}"
    )


def _config_of(
    dataset: Path,
    recipe: str | None,
    run: Path | None,
    settings: list[str] | None,
    weights: str | None,
    split: str | None,
) -> TrainConfig:
    """Return the options that the commands which train on a dataset are given."""
    repeated = None
    if run is not None:
        from training.runs.run_folder import load_plan, require_dataset

        plan = load_plan(run)
        require_dataset(dataset, run, plan)
        repeated = plan.config
    return config_of(
        recipe=recipe, repeated=repeated, settings=settings or (), weights=weights, split=split
    )


@cli.command("find-rate")
def find_rate(
    dataset: Dataset,
    folder: Annotated[Path, typer.Argument(help="Folder for the table and the plots.")],
    low: Annotated[float, typer.Option(help="First rate.")] = 1e-6,
    high: Annotated[float, typer.Option(help="Last rate.")] = 1.0,
    steps: Annotated[int, typer.Option(help="Batches to try them on.")] = 400,
    recipe: RecipeName = None,
    from_: RepeatedRun = None,
    set_: Settings = None,
    weights: Weights = None,
    split: SplitName = None,
) -> None:
    """Find a learning rate: raise it batch by batch and see where the loss is lowest."""
    with one_clear_line():
        config = _config_of(dataset, recipe, from_, set_, weights, split)
        with quiet_import():
            from training.runs.find_rate import find_rate as step
        rate = step(dataset, folder, config, low=low, high=high, steps=steps)
    typer.echo(
        f"try a learning rate of {rate:.1e}, a tenth of the one with the lowest loss; "
        f"{folder} shows the curve"
    )


@cli.command()
def evaluate(
    dataset: Dataset,
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Run folder, made by train; with --release a model folder, by default the "
            "released one.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Another list to test on; the run's own by default.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="train, validation or test; may be repeated. All three by default."),
    ] = None,
    release: Annotated[
        bool,
        typer.Option(
            "--release", help="Check that a model folder does on its test list what it says."
        ),
    ] = False,
) -> None:
    """Measure a finished run: figures, tables, plots and a report to read."""
    if release:
        _check_release(dataset, run)
        return
    with one_clear_line():
        if run is None:
            raise TrainingError("name a run folder, or give --release")
        with quiet_import():
            from training.evaluation.evaluate import evaluate as step
            from training.evaluation.evaluate import evaluation_folder
        done = step(dataset, run, split=split, parts=part)
        folder = evaluation_folder(run, own=done.own_split, split=done.split)
    name, metrics = done.headline
    low, high = metrics.top1_interval or (metrics.top1, metrics.top1)
    typer.echo(
        f"{metrics.top1:.1%} of {metrics.pictures} {name} pictures are named rightly "
        f"(95 %: {low:.1%} to {high:.1%}); the figures are in {folder}, report.html first"
    )


def _check_release(dataset: Path, folder: Path | None) -> None:
    with one_clear_line():
        from training.model_folder.check_release import RELEASE, check_release

        test = check_release(dataset, folder or RELEASE)
    typer.echo(
        f"as the manifest says: {test.top1:.1%} of {test.pictures} test pictures are named "
        f"rightly, macro-F1 {test.macro_f1:.3f}"
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
    with one_clear_line():
        with quiet_import():
            from training.evaluation.compare import compare as step
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
    with one_clear_line():
        from training.runs.run_list import as_table, as_text, list_runs, sort_runs, write_runs

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
        Literal["float32", "float16", "int8"],
        typer.Option(
            help="How weights are stored; float16 takes half the room of float32, int8 a quarter."
        ),
    ] = "float16",
    photographs: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures that are no paintings, to learn to refuse such."),
    ] = None,
    elsewhere: Annotated[
        Path | None, typer.Option(help="Folder of pictures from anywhere, to be measured on, too.")
    ] = None,
    left_out: Annotated[
        Path | None, typer.Option(help="What `leave-out` wrote, to fit the odds on.")
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Folder of famous works, to be measured on, too.")
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="Run of the same recipe on another list, to show; may be repeated."),
    ] = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option(
            help="Evaluated run of another recipe to compare with, or a model folder, to take over "
            "those that it was compared with; may be repeated."
        ),
    ] = None,
    works: Annotated[
        Path | None,
        typer.Option(
            help="Source of the catalogue with pictures (raw folder or CSV), to find among its "
            "works those most like a picture."
        ),
    ] = None,
    comparison: Annotated[
        Path | None, typer.Option(help="A compare.csv of `compare`, for the page to show.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of a folder that exists.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Export even if it answers differently from Keras.")
    ] = False,
) -> None:
    """Turn a finished run into the folder that the service runs on."""
    with one_clear_line():
        with quiet_import():
            from training.model_folder.export import export as step
        done = step(
            dataset,
            run,
            model,
            precision=precision,
            photographs=photographs,
            elsewhere=elsewhere,
            gallery=gallery,
            left_out=left_out,
            beside=beside or (),
            baselines=baseline or (),
            works=works,
            comparison=comparison,
            is_replacing=replace,
            is_forced=force,
        )
    typer.echo(
        f"model {done.id} ({len(done.files) + 1} files, {done.test.top1:.1%} of "
        f"{done.test.pictures} test pictures right) is in {model}"
    )


RELEASE_SIZE_PX = 160
_Notes = Annotated[
    Path | None,
    typer.Option("--notes", help="Markdown list about the data, to put into the card."),
]


@cli.command()
def release(
    pictures: Annotated[Path, typer.Argument(help="Labelled pictures, as import takes them.")],
    work: Annotated[Path, typer.Argument(help="Folder for what is made on the way; kept.")],
    lists: Annotated[
        Path, typer.Option(help="CSV of lists; those of picture, artist and source are used.")
    ],
    photographs: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures that are no paintings, to learn to refuse such."),
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Folder of famous works, only to be measured on.")
    ] = None,
    elsewhere: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures from anywhere, to learn from and to be measured on."),
    ] = None,
    never: Annotated[
        Path | None, typer.Option(help="CSV of paths that are never trained on.")
    ] = None,
    compared: Annotated[
        Path | None,
        typer.Option(help="Model folder whose baselines are taken over, not trained anew."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Keras file of the backbone's ImageNet weights; downloaded by default."),
    ] = None,
    size: Annotated[int, typer.Option(help="Side of the squares in pixels.")] = RELEASE_SIZE_PX,
    out: Annotated[
        Path, typer.Option("--out", help="Model folder to write, replacing what is there.")
    ] = Path("lambda_fn/release"),
    card: Annotated[Path, typer.Option("--card", help="Model card to write.")] = Path(
        "docs/model-card.md"
    ),
    notes: _Notes = None,
    comparison: Annotated[
        Path | None, typer.Option(help="A compare.csv of `compare`, for the page to show.")
    ] = None,
    min_pictures: Annotated[
        int, typer.Option(help="Styles with fewer pictures stay out.")
    ] = _ORGANISE.min_pictures_per_style,
) -> None:
    """Make the released model anew, by all steps; the same command again goes on after a stop."""
    with one_clear_line():
        with quiet_import():
            from training.model_folder.release import Ingredients, Recipe, make_release
        ingredients = Ingredients(
            pictures,
            lists,
            photographs,
            weights,
            min_pictures,
            comparison=comparison,
            elsewhere=elsewhere,
            compared=compared,
            never=never,
            gallery=gallery,
        )
        recipe = Recipe(size_px=size, original_size_px=224)
        done = make_release(
            ingredients, work, out, card, notes=notes, tell=typer.echo, recipe=recipe
        )
    typer.echo(
        f"model {done.id} ({done.test.top1:.1%} of {done.test.pictures} test pictures right) is in "
        f"{out}, its card is {card}"
    )


@cli.command()
def card(
    folder: Annotated[Path, typer.Argument(help="Model folder, or a run that was exported.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("model-card.md"),
    notes: _Notes = None,
) -> None:
    """Write the model card: what the model is for, its data, its figures, where it fails."""
    with one_clear_line():
        from training.model_folder.model_card import write_card

        done = write_card(folder, out, notes=notes)
    typer.echo(f"the card of model {done.id} is in {out}")


@cli.command()
def gallery(
    pictures: Annotated[Path, typer.Argument(help="Folder with gallery.csv and pictures/.")],
    model: Annotated[Path, typer.Option(help="Model folder to ask.")] = Path("lambda_fn/release"),
    out: Annotated[Path, typer.Option("--out", help="Page to write.")] = Path("docs/gallery.md"),
    copies: Annotated[
        Path, typer.Option(help="Folder for small copies of what may be shown.")
    ] = Path("tests/gallery"),
) -> None:
    """Ask a model about famous works, and show what it says to each."""
    with one_clear_line():
        from lambda_fn.model import load_model
        from training.model_folder import gallery as step

        opened = load_model(model)
        found = step.ask_gallery(opened, step.read_gallery(pictures), pictures / "pictures")
        step.write_copies(opened, pictures, copies)
        step.write_page(opened, found, os.path.relpath(copies, out.parent), out)
        famous = step.count_famous(found, opened.manifest.styles)
    typer.echo(
        f"{famous.named} of {famous.known} works are named rightly, {famous.in_first_three} are "
        f"among the first three; {famous.refused} of {famous.pictures} are refused; see {out}"
    )


@cli.command("leave-out")
def leave_out(
    dataset: Dataset,
    folder: Annotated[Path, typer.Argument(help="Folder for a run per fold; goes on.")],
    recipe: RecipeName = None,
    from_: RepeatedRun = None,
    set_: Settings = None,
    weights: Weights = None,
    split: SplitName = None,
    folds: Annotated[int, typer.Option(min=2, help="Groups of places to leave out.")] = 5,
) -> None:
    """Train without some places each time, and ask about them: how a recipe does anywhere."""
    with one_clear_line():
        config = _config_of(dataset, recipe, from_, set_, weights, split)
        with quiet_import():
            from training.evaluation.left_out import leave_places_out

        found = leave_places_out(dataset, folder, config, folds=folds)
    typer.echo(
        f"{found.top1:.1%} of {len(found.labels)} pictures from {len(set(found.places))} places "
        f"are named rightly by a run that never saw their place; {found.balanced_accuracy:.1%} "
        f"as a mean over the styles; the answers are in {folder}"
    )


cli.command()(recipes)
cli.add_typer(commands.catalogue, name="catalogue")
cli.command()(commands.embed)
cli.command()(commands.feedback)
remote.add_commands(cli)
cli.command()(promotion_commands.promote)
cli.command()(promotion_commands.rollback)
cli.command()(review)
