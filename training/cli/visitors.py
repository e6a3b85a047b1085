"""The command for pictures that visitors gave: review."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.failures import one_clear_line


def review(
    folder: Annotated[Path, typer.Argument(help="Folder that feedback --export wrote.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of this machine; any free one by default.")
    ] = 0,
) -> None:
    """Look through visitors' pictures on a local page, until Ctrl-C; decisions are kept at once."""
    with one_clear_line():
        from training.sources.visitor_reviews import read_review, remove_rejected, tally
        from training.visitors.review_page import holding_ctrl_c, open_desk

        with holding_ctrl_c() as wait, open_desk(folder, port=port) as desk:
            typer.echo(f"Review at {desk.address} (Ctrl-C ends it)")
            wait()
        removed = remove_rejected(folder)
        done = tally(read_review(folder))
    typer.echo(
        f"{done.accepted} pictures are accepted, {done.corrected} corrected, {done.rejected} "
        f"rejected ({removed} removed now), {done.undecided} wait; {folder / 'review.csv'} says so"
    )
