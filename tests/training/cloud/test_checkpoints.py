"""The last whole checkpoint is always there, whatever happens to the next one."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.cloud.conftest import BUCKETS
from tests.training.cloud.faulty import faulty_way
from training.cloud.aws import client
from training.cloud.checkpoints import Checkpoints
from training.cloud.job_spec import checkpoint_place

pytestmark = pytest.mark.slow

PLACE = checkpoint_place(BUCKETS["runs"], "first")


def finish_epoch(run: Path, epoch: int) -> None:
    """Write what `train` leaves after an epoch."""
    (run / "tensorboard").mkdir(parents=True, exist_ok=True)
    (run / "plan.json").write_text("{}", "utf-8")
    (run / "history.csv").write_text(f"epoch\n{epoch}\n", "utf-8")
    with (run / "tensorboard/events").open("a", encoding="utf-8") as file:
        file.write(f"{epoch}\n")
    for old in run.glob("checkpoint-*.keras"):
        old.unlink()
    (run / f"checkpoint-{epoch:04d}.keras").write_text(f"weights {epoch}", "utf-8")


def keep_epochs(s3: Any, run: Path, *epochs: int) -> Checkpoints:
    checkpoints = Checkpoints(s3, PLACE, run, lambda line: None)
    for epoch in epochs:
        finish_epoch(run, epoch)
        checkpoints.keep()
        assert checkpoints.settle(60)
    return checkpoints


def test_a_run_goes_on_elsewhere_after_its_last_epoch(s3: Any, tmp_path: Path) -> None:
    keep_epochs(s3, tmp_path / "here", 1, 2, 3).close()

    done = Checkpoints(s3, PLACE, tmp_path / "there", print).restore()

    assert done == 3
    assert (tmp_path / "there/checkpoint-0003.keras").read_text("utf-8") == "weights 3"
    assert (tmp_path / "there/tensorboard/events").read_text("utf-8") == "1\n2\n3\n"
    assert [path.name for path in tmp_path.iterdir()] == ["here", "there"] or len(
        list(tmp_path.iterdir())
    ) == 2


def test_a_run_that_was_never_begun_begins(s3: Any, tmp_path: Path) -> None:
    assert Checkpoints(s3, PLACE, tmp_path / "there", print).restore() == 0


def test_a_run_on_the_same_disk_needs_no_fetching(s3: Any, tmp_path: Path) -> None:
    keep_epochs(s3, tmp_path / "here", 1, 2)
    finish_epoch(tmp_path / "here", 3)

    assert Checkpoints(s3, PLACE, tmp_path / "here", print).restore() == 3


def test_the_last_checkpoint_stays_while_the_next_one_is_sent(s3: Any, tmp_path: Path) -> None:
    keep_epochs(s3, tmp_path / "here", 1, 2)
    # a kill in the middle of the third: files are there, the word of it is not
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.key("0/checkpoint-0001.keras"), Body=b"half")
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.key("0/whole.json"), Body=b'{"files": {}}')

    assert Checkpoints(s3, PLACE, tmp_path / "there", print).restore() == 2


def test_a_run_that_went_on_spares_the_checkpoint_it_came_from(s3: Any, tmp_path: Path) -> None:
    keep_epochs(s3, tmp_path / "here", 1, 2)
    second = Checkpoints(s3, PLACE, tmp_path / "there", print)
    second.restore()
    before = s3.head_object(Bucket=PLACE.bucket, Key=PLACE.key("1/whole.json"))["ETag"]
    finish_epoch(tmp_path / "there", 3)

    second.keep()

    assert second.settle(60)
    after = s3.head_object(Bucket=PLACE.bucket, Key=PLACE.key("1/whole.json"))["ETag"]
    assert after == before
    assert Checkpoints(s3, PLACE, tmp_path / "third", print).restore() == 3


@pytest.mark.parametrize("key", ["1/checkpoint-0002.keras", "latest.json"])
def test_a_damaged_checkpoint_is_told_and_the_run_begins_anew(
    key: str, s3: Any, tmp_path: Path
) -> None:
    keep_epochs(s3, tmp_path / "here", 1, 2)
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.key(key), Body=b"damaged!!")
    told: list[str] = []

    done = Checkpoints(s3, PLACE, tmp_path / "there", told.append).restore()

    assert done == 0
    assert "begins anew" in told[0]
    assert not (tmp_path / "there").exists()


def test_what_s3_refused_is_sent_when_it_is_back(
    aws: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with faulty_way(aws, every=1_000_000) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.address)
        checkpoints = Checkpoints(client("s3", attempts=1), PLACE, tmp_path / "here", told.append)
        way.is_down = True
        for epoch in (1, 2):
            finish_epoch(tmp_path / "here", epoch)
            checkpoints.keep()
            assert not checkpoints.settle(60)
        way.is_down = False

        assert checkpoints.settle(60)

    assert "was not sent" in told[0]
    assert Checkpoints(s3, PLACE, tmp_path / "there", print).restore() == 2
    assert not list(tmp_path.glob(".here*"))
