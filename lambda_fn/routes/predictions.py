"""POST /v1/predictions: a picture, as its body has it or says where it is, and the whole answer."""

from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request

from lambda_fn.catalogue.works import Rights
from lambda_fn.catalogue_query import KnownStyle, refuse_repeats
from lambda_fn.deadline import finish_in_time
from lambda_fn.related_works import Wanted
from lambda_fn.request_body import BodyReader, is_json, json_body
from lambda_fn.request_log import facts_of, note
from lambda_fn.routes.uploads import upload_of
from lambda_fn.schemas import (
    PARTS,
    ErrorBody,
    Limits,
    Part,
    PredictionWithWorks,
    Uploaded,
)
from lambda_fn.uploads import Uploads

_MAX_SIMILAR = 50
_BY_DEFAULT = ",".join(one for one in PARTS if one != "embedding")
_PART = "|".join(PARTS)
Include = Annotated[
    str,
    Query(
        pattern=rf"^(({_PART})(,({_PART}))*)?$",
        description="parts of the answer, with commas between them; empty for none of "
        + ", ".join(PARTS),
    ),
]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "description": "One picture: raw, as the field `file` of a form, or the name of an upload. "
        "Raw bytes may have any `image/...` type, too; their content decides.",
        "content": {
            **json_body(Uploaded)["requestBody"]["content"],
            "application/octet-stream": _BINARY,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": _BINARY["schema"]},
                }
            },
        },
    }
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "No picture, several, or a broken form"},
    404: {"model": ErrorBody, "description": "No such upload, or no uploads at all"},
    408: {"model": ErrorBody, "description": "The body stands still"},
    413: {"model": ErrorBody, "description": "Too many bytes or pixels"},
    415: {"model": ErrorBody, "description": "Not a picture's Content-Type"},
    422: {"model": ErrorBody, "description": "The picture cannot be read"},
    503: {"model": ErrorBody, "description": "Too many pictures at once; try again"},
}


def _parts_of(include: str) -> list[Part]:
    named = include.split(",")
    return [part for part in PARTS if part in named]


Picture = Callable[[Request], AsyncGenerator[Callable[[], bytes], None]]


def picture_of(limits: Limits, uploads: Uploads | None) -> Picture:
    """Return what finds the picture of a request: in its body, or where its body says."""
    hint = ""
    if limits.upload_bytes is not None:
        hint = f"Or send the original of up to {limits.upload_bytes / 1e6:g} MB: POST /v1/uploads."
    reader = BodyReader(limits.body_bytes, hint=hint)

    async def picture(request: Request) -> AsyncGenerator[Callable[[], bytes], None]:
        if is_json(request):
            async with upload_of(request, uploads) as take:
                yield take
        else:
            async with reader.picture(request) as data:
                yield lambda: data

    return picture


def add_predictions(
    app: FastAPI,
    answer: Callable[[bytes, Wanted], PredictionWithWorks],
    picture: Picture,
    pool: Executor,
) -> None:
    """Add the route to the app; `answer` runs in a thread of the pool."""

    @app.post(
        "/v1/predictions",
        tags=["styles"],
        openapi_extra=_PICTURE_BODY,
        responses=_ERRORS,
        response_model_exclude_unset=True,
        dependencies=[Depends(refuse_repeats)],
    )
    async def create_prediction(
        request: Request,
        take: Annotated[Callable[[], bytes], Depends(picture)],
        similar: Annotated[
            int, Query(ge=0, le=_MAX_SIMILAR, description="how many similar works")
        ] = 10,
        similar_style: Annotated[
            KnownStyle | None, Query(description="similar works of this style only")
        ] = None,
        similar_rights: Annotated[
            Rights | None, Query(description="similar works with these rights only")
        ] = None,
        include: Include = _BY_DEFAULT,
    ) -> PredictionWithWorks:
        """Name the style of one picture. The picture is read in memory and not kept."""
        wanted = Wanted(similar, similar_style, similar_rights, frozenset(_parts_of(include)))
        found = await finish_in_time(lambda: answer(take(), wanted), pool=pool, request=request)
        note(request, **facts_of(found))
        return found
