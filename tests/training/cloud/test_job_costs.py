"""What a training costs is told before it starts."""

import json
from datetime import date
from pathlib import Path

import pytest

from training.cloud import job_costs as costs
from training.cloud.job_costs import FAMILIES, SPEEDS, cards_of, describe, estimate, hours_on
from training.cloud.submit import COMPARED
from training.config import TrainConfig

CONFIG = TrainConfig(epochs=20, crop_px=224, architecture="resnet50")
MACHINES = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")


def test_hours_are_what_the_assumptions_make() -> None:
    hours = hours_on("g4dn.xlarge", CONFIG, pictures=9_500)

    # 20 x 9,500 pictures at 190 a second are 1,000 s; 20 minutes are for everything else
    assert hours == pytest.approx((1_000 / 60 + 20) / 60)


def test_money_is_hours_by_price_with_disk_and_address() -> None:
    prices = json.loads(costs.PRICES.read_text("utf-8"))

    [cost] = estimate([CONFIG], ["g4dn.xlarge"], pictures=9_500)

    beside = 100 * prices["disk_gb_month"] / 730 + prices["public_address_hour"]
    assert cost.on_demand == pytest.approx(
        cost.hours * (prices["gpu_hour"]["g4dn.xlarge"] + beside)
    )
    assert cost.spot < cost.on_demand / 2


def test_the_cheapest_machine_comes_first() -> None:
    found = estimate([CONFIG], MACHINES, pictures=1_000_000)

    assert [one.spot for one in found] == sorted(one.spot for one in found)


def test_a_comparison_costs_the_sum_of_its_jobs() -> None:
    one, other = CONFIG, CONFIG.model_copy(update={"architecture": "vgg16"})

    [both] = estimate([one, other], ["g5.xlarge"], pictures=9_500)

    parts = [estimate([config], ["g5.xlarge"], pictures=9_500)[0] for config in (one, other)]
    assert both.spot == pytest.approx(sum(part.spot for part in parts))
    assert both.hours == max(part.hours for part in parts)


def test_small_crops_and_frozen_backbones_cost_less() -> None:
    small = CONFIG.model_copy(update={"crop_px": 112})
    frozen = TrainConfig(trains="head", architecture="resnet50")

    whole, quarter, once = (
        hours_on("g5.xlarge", one, pictures=1_000_000) for one in (CONFIG, small, frozen)
    )

    assert once < quarter < whole / 3


def test_four_cards_are_faster_than_one_but_not_four_times() -> None:
    one = hours_on("g5.12xlarge", CONFIG, pictures=10_000_000)
    four = hours_on("g5.12xlarge", CONFIG, pictures=10_000_000, gpus=4)

    assert one / 4 < four < one / 3
    assert cards_of("g5.12xlarge") == 4
    assert cards_of("g5.2xlarge") == 1


def test_a_person_is_told_hours_prices_and_their_date() -> None:
    line = describe(estimate([CONFIG], MACHINES, pictures=9_500), jobs=1)

    prices = json.loads(costs.PRICES.read_text("utf-8"))
    assert line.startswith("this starts a job of 0.4 to 0.6 hours")
    assert "g4dn.xlarge $0.1" in line
    assert str(date.fromisoformat(prices["date"])) in line


def test_a_machine_without_a_price_is_left_out() -> None:
    assert estimate([CONFIG], ["g6.48xlarge"], pictures=100) == []
    assert "not in the price list" in describe([], jobs=5)


def test_without_a_price_list_nobody_is_told_a_price(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(costs, "PRICES", tmp_path / "none.json")

    assert estimate([CONFIG], MACHINES, pictures=100) == []
    assert costs.storage_line(2_500_000) == "2.5 MB"


def test_keeping_data_has_a_price() -> None:
    assert costs.storage_line(10_000_000_000) == "10,000.0 MB, which cost $0.23 a month to keep"


def test_the_guide_tells_the_costs_that_are_computed() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "retrain.md").read_text("utf-8")

    told = guide.partition("<!-- costs -->\n")[2].partition("<!-- /costs -->")[0]

    assert told.strip() == costs.table()


@pytest.mark.slow
def test_a_comparison_trains_every_architecture_and_each_has_a_speed() -> None:
    from training.network.architectures import ARCHITECTURES

    assert set(COMPARED) == set(ARCHITECTURES) == set(SPEEDS)
    assert {machine.partition(".")[0] for machine in MACHINES} == set(FAMILIES)
