"""`python -m infra.stack_costs`: what the stack costs, from the dated price list beside this file.

The tables stand in docs/deploy.md, where a test keeps them current. Free tiers are left out: they
make it cheaper, and end.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.config import DEV

PRICES: Final = Path(__file__).parent / "prices.json"
_HOURS_A_MONTH: Final = 730
_MILLION: Final = 1_000_000
# at the memory of DEV, by `make bench`: docs/performance.md has it too
WARM_MS: Final = 54


@dataclass(frozen=True)
class Line:
    """A part, what it costs, and what was assumed for that."""

    part: str
    usd: float
    assumption: str


def read_prices(file: Path = PRICES) -> dict[str, Any]:
    """Return the price list."""
    prices: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return prices


def idle_month(prices: dict[str, Any]) -> list[Line]:
    """Return what a month costs in which nobody comes and nothing is trained."""
    images_gb, files_gb = 4.5, 1.0
    return [
        Line(
            "two images in the registry",
            images_gb * prices["registry_gb_month"],
            f"{images_gb} GB compressed, nearly all of it TensorFlow with CUDA",
        ),
        Line(
            "buckets",
            files_gb * prices["s3_gb_month"],
            f"{files_gb:.0f} GB: page, models, a small dataset",
        ),
        Line(
            "function, API, CDN, queue, network",
            0.0,
            "nothing runs; no NAT gateway, no machine, no address",
        ),
        Line(
            "7 alarms, a dashboard, a budget, a parameter",
            0.0,
            "10 alarms, 3 dashboards, all budgets and such parameters are free for ever",
        ),
    ]


def idle_month_with_mongodb(prices: dict[str, Any]) -> list[Line]:
    """Return what a database of one's own adds to that."""
    return [
        Line("secret for MongoDB", prices["secret_month"], "has_mongodb; the database is extra")
    ]


def million_predictions(prices: dict[str, Any]) -> list[Line]:
    """Return what a million predictions cost, warm, through the CDN."""
    picture_kb, answer_kb, log_kb = 250, 16, 2.5
    gib_seconds = _MILLION * WARM_MS / 1000 * DEV.memory_mib / 1024
    return [
        Line(
            "function, compute",
            gib_seconds * prices["lambda_gib_second"][DEV.architecture],
            f"{WARM_MS} ms each at {DEV.memory_mib} MB ({DEV.architecture}), as measured",
        ),
        Line("function, requests", prices["lambda_request_million"], "one each"),
        Line("HTTP API", prices["http_api_request_million"], "one request each, below 512 KB"),
        Line(
            "CDN, requests",
            prices["cdn_request_million"],
            "one each; the first 10 million a month are free for ever",
        ),
        Line(
            "CDN, pictures to the API",
            _gigabytes(picture_kb) * prices["cdn_to_origin_gb"],
            f"{picture_kb} KB each; whoever asks `ApiUrl` itself saves this and the CDN's requests",
        ),
        Line(
            "CDN, answers",
            _gigabytes(answer_kb) * prices["cdn_out_gb"],
            f"{answer_kb} KB each, as measured; the first 1,000 GB a month are free for ever",
        ),
        Line(
            "logs",
            _gigabytes(log_kb) * prices["log_in_gb"],
            f"{log_kb} KB each, function and API together",
        ),
        Line(
            "metrics",
            4 * prices["metric_month"],
            "4 of them, in each hour of the month; the first 10 are free for ever",
        ),
    ]


def training_hour(prices: dict[str, Any], kind: str) -> list[Line]:
    """Return what an hour of training costs on each type of machine.

    kind: `gpu_spot_hour` or `gpu_hour`.
    """
    disk_gb = 100
    beside = disk_gb * prices["disk_gb_month"] / _HOURS_A_MONTH + prices["public_address_hour"]
    return [Line(machine, price + beside, "") for machine, price in sorted(prices[kind].items())]


def tables(prices: dict[str, Any]) -> str:
    """Return everything as Markdown."""
    parts = [
        f"List prices of {prices['region']}, looked up on {prices['date']}, in "
        f"{prices['currency']}, without free tiers; `infra/prices.json` says where each was found. "
        "Spot prices change by the hour and were not looked up: these are typical ones.\n",
        *_table("A month in which nobody comes", idle_month(prices)),
        *_table("With `has_mongodb`, more by", idle_month_with_mongodb(prices)),
        *_table("A million predictions, warm", million_predictions(prices)),
        *_training_table(prices),
    ]
    return "\n".join(parts)


def _gigabytes(kilobytes: float) -> float:
    """Return how much a million times so many kilobytes are."""
    return kilobytes * 1e3 * _MILLION / 1e9


def _table(title: str, lines: list[Line]) -> Iterator[str]:
    yield f"| {title} | $ | assumed |"
    yield "|---|---:|---|"
    for line in lines:
        yield f"| {line.part} | {line.usd:.2f} | {line.assumption} |"
    if len(lines) > 1:
        yield f"| **together** | **{sum(line.usd for line in lines):.2f}** | |"
    yield ""


def _training_table(prices: dict[str, Any]) -> Iterator[str]:
    spot, on_demand = (training_hour(prices, kind) for kind in ("gpu_spot_hour", "gpu_hour"))
    yield "| An hour of training | Spot, $ | on demand, $ |"
    yield "|---|---:|---:|"
    for cheap, dear in zip(spot, on_demand, strict=True):
        yield f"| {cheap.part} | {cheap.usd:.2f} | {dear.usd:.2f} |"


if __name__ == "__main__":
    sys.stdout.write(tables(read_prices()) + "\n")
