"""What a training in the cloud will cost, before it starts: hours by assumption, prices by list.

The price list is the one of the stack (`infra/prices.json`, data, not code), so that there is one
date and one truth. How fast machines train was not measured: `SPEEDS` is what others report for
networks of these sizes, and is told as an assumption.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from training.config import TrainConfig

PRICES: Final = Path(__file__).parents[2] / "infra" / "prices.json"

SPEEDS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "mobilenetv2": 300.0,
        "resnet50": 190.0,
        "inceptionv3": 170.0,
        "xception": 110.0,
        "vgg16": 80.0,
    }
)
"""Assumed: training pictures a second at 224 px, mixed precision, on the GPU of a g4dn."""

FAMILIES: Final[Mapping[str, float]] = MappingProxyType({"g4dn": 1.0, "g6": 1.8, "g5": 2.4})
"""Assumed: how often as fast as a g4dn."""

MARGIN_MIN: Final = 20.0
"""Assumed: the machine starts and takes the image (10 minutes), then evaluation and export (10)."""

_SPEED_PX: Final = 224
_PASS: Final = 3.0  # a pass forward is so many times as fast as a step of training
_SLOWEST: Final = min(SPEEDS.values())
_CARDS: Final[Mapping[str, int]] = MappingProxyType({"12xlarge": 4, "24xlarge": 4, "48xlarge": 8})
_SCALING: Final = 0.85  # of what several cards would do that wait for nobody
_SMALL: Final = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")
_LARGE: Final = ("g4dn.12xlarge", "g5.12xlarge", "g6.12xlarge")
_DISK_GB: Final = 100
_HOURS_A_MONTH: Final = 730


@dataclass(frozen=True, slots=True)
class Cost:
    """Of all jobs on one type of machine, in dollars; hours of the longest of them."""

    machine: str
    hours: float
    spot: float
    on_demand: float


def estimate(
    configs: Sequence[TrainConfig], machines: Iterable[str], *, pictures: int, gpus: int = 1
) -> list[Cost]:
    """Return what jobs will cost on each machine whose price is known, cheapest Spot first.

    configs: one for each job. pictures: those to train on. gpus: how many a job asks for.
    """
    prices = _read_prices()
    if prices is None:
        return []
    beside = prices["disk_gb_month"] * _DISK_GB / _HOURS_A_MONTH + prices["public_address_hour"]
    found = []
    for machine in machines:
        if machine not in prices["gpu_hour"]:
            continue
        hours = [hours_on(machine, one, pictures=pictures, gpus=gpus) for one in configs]
        spot, on_demand = (
            sum(hours) * (prices[kind][machine] + beside) for kind in ("gpu_spot_hour", "gpu_hour")
        )
        found.append(Cost(machine, max(hours), spot, on_demand))
    return sorted(found, key=lambda cost: cost.spot)


def storage_line(size: int) -> str:
    """Return what it costs to keep so many bytes, for a person who has to decide."""
    prices = _read_prices()
    if prices is None:
        return f"{size / 1e6:,.1f} MB"
    month = size / 1e9 * prices["s3_gb_month"]
    return f"{size / 1e6:,.1f} MB, which cost ${month:.2f} a month to keep"


def cards_of(machine: str) -> int:
    """Return how many GPUs a type of machine has."""
    return _CARDS.get(machine.partition(".")[2], 1)


def hours_on(machine: str, config: TrainConfig, *, pictures: int, gpus: int = 1) -> float:
    """Return how long a job takes, from the machine's start to its end, by assumption."""
    family = machine.partition(".")[0]
    speed = SPEEDS.get(config.architecture, _SLOWEST) * FAMILIES.get(family, 1.0)
    speed *= gpus * (_SCALING if gpus > 1 else 1.0)
    if config.trains == "head":
        seconds = pictures / (speed * _PASS)  # once; the head after it takes next to nothing
    else:
        area = (config.crop_px / _SPEED_PX) ** 2
        seconds = config.epochs * pictures * area / speed
    return (seconds / 60 + MARGIN_MIN) / 60


def describe(costs: list[Cost], *, jobs: int) -> str:
    """Return a line for a person who has to decide."""
    each = f"{jobs} jobs" if jobs > 1 else "a job"
    longest = "at most " if jobs > 1 else ""
    if not costs:
        return f"this starts {each} on a GPU machine; what that costs is not in the price list"
    prices = _read_prices() or {}
    low, high = min(one.hours for one in costs), max(one.hours for one in costs)
    hours = f"{low:.1f}" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f}"
    offers = ", ".join(
        f"{one.machine} ${one.spot:.2f} on Spot or ${one.on_demand:.2f} on demand" for one in costs
    )
    spill = "; what finds no room on Spot runs on demand" if jobs > 1 else ""
    return (
        f"this starts {each} of {longest}{hours} hours (assumed speeds: docs/retrain.md): {offers}"
        f"{spill} "
        f"(list prices of {prices['region']}, {prices['date']}; an early stop costs less)"
    )


def table() -> str:
    """Return the tables of docs/retrain.md as Markdown: one run of 24 epochs at 224 px."""
    lines = [
        "| 10,000 pictures, one GPU | g4dn.xlarge | g5.xlarge | g6.xlarge |",
        "|---|---:|---:|---:|",
        *(_row(name, [name], _SMALL, 10_000) for name in SPEEDS),
        _row("all five (`--compare`)", list(SPEEDS), _SMALL, 10_000),
        "",
        "| resnet50, more pictures | g4dn.xlarge | g5.xlarge | g6.xlarge |",
        "|---|---:|---:|---:|",
        _row("100,000", ["resnet50"], _SMALL, 100_000),
        _row("1,000,000", ["resnet50"], _SMALL, 1_000_000),
        "",
        "| resnet50, four GPUs (`--gpus 4`) | g4dn.12xlarge | g5.12xlarge | g6.12xlarge |",
        "|---|---:|---:|---:|",
        _row("100,000", ["resnet50"], _LARGE, 100_000, gpus=4),
        _row("1,000,000", ["resnet50"], _LARGE, 1_000_000, gpus=4),
    ]
    return "\n".join(lines)


def _row(
    title: str, names: Sequence[str], machines: Sequence[str], pictures: int, *, gpus: int = 1
) -> str:
    configs = [TrainConfig(architecture=name, crop_px=_SPEED_PX, epochs=24) for name in names]
    found = estimate(configs, machines, pictures=pictures, gpus=gpus)
    by_machine = {one.machine: one for one in found}
    cells = [
        f"{one.hours:.1f} h, ${one.spot:.2f} / ${one.on_demand:.2f}"
        for one in (by_machine[machine] for machine in machines)
    ]
    return f"| {title} | {' | '.join(cells)} |"


def _read_prices() -> dict[str, Any] | None:
    if not PRICES.is_file():
        return None
    prices: dict[str, Any] = json.loads(PRICES.read_text("utf-8"))
    return prices
