"""What a model's tests showed, as the Model page draws it: `evaluation.json` of a model folder."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lambda_fn.contract.manifest import Share, TestMetrics

Shares = list[Annotated[float, Field(ge=0, le=1)]]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class RocCurve(_Frozen):
    """A ROC curve, thinned for drawing; both lists rise from 0 to 1."""

    false_positive_rate: Shares
    true_positive_rate: Shares
    auc: Share


class ReliabilityBin(_Frozen):
    """Pictures with a like confidence, and how often the first style was right for them."""

    confidence: Share = Field(description="mean of the highest probability")
    accuracy: Share
    pictures: int = Field(gt=0)


class Coverage(_Frozen):
    """How the candidate sets did on a list, by the threshold of the manifest."""

    coverage: Share
    size: float = Field(description="mean number of styles in a set")
    single: Share = Field(description="share of pictures whose set is one style")


class ListFigures(_Frozen):
    """One test list; all styles of the model compete on each."""

    metrics: TestMetrics
    run: str = Field(description="name of the run; each list needs a model that has not seen it")
    train: int = Field(gt=0, description="training pictures of that run")
    confusion: list[list[int]] = Field(description="a row per true style, in the model's order")
    curves: dict[str, RocCurve | None] = Field(description="by slug, and `micro` and `macro`")
    reliability: list[ReliabilityBin]
    candidates: Coverage


class Baseline(_Frozen):
    """Another recipe on the same lists."""

    name: str
    lists: dict[str, TestMetrics]


class Likeness(_Frozen):
    """How often works share something with a test picture, by how the works were chosen."""

    nearest: Share = Field(description="of the nearest works by the embedding")
    same_guess: Share = Field(description="of random works of the style that the model names")
    by_chance: Share = Field(description="of random works")


class Neighbours(_Frozen):
    """How alike the nearest training pictures of test pictures are, by the embedding."""

    nearest: int = Field(gt=0, description="neighbours looked at")
    style: Likeness
    artist: Likeness | None = Field(
        description="for test pictures whose artist is known; None where nobody is"
    )
    years: Likeness | None = Field(
        description="made at most 25 years apart, among dated works; None where none is dated"
    )


class SourceProbe(_Frozen):
    """How well a plain classifier guesses the collection that a test picture came from.

    Collections differ in their styles, so the style alone says much; what counts is how much the
    embedding says beyond it.
    """

    most_common: Share = Field(description="always guessing the largest collection")
    from_style: Share = Field(description="from the true style alone")
    from_embedding: Share
    from_both: Share


class Mistake(_Frozen):
    """A test picture that was named wrongly with confidence; facts only, no picture."""

    title: str
    artist: str
    year: int | None
    truth: str
    predicted: str
    probability: Share


class ComparedModel(_Frozen):
    """One model of the study that `compare` set side by side; None: not measured."""

    tag: str
    architecture: str
    head: str = Field(description="what was put on top of the network")
    size_px: int = Field(gt=0)
    size_mb: float = Field(gt=0, description="of all weights in float32, in millions of bytes")
    latency_ms: float = Field(gt=0, description="for one picture; comparable within the study")
    accuracy: Share | None = Field(description="on training pictures, at the best epoch")
    val_accuracy: Share | None
    top1: Share | None = Field(description="on test pictures")
    top1_interval: tuple[Share, Share] | None
    note: str = Field(description="why figures are missing")


class EpochFigures(_Frozen):
    """One epoch of training."""

    epoch: int
    loss: float
    accuracy: Share
    val_loss: float
    val_accuracy: Share
    learning_rate: float


class ModelEvaluation(_Frozen):
    """Everything that was measured about a model, beyond its manifest."""

    styles: tuple[str, ...]
    lists: dict[str, ListFigures] = Field(description="by name; the run's own list first")
    training: TestMetrics = Field(
        description="on its own training pictures, as they are: what lies above the test figures "
        "was learnt by heart"
    )
    baselines: list[Baseline]
    painting: RocCurve | None = Field(description="telling paintings from photographs")
    neighbours: Neighbours
    source_probe: SourceProbe | None
    mistakes: list[Mistake]
    comparison: list[ComparedModel] = Field(
        [], description="the study of architectures and tops; empty where none was given"
    )
    history: list[EpochFigures]
    recipe: dict[str, Any] = Field(description="the training options")
    training_s: float = Field(description="seconds of training")
    device: str
