"""Every option of every step, frozen, with its default; a run saves the ones it used."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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


class TrainConfig(_Config):
    """How `train` makes a model out of a dataset."""

    architecture: str = "mobilenetv2"
    weights: Path | Literal["imagenet"] | None = Field(
        default="imagenet", description="a Keras weights file of the backbone without its top"
    )
    split: str = "picture"
    seed: int = 42
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=32, ge=1)
    crop_px: int = Field(
        default=128,
        ge=32,
        description="side of the training crops; smaller than the pictures, because a random crop "
        "magnifies what it shows (Touvron et al. 2019, arXiv 1906.06423)",
    )
    min_crop_area: float = Field(default=0.35, gt=0, le=1, description="of the whole picture")
    max_softness: float = Field(
        default=2.0, ge=1, description="half of the pictures are shrunk by up to this and back"
    )
    learning_rate: float = Field(default=5e-4, gt=0)
    warmup_epochs: float = Field(default=1.0, ge=0)
    weight_decay: float = Field(default=0.02, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup_alpha: float = Field(default=0.2, ge=0, description="0 turns mixup off")
    class_weights: Literal["none", "sqrt", "balanced"] = "sqrt"
    dropout: float = Field(default=0.2, ge=0, lt=1)
    batch_norm_momentum: float = Field(default=0.98, gt=0, lt=1)
