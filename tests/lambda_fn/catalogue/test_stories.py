"""The stories of the styles: all there, of the right length, and of styles in the contract."""

import re

import pytest

from lambda_fn.catalogue.stories import PartStory, StyleStory, read_stories
from lambda_fn.contract.styles import STYLE_BY_SLUG, STYLES

PARTS = [part for story in read_stories().values() for part in story.parts]
ALL: list[StyleStory | PartStory] = [*read_stories().values(), *PARTS]


def name_of(story: StyleStory | PartStory) -> str:
    return story.slug if isinstance(story, StyleStory) else story.wikiart_style


def test_every_style_has_its_story() -> None:
    assert list(read_stories()) == [style.slug for style in STYLES]


def test_every_wikiart_style_has_a_story_of_its_own_where_several_are_united() -> None:
    for slug, story in read_stories().items():
        united = STYLE_BY_SLUG[slug].wikiart_styles
        expected = united if len(united) > 1 else ()
        assert tuple(part.wikiart_style for part in story.parts) == expected


@pytest.mark.parametrize("story", ALL, ids=name_of)
def test_a_story_has_60_to_120_words(story: StyleStory | PartStory) -> None:
    assert 60 <= len(story.text.split()) <= 120


@pytest.mark.parametrize("story", ALL, ids=name_of)
def test_a_period_lies_in_the_past_and_has_a_length(story: StyleStory | PartStory) -> None:
    assert 1400 <= story.period.first < story.period.last <= 2026


@pytest.mark.parametrize("story", ALL, ids=name_of)
def test_key_artists_differ_and_have_a_page_at_wikiart(story: StyleStory | PartStory) -> None:
    assert len({artist.name for artist in story.artists}) == 3
    for artist in story.artists:
        assert re.fullmatch(r"https://www\.wikiart\.org/en/[a-z0-9-]+", artist.url)


@pytest.mark.parametrize("story", ALL, ids=name_of)
def test_a_famous_work_says_who_made_it_when_and_where_it_hangs(
    story: StyleStory | PartStory,
) -> None:
    work = story.work

    assert work.title
    assert work.artist
    assert re.search(r"\d{4}", work.year)
    assert "," in work.place
