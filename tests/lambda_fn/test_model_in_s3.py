"""A model that lies in S3: fetched once, checked, refused when damaged; the history beside it."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from lambda_fn.composition import build_app
from lambda_fn.contract.history import ModelHistory, RecordedChange
from lambda_fn.contract.manifest import MANIFEST_FILE, MODEL_FILE, NEIGHBOURS_FILE
from lambda_fn.model_in_s3 import HistoryReader, S3Place, fetch_model
from lambda_fn.runtime import ModelFolderError
from lambda_fn.settings import Settings
from tests.pictures import draw_picture, encode

RELEASE = Path(__file__).parents[2] / "lambda_fn" / "release"
BUCKET = "models-of-a-test"
PLACE = S3Place(BUCKET, "models/first")


@pytest.fixture
def s3(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # a patch: of a module's own variable
    client = boto3.client("s3")
    place = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    return client


@pytest.fixture
def released(s3: Any) -> Any:
    """Return a client of an S3 that has the release."""
    for path in RELEASE.iterdir():
        s3.put_object(Bucket=BUCKET, Key=f"{PLACE.key}/{path.name}", Body=path.read_bytes())
    return s3


@pytest.fixture
def damaged(released: Any) -> str:
    """The name of a file that is not the one that was exported."""
    released.put_object(Bucket=BUCKET, Key=f"{PLACE.key}/{MODEL_FILE}", Body=b"half a mod")
    return MODEL_FILE


def test_a_model_in_s3_answers_as_the_same_folder_does(released: Any) -> None:
    del released
    remote, here = Settings(model=PLACE), Settings()
    picture = encode(draw_picture())

    answers = [
        TestClient(build_app(one, one.load_model())).post("/v1/predictions", content=picture).json()
        for one in (remote, here)
    ]

    assert answers[0]["model"] == answers[1]["model"]
    assert answers[0]["probabilities"] == answers[1]["probabilities"]
    assert answers[0]["similar"] == answers[1]["similar"] != []


def test_the_address_is_read_from_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTSTYLE_MODEL", "s3://models-of-a-test/models/first/")

    assert Settings().model == PLACE
    assert Settings().model_folder == PLACE.local


@pytest.mark.parametrize("address", ["s3://", "s3://bucket", "s3://bucket/a b", "s3://B/models/x"])
@pytest.mark.parametrize("name", ["MODEL", "HISTORY"])
def test_an_address_that_is_none_is_refused(
    address: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ARTSTYLE_{name}", address)

    with pytest.raises(ValidationError, match="s3://BUCKET/models/ID"):
        Settings()


def test_a_folder_that_was_fetched_is_not_fetched_again(released: Any) -> None:
    folder = fetch_model(PLACE)
    released.delete_object(Bucket=BUCKET, Key=f"{PLACE.key}/{MODEL_FILE}")

    again = fetch_model(PLACE)

    assert again == folder
    assert {path.name for path in folder.iterdir()} == {path.name for path in RELEASE.iterdir()}


def test_a_file_that_was_broken_here_is_fetched_again(released: Any) -> None:
    del released
    file = fetch_model(PLACE) / NEIGHBOURS_FILE
    file.write_bytes(b"half")

    fetch_model(PLACE)

    assert file.read_bytes() == (RELEASE / NEIGHBOURS_FILE).read_bytes()


def test_a_damaged_file_is_refused_by_name(damaged: str) -> None:
    with pytest.raises(ModelFolderError, match=rf"{PLACE}/{damaged} is damaged"):
        Settings(model=PLACE).load_model()

    assert not (PLACE.local / damaged).exists()


def test_what_is_not_there_is_said_with_the_reason(s3: Any) -> None:
    del s3
    with pytest.raises(ModelFolderError, match=r"no model in .*/second \(NoSuchKey\)"):
        fetch_model(S3Place(BUCKET, "models/second"))


def test_an_s3_that_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(ModelFolderError, match=r"S3 does not give .*EndpointConnectionError"):
        fetch_model(PLACE)


@pytest.mark.parametrize("name", ["../escape", "folder/file", ".hidden", ""])
def test_a_manifest_that_names_files_elsewhere_is_refused(s3: Any, name: str) -> None:
    told = json.loads((RELEASE / MANIFEST_FILE).read_text("utf-8"))
    told["files"][name] = "0" * 64
    key = f"{PLACE.key}/{MANIFEST_FILE}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(told).encode())

    with pytest.raises(ModelFolderError, match="which is no file"):
        fetch_model(PLACE)


def test_a_manifest_of_another_version_is_refused(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{PLACE.key}/{MANIFEST_FILE}", Body=b"{}")

    with pytest.raises(ModelFolderError, match="does not fit this version"):
        fetch_model(PLACE)


def test_a_folder_that_others_may_write_to_is_refused(s3: Any) -> None:
    del s3
    PLACE.local.parent.mkdir(mode=0o700)
    PLACE.local.parent.chmod(0o777)

    with pytest.raises(ModelFolderError, match="belongs to somebody else"):
        fetch_model(PLACE)


HISTORY = S3Place(BUCKET, "models/history.json")


def change(model: str, **facts: Any) -> RecordedChange:
    known: dict[str, Any] = {
        "at": datetime(2026, 11, 28, tzinfo=UTC),
        "kind": "promoted",
        "model": model,
        "address": f"s3://{BUCKET}/models/{model}",
        "previous": "/release",
        "previous_model": "in-the-image",
        "by": "arn:aws:iam::123456789012:user/somebody",
        "state": "live",
    }
    return RecordedChange.model_validate(known | facts)


def put_history(s3: Any, *changes: RecordedChange) -> None:
    body = ModelHistory(changes=changes).model_dump_json().encode()
    s3.put_object(Bucket=BUCKET, Key=HISTORY.key, Body=body)


def test_the_model_tells_its_history_and_nobodys_name(s3: Any) -> None:
    put_history(s3, change("first", forced=("too large",)), change("second", state="given up"))
    settings = Settings(history=HISTORY)
    client = TestClient(build_app(settings, settings.load_model()))

    response = client.get("/v1/model")

    [told] = response.json()["history"]
    assert (told["model"], told["kind"], told["forced"]) == ("first", "promoted", ["too large"])
    assert "somebody" not in response.text


def test_the_history_is_read_once_a_minute(s3: Any) -> None:
    put_history(s3, change("first"))
    now = [0.0]
    read = HistoryReader(HISTORY, clock=lambda: now[0])
    first = read()
    put_history(s3, change("first"), change("second"))

    soon = read()
    now[0] = 61.0
    later = read()

    assert first is not None
    assert soon == first
    assert [one.model for one in later or ()] == ["first", "second"]


def test_a_history_is_read_again_at_once_while_a_change_is_under_way(s3: Any) -> None:
    put_history(s3, change("first"), change("second", state="begun"))
    read = HistoryReader(HISTORY, clock=lambda: 0.0)
    meanwhile = read()
    put_history(s3, change("first"), change("second"))

    assert [one.model for one in meanwhile or ()] == ["first"]
    assert [one.model for one in read() or ()] == ["first", "second"]


@pytest.mark.parametrize("body", [b"no json", b'{"changes": [{}]}'])
def test_a_history_that_cannot_be_read_is_none(
    s3: Any, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    s3.put_object(Bucket=BUCKET, Key=HISTORY.key, Body=body)

    assert HistoryReader(HISTORY)() is None
    assert "the history of models cannot be read" in caplog.text


def test_before_the_first_promotion_the_history_is_empty(
    s3: Any, caplog: pytest.LogCaptureFixture
) -> None:
    del s3

    assert HistoryReader(HISTORY)() == []
    assert "cannot be read" not in caplog.text


def test_a_history_in_a_bucket_that_is_not_there_is_none(aws: str) -> None:
    del aws

    assert HistoryReader(S3Place("nobodys-bucket", "models/history.json"))() is None


def test_a_history_with_words_of_a_later_version_is_still_read(s3: Any) -> None:
    body = json.loads(ModelHistory(changes=(change("first"),)).model_dump_json())
    body["changes"][0]["mood"] = "good"
    s3.put_object(Bucket=BUCKET, Key=HISTORY.key, Body=json.dumps(body).encode())

    assert [one.model for one in HistoryReader(HISTORY)() or ()] == ["first"]


def test_without_a_history_none_is_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(RELEASE, tmp_path / "model"))
    settings = Settings(model=folder)

    told = TestClient(build_app(settings, settings.load_model())).get("/v1/model").json()

    assert told["history"] is None
