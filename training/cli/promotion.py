"""`promote` and `rollback`: read the arguments, call one function, print one line."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.failures import one_clear_line, quiet_import
from training.cli.shared_options import StackName, Yes
from training.config import DEFAULT_STACK
from training.errors import TrainingError

if TYPE_CHECKING:
    from training.promotion.gate_bounds import Verdict

TakeOver = Annotated[
    bool,
    typer.Option(
        "--take-over", help="Another change is under way, but whoever began it is gone: go on."
    ),
]


def promote(
    model: Annotated[
        Path, typer.Argument(help="Model folder, made by export, or a run folder with `model`.")
    ],
    dataset: Annotated[
        Path, typer.Option("--dataset", help="Dataset that the model was trained on.")
    ],
    live_dataset: Annotated[
        Path | None,
        typer.Option(help="The same pictures at the live model's size, if that is another."),
    ] = None,
    probe: Annotated[
        Path | None,
        typer.Option(
            help="Pictures from places that no training saw, in a folder per style or with a "
            "metadata.csv: a model that is worse there is refused, too."
        ),
    ] = None,
    allow_loss: Annotated[
        list[str] | None, typer.Option(help="Slug of a style that may lose; may be repeated.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Go live although the gate refuses; it is written down.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only compare the model with the live one.")
    ] = False,
    yes: Yes = False,
    take_over: TakeOver = False,
    stack: StackName = DEFAULT_STACK,
) -> None:
    """Put a model live, if it is no worse than the one that is."""
    with one_clear_line():
        with quiet_import():
            from training.cloud.deployed_stack import find_stack
            from training.promotion.gate import hold_against
            from training.promotion.gate_table import print_verdict
            from training.promotion.promote import Wishes, find_model
            from training.promotion.promote import promote as step

        def gate(candidate: Path, live: Path) -> "Verdict":
            verdict = hold_against(
                candidate,
                live,
                dataset,
                live_dataset=live_dataset,
                probe=probe,
                allowed=frozenset(allow_loss or ()),
            )
            print_verdict(verdict)
            return verdict

        wishes = Wishes(is_forced=force, is_taking_over=take_over, may_go_on=_asking(yes, dry_run))
        done = step(find_model(model), find_stack(stack), gate, wishes=wishes)
    typer.echo(
        f"{done.model} is live in {stack} (version {done.version}) in the place of {done.before}; "
        "`python -m training rollback` takes it back"
    )


def rollback(
    yes: Yes = False, take_over: TakeOver = False, stack: StackName = DEFAULT_STACK
) -> None:
    """Let the model answer again that was live before the last promotion."""
    with one_clear_line():
        with quiet_import():
            from training.cloud.deployed_stack import find_stack
            from training.promotion.promote import Wishes, roll_back
        wishes = Wishes(is_taking_over=take_over, may_go_on=_asking(yes))
        done = roll_back(find_stack(stack), wishes=wishes)
    typer.echo(
        f"{done.model} is live in {stack} again (version {done.version}), {done.before} is not"
    )


def _asking(is_sure: bool, is_trying: bool = False) -> Callable[[str], None]:
    def may_go_on(what: str) -> None:
        if is_trying:
            typer.echo(f"nothing was changed; without --dry-run {what}")
            raise typer.Exit
        if is_sure:
            return
        if not sys.stdin.isatty():
            raise TrainingError(f"{what}: give --yes if that is meant")
        typer.confirm(f"{what}: go on?", abort=True)

    return may_go_on
