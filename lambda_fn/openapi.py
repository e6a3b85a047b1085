"""The description of the API as programs read it: names, tags, and errors as they are sent."""

import json
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from lambda_fn.schemas import FeedbackRequest, Uploaded, UploadRequest

ABOUT: Final[dict[str, Any]] = {
    "description": "Send a picture; get its art style, how sure that is, and works that are like "
    "it. No account and no key. Every failure has the same body: a stable code for programs and "
    "a message for people.",
    "contact": {"name": "Style Your Art"},
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "servers": [{"url": "/", "description": "where this description comes from"}],
    "openapi_tags": [
        {"name": "styles", "description": "Name the style of a picture, and list the styles."},
        {"name": "catalogue", "description": "Look through works of art."},
        {"name": "feedback", "description": "Say whether an answer is right."},
        {"name": "about", "description": "The service and its model."},
    ],
}
_BODIES: Final[tuple[type[BaseModel], ...]] = (FeedbackRequest, Uploaded, UploadRequest)
_REF: Final = "#/components/schemas/{model}"
_ERROR: Final = {"application/json": {"schema": {"$ref": _REF.format(model="ErrorBody")}}}
_OF_FRAMEWORK: Final = ("HTTPValidationError", "ValidationError")
_BROKEN: Final = {"description": "Something broke on our side; try again later"}


def name_operation(route: APIRoute) -> str:
    """Return the id of an operation: the name of its function, which generated clients take."""
    return route.name


def describe(app: FastAPI) -> None:
    """Let the app describe itself so; the description is made when it is first asked for."""
    of_framework = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = of_framework()
            _name_bodies(schema)
            for operation in _operations(schema):
                _tell_errors(operation)
            _name_items(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in schema["paths"].values():
        yield from methods.values()


def _name_bodies(schema: dict[str, Any]) -> None:
    """Put the models of bodies that are read by hand beside those that FastAPI knows."""
    known = schema["components"]["schemas"]
    for name in _OF_FRAMEWORK:
        known.pop(name, None)
    for model in _BODIES:
        own = model.model_json_schema(ref_template=_REF)
        known |= own.pop("$defs", {})
        known[model.__name__] = own


def _tell_errors(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in json.dumps(responses.get("422", {})):
        described = {"description": "A parameter makes no sense", "content": _ERROR}
        responses["422"] = described
    responses["500"] = {**_BROKEN, "content": _ERROR}


def _name_items(part: Any) -> None:
    """Say of a pair what its items are in the older way, too, which every tool understands."""
    if isinstance(part, dict):
        items = part.get("prefixItems")
        if items and "items" not in part and all(one == items[0] for one in items):
            part["items"] = items[0]
            del part["prefixItems"]
    for inner in part.values() if isinstance(part, dict) else part:
        if isinstance(inner, dict | list):
            _name_items(inner)
