"""A report is one file that needs no other, and no text in it can become markup."""

import base64
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.pictures import draw_picture
from training.report import Plot, Section, Table, write_report

MARKUP = "<script>alert('a' + \"b\")</script> & more"


class Reader(HTMLParser):
    """Notes the tags with their attributes, and the text outside of the style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._is_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.text += data

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def write(path: Path, *sections: Section, title: str = "Title", lead: str = "Lead.") -> str:
    write_report(path / "report.html", title=title, lead=lead, sections=sections)
    return (path / "report.html").read_text("utf-8")


def write_rows(path: Path, *rows: Sequence[str | int | float | None]) -> str:
    table = Table("Caption", ("name", "value"), rows)
    return write(path, Section("Section", tables=[table]))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    draw_picture().save(path)
    return path


def test_no_text_becomes_markup(tmp_path: Path, picture: Path) -> None:
    section = Section(
        MARKUP,
        paragraphs=[MARKUP],
        tables=[Table(MARKUP, (MARKUP, MARKUP), [(MARKUP, MARKUP)])],
        plots=[Plot(MARKUP, picture, MARKUP)],
    )

    page = Reader(write(tmp_path, section, title=MARKUP, lead=MARKUP))

    assert page.all("script") == []
    # title, heading, lead, link, section, paragraph, caption, two headings, two cells, caption
    assert page.text.count(MARKUP) == 12
    assert page.all("img")[0]["alt"] == MARKUP


def test_pictures_are_inside_of_the_file_and_nothing_is_outside(
    tmp_path: Path, picture: Path
) -> None:
    html = write(tmp_path, Section("One", plots=[Plot("Plot", picture, "Words")]))

    (image,) = Reader(html).all("img")
    head, data = str(image["src"]).split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == picture.read_bytes()
    assert not re.search(r"https?:|//\w|@import|url\(", html)


def test_every_section_is_linked_from_the_top(tmp_path: Path) -> None:
    page = Reader(write(tmp_path, Section("One"), Section("Two")))

    targets = [str(link["href"]) for link in page.all("a")]
    assert targets == [f"#{section['id']}" for section in page.all("section")]
    assert len(targets) == 2


def test_what_is_unknown_is_an_empty_cell(tmp_path: Path) -> None:
    assert "<td></td>" in write_rows(tmp_path, ("one", None))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (12345, '<td class="number">12,345</td>'),
        (0, '<td class="number">0</td>'),
        (0.98765, '<td class="number">0.988</td>'),
        (-1234.5, '<td class="number">-1,234.500</td>'),
        ("12345", "<td>12345</td>"),
        ("", "<td></td>"),
    ],
)
def test_numbers_are_set_to_the_right_and_text_is_left_as_it_is(
    tmp_path: Path, value: str | int | float, cell: str
) -> None:
    assert cell in write_rows(tmp_path, ("one", value))


@pytest.mark.parametrize("values", [(1, 2), (None, 2), (1, None)])
def test_a_column_with_a_number_has_its_heading_at_the_right(
    tmp_path: Path, values: tuple[int | None, ...]
) -> None:
    html = write_rows(tmp_path, *(("one", value) for value in values))

    assert '<th scope="col" class="number">value</th>' in html
    assert '<th scope="col">name</th>' in html


@pytest.mark.parametrize("rows", [[], [("one", None)], [("one", "text")], [(1, "text")]])
def test_a_column_without_a_number_has_its_heading_at_the_left(
    tmp_path: Path, rows: list[tuple[str | int, str | None]]
) -> None:
    assert 'class="number"' not in write_rows(tmp_path, *rows)


def test_the_first_cell_is_the_heading_of_its_row(tmp_path: Path) -> None:
    assert '<th scope="row">one</th>' in write_rows(tmp_path, ("one", 2))


def test_a_plot_without_a_caption_has_none(tmp_path: Path, picture: Path) -> None:
    html = write(tmp_path, Section("One", plots=[Plot("", picture, "Words")]))

    assert "<figcaption>" not in html


def test_a_plot_that_is_not_there_leaves_no_report(tmp_path: Path) -> None:
    section = Section("One", plots=[Plot("Plot", tmp_path / "missing.png", "Words")])

    with pytest.raises(FileNotFoundError):
        write(tmp_path, section)

    assert list(tmp_path.iterdir()) == []
