"""Facts of the catalogue -> bodies of the API."""

from lambda_fn.catalogue.works import Artist, StyleCount, Work, wikiart_page_url
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.schemas import ArtistWorks, StyleCounts, WorkLabel


def label_work(work: Work, similarity: float | None = None) -> WorkLabel:
    """Return the label of a work; `similarity` to a picture, if there is one."""
    return WorkLabel(
        id=work.id,
        title=work.title,
        artist=work.artist,
        artist_slug=work.artist_slug,
        year=work.year,
        style=work.style,
        style_name=_name_of(work.style),
        wikiart_style=work.wikiart_style,
        genre=work.genre,
        rights=work.rights,
        page_url=work.page_url,
        image_url=work.image_url,
        palette=list(work.palette),
        similarity=similarity,
    )


def label_artist(artist: Artist) -> ArtistWorks:
    """Return an artist with the address of the page at WikiArt."""
    return ArtistWorks(
        slug=artist.slug,
        name=artist.name,
        works=artist.works,
        page_url=wikiart_page_url(artist.slug),
    )


def label_counts(count: StyleCount | None) -> StyleCounts:
    """Return the counts of a style; of one without works the catalogue has none."""
    count = count or StyleCount(0, 0, 0)
    return StyleCounts(works=count.works, dated=count.dated, artists=count.artists)


def _name_of(slug: str) -> str:
    """Return the name of a style; a catalogue may know one that this version does not."""
    style = STYLE_BY_SLUG.get(slug)
    return slug.replace("-", " ").capitalize() if style is None else style.name
