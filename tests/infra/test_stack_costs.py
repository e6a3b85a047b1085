import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from infra.config import DEV, OPTIONS, PROD, StageConfig
from infra.stack_costs import (
    ARCHITECTURES,
    ORIGINAL_MB,
    PRICES,
    WARM_MS,
    idle_month,
    idle_month_with_mongodb,
    million_predictions,
    read_prices,
    tables,
    training_hour,
    worst_day,
)
from lambda_fn.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "deploy.md").read_text("utf-8")


def test_the_guide_tells_the_costs_that_the_script_computes() -> None:
    told = GUIDE.partition("<!-- costs -->\n")[2].partition("<!-- /costs -->")[0]

    assert told.strip() == tables(read_prices()).strip()


def test_idle_it_costs_well_under_a_dollar_a_month() -> None:
    prices = read_prices()

    assert sum(line.usd for line in idle_month(prices)) < 0.6
    assert sum(line.usd for line in idle_month(prices) + idle_month_with_mongodb(prices)) < 1


def test_the_price_list_says_of_which_day_it_is() -> None:
    assert date.fromisoformat(json.loads(PRICES.read_text("utf-8"))["date"])


def test_every_price_says_where_it_was_found_but_those_of_spot() -> None:
    prices = read_prices()

    sources = prices.pop("sources")

    assert set(sources) == set(prices) - {"date", "region", "currency"}
    assert [name for name, source in sources.items() if not source] == ["gpu_spot_hour"]


def test_a_prediction_takes_as_long_as_was_measured() -> None:
    measured = re.search(
        rf"^\| {DEV.memory_mib:,} MB \|[^|]*\| (\d+) ms \|",
        (DOCS / "performance.md").read_text("utf-8"),
        re.MULTILINE,
    )

    assert measured
    assert int(measured[1]) == WARM_MS


def test_a_dearer_second_makes_dearer_predictions() -> None:
    prices = read_prices()
    before = sum(line.usd for line in million_predictions(prices))

    prices["lambda_gib_second"] = {name: 1e-4 for name in prices["lambda_gib_second"]}

    assert sum(line.usd for line in million_predictions(prices)) > before


def test_on_graviton_the_function_costs_a_fifth_less() -> None:
    prices = read_prices()
    here, there = (
        next(line.usd for line in million_predictions(prices, name) if "compute" in line.part)
        for name in ARCHITECTURES
    )

    assert there / here == pytest.approx(0.8, abs=0.001)


def test_the_worst_day_grows_with_what_the_api_lets_through() -> None:
    prices = read_prices()
    slow, fast = (
        sum(line.usd for line in worst_day(prices, replace(DEV, rate_per_s=rate)))
        for rate in (10, 20)
    )
    originals = next(one.usd for one in worst_day(prices, DEV) if one.part == "originals")

    assert fast - originals == pytest.approx(2 * (slow - originals))


def test_the_worst_day_is_added_up_right() -> None:
    parts = {line.part: line.usd for line in worst_day(read_prices(), DEV)}

    # 864,000 requests of 9 steps of 512 KB; 3,888 GB to the API; 86,400 originals of 30 MB
    assert parts["HTTP API"] == pytest.approx(0.864 * 9)
    assert parts["CDN, pictures to the API"] == pytest.approx(3_888 * 0.02)
    assert parts["originals"] == pytest.approx(2_592 * 0.023 * 2 / 30 + 86.4 * 0.005)


def test_the_worst_day_knows_what_the_service_takes() -> None:
    assert Settings.model_fields["max_upload_bytes"].default == ORIGINAL_MB * 1_000_000


def test_a_million_predictions_are_added_up_right() -> None:
    prices = read_prices()

    compute = next(one for one in million_predictions(prices) if one.part.endswith("compute"))

    # 0.054 s x 1,769 MB / 1,024 x $0.0000166667 x 1,000,000
    assert compute.usd == pytest.approx(1.5548, abs=1e-3)


@pytest.mark.parametrize("stage", [DEV, PROD], ids=["dev", "prod"])
def test_every_machine_of_a_stage_has_a_price(stage: StageConfig) -> None:
    priced = {line.part for line in training_hour(read_prices(), "gpu_spot_hour")}

    assert set(stage.gpu_instances) <= priced


def test_spot_is_cheaper() -> None:
    prices = read_prices()

    spot, on_demand = (training_hour(prices, kind) for kind in ("gpu_spot_hour", "gpu_hour"))

    assert all(a.usd < b.usd for a, b in zip(spot, on_demand, strict=True))


def test_the_guide_names_every_option_and_no_other() -> None:
    rows = re.findall(
        r"^\| (`[a-z_`, ]+`) \|", GUIDE.partition("## What comes out")[0], re.MULTILINE
    )
    named = {name for row in rows for name in re.findall(r"[a-z_]+", row)}

    assert named == set(OPTIONS)
