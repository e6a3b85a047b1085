"""Works of art for tests: one with the facts that a test cares about, or many drawn from a seed."""

import random
from typing import Any

from slugify import slugify

from lambda_fn.catalogue.works import (
    PALETTE_SIZE,
    RIGHTS,
    Work,
    wikiart_image_url,
    wikiart_page_url,
)
from lambda_fn.contract.styles import STYLES

_ARTISTS = (
    "Claude Monet",
    "Édouard Manet",
    "Paul Cézanne",
    "Katsushika Hokusai",
    "Joan Miró",
    "Hilma af Klint",
    "Artemisia Gentileschi",
    "Vilhelm Hammershøi",
    "Zdzisław Beksiński",
    "J. E. H. Macdonald",
)
_NOUNS = ("harbour", "garden", "portrait", "bather", "bridge", "still life", "café", "montaña")
_MANNERS = ("at dawn", "in blue", "of a lady", "no. 2", "with a dog", "after the rain", "")
_GENRES = (None, "portrait", "landscape", "still_life", "religious_painting")


def make_work(work_id: str = "claude-monet/water-lilies-1906", **facts: Any) -> Work:
    """Return a work of Impressionism at WikiArt's addresses; `facts` replaces what differs."""
    artist, _, title = work_id.partition("/")
    usual = {
        "title": title.replace("-", " ").capitalize(),
        "artist": artist.replace("-", " ").title(),
        "style": "impressionism",
        "wikiart_style": "Impressionism",
        "year": 1906,
        "rights": "public-domain",
        "page_url": wikiart_page_url(work_id),
        "image_url": wikiart_image_url(work_id),
        "palette": ("#203040", "#a0b0c0", "#ffffff", "#000000", "#7f0010"),
    }
    return Work(work_id, **{**usual, **facts})


def make_works(count: int, *, seed: int = 0) -> list[Work]:
    """Return different works in the order of their ids: every style, some facts missing."""
    draw = random.Random(seed)  # noqa: S311 - nothing is kept secret
    return sorted((_draw_work(draw, number) for number in range(count)), key=lambda work: work.id)


def _draw_work(draw: random.Random, number: int) -> Work:
    style = STYLES[number % len(STYLES)]
    artist = draw.choice(_ARTISTS)
    title = f"{draw.choice(_NOUNS).capitalize()} {draw.choice(_MANNERS)}".strip()
    work_id = f"{slugify(artist)}/{slugify(title)}-{number}"
    return make_work(
        work_id,
        title=title,
        artist=artist,
        style=style.slug,
        wikiart_style=draw.choice(style.wikiart_styles),
        year=draw.choice((None, draw.randint(1400, 2020), draw.randint(1850, 1930))),
        genre=draw.choice(_GENRES),
        rights=draw.choice(RIGHTS),
        page_url=draw.choice((None, wikiart_page_url(work_id))),
        image_url=draw.choice((wikiart_image_url(work_id), f"https://example.org/{number}.png")),
        palette=draw.choice(((), tuple(_draw_colour(draw) for _ in range(PALETTE_SIZE)))),
    )


def _draw_colour(draw: random.Random) -> str:
    return f"#{draw.randrange(0x1000000):06x}"
