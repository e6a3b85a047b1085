"""Promotions in processes of their own, which start faster without moto."""

import multiprocessing
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from lambda_fn.contract.history import ChangeFigures
from training.cloud.deployed_stack import Stack
from training.errors import TrainingError
from training.promotion.gate_bounds import Verdict
from training.promotion.promote import promote

FIGURES = ChangeFigures(pictures=100, top1=0.6, macro_f1=0.6, macro_f1_before=0.58)
_PATIENCE_S = 240


def open_gate(candidate: Path, live: Path) -> Verdict:
    """Let everything through; `test_gate.py` has the real one."""
    return Verdict(live.name, candidate.name, 100, (), FIGURES)


def type_in(*arguments: str) -> None:
    """Run the command line as it is typed, in this process, which ends with it."""
    from training.cli.commands import cli

    cli(arguments)


def promote_together(folders: Sequence[Path], stack: Stack) -> dict[str, str]:
    """Promote each in a process of its own; all wait at the gate for each other.

    Returns what each folder came to: `live`, or why not.
    """
    context = multiprocessing.get_context("spawn")
    barrier, ends = context.Barrier(len(folders)), context.SimpleQueue()
    processes = [
        context.Process(target=_promote, args=(folder, stack, barrier, ends)) for folder in folders
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(_PATIENCE_S)
    return dict(ends.get() for _ in folders)


def _promote(folder: Path, stack: Stack, barrier: Barrier, ends: Any) -> None:
    def gate(candidate: Path, live: Path) -> Verdict:
        barrier.wait(_PATIENCE_S)
        return open_gate(candidate, live)

    try:
        promote(folder, stack, gate)
    except TrainingError as error:
        ends.put((folder.name, str(error)))
    else:
        ends.put((folder.name, "live"))
