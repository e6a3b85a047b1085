"""Request and response bodies; this file is the public API. Keys are added, never changed."""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from lambda_fn.catalogue.stories import Period, StyleStory
from lambda_fn.catalogue.works import Rights
from lambda_fn.catalogue_query import KnownStyle
from lambda_fn.contract.evaluation import ModelEvaluation
from lambda_fn.contract.history import ModelChange
from lambda_fn.contract.manifest import ElsewhereMetrics, ModelManifest, TestMetrics

Probability = Annotated[float, Field(ge=0, le=1)]
Verdict = Literal["confident", "unsure", "not-a-painting"]
CatalogueState = Literal["ok", "unavailable"]
Part = Literal["works", "similar", "story", "artists", "heat_maps", "embedding"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
"""What an answer can do without."""
PictureType = Literal[
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/tiff", "image/bmp"
]


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


class PaintingDoubt(_Body):
    """Whether the picture is a painting at all."""

    probability: float = Field(
        description="that it is one, where as many pictures are as are not", examples=[0.97]
    )


class Prediction(_Body):
    """The answer: the most likely style, and how likely each one is."""

    id: str
    model: ModelRef
    style: StyleProbability
    probabilities: list[StyleProbability] = Field(description="most likely first; they sum to 1")
    verdict: Verdict = Field(
        description="confident: one candidate. unsure: several. not-a-painting: what hardly any "
        "painting would get; the rest of the answer is whole, and says what if it is one after all"
    )
    painting: PaintingDoubt | None = Field(description="null where the model cannot tell")
    candidates: list[str] = Field(
        description="slugs of the fewest styles that hold the right one in nine of ten pictures "
        "from places that the model never saw, most likely first"
    )
    track_record: TrackRecord = Field(description="of the most likely style")
    heat_maps: dict[str, list[list[float]]] = Field(
        description="for each candidate, rows of 0 to 1 over the whole picture: where it speaks "
        "for that style"
    )
    picture: PictureFacts
    timing_ms: dict[str, float] = Field(examples=[{"decode": 7.1, "infer": 3.9, "total": 11.0}])


class WorkLabel(_Body):
    """A work of the catalogue: what the label beside it says."""

    id: str = Field(
        description="ARTIST/TITLE as in its address at WikiArt", examples=["claude-monet/poppies"]
    )
    title: str = Field(examples=["Poppies"])
    artist: str = Field(examples=["Claude Monet"])
    artist_slug: str = Field(examples=["claude-monet"])
    year: int | None = Field(description="of completion", examples=[1873])
    style: str = Field(description="slug", examples=["impressionism"])
    style_name: str = Field(examples=["Impressionism"])
    wikiart_style: str = Field(
        description="the style that WikiArt gives it", examples=["Post-Impressionism"]
    )
    genre: str | None = Field(examples=["landscape"])
    rights: Rights
    page_url: str | None = Field(
        description="its page at WikiArt",
        examples=["https://www.wikiart.org/en/claude-monet/poppies"],
    )
    image_url: str | None = Field(description="its picture, which may fail to load")
    palette: list[str] = Field(
        description="dominant colours, the largest area first; empty where no picture was at hand",
        examples=[["#c2b8a3", "#5d6b4f", "#8a9aa8", "#a3483a", "#2f3a33"]],
    )
    similarity: Probability | None = Field(
        default=None, description="how much it looks like the picture, 1: the same; null elsewhere"
    )


class ArtistWorks(_Body):
    """An artist, and how many works of a style the catalogue has."""

    slug: str = Field(examples=["claude-monet"])
    name: str = Field(examples=["Claude Monet"])
    works: int
    page_url: str = Field(examples=["https://www.wikiart.org/en/claude-monet"])


class PredictionWithWorks(Prediction):
    """The answer of the API: the prediction, the story of the style, and works to look at.

    What `include` leaves out is not there.
    """

    heat_maps: dict[str, list[list[float]]] = Field(
        default_factory=dict, description=Prediction.model_fields["heat_maps"].description
    )
    embedding: list[float] = Field(
        default_factory=list,
        description="where the model sees the picture: numbers of one length, whose products tell "
        "how alike two pictures are; only if `include` names it",
    )
    story: StyleStory | SkipJsonSchema[None] = Field(
        default=None, description="of the most likely style"
    )
    artists: list[ArtistWorks] = Field(
        default_factory=list,
        description="the three with the most works of the style in the catalogue; may be empty",
    )
    works: list[WorkLabel] = Field(
        default_factory=list, description="15 works of the style, drawn anew each time"
    )
    similar: list[WorkLabel] = Field(
        default_factory=list,
        description="the works that look most like the picture, most alike first",
    )
    catalogue: CatalogueState = Field(
        description="unavailable: `artists`, `works` and `similar` are empty for now"
    )
    feedback_token: str | None = Field(
        description="for POST /v1/feedback, for a day; null where no feedback is kept"
    )


class StyleCounts(_Body):
    """What the catalogue has of a style."""

    works: int
    dated: int = Field(description="works whose year is known")
    artists: int


class StyleInfo(_Body):
    """One of the 18 styles; `known` says whether the model was trained on it."""

    slug: str
    name: str
    taste: str = Field(description="the first sentence of its story")
    period: Period = Field(description="when it flourished, as the literature has it")
    wikiart_styles: list[str]
    known: bool
    counts: StyleCounts | None = Field(
        default=None, description="null while the catalogue does not answer"
    )


class StyleDetail(StyleInfo):
    """All there is to say about one style."""

    story: StyleStory = Field(description="with the stories of the WikiArt styles it unites")
    track_record: TrackRecord | None = Field(description="null if the model does not know it")


class Artists(_Body):
    """The most prolific artists of a style, most works first."""

    artists: list[ArtistWorks]


class Works(_Body):
    """One page of works, in the order of their ids."""

    works: list[WorkLabel]
    next_cursor: str | None = Field(description="asks for the next page; null on the last")


class Ridge(_Body):
    """When the works of one WikiArt style were made."""

    wikiart_style: str = Field(examples=["Post-Impressionism"])
    style: str = Field(description="slug of the style it belongs to", examples=["impressionism"])
    source: Literal["catalogue", "literature"] = Field(
        description="literature: the catalogue has too few dated works, and the rest is the period "
        "that books give"
    )
    works: int = Field(description="dated works in the catalogue")
    counts: list[int] = Field(description="dated works in each bin")
    density: list[Probability] = Field(description="height of the ridge in each bin; highest is 1")
    first: int = Field(description="year by which 2 % of them were made, or the period's first")
    median: int | None = Field(description="year; null for a period of the literature")
    last: int = Field(description="year by which 98 % of them were made, or the period's last")


class Chronology(_Body):
    """The 25 WikiArt styles over time, by their first year, ready to draw as a ridge plot."""

    bin_years: int = Field(examples=[10])
    bins: list[int] = Field(description="first year of each bin; the last bin ends at 2020")
    ridges: list[Ridge]


class FeedbackRequest(_Body):
    """What a visitor says about an answer."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(
        min_length=1, max_length=4000, description="`feedback_token` of the answer", repr=False
    )
    style: KnownStyle = Field(description="slug of what it is; the predicted one says: right")
    picture: str | None = Field(
        default=None,
        description="the picture as base64 (JPEG, PNG or WebP of at most 1 MB), only if the "
        "visitor wants to give it",
        repr=False,
    )


class FeedbackStored(_Body):
    """The feedback is kept."""

    stored: Literal[True] = True


class UploadRequest(_Body):
    """What the original is that somebody wants to send."""

    model_config = ConfigDict(extra="forbid")

    content_type: PictureType


class UploadForm(_Body):
    """A form for one original: POST its fields and then the `file` to the address."""

    upload: str = Field(
        description="what to give POST /v1/predictions afterwards",
        examples=["originals/1f0c5b9a7d3e4c2b8a6f0e1d2c3b4a59"],
    )
    url: str = Field(examples=["https://uploads.s3.eu-west-1.amazonaws.com/"])
    fields: dict[str, str] = Field(description="of the form, as they are")
    max_bytes: int
    expires_in_s: int = Field(description="how long the form is good for", examples=[300])


class Uploaded(_Body):
    """An original that was sent by such a form."""

    model_config = ConfigDict(extra="forbid")

    upload: str = Field(max_length=200, description="`upload` of the form")


class ModelInfo(ModelRef):
    """The model behind the answers, with its figures on pictures it was never trained on."""

    test: TestMetrics
    elsewhere: ElsewhereMetrics | None = Field(
        description="on pictures from places that it never saw; null where it was not measured"
    )


class Styles(_Body):
    """All styles, and the model that knows some of them."""

    model: ModelInfo
    styles: list[StyleInfo]


class ModelCard(_Body):
    """All that is known about the model: what it says of itself, and what its tests showed."""

    manifest: ModelManifest
    evaluation: ModelEvaluation | None
    history: list[ModelChange] | None = Field(
        description="changes of the live model, the oldest first; null where none is kept, or it "
        "cannot be read"
    )


class Limits(_Body):
    """How large a picture may be, in bytes."""

    body_bytes: int = Field(description="in a request to POST /v1/predictions")
    upload_bytes: int | None = Field(
        description="as an original by POST /v1/uploads; null where none are taken"
    )


class Health(_Body):
    """The service is up and its model is loaded."""

    status: Literal["ok"] = "ok"
    model: str
    limits: Limits


class Guide(_Body):
    """What can be asked here."""

    name: str = "Style Your Art"
    predictions: str = "/v1/predictions"
    uploads: str = "/v1/uploads"
    styles: str = "/v1/styles"
    artworks: str = "/v1/artworks"
    chronology: str = "/v1/chronology"
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
