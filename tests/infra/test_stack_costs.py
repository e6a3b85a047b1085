import json
import re
from datetime import date
from pathlib import Path

import pytest

from infra.config import DEV, OPTIONS, PROD, StageConfig
from infra.stack_costs import (
    PRICES,
    WARM_MS,
    idle_month,
    idle_month_with_mongodb,
    million_predictions,
    read_prices,
    tables,
    training_hour,
)

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
