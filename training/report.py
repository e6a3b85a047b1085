"""Tables and plots -> one HTML file that a person likes to read and that needs no other file."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.files import whole_file


@dataclass(frozen=True, slots=True)
class Table:
    """A table; numbers (not texts) are set to the right, floats with three decimals.

    The first cell of a row is its heading. None is an empty cell.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]

    def has_numbers(self, column: int) -> bool:
        """Return whether a column holds any number, so that its heading goes to the right too."""
        return any(_is_number(row[column]) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Plot:
    """A PNG file; `text` says in words what it shows, for those who cannot see it.

    A picture that bears its own heading needs no caption.
    """

    caption: str
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a few sentences (one paragraph each), then tables and plots in their order."""

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = field(default=())


def write_report(path: Path, *, title: str, lead: str, sections: Sequence[Section]) -> None:
    """Write the file; pictures are put inside of it, and no text can become markup."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": _cell, "is_number": _is_number, "data_uri": _data_uri}
    text = environment.get_template("report.html").render(title=title, lead=lead, sections=sections)
    with whole_file(path) as file:
        file.write_text(text, "utf-8")


def _cell(value: str | int | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
