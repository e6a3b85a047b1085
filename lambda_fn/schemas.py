"""Request and response bodies; this file is the public API. Keys are added, never changed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lambda_fn.contract.evaluation import ModelEvaluation
from lambda_fn.contract.manifest import ModelManifest, TestMetrics

Probability = Annotated[float, Field(ge=0, le=1)]
Verdict = Literal["confident", "unsure", "not-a-painting"]


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


class TrackRecord(_Body):
    """How the model did on pictures of one style that it was never trained on."""

    precision: float = Field(description="how often it is right when it names this style")
    recall: float = Field(description="how many pictures of this style it finds")
    confused_with: str | None = Field(
        description="slug of the style that its pictures are most often taken for instead"
    )
    pictures: int = Field(description="test pictures of this style")


class Prediction(_Body):
    """The answer: the most likely style, and how likely each one is."""

    id: str
    model: ModelRef
    style: StyleProbability
    probabilities: list[StyleProbability] = Field(description="most likely first; they sum to 1")
    verdict: Verdict = Field(
        description="confident: one candidate. unsure: several. not-a-painting: it looks like a "
        "photograph or the like, and the rest of the answer means little"
    )
    candidates: list[str] = Field(
        description="slugs of the fewest styles that hold the right one in nine of ten pictures, "
        "most likely first"
    )
    track_record: TrackRecord = Field(description="of the most likely style")
    heat_maps: dict[str, list[list[float]]] = Field(
        description="for each candidate, rows of 0 to 1 over the whole picture: where it speaks "
        "for that style"
    )
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


class ModelCard(_Body):
    """All that is known about the model: what it says of itself, and what its tests showed."""

    manifest: ModelManifest
    evaluation: ModelEvaluation | None


class Health(_Body):
    """The service is up and its model is loaded."""

    status: Literal["ok"] = "ok"
    model: str


class Guide(_Body):
    """What can be asked here."""

    name: str = "Style Your Art"
    predictions: str = "/v1/predictions"
    styles: str = "/v1/styles"
    model: str = "/v1/model"
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
