"""Every option of every step, frozen, with its default; a run saves the ones it used."""

from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

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
    user_agent: str = "StyleYourArt (collects labelled pictures to train on; obeys 429)"
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

    The defaults fine-tune the whole network; `training/recipes/` has what other recipes change.
    """

    trains: Literal["network", "head"] = Field(
        default="network",
        description="network: all of it, on pictures that change all the time; head: the head "
        "alone, on features that are computed once and kept",
    )
    architecture: str = Field(
        default="mobilenetv2",
        description="of the backbone: mobilenetv2, resnet50, vgg16, inceptionv3 or xception",
    )
    head: str = Field(
        default="gap",
        description="gap: pooling and one layer; levels: the same of several layers on the way; "
        "original-1, original-2, original-3: the tops of the original, for pictures of one size",
    )
    hidden_units: int = Field(
        default=0,
        ge=0,
        description="of a ReLU layer between the pooled levels and the logits, with the head "
        "levels; 0: none",
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
        description="own: of pixels, as the backbone's weights expect it; unit: 0 to 1, as the "
        "original scaled all five, though no backbone expects it",
    )
    weights: Literal["imagenet"] | Path | None = Field(
        default="imagenet",
        description="to begin with: imagenet is downloaded, a path names a Keras weights file of "
        "the backbone without its top, none begins with random ones",
        union_mode="left_to_right",  # in JSON any text may be a path
    )
    start: Path | None = Field(
        default=None,
        description="a finished run of the same network whose weights the fine-tuning begins with",
    )
    split: str = Field(default="picture", description="list of the dataset to train on")
    seed: int = Field(default=42, description="decides order, crops and random weights")
    epochs: int = Field(default=20, ge=1, description="how often each picture is seen, at most")
    batch_size: int = Field(
        default=32, ge=1, description="pictures in a step; fewer need less memory"
    )
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = Field(
        default="float32",
        description="of what is computed; mixed ones are fast on graphics cards, and the model "
        "that is kept is float32 all the same",
    )

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
    optimizer: Literal["adamw", "adam", "sgd"] = Field(
        default="adamw", description="of these, adamw alone decays the weights"
    )
    learning_rate: float = Field(
        default=5e-4, gt=0, description="the highest one; find-rate suggests one"
    )
    schedule: Literal["cosine", "plateau", "constant"] = Field(
        default="cosine",
        description="cosine: the rate warms up, then falls; plateau: it falls when validation "
        "gets no better",
    )
    warmup_epochs: float = Field(default=1.0, ge=0, description="of the cosine")
    plateau_factor: float = Field(
        default=0.4, gt=0, lt=1, description="by which the plateau lowers the rate each time"
    )
    plateau_patience: int = Field(
        default=3, ge=1, description="epochs without a better val_accuracy"
    )
    min_learning_rate: float = Field(default=1e-6, ge=0, description="of the plateau")
    stop_patience: int | None = Field(
        default=None, ge=1, description="epochs without a better val_loss; none: to the end"
    )
    stop_min_delta: float = Field(
        default=0.005, ge=0, description="by which val_loss must fall to be better"
    )
    weight_decay: float = Field(default=0.02, ge=0, description="of adamw")
    clip_norm: float = Field(default=1.0, gt=0, description="longer gradients are shortened to it")
    clip: Literal["all", "each"] = Field(
        default="all", description="the norm of all gradients together, or of each variable's"
    )
    label_smoothing: float = Field(
        default=0.1, ge=0, lt=1, description="share of a label that is spread over all styles"
    )
    mixup_alpha: float = Field(
        default=0.2, ge=0, description="how strongly pictures are blended; 0 turns mixup off"
    )
    cutmix_alpha: float = Field(
        default=0.0,
        ge=0,
        description="how strongly pictures are laid over each other; 0 turns cutmix off; with "
        "mixup, too, a batch gets one of them",
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
    dropout: float = Field(
        default=0.2, ge=0, lt=1, description="share of the features that a step hides"
    )
    batch_norm_momentum: float = Field(
        default=0.98, gt=0, lt=1, description="of the statistics of batch normalisation"
    )

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

    @model_validator(mode="after")
    def _fits_what_it_trains(self) -> Self:
        if self.trains == "network" and self.all_views:
            raise ValueError(
                "views are for the head alone: fine-tuning makes new ones all the time; "
                "give trains=head, or leave out views, photographs and soft_px"
            )
        if self.trains == "head" and (self.cutmix_alpha or self.teachers):
            raise ValueError("a head alone knows no cutmix and no teachers")
        if self.trains == "head" and (self.kept_share or self.photograph_share):
            raise ValueError(
                "training the head alone keeps all of the backbone and makes views beforehand: "
                "leave out kept_share, and give photographs instead of photograph_share"
            )
        if self.trains == "head" and self.start:
            raise ValueError("only fine-tuning begins with another run: leave out start")
        return self

    @model_validator(mode="after")
    def _fits_its_head(self) -> Self:
        if self.head not in ANY_SIZE and self.artist_weight:
            raise ValueError("only the heads gap and levels can name artists, too")
        if self.hidden_units and self.head != LEVELS:
            raise ValueError("hidden units go with the head levels only")
        if self.agreement_weight and not self.all_views:
            raise ValueError("answers to one way of a picture always agree: give views, too")
        return self
