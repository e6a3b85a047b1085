"""Promotion and the way back, against an AWS whose function is the real service."""

import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambda_fn.contract.history import ModelHistory
from lambda_fn.contract.manifest import MODEL_FILE, NEIGHBOURS_FILE, ModelManifest
from tests.training.candidates import RELEASE, make_candidate
from tests.training.cloud.function import IN_IMAGE, Service, answered_by, deploy
from tests.training.cloud.promoters import FIGURES, open_gate, promote_together
from training.cloud.deployed_stack import Stack
from training.errors import TrainingError
from training.promotion import promote as steps
from training.promotion.gate_bounds import Row, Verdict
from training.promotion.live_model import HalfMovedError, LiveModel, read_live
from training.promotion.model_history import (
    KEY,
    OutrunError,
    read_history,
    with_open,
    write_history,
)
from training.promotion.promote import Wishes, find_model, promote, roll_back

pytestmark = pytest.mark.slow

RELEASED = ModelManifest.model_validate_json((RELEASE / "manifest.json").read_bytes()).id
_PATIENCE_S = 240  # a process has to start, on a machine that may be busy
FORCED, TAKING_OVER = Wishes(is_forced=True), Wishes(is_taking_over=True)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # a patch: of a module's own variable
    service = Service()
    with answered_by(service):
        yield service


@pytest.fixture
def deployed(stack: Stack, service: Service) -> Stack:
    deploy(stack)
    return stack


@pytest.fixture(scope="module")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("candidates")
    return {id_: make_candidate(folder / id_, id_) for id_ in ("second", "third")}


def shut_gate(candidate: Path, live: Path) -> Verdict:
    rows = (Row("size", "5 MB", "9 MB", "at most 6 MB", "it has 9 MB"),)
    return Verdict(live.name, candidate.name, 100, rows, FIGURES)


def history_of(stack: Stack) -> ModelHistory:
    return read_history(boto3.client("s3"), stack.models).history


def states(stack: Stack) -> list[tuple[str, str, str]]:
    return [(one.model, one.kind, one.state) for one in history_of(stack).changes]


def settings_of(stack: Stack, **version: str) -> dict[str, str]:
    client = boto3.client("lambda")
    found = client.get_function_configuration(FunctionName=stack.function, **version)
    return dict(found["Environment"]["Variables"])


def parameter_of(stack: Stack) -> str:
    found = boto3.client("ssm").get_parameter(Name=stack.model_parameter)
    return str(found["Parameter"]["Value"])


def addresses(stack: Stack) -> set[str]:
    """Where the three that name the live model lead."""
    settings = settings_of(stack), settings_of(stack, Qualifier=stack.alias)
    return {parameter_of(stack), *(one["ARTSTYLE_MODEL"] for one in settings)}


def test_a_promoted_model_answers(deployed: Stack, candidates: dict[str, Path]) -> None:
    done = promote(candidates["second"], deployed, open_gate)

    address = f"s3://{deployed.models}/models/second"
    assert read_live(deployed) == LiveModel(address, "second")
    assert (done.model, done.before, done.version) == ("second", RELEASED, "2")
    assert addresses(deployed) == {address}
    assert settings_of(deployed)["ARTSTYLE_OTHER"] == "kept"


def test_its_folder_is_whole_in_the_bucket(
    deployed: Stack, candidates: dict[str, Path], s3: Any
) -> None:
    promote(candidates["second"], deployed, open_gate)

    for file in candidates["second"].iterdir():
        held = s3.get_object(Bucket=deployed.models, Key=f"models/second/{file.name}")
        assert held["Body"].read() == file.read_bytes()


def test_similar_works_come_along(deployed: Stack, candidates: dict[str, Path]) -> None:
    promote(candidates["second"], deployed, open_gate)

    held = boto3.client("s3").list_objects_v2(Bucket=deployed.models, Prefix="models/second/")
    assert f"models/second/{NEIGHBOURS_FILE}" in {one["Key"] for one in held["Contents"]}


def test_the_history_tells_who_when_what_and_why(
    deployed: Stack, candidates: dict[str, Path]
) -> None:
    promote(candidates["second"], deployed, shut_gate, wishes=FORCED)

    [change] = history_of(deployed).changes
    assert (change.model, change.kind, change.state) == ("second", "promoted", "live")
    assert change.forced == ("it has 9 MB",)
    assert change.figures == FIGURES
    assert (change.previous, change.previous_model) == (IN_IMAGE, RELEASED)
    assert change.by.startswith("arn:aws:")
    assert change.at.tzinfo is not None


def test_rollback_moves_all_back(deployed: Stack, candidates: dict[str, Path]) -> None:
    promote(candidates["second"], deployed, open_gate)

    done = roll_back(deployed)

    assert (done.model, done.before) == (RELEASED, "second")
    assert read_live(deployed) == LiveModel(IN_IMAGE, RELEASED)
    assert addresses(deployed) == {IN_IMAGE}
    assert states(deployed) == [
        ("second", "promoted", "live"),
        (RELEASED, "rolled back", "live"),
    ]


def test_each_rollback_goes_back_one_more_until_there_is_none(
    deployed: Stack, candidates: dict[str, Path]
) -> None:
    for folder in candidates.values():
        promote(folder, deployed, open_gate)

    lives = [roll_back(deployed).model for _ in range(2)]

    assert lives == ["second", RELEASED]
    with pytest.raises(TrainingError, match="nothing to roll back"):
        roll_back(deployed)


def test_the_image_may_hold_another_model_by_the_time_of_the_rollback(
    deployed: Stack, candidates: dict[str, Path], service: Service, tmp_path: Path
) -> None:
    promote(candidates["second"], deployed, open_gate)
    service.deploy_image(make_candidate(tmp_path / "newer", "newer"))

    done = roll_back(deployed)

    assert done.model == "newer"
    assert states(deployed)[-1] == ("newer", "rolled back", "live")


def test_a_model_that_was_rolled_back_may_be_promoted_again(
    deployed: Stack, candidates: dict[str, Path]
) -> None:
    promote(candidates["second"], deployed, open_gate)
    roll_back(deployed)

    promote(candidates["second"], deployed, open_gate)

    assert read_live(deployed).model == "second"
    assert roll_back(deployed).model == RELEASED


def test_the_candidate_is_held_against_the_model_that_is_live(
    deployed: Stack, candidates: dict[str, Path]
) -> None:
    seen: list[str] = []

    def gate(candidate: Path, live: Path) -> Verdict:
        told = json.loads((live / "manifest.json").read_text("utf-8"))
        seen.append(told["id"])
        return open_gate(candidate, live)

    for folder in candidates.values():
        promote(folder, deployed, gate)

    assert seen == [RELEASED, "second"]


def test_what_the_gate_refuses_changes_nothing(
    deployed: Stack, candidates: dict[str, Path], s3: Any
) -> None:
    with pytest.raises(TrainingError, match="the gate refuses second: it has 9 MB"):
        promote(candidates["second"], deployed, shut_gate)

    assert addresses(deployed) == {IN_IMAGE}
    assert "Contents" not in s3.list_objects_v2(Bucket=deployed.models)


def test_who_says_no_changes_nothing(deployed: Stack, candidates: dict[str, Path], s3: Any) -> None:
    asked: list[str] = []

    def say_no(what: str) -> None:
        asked.append(what)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        promote(candidates["second"], deployed, open_gate, wishes=Wishes(may_go_on=say_no))

    assert asked == [f"second takes the place of {RELEASED} for all visitors at once"]
    assert "Contents" not in s3.list_objects_v2(Bucket=deployed.models)


def test_the_live_model_is_not_promoted_again(deployed: Stack, candidates: dict[str, Path]) -> None:
    promote(candidates["second"], deployed, open_gate)

    with pytest.raises(TrainingError, match="second is live already"):
        promote(candidates["second"], deployed, open_gate)


def test_an_id_is_never_used_for_another_folder(
    deployed: Stack, candidates: dict[str, Path], tmp_path: Path
) -> None:
    promote(candidates["second"], deployed, open_gate)
    roll_back(deployed)
    other = make_candidate(tmp_path / "other", "second", commit="f" * 40)

    with pytest.raises(TrainingError, match="holds another folder"):
        promote(other, deployed, open_gate)

    assert addresses(deployed) == {IN_IMAGE}
    assert states(deployed)[-1] == ("second", "promoted", "given up")


def test_a_damaged_folder_is_refused_before_anything_is_asked(
    deployed: Stack, tmp_path: Path
) -> None:
    folder = make_candidate(tmp_path / "broken", "broken")
    (folder / MODEL_FILE).write_bytes(b"half")

    with pytest.raises(TrainingError, match="not the file that was exported"):
        promote(folder, deployed, open_gate)


def fail(service: Service) -> None:
    service.failure = "no model in s3://the-models/models/second"


def spoil(service: Service) -> None:
    service.spoilt = {"probabilities": [{"slug": "cubism", "probability": 1.0}]}


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(fail, "fails: no model in s3:"), (spoil, "does not give the golden answer")],
)
def test_a_version_that_does_not_answer_well_never_becomes_live(
    deployed: Stack, candidates: dict[str, Path], service: Service, trouble: Any, said: str
) -> None:
    def gate(candidate: Path, live: Path) -> Verdict:
        trouble(service)  # the live model has answered by now
        return open_gate(candidate, live)

    with pytest.raises(TrainingError, match=said):
        promote(candidates["second"], deployed, gate)

    assert addresses(deployed) == {IN_IMAGE}
    assert states(deployed) == [("second", "promoted", "given up")]
    service.failure, service.spoilt = "", {}
    assert read_live(deployed).model == RELEASED


def test_a_release_that_is_not_the_deployed_one_cannot_be_compared(
    deployed: Stack,
    candidates: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a patch: the checkout's own model cannot be another one
    monkeypatch.setattr(steps, "RELEASE", make_candidate(tmp_path / "newer", "newer"))

    with pytest.raises(TrainingError, match="holds newer: check out the commit"):
        promote(candidates["second"], deployed, open_gate)


def test_a_deploy_under_way_is_not_disturbed(deployed: Stack, candidates: dict[str, Path]) -> None:
    boto3.client("lambda").update_alias(
        FunctionName=deployed.function,
        Name=deployed.alias,
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )

    with pytest.raises(TrainingError, match=r"a deploy of .* is under way"):
        promote(candidates["second"], deployed, open_gate)


@pytest.fixture
def broken_off(deployed: Stack, candidates: dict[str, Path], service: Service) -> Stack:
    """The stack after a promotion whose process was killed while the new version was tried."""
    service.pause_at = f"s3://{deployed.models}/models/second"
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=promote, args=(candidates["second"], deployed, open_gate))
    process.start()
    assert service.paused.wait(_PATIENCE_S)
    process.kill()
    process.join()
    service.pause_at = ""
    service.go_on.set()
    assert settings_of(deployed)["ARTSTYLE_MODEL"] == f"s3://{deployed.models}/models/second"
    assert states(deployed) == [("second", "promoted", "begun")]
    return deployed


UNDER_WAY = r"second is being promoted by .*--take-over goes on"


def test_while_a_change_is_under_way_nobody_begins_another(
    broken_off: Stack, candidates: dict[str, Path]
) -> None:
    before = states(broken_off)

    with pytest.raises(TrainingError, match=UNDER_WAY):
        promote(candidates["third"], broken_off, open_gate)
    with pytest.raises(TrainingError, match=UNDER_WAY):
        roll_back(broken_off)

    assert states(broken_off) == before


def test_a_promotion_that_was_killed_can_be_taken_over(
    broken_off: Stack, candidates: dict[str, Path]
) -> None:
    promote(candidates["second"], broken_off, open_gate, wishes=TAKING_OVER)

    assert read_live(broken_off).model == "second"
    assert len(addresses(broken_off)) == 1
    assert [state for _, _, state in states(broken_off)] == ["given up", "live"]


def test_a_promotion_that_was_killed_can_be_given_up(broken_off: Stack) -> None:
    done = roll_back(broken_off, wishes=TAKING_OVER)

    assert done.model == RELEASED
    assert addresses(broken_off) == {IN_IMAGE}
    assert states(broken_off) == [("second", "promoted", "given up")]


def test_a_promotion_that_was_killed_when_it_was_nearly_done_can_be_ended(
    deployed: Stack, candidates: dict[str, Path], s3: Any
) -> None:
    promote(candidates["second"], deployed, open_gate)
    known = read_history(s3, deployed.models)
    write_history(s3, deployed.models, known, with_open(known.history, state="begun"))

    promote(candidates["second"], deployed, shut_gate, wishes=TAKING_OVER)

    assert read_live(deployed).model == "second"
    assert states(deployed) == [("second", "promoted", "live")]
    assert roll_back(deployed).model == RELEASED


def test_what_cannot_be_put_back_stays_under_way(
    deployed: Stack, candidates: dict[str, Path], service: Service
) -> None:
    def remove_function() -> None:
        boto3.client("lambda").delete_function(FunctionName=deployed.function)

    def gate(candidate: Path, live: Path) -> Verdict:
        service.before_answer = remove_function  # while the new version is tried
        service.failure = "it is gone"
        return open_gate(candidate, live)

    with pytest.raises(HalfMovedError, match=r"it is gone; .* not be put back .*--take-over"):
        promote(candidates["second"], deployed, gate)

    assert states(deployed) == [("second", "promoted", "begun")]


def test_a_rollback_that_was_broken_off_can_be_taken_over(
    deployed: Stack, candidates: dict[str, Path], s3: Any
) -> None:
    promote(candidates["second"], deployed, open_gate)
    roll_back(deployed)
    known = read_history(s3, deployed.models)
    write_history(s3, deployed.models, known, with_open(known.history, state="begun"))

    roll_back(deployed, wishes=TAKING_OVER)

    assert addresses(deployed) == {IN_IMAGE}
    assert states(deployed)[-1] == (RELEASED, "rolled back", "live")


def test_of_two_promotions_at_once_one_wins(deployed: Stack, candidates: dict[str, Path]) -> None:
    """Two processes, which both have read the same history when they are let go."""
    ends = promote_together(list(candidates.values()), deployed)

    [winner] = [name for name, said in ends.items() if said == "live"]
    [loser] = set(ends) - {winner}
    assert f"was faster: {winner} is promoted there" in ends[loser]
    assert states(deployed) == [(winner, "promoted", "live")]
    assert addresses(deployed) == {f"s3://{deployed.models}/models/{winner}"}
    assert read_live(deployed).model == winner


def test_a_promotion_that_was_overtaken_at_the_gate_is_refused(
    deployed: Stack, candidates: dict[str, Path]
) -> None:
    def slow_gate(candidate: Path, live: Path) -> Verdict:
        promote(candidates["third"], deployed, open_gate)
        return open_gate(candidate, live)

    with pytest.raises(OutrunError, match="was faster: third is promoted"):
        promote(candidates["second"], deployed, slow_gate)

    assert read_live(deployed).model == "third"


def test_a_write_whose_answer_was_lost_is_known_as_ones_own(stack: Stack, s3: Any) -> None:
    """The client sends it again, and S3 then says that somebody was faster: oneself."""
    known = read_history(s3, stack.models)
    history = known.history
    write_history(s3, stack.models, known, history)

    again = write_history(s3, stack.models, known, history)

    assert again.etag is not None


def test_a_history_that_was_removed_meanwhile_is_said(
    deployed: Stack, candidates: dict[str, Path], s3: Any
) -> None:
    promote(candidates["second"], deployed, open_gate)
    known = read_history(s3, deployed.models)
    s3.delete_object(Bucket=deployed.models, Key=KEY)

    with pytest.raises(OutrunError, match="somebody removed the history"):
        write_history(s3, deployed.models, known, with_open(known.history, model="other"))


def test_a_damaged_history_is_refused(deployed: Stack, s3: Any) -> None:
    s3.put_object(Bucket=deployed.models, Key=KEY, Body=b"{")

    with pytest.raises(TrainingError, match=r"history\.json is damaged"):
        roll_back(deployed)


def test_a_run_folder_with_its_model_is_as_good_as_the_model(
    candidates: dict[str, Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "model").symlink_to(candidates["second"])
    (run / "manifest.json").write_text("{}")  # of its Keras file

    assert find_model(run) == run / "model"
    assert find_model(candidates["second"]) == candidates["second"]


def test_a_run_without_a_model_is_told_to_be_exported(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="training export"):
        find_model(tmp_path)
