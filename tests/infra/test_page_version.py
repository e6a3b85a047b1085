import re
from pathlib import Path

import pytest

from infra.page_version import page_version, versioned_index

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A page with an index, a script and a picture in a folder."""
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "mark.svg").write_text("<svg/>")
    (tmp_path / "main.js").write_text("start()")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "index.html").write_text(
        '<script src="main.js"></script><img src="art/mark.svg"><a href="docs">'
        '<a href="https://example.org/main.js"><a href="#main.js"><a href="/docs">'
    )
    return tmp_path


def test_the_index_points_into_the_folder_of_its_version(web: Path) -> None:
    version = page_version(web)

    index = versioned_index(web)

    assert f'<script src="{version}/main.js">' in index
    assert f'<img src="{version}/art/mark.svg">' in index


def test_what_is_no_file_of_the_page_is_left_as_it_is(web: Path) -> None:
    index = versioned_index(web)

    for link in ('href="docs"', 'href="https://example.org/main.js"', 'href="#main.js"'):
        assert link in index
    assert 'href="/docs"' in index


@pytest.mark.parametrize("file", ["main.js", "art/mark.svg"])
def test_a_changed_file_is_a_new_version(web: Path, file: str) -> None:
    before = page_version(web)

    (web / file).write_text("changed")

    assert page_version(web) != before


def test_a_renamed_file_is_a_new_version(web: Path) -> None:
    before = page_version(web)

    (web / "main.js").rename(web / "start.js")

    assert page_version(web) != before


@pytest.mark.parametrize("file", ["index.html", "config.json"])
def test_what_is_not_kept_for_long_makes_no_new_version(web: Path, file: str) -> None:
    before = page_version(web)

    (web / file).write_text("changed")

    assert page_version(web) == before


def test_every_file_that_the_page_names_is_kept_for_long() -> None:
    version = page_version(WEB)

    index = versioned_index(WEB)

    named = re.findall(r'(?:src|href)="([^"#:/][^":]*\.(?:js|css|svg|png|ico))"', index)
    assert f"{version}/main.js" in named
    assert [name for name in named if not name.startswith(f"{version}/")] == []
