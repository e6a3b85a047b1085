"""The routes that look through styles and catalogue, picture or not."""

import logging
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from hashlib import blake2b
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Response

from lambda_fn import errors
from lambda_fn.catalogue.breaker import GuardedCatalogue
from lambda_fn.catalogue.stories import read_stories
from lambda_fn.catalogue.works import (
    CatalogueError,
    CatalogueUnavailableError,
    StyleCount,
)
from lambda_fn.catalogue_query import (
    SLUGS,
    PageQuery,
    StyleWorksQuery,
    WorksQuery,
    find_style,
    refuse_repeats,
    require_work_id,
    write_cursor,
)
from lambda_fn.chronology import draw_chronology
from lambda_fn.contract.manifest import ModelManifest
from lambda_fn.contract.styles import STYLES, Style
from lambda_fn.schemas import (
    Artists,
    Chronology,
    ErrorBody,
    ModelInfo,
    StyleDetail,
    StyleInfo,
    Styles,
    WorkLabel,
    Works,
)
from lambda_fn.verdict import read_track_record
from lambda_fn.work_labels import label_artist, label_counts, label_work

_PATIENCE_S: Final = 5.0
_COUNTS_PATIENCE_S: Final = 1.2
_KEPT: Final = {"Cache-Control": "public, max-age=300"}
"""For what takes a large MongoDB a third of a second to count, and changes with a load only."""
_Answers = dict[int | str, dict[str, Any]]
_BAD_QUERY: _Answers = {422: {"model": ErrorBody, "description": "The query makes no sense"}}
_NO_STYLE: _Answers = {404: {"model": ErrorBody, "description": "No such style"}}
_NO_WORK: _Answers = {404: {"model": ErrorBody, "description": "No such work"}}
_DOWN: _Answers = {503: {"model": ErrorBody, "description": "The catalogue does not answer now"}}

Slug = Annotated[str, Path(description="of a style", json_schema_extra=dict(SLUGS))]

logger = logging.getLogger(__name__)


def add_catalogue(app: FastAPI, manifest: ModelManifest, catalogue: GuardedCatalogue) -> None:
    """Add the routes to the app."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(refuse_repeats)])
    _add_styles(router, manifest, catalogue)
    _add_style_lists(router, catalogue)
    _add_works(router, catalogue)
    app.include_router(router)


def _add_styles(router: APIRouter, manifest: ModelManifest, catalogue: GuardedCatalogue) -> None:
    @router.get("/styles", tags=["styles"])
    def list_styles(response: Response) -> Styles:
        """List all styles, and which of them the model knows."""
        counts = _count(catalogue)
        if counts is not None:
            response.headers.update(_KEPT)
        return Styles(
            model=ModelInfo(
                id=manifest.id,
                architecture=manifest.architecture,
                test=manifest.test,
                elsewhere=manifest.elsewhere,
            ),
            styles=[StyleInfo(**_facts_of(style, manifest, counts)) for style in STYLES],
        )

    @router.get("/styles/{slug}", tags=["styles"], responses=_NO_STYLE)
    def read_style(slug: Slug, response: Response) -> StyleDetail:
        """Tell all about one style: its story, what it unites, how well the model knows it."""
        style = find_style(slug)
        is_known = slug in manifest.styles
        counts = _count(catalogue)
        if counts is not None:
            response.headers.update(_KEPT)
        return StyleDetail(
            **_facts_of(style, manifest, counts),
            story=read_stories()[slug],
            track_record=read_track_record(manifest, slug) if is_known else None,
        )


def _add_style_lists(router: APIRouter, catalogue: GuardedCatalogue) -> None:
    @router.get(
        "/styles/{slug}/artists", tags=["catalogue"], responses=_NO_STYLE | _BAD_QUERY | _DOWN
    )
    def list_artists(
        slug: Slug,
        limit: Annotated[int, Query(ge=1, le=100, description="artists to list")] = 3,
    ) -> Artists:
        """List the artists with the most works of a style."""
        style = find_style(slug)
        with _asked(catalogue):
            found = catalogue.artists(style.slug, limit=limit)
            return Artists(artists=[label_artist(artist) for artist in found])

    @router.get(
        "/styles/{slug}/artworks", tags=["catalogue"], responses=_NO_STYLE | _BAD_QUERY | _DOWN
    )
    def list_works_of_style(slug: Slug, query: Annotated[StyleWorksQuery, Query()]) -> Works:
        """List the works of a style, page by page."""
        style = find_style(slug).slug
        if query.order == "mixed":
            return _mixed_page(catalogue, query, style)
        return _page(catalogue, query, style)


def _add_works(router: APIRouter, catalogue: GuardedCatalogue) -> None:
    @router.get("/artworks", tags=["catalogue"], responses=_BAD_QUERY | _DOWN)
    def list_works(query: Annotated[WorksQuery, Query()]) -> Works:
        """Find works by words, style, artist, years and rights, page by page."""
        return _page(catalogue, query, query.style)

    @router.get("/artworks/{work_id:path}", tags=["catalogue"], responses=_NO_WORK | _DOWN)
    def read_work(work_id: str) -> WorkLabel:
        """Tell about one work; its id is ARTIST/TITLE."""
        wanted = require_work_id(work_id)
        with _asked(catalogue):
            work = catalogue.get([wanted]).get(wanted)
        if work is None:
            raise errors.UnknownWorkError(
                "The catalogue has no such work: GET /v1/artworks?q=... searches it."
            )
        return label_work(work)

    @router.get("/chronology", tags=["catalogue"], responses=_DOWN)
    def read_chronology(response: Response) -> Chronology:
        """Tell when the works of each WikiArt style were made, ready to draw."""
        with _asked(catalogue):
            years = catalogue.years()
        response.headers.update(_KEPT)
        return draw_chronology(years, this_year=date.today().year)


@contextmanager
def _asked(catalogue: GuardedCatalogue) -> Iterator[None]:
    """Give the catalogue a deadline, and turn its failures into the API's."""
    try:
        with catalogue.deadline(_PATIENCE_S):
            yield
    except CatalogueUnavailableError as error:
        raise errors.CatalogueDownError(
            "The catalogue does not answer right now: try again in half a minute."
        ) from error
    except CatalogueError as error:
        logger.error("the catalogue cannot be read: %s", error)
        raise errors.CatalogueDownError(
            "The catalogue holds something that cannot be read: try again later."
        ) from error


def _count(catalogue: GuardedCatalogue) -> Mapping[str, StyleCount] | None:
    """Return the counts of the styles; None where they cannot be had, and styles can do without."""
    try:
        with catalogue.deadline(_COUNTS_PATIENCE_S):
            return catalogue.counts()
    except CatalogueError:
        return None


def _facts_of(
    style: Style, manifest: ModelManifest, counts: Mapping[str, StyleCount] | None
) -> dict[str, Any]:
    story = read_stories()[style.slug]
    return {
        "slug": style.slug,
        "name": style.name,
        "taste": story.taste,
        "period": story.period,
        "wikiart_styles": list(style.wikiart_styles),
        "known": style.slug in manifest.styles,
        "counts": None if counts is None else label_counts(counts.get(style.slug)),
    }


def _page(catalogue: GuardedCatalogue, query: PageQuery, style: str | None) -> Works:
    """Return one page, and where the next begins, if there is one."""
    filters = query.filters(style)
    with _asked(catalogue):
        works = catalogue.find(filters, limit=query.limit, after=query.after)
        is_full = len(works) == query.limit
        has_more = is_full and bool(catalogue.find(filters, limit=1, after=works[-1].id))
    return Works(
        works=[label_work(work) for work in works],
        next_cursor=write_cursor(works[-1].id) if has_more else None,
    )


def _mixed_page(catalogue: GuardedCatalogue, query: PageQuery, style: str) -> Works:
    """Return one page of a style's works in an order by chance that is always the same.

    The order is by a digest of the ids, so that a page begins where the one before it ended, also
    when works have come or gone meanwhile.
    """
    with _asked(catalogue):
        ids = sorted(catalogue.ids(style), key=_mix)
        start = bisect_right(ids, _mix(query.after), key=_mix) if query.after else 0
        chosen = ids[start : start + query.limit]
        found = catalogue.get(chosen)
    works = [found[one] for one in chosen if one in found]
    has_more = start + query.limit < len(ids)
    return Works(
        works=[label_work(work) for work in works],
        next_cursor=write_cursor(chosen[-1]) if has_more else None,
    )


def _mix(work_id: str) -> bytes:
    return blake2b(work_id.encode(), digest_size=8).digest()
