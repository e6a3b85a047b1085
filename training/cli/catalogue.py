"""The commands for the works that the service shows: catalogue, embed, feedback."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.cli.failures import one_clear_line
from training.config import CollectConfig
from training.errors import TrainingError

if TYPE_CHECKING:
    from lambda_fn.catalogue.works import CatalogueWriter

_COLLECT = CollectConfig()
_WIDE = 200  # columns of a table that no terminal shows

catalogue = typer.Typer(
    help="Fill a catalogue of works, check its addresses, show what it holds.",
    no_args_is_help=True,
)

WorksSource = Annotated[
    Path,
    typer.Argument(
        help="Raw folder, made by collect or import; or a CSV with the columns of import, or a "
        "folder with such a metadata.csv."
    ),
]
Target = Annotated[
    str, typer.Argument(help="Catalogue: a SQLite file or the address of a MongoDB database.")
]
To = Annotated[
    str, typer.Option("--to", help="Catalogue: a SQLite file or the address of a MongoDB database.")
]
Pictures = Annotated[
    Path | None,
    typer.Option(help="Folder where the paths of the pictures begin; the source's by default."),
]


@catalogue.command()
def load(
    source: WorksSource,
    to: To,
    pictures: Pictures = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Artist to leave out, as in the ids of works; may be repeated."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be loaded; the target stays.")
    ] = False,
) -> None:
    """Add works to a catalogue, or renew them; the same command again goes on."""
    with one_clear_line():
        from training.catalogue.source import leave_out, read_source
        from training.sources.raw_folder import counts_by_reason

        found = leave_out(read_source(source, pictures=pictures), without or ())
        left_out = f"; left out: {counts_by_reason(found.skipped)}" if found.skipped else ""
        if dry_run:
            at_hand = sum(one.picture is not None for one in found.works)
            line = f"{len(found.works)} works would be loaded, {at_hand} with a picture at hand"
        else:
            from training.catalogue.load import load as step

            with _open(to) as store:
                done = step(found, store)
            stored, pale = done.stored, counts_by_reason(done.without_palette)
            line = (
                f"{len(found.works)} works ({stored.new} new, {stored.changed} changed, "
                f"{stored.same} same) are in {shown(to)}"
                + (f"; without palette: {pale}" if pale else "")
            )
    typer.echo(line + left_out)


@catalogue.command()
def prepare(target: Target) -> None:
    """Make the tables or indexes of a catalogue that are missing; load does it, too."""
    with one_clear_line(), _open(target) as store:
        store.prepare()
    typer.echo(f"{shown(target)} has all tables and indexes")


@catalogue.command()
def compact(
    file: Annotated[Path, typer.Argument(help="Catalogue: a SQLite file.")],
    out: Annotated[Path, typer.Argument(help="File to write, replacing what is there.")],
) -> None:
    """Copy a catalogue to a file as small as can be, to ship it; the same works, the same file."""
    with one_clear_line():
        from training.catalogue.compact import compact as step

        works = step(file, out)
    typer.echo(f"{works} works are in {out} ({out.stat().st_size / 1e6:.1f} MB)")


@catalogue.command("check-images")
def check_images(
    target: Target,
    again_after: Annotated[
        float, typer.Option(min=0, metavar="DAYS", help="Check again what was checked before that.")
    ] = 90,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop at so many pictures.")] = None,
    requests: Annotated[
        int, typer.Option(min=1, help="Most requests in any 5 seconds; WikiArt blocks above 10.")
    ] = _COLLECT.requests_per_window,
    base_url: Annotated[
        str, typer.Option(help="Another site than WikiArt whose pictures may be asked for.")
    ] = _COLLECT.base_url,
) -> None:
    """Ask whether the pictures are where the catalogue says; the same command again goes on."""
    with one_clear_line():
        from training.catalogue.picture_addresses import check_images as step
        from training.sources.raw_folder import counts_by_reason

        config = CollectConfig(base_url=base_url, limit=limit, requests_per_window=requests)
        with _open(target) as store:
            done = step(store, config, again_after_days=again_after)
    left = f"; not seen, to be checked again: {counts_by_reason(done.failed)}"
    typer.echo(
        f"{done.there} pictures are where {shown(target)} says, {done.gone} are gone"
        + (left if done.failed else "")
    )


@catalogue.command()
def stats(target: Target) -> None:
    """Show what a catalogue holds, style by style."""
    with one_clear_line():
        from training.catalogue.statistics import as_table, statistics

        with _open(target) as store:
            rows, facts = statistics(store), store.facts()
    _show(as_table(rows))
    made_by = f"embeddings by {facts.embedding_model}" if facts.embedding_model else "no embeddings"
    typer.echo(f"{facts.works} works in {shown(target)}, {made_by}")


def embed(
    source: WorksSource,
    to: To,
    model: Annotated[Path, typer.Option(help="Model folder, made by export.")],
    pictures: Pictures = None,
    neighbours: Annotated[
        Path | None, typer.Option(help="File neighbours.npz to write, to search without a store.")
    ] = None,
) -> None:
    """Give a catalogue the embeddings of a model; the same command again goes on."""
    with one_clear_line():
        from training.catalogue.embed import embed as step
        from training.catalogue.source import read_source
        from training.sources.raw_folder import counts_by_reason

        found = read_source(source, pictures=pictures)
        with _open(to) as store:
            done = step(found, model, store, neighbours=neighbours)
    left_out = counts_by_reason(done.skipped)
    typer.echo(
        f"{done.new + done.same} works ({done.new} new) in {shown(to)} have embeddings by "
        f"{done.model}"
        + (f", and so has {neighbours}" if neighbours else "")
        + (f"; left out: {left_out}" if left_out else "")
    )


def feedback(
    target: Annotated[
        str, typer.Argument(help="Where it is kept: a SQLite file or a MongoDB address.")
    ],
    export: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write all of it to, with the pictures that visitors gave, for review; "
            "the same again brings it up to date."
        ),
    ] = None,
    forget: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Delete what was said about this answer, and the picture."),
    ] = None,
) -> None:
    """Show how often visitors agree with the answers, and export what they said."""
    with one_clear_line():
        from lambda_fn.catalogue.opening import open_feedback
        from training.catalogue.feedback import agreement, as_table
        from training.sources.raw_folder import counts_by_reason
        from training.visitors.export_feedback import export_feedback, without_pictures

        with closing(open_feedback(target)) as store:
            if forget is not None and not store.forget(forget):
                raise TrainingError(f"{shown(target)} has no feedback about the answer {forget}")
            if export is None:
                said, kept = without_pictures(store.all()), ""
            else:
                done = export_feedback(store.all(), export)
                left_out = counts_by_reason(done.skipped)
                said, kept = (
                    done.said,
                    (
                        f"; all of it and {done.pictures} pictures ({done.new} new, {done.removed} "
                        f"removed) are in {export}"
                        + (f"; left out: {left_out}" if left_out else "")
                    ),
                )
    if said:
        _show(as_table(agreement(said)))
    right = sum(one.said == one.predicted for one in said)
    share = f", {right / len(said):.0%} of them right" if said else ""
    typer.echo(f"{len(said)} answers were judged{share}{kept}")


def shown(target: str) -> str:
    """Return the target without user, password and options, which may be secret too."""
    scheme, is_address, rest = target.partition("://")
    if not is_address:
        return target
    # all before the last @ goes, as an unescaped password may hold any other sign
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


@contextmanager
def _open(target: str) -> "Iterator[CatalogueWriter]":
    from lambda_fn.catalogue.opening import open_writer

    with closing(open_writer(target)) as store:
        store.facts()  # that nobody answers is told at once, not when a batch has waited for long
        yield store


def _show(table: Table) -> None:
    """Print a table; into a file or a pipe without colours, and as wide as it needs."""
    is_terminal = sys.stdout.isatty()
    Console(file=sys.stdout, width=None if is_terminal else _WIDE).print(table)
