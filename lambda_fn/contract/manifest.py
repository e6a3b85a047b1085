"""What an exported model says about itself: `manifest.json` of a model folder."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lambda_fn.contract.styles import STYLE_BY_SLUG

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.tflite"
KERAS_FILE = "answering.keras"
"""the same graph as a Keras file, in a run folder; the run's own `model.keras` gives logits only"""
GOLDEN_FILE = "golden.npz"
EVALUATION_FILE = "evaluation.json"
NEIGHBOURS_FILE = "neighbours.npz"

Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Interval = tuple[Share, Share]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class StyleMetrics(_Frozen):
    """How the model does on one style of a test list."""

    precision: Share
    recall: Share
    f1: Share
    support: int = Field(ge=0, description="test pictures of this style")
    confused_with: str | None = Field(
        default=None, description="slug of what its pictures are most often taken for instead"
    )
    confused_share: Share = Field(default=0.0, description="of its pictures, taken for that")


class TestMetrics(_Frozen):
    """Figures on pictures the model was never trained on."""

    __test__ = False  # pytest, this is no test

    split: str = Field(description="name of the list that the pictures come from")
    pictures: int = Field(gt=0)
    top1: Share = Field(description="share of pictures whose first style is right")
    top3: Share
    balanced_accuracy: Share
    macro_f1: Share
    top1_interval: Interval | None = Field(default=None, description="95 %, bootstrap")
    macro_f1_interval: Interval | None = Field(default=None, description="95 %, bootstrap")
    expected_calibration_error: Share = Field(description="15 bins of equal width")
    per_style: dict[str, StyleMetrics]


class CandidateRule(_Frozen):
    """How the set of styles is made that holds the right one with probability `coverage`.

    `contract/candidates.py` says how the numbers work.
    """

    coverage: Share = Field(description="aimed at")
    threshold: float = Field(ge=0, description="fitted on validation")
    penalty: float = Field(ge=0, description="for each style of a set beyond the first `free`")
    free: int = Field(ge=1)
    test_coverage: Share = Field(description="share of test pictures whose set holds their style")
    test_size: float = Field(ge=0, description="mean number of styles in a set, on test")
    test_single: Share = Field(description="share of test pictures whose set is one style")


class KindRefused(_Frozen):
    """How many pictures of one kind, such as charts or maps, are refused as no painting."""

    pictures: int = Field(gt=0)
    refused: Share


class PaintingRule(_Frozen):
    """When a picture is refused as no painting; measured on pictures that nothing was fitted on."""

    threshold: Share = Field(description="the graph's `painting` below it: not a painting")
    auroc: Share = Field(description="of `painting`, test paintings against held-out photographs")
    paintings_refused: Share
    photographs_refused: Share = Field(description="of all pictures that are no paintings")
    paintings: int = Field(gt=0)
    photographs: int = Field(gt=0)
    kinds: dict[str, KindRefused] = Field(
        default={}, description="the same for each kind of picture that is no painting"
    )
    photographed: KindRefused | None = Field(
        default=None, description="photographs of paintings, with frames, walls and angles"
    )


class LargeMetrics(_Frozen):
    """Some of the pictures again, in files much larger than what the model sees."""

    pictures: int = Field(gt=0)
    top1: Share
    refused: Share


class ElsewhereMetrics(_Frozen):
    """Figures on pictures from places that no training has seen: what a visitor may expect."""

    pictures: int = Field(gt=0)
    places: int = Field(gt=0)
    top1: Share
    top1_interval: Interval = Field(description="95 %, bootstrap over places, not over pictures")
    top3: Share
    balanced_accuracy: Share = Field(description="mean over the styles, each counting alike")
    expected_calibration_error: Share = Field(description="15 bins of equal width")
    coverage: Share = Field(description="share of pictures whose candidates hold their style")
    set_size: float = Field(ge=0, description="mean number of candidates")
    refused: Share = Field(description="taken for no painting")
    large: LargeMetrics | None = None


class FamousMetrics(_Frozen):
    """How the model does on works that everybody knows, none of which it was trained on."""

    pictures: int = Field(gt=0)
    known: int = Field(ge=0, description="those of a style that the model knows")
    named: int = Field(ge=0, description="of these, named rightly")
    in_first_three: int = Field(ge=0)
    refused: int = Field(ge=0, description="of all, taken for no painting")


class DataSummary(_Frozen):
    """What the model was trained on."""

    fingerprint: Sha256
    split: str
    train: int = Field(gt=0)
    validation: int = Field(gt=0)
    test: int = Field(gt=0)


class ModelManifest(_Frozen):
    """One exported model: everything the service needs to run it and to be honest about it."""

    schema_version: Literal[2] = 2
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{2,63}$")
    architecture: str
    input_size_px: int = Field(ge=32, le=1024)
    styles: tuple[str, ...] = Field(min_length=2, description="slugs in output order")
    precision: Literal["float32", "float16", "int8"]
    temperature: float = Field(
        gt=0, description="the graph divides its logits by it; fitted on validation"
    )
    embedding_size: int = Field(ge=2, description="numbers; their squares sum to 1")
    candidates: CandidateRule
    painting: PaintingRule | None = Field(
        description="None: it was made without photographs, and takes every picture for a painting"
    )
    test: TestMetrics
    elsewhere: ElsewhereMetrics | None = Field(
        default=None, description="None: it was measured at home only"
    )
    famous: FamousMetrics | None = None
    data: DataSummary
    commit: str = Field(description="git commit of the code that trained it")
    versions: dict[str, str]
    files: dict[str, Sha256] = Field(description="every other file of the folder")

    @model_validator(mode="after")
    def _styles_are_known(self) -> Self:
        unknown = [slug for slug in self.styles if slug not in STYLE_BY_SLUG]
        if unknown:
            raise ValueError(f"styles that the contract does not have: {', '.join(unknown)}")
        if len(set(self.styles)) != len(self.styles):
            raise ValueError("a style is listed twice")
        return self


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
