"""`python -m infra.stack_costs`: what the stack costs, from the dated price list beside this file.

The tables stand in docs/deploy.md, where a test keeps them current. Free tiers are left out: they
make it cheaper, and end.
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from infra.config import (
    DEV,
    MAX_BODY_BYTES,
    PROD,
    UPLOADS_PER_S,
    Architecture,
    StageConfig,
)

ARCHITECTURES: Final[tuple[Architecture, ...]] = get_args(Architecture)
PRICES: Final = Path(__file__).parent / "prices.json"
_HOURS_A_MONTH: Final = 730
_MILLION: Final = 1_000_000
_DAY_S: Final = 86_400
# in which the HTTP API counts a request
_STEP_BYTES: Final = 512 * 1024
# of the worst day: a large picture, the longest answer, and what the service takes as an original
_WORST_S, _WORST_ANSWER_KB, ORIGINAL_MB = 1.0, 100, 30
# at the memory of DEV, by `make bench`: docs/performance.md has it too
WARM_MS: Final = 54
_LOG_KB: Final = 2.5


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


def month_with_waf(prices: dict[str, Any]) -> list[Line]:
    """Return what shutting out by address adds; it counts the page's files, too."""
    fixed = prices["waf_acl_month"] + prices["waf_rule_month"]
    return [
        Line("web ACL with one rule", fixed, "has_waf, whether anybody comes or not"),
        Line("a million requests", prices["waf_request_million"], "those shut out are counted too"),
    ]


def worst_day(prices: dict[str, Any], config: StageConfig) -> list[Line]:
    """Return what a day costs at most in which somebody asks as much as the API lets through.

    Each line is the worst of its kind; no request is all of it at once.
    """
    millions = config.rate_per_s * _DAY_S / _MILLION
    gib = config.memory_mib / 1024
    forms = UPLOADS_PER_S * _DAY_S
    return [
        Line(
            "function, compute",
            millions * _MILLION * _WORST_S * gib * prices["lambda_gib_second"][config.architecture],
            f"`rate_per_s` requests a second, {_WORST_S:.0f} s each",
        ),
        Line("function, requests", millions * prices["lambda_request_million"], "one each"),
        Line(
            "HTTP API",
            millions * prices["http_api_request_million"] * math.ceil(MAX_BODY_BYTES / _STEP_BYTES),
            f"{MAX_BODY_BYTES / 1e6:g} MB each, counted in steps of 512 KB",
        ),
        Line("CDN, requests", millions * prices["cdn_request_million"], "one each"),
        Line(
            "CDN, pictures to the API",
            millions * _gigabytes(MAX_BODY_BYTES / 1e3) * prices["cdn_to_origin_gb"],
            f"{MAX_BODY_BYTES / 1e6:g} MB each",
        ),
        Line(
            "answers",
            millions * _gigabytes(_WORST_ANSWER_KB) * prices["api_out_gb"],
            f"{_WORST_ANSWER_KB} KB each, from the API itself",
        ),
        Line("logs", millions * _gigabytes(_LOG_KB) * prices["log_in_gb"], f"{_LOG_KB} KB each"),
        Line(
            "originals",
            forms * ORIGINAL_MB / 1e3 * prices["s3_gb_month"] * 2 / 30
            + forms / 1e3 * prices["s3_put_thousand"],
            f"{UPLOADS_PER_S} form a second, {ORIGINAL_MB} MB each, two days until it is gone",
        ),
    ]


def million_predictions(
    prices: dict[str, Any], architecture: Architecture = DEV.architecture
) -> list[Line]:
    """Return what a million predictions cost, warm, through the CDN.

    No arm64 was measured: the same time is assumed there.
    """
    picture_kb, answer_kb = 250, 16
    gib_seconds = _MILLION * WARM_MS / 1000 * DEV.memory_mib / 1024
    return [
        Line(
            "function, compute",
            gib_seconds * prices["lambda_gib_second"][architecture],
            f"{WARM_MS} ms each at {DEV.memory_mib} MB, as measured on x86_64",
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
            _gigabytes(_LOG_KB) * prices["log_in_gb"],
            f"{_LOG_KB} KB each, function and API together",
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
        *_table("With `has_waf`, more by", month_with_waf(prices), is_sum=False),
        *_table_of_two(
            "A million predictions, warm",
            {name: million_predictions(prices, name) for name in ARCHITECTURES},
        ),
        *_table_of_two(
            "The worst day",
            {config.name: worst_day(prices, config) for config in (DEV, PROD)},
        ),
        *_training_table(prices),
    ]
    return "\n".join(parts)


def _gigabytes(kilobytes: float) -> float:
    """Return how much a million times so many kilobytes are."""
    return kilobytes * 1e3 * _MILLION / 1e9


def _table_of_two(title: str, columns: Mapping[str, list[Line]]) -> Iterator[str]:
    """Yield the same parts side by side; what is assumed is that of the last column."""
    names, rows = list(columns), list(zip(*columns.values(), strict=True))
    yield f"| {title} | {' | '.join(f'{name}, $' for name in names)} | assumed |"
    yield f"|---|{'---:|' * len(names)}---|"
    for row in rows:
        cells = " | ".join(f"{line.usd:.2f}" for line in row)
        yield f"| {row[0].part} | {cells} | {row[-1].assumption} |"
    sums = " | ".join(f"**{sum(one.usd for one in lines):.2f}**" for lines in columns.values())
    yield f"| **together** | {sums} | |"
    yield ""


def _table(title: str, lines: list[Line], *, is_sum: bool = True) -> Iterator[str]:
    yield f"| {title} | $ | assumed |"
    yield "|---|---:|---|"
    for line in lines:
        yield f"| {line.part} | {line.usd:.2f} | {line.assumption} |"
    if is_sum and len(lines) > 1:
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
