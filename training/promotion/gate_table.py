"""What the gate found, as a table for people: in colours on a terminal, as plain text elsewhere."""

from rich import box
from rich.console import Console
from rich.table import Table

from training.promotion.gate_bounds import Verdict

_PLAIN_WIDTH = 120


def print_verdict(verdict: Verdict, console: Console | None = None) -> None:
    """Print the table."""
    console = console or Console()
    if not console.is_terminal:
        console.width = max(console.width, _PLAIN_WIDTH)
    console.print(_as_table(verdict, has_lines=console.is_terminal))
    for note in verdict.notes:
        console.print(note, highlight=False, markup=False)


def _as_table(verdict: Verdict, *, has_lines: bool) -> Table:
    table = Table(box=box.SIMPLE if has_lines else None, pad_edge=has_lines)
    table.add_column(f"on {verdict.pictures:,} test pictures", no_wrap=True)
    table.add_column(f"live\n{verdict.live}", justify="right")
    table.add_column(f"new\n{verdict.candidate}", justify="right")
    table.add_column("bound")
    table.add_column("")
    for row in verdict.rows:
        mark, style = ("refused", "bold red") if row.reason else ("ok", None)
        table.add_row(row.name, row.live, row.candidate, row.bound, mark, style=style)
    return table
