"""The options that train and find-rate share; None stands for the recipe's own value."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from training.config import TrainConfig
from training.recipes import RECIPES, load_recipe, make_config

_DEFAULTS = {name: make_config(load_recipe(name)) for name in RECIPES}


def _help(text: str, field: str) -> str:
    """Add what the recipes have by themselves."""
    values = {name: getattr(config, field) for name, config in _DEFAULTS.items()}
    words = {name: "none" if value == () else value for name, value in values.items()}
    if len(set(words.values())) == 1:
        return f"{text} ({words['fine-tune']})"
    return f"{text} ({', '.join(f'{name} {value}' for name, value in words.items())})"


def _option(text: str, field: str) -> Any:
    return typer.Option(help=_help(text, field), show_default=False)


Recipe = Annotated[
    str | None,
    typer.Option(help="fine-tune (the default), original, released, or a TOML file of your own."),
]
Architecture = Annotated[
    str | None,
    _option("resnet50, vgg16, inceptionv3, mobilenetv2 or xception.", "architecture"),
]
Head = Annotated[
    str | None,
    _option(
        "gap; levels, which pools layers on the way, too; or one of the original's tops: "
        "original-1, original-2, original-3.",
        "head",
    ),
]
HiddenUnits = Annotated[
    int | None,
    _option(
        "Units of a layer before the last one, with --head levels; 0: none.",
        "hidden_units",
    ),
]
Views = Annotated[
    int | None,
    _option("Augmented views of each picture to learn from, too, for the head alone.", "views"),
]
SoftPx = Annotated[
    int | None,
    _option(
        "Side in px to which pictures are shrunk and back for one more view; 0: none.", "soft_px"
    ),
]
AgreementWeight = Annotated[
    float | None,
    _option(
        "Weight of what tells the answers to two ways of one picture apart, with --views or "
        "--soft-px.",
        "agreement_weight",
    ),
]
Scaling = Annotated[
    Literal["own", "unit"] | None,
    _option("own: as the weights expect it; unit: 0 to 1, the original's mistake.", "scaling"),
]
Weights = Annotated[
    str | None,
    _option("Where to begin: imagenet (downloaded), none, or a Keras weights file.", "weights"),
]
Split = Annotated[str | None, _option("List of the dataset to train on.", "split")]
BatchSize = Annotated[
    int | None, _option("Pictures per step; fewer need less memory.", "batch_size")
]
Precision = Annotated[
    Literal["float32", "mixed_float16", "mixed_bfloat16"] | None,
    _option("Numbers to compute in; mixed ones are fast on graphics cards.", "precision"),
]
Optimizer = Annotated[Literal["adamw", "adam", "sgd"] | None, _option("Optimiser.", "optimizer")]
Crop = Annotated[int | None, _option("Side of the random training crops in pixels.", "crop_px")]
Seed = Annotated[int | None, _option("Decides order, crops and weights.", "seed")]
Epochs = Annotated[int | None, _option("How often each picture is seen, at most.", "epochs")]
LearningRate = Annotated[float | None, _option("Highest rate; see find-rate.", "learning_rate")]
Schedule = Annotated[
    Literal["cosine", "plateau", "constant"] | None,
    _option(
        "cosine: warms up, then falls; plateau: falls when validation gets no better.", "schedule"
    ),
]
StopPatience = Annotated[
    int | None,
    _option("Stop after so many epochs without a better loss; 0: never.", "stop_patience"),
]
WeightDecay = Annotated[
    float | None, _option("Pull of the weights towards 0, with adamw.", "weight_decay")
]
MixupAlpha = Annotated[
    float | None, _option("How strongly pictures are blended; 0: not.", "mixup_alpha")
]
LabelSmoothing = Annotated[
    float | None, _option("Share of a label spread over all styles.", "label_smoothing")
]
Dropout = Annotated[float | None, _option("Share of the features hidden in a step.", "dropout")]
ClassWeights = Annotated[
    Literal["none", "sqrt", "balanced"] | None,
    _option("How much rare styles count: as they come, half-way, all alike.", "class_weights"),
]
JpegQuality = Annotated[
    int | None, _option("Lowest quality that training pictures are spoilt to.", "jpeg_quality")
]
VerticalFlips = Annotated[
    float | None, _option("Share of training pictures turned upside down.", "vertical_flips")
]
Cutmix = Annotated[
    float | None,
    _option("How strongly pictures are laid over each other; 0: not.", "cutmix_alpha"),
]
ArtistWeight = Annotated[
    float | None,
    _option("How much naming the artist counts beside the style; 0: not.", "artist_weight"),
]
ArtistWorks = Annotated[
    int | None,
    _option("Artists with fewer training pictures are not named.", "artist_works"),
]
Teachers = Annotated[
    list[Path] | None,
    _option("A finished run to learn from beside the labels; may be repeated.", "teachers"),
]
TeacherWeight = Annotated[
    float | None, _option("Share of the teachers' answer beside the label.", "teacher_weight")
]
AveragedEpochs = Annotated[
    int | None,
    _option(
        "Last epochs whose weights are averaged; 1: the best epoch is kept.", "averaged_epochs"
    ),
]
KeptShare = Annotated[
    float | None,
    _option("First share of the backbone's layers that stay as they are.", "kept_share"),
]
FixedStatistics = Annotated[
    bool | None,
    _option("Leave batch normalisation as it comes with the weights.", "fixed_statistics"),
]
ColourCast = Annotated[
    float | None,
    _option("Largest change of the strength of red, green and blue.", "colour_cast"),
]
MaxSoftness = Annotated[
    float | None,
    _option(
        "Half of the training pictures are shrunk by up to this factor and back.", "max_softness"
    ),
]
MinCropArea = Annotated[
    float | None, _option("Smallest share of a picture that a crop shows.", "min_crop_area")
]


def config_of(given: dict[str, Any], *, base: TrainConfig | None = None) -> TrainConfig:
    """Return the options: what was given, over those of `base` or of the recipe.

    Raises:
        ValidationError: a value is out of its range.
    """
    known = {name: value for name, value in given.items() if value is not None}
    if known.get("weights") == "none":
        known["weights"] = None
    if known.get("stop_patience") == 0:
        known["stop_patience"] = None
    recipe = load_recipe(known.pop("recipe")) if "recipe" in known else {}
    return make_config({**(base.model_dump() if base else {}), **recipe, **known})
