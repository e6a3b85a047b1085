"""Every option of every step, frozen, with its default; a run saves the ones it used."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_STACK = "style-your-art-dev"
"""as `infra/app.py` calls the stack of the stage dev"""
LEVELS = "levels"
ANY_SIZE = frozenset({"gap", LEVELS})
"""heads whose logits are means over all places: they take features of any size and have maps"""


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CollectConfig(_Config):
    """What `collect` asks WikiArt for, and how politely."""

    base_url: str = Field(default="https://www.wikiart.org", pattern=r"^https?://[^/?#]+/?$")
    own_domains: tuple[str, ...] = Field(
        default=("wikiart.org",),
        description="hosts of pictures and redirects end in one of these, or are the base's own",
    )
    user_agent: str = "StyleYourArt/0.1 (collects labelled pictures to train on; obeys 429)"
    only: tuple[str, ...] = Field(default=(), description="artists, by name or WikiArt's slug")
    styles: tuple[str, ...] = Field(default=(), description="WikiArt's names, our names or slugs")
    is_public_domain_only: bool = False
    limit: int | None = Field(default=None, ge=1, description="works")
    has_pictures: bool = True
    requests_per_window: int = Field(default=10, ge=1)
    window_s: float = Field(default=5.0, gt=0)
    connections: int = Field(default=4, ge=1, le=16)
    timeout_s: float = Field(default=30.0, gt=0, description="of each wait for bytes")
    attempts: int = Field(default=6, ge=1)
    backoff_s: float = Field(default=1.0, ge=0, description="before the second try; then doubled")
    max_backoff_s: float = Field(default=60.0, ge=0)
    max_retry_after_s: float = Field(
        default=900.0, ge=0, description="a server that asks for a longer pause ends the step"
    )
    max_failed_share: float = Field(default=0.05, ge=0, le=1)
    max_failures_in_a_row: int = Field(default=20, ge=1, description="then the site is down")


class ImportConfig(_Config):
    """How `import` reads labelled pictures."""

    csv: Path | None = Field(
        default=None, description="inside of the source; its metadata.csv where there is one"
    )
    max_unreadable_share: float = Field(default=0.05, ge=0, le=1)


class Split(StrEnum):
    """The lists that `organise` can make."""

    PICTURE = "picture"
    ARTIST = "artist"


class OrganiseConfig(_Config):
    """How `organise` turns raw works into a dataset."""

    size_px: int = Field(default=224, ge=32, le=1024, description="side of the stored squares")
    format: Literal["png", "jpeg", "tar"] = "png"
    min_pictures_per_style: int = Field(
        default=300, ge=3, description="styles with fewer pictures stay out"
    )
    keeps_duplicates: bool = Field(default=False, description="copies of a work stay in")
    splits: tuple[Split, ...] = Field(default=(Split.PICTURE,), description="lists to make")
    lists: Path | None = Field(default=None, description="CSV of lists to take over")
    test_share: float = Field(default=0.2, gt=0, lt=0.9)
    validation_share: float = Field(default=0.1, gt=0, lt=0.9, description="of all pictures")
    cap_train: int | None = Field(
        default=None,
        ge=2,
        description="pictures of a style to train and validate on, the others are unused",
    )
    cap_test: int | None = Field(default=None, ge=1, description="likewise")
    seed: int = 42
    max_unreadable_share: float = Field(default=0.01, ge=0, le=1)


class ExploreConfig(_Config):
    """What `explore` shows of a dataset."""

    seed: int = Field(default=42, description="picks the works of the contact sheets")
    works_per_style: int = Field(default=3, ge=1, description="on a contact sheet")
    min_dated_works: int = Field(
        default=20, ge=2, description="WikiArt styles with fewer get no ridge"
    )
    max_ridges: int = Field(default=25, ge=1, description="WikiArt styles, most dated works first")


class TrainConfig(_Config):
    """How `train` makes a model out of a dataset.

    The defaults are those of the recipe: `RECIPES` says what `frozen` has otherwise.
    """

    recipe: Literal["fine-tune", "frozen"] = Field(
        default="fine-tune",
        description="frozen: a head on features that are computed once and kept",
    )
    architecture: str = "mobilenetv2"
    head: str = "gap"
    hidden_units: int = Field(
        default=0,
        ge=0,
        description="of a ReLU layer between the pooled levels and the logits; 0: none",
    )
    views: int = Field(
        default=0,
        ge=0,
        le=50,
        description="of each picture, augmented, whose features are kept and learnt from, too",
    )
    photographs: int = Field(
        default=0,
        ge=0,
        le=50,
        description="of each picture, as a visitor of a museum would take them: more such views",
    )
    soft_px: int = Field(
        default=0,
        ge=0,
        description="side to which the whole picture is shrunk, and brought back, for one more "
        "view, as soft as a small scan; 0: none",
    )
    agreement_weight: float = Field(
        default=0.0,
        ge=0,
        description="of what tells the answers to two ways of one picture apart; with views, an "
        "epoch then shows every picture in two of its ways",
    )
    scaling: Literal["own", "unit"] = Field(
        default="own",
        description="unit: 0 to 1, as the original scaled all five, though no backbone expects it",
    )
    weights: Literal["imagenet"] | Path | None = Field(
        default="imagenet",
        description="a Keras weights file of the backbone without its top",
        union_mode="left_to_right",  # in JSON any text may be a path
    )
    start: Path | None = Field(
        default=None,
        description="a finished run of the same network whose weights the fine-tuning begins with",
    )
    split: str = "picture"
    seed: int = 42
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=32, ge=1)
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"

    kept_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="first share of the backbone's layers that is never trained",
    )
    fixed_statistics: bool = Field(
        default=False,
        description="batch normalisation keeps what ImageNet taught it, in training, too: small "
        "batches of augmented pictures would give it others than whole pictures have",
    )
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = Field(default=5e-4, gt=0)
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    warmup_epochs: float = Field(default=1.0, ge=0, description="of the cosine")
    plateau_factor: float = Field(default=0.4, gt=0, lt=1)
    plateau_patience: int = Field(
        default=3, ge=1, description="epochs without a better val_accuracy"
    )
    min_learning_rate: float = Field(default=1e-6, ge=0, description="of the plateau")
    stop_patience: int | None = Field(
        default=None, ge=1, description="epochs without a better val_loss; None trains to the end"
    )
    stop_min_delta: float = Field(default=0.005, ge=0)
    weight_decay: float = Field(default=0.02, ge=0, description="of adamw")
    clip_norm: float = Field(default=1.0, gt=0)
    clip: Literal["all", "each"] = Field(
        default="all", description="the norm of all gradients together, or of each variable's"
    )
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup_alpha: float = Field(default=0.2, ge=0, description="0 turns mixup off")
    cutmix_alpha: float = Field(
        default=0.0, ge=0, description="0 turns cutmix off; with both, a batch gets one of them"
    )
    artist_weight: float = Field(
        default=0.0,
        ge=0,
        description="of the loss of naming the artist, too; that layer is dropped in the end",
    )
    artist_works: int = Field(
        default=3, ge=2, description="artists with fewer training pictures are not named"
    )
    teachers: tuple[Path, ...] = Field(
        default=(), description="finished runs whose mean answer is learnt beside the labels"
    )
    teacher_weight: float = Field(
        default=0.5, ge=0, le=1, description="of the teachers' answer; the labels have the rest"
    )
    averaged_epochs: int = Field(
        default=1,
        ge=1,
        description="more than 1: the model is the mean of the last epochs' weights, not the best",
    )
    class_weights: Literal["none", "sqrt", "balanced", "collections"] = Field(
        default="sqrt",
        description="how much the pictures of a rare style count: as they come, more by the root "
        "of how rare it is, all styles alike, or by how rare it is in each collection",
    )
    min_collection: int = Field(
        default=200,
        ge=1,
        description="training pictures; sources with fewer count together as one collection",
    )
    held_out: tuple[str, ...] = Field(
        default=(), description="sources whose pictures are left out of training"
    )
    dropout: float = Field(default=0.2, ge=0, lt=1)
    batch_norm_momentum: float = Field(default=0.98, gt=0, lt=1)

    crop_px: int = Field(
        default=128,
        ge=32,
        description="side of the training crops; smaller than the pictures, because a random crop "
        "magnifies what it shows (Touvron et al. 2019, arXiv 1906.06423)",
    )
    min_crop_area: float = Field(default=0.35, gt=0, le=1, description="of the whole picture")
    vertical_flips: float = Field(default=0.0, ge=0, le=1, description="share of the pictures")
    colour_cast: float = Field(
        default=0.0, ge=0, lt=1, description="largest change of each colour channel's strength"
    )
    photograph_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="training pictures that are shown as a visitor of a museum photographs them",
    )
    max_softness: float = Field(
        default=2.0, ge=1, description="half of the pictures are shrunk by up to this and back"
    )
    jpeg_quality: int = Field(
        default=40,
        ge=1,
        le=100,
        description="half of the pictures lose what JPEG of 95 to this does",
    )

    @property
    def all_views(self) -> int:
        """How many views of each picture are learnt from, beside the picture as it is."""
        return self.views + self.photographs + (self.soft_px > 0)

    @model_validator(mode="before")
    @classmethod
    def _fill_recipe(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**RECIPES.get(given.get("recipe", ""), {}), **given}

    @model_validator(mode="after")
    def _recipe_fits(self) -> Self:
        if self.recipe == "frozen" and (self.cutmix_alpha or self.teachers):
            raise ValueError("the frozen recipe knows no cutmix and no teachers")
        if self.recipe == "frozen" and (self.kept_share or self.photograph_share):
            raise ValueError(
                "the frozen recipe keeps all of the backbone and makes views beforehand: "
                "leave out kept_share, and give photographs instead of photograph_share"
            )
        if self.recipe == "frozen" and self.start:
            raise ValueError("only fine-tuning begins with another run: leave out start")
        if self.head not in ANY_SIZE and self.artist_weight:
            raise ValueError("only the heads gap and levels can name artists, too")
        return self

    @model_validator(mode="after")
    def _ways_fit(self) -> Self:
        if self.all_views and self.recipe != "frozen":
            raise ValueError(
                "views are for the frozen recipe: fine-tuning makes new ones all the time"
            )
        if self.agreement_weight and not self.all_views:
            raise ValueError("answers to one way of a picture always agree: give views, too")
        if self.hidden_units and self.head != LEVELS:
            raise ValueError("hidden units go with the head levels only")
        return self


RECIPES: Mapping[str, Mapping[str, Any]] = {
    "fine-tune": {},
    # the settings of the original (its models.train_model)
    "frozen": {
        "epochs": 50,
        "batch_size": 16,
        "optimizer": "sgd",
        "learning_rate": 0.02,
        "schedule": "plateau",
        "stop_patience": 10,
        "clip": "each",
        "label_smoothing": 0.0,
        "mixup_alpha": 0.0,
        "class_weights": "balanced",
        "dropout": 0.25,
    },
}
"""What a recipe changes among the defaults of `TrainConfig`."""
