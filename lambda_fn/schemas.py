"""Request and response bodies; this file is the public API. Keys are added, never changed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lambda_fn.contract.manifest import TestMetrics

Probability = Annotated[float, Field(ge=0, le=1)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, protected_namespaces=())


class ModelRef(_Body):
    """Which model gave the answer."""

    id: str
    architecture: str


class StyleProbability(_Body):
    """One style and how likely it is."""

    slug: str
    name: str
    probability: Probability


class PictureFacts(_Body):
    """The picture as it was read; width and height in pixels, upright."""

    width: int
    height: int
    format: str = Field(examples=["jpeg"])


class Prediction(_Body):
    """The answer: the most likely style, and how likely each one is."""

    id: str
    model: ModelRef
    style: StyleProbability
    probabilities: list[StyleProbability] = Field(description="most likely first; they sum to 1")
    picture: PictureFacts
    timing_ms: dict[str, float] = Field(examples=[{"decode": 7.1, "infer": 3.9, "total": 11.0}])


class StyleInfo(_Body):
    """One of the 18 styles; `known` says whether the model was trained on it."""

    slug: str
    name: str
    wikiart_styles: list[str]
    known: bool


class ModelInfo(ModelRef):
    """The model behind the answers, with its figures on pictures it was never trained on."""

    test: TestMetrics


class Styles(_Body):
    """All styles, and the model that knows some of them."""

    model: ModelInfo
    styles: list[StyleInfo]


class Health(_Body):
    """The service is up and its model is loaded."""

    status: Literal["ok"] = "ok"
    model: str


class Guide(_Body):
    """What can be asked here."""

    name: str = "Style Your Art"
    predictions: str = "/v1/predictions"
    styles: str = "/v1/styles"
    health: str = "/v1/health"
    docs: str = "/docs"
    openapi: str = "/openapi.json"


class ErrorFacts(_Body):
    """A stable code for programs, a message for people."""

    code: str = Field(examples=["unreadable_image"])
    message: str


class ErrorBody(_Body):
    """Every failure, whoever found it."""

    error: ErrorFacts
