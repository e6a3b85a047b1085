"""Feedback: a token holds the answer, and only what the visitor gives is kept."""

import base64
import io
import json
import logging
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from itsdangerous import URLSafeTimedSerializer
from PIL import ExifTags, Image
from pydantic import SecretStr

from lambda_fn.app import create_app
from lambda_fn.catalogue.works import CatalogueUnavailableError
from lambda_fn.feedback import DAY_S, MAX_PICTURE_BYTES, FeedbackDesk
from tests.fakes import FakeFeedback, FakeModel
from tests.lambda_fn.replies import assert_error, eventually
from tests.pictures import draw_picture, encode, png_bomb

SECRET = SecretStr("a secret of the tests")
PICTURE = encode(draw_picture())


@pytest.fixture
def store() -> FakeFeedback:
    return FakeFeedback()


@pytest.fixture
def client(store: FakeFeedback) -> TestClient:
    return make_client(store)


def make_client(
    store: FakeFeedback, *, secret: SecretStr = SECRET, max_age_s: int = DAY_S
) -> TestClient:
    desk = FeedbackDesk(lambda: store, lambda: secret, max_age_s=max_age_s)
    return TestClient(create_app(FakeModel(), max_body_bytes=200_000, desk=desk))


def ask(client: TestClient) -> Any:
    headers = {"Content-Type": "image/jpeg"}
    return client.post("/v1/predictions", content=PICTURE, headers=headers).json()


def say(client: TestClient, token: str, style: str = "cubism", **more: Any) -> httpx.Response:
    return client.post("/v1/feedback", json={"token": token, "style": style, **more})


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_what_a_visitor_says_is_kept_with_the_answer_it_is_about(
    client: TestClient, store: FakeFeedback
) -> None:
    answer = ask(client)

    response = say(client, answer["feedback_token"], "ukiyo-e")

    kept = store.kept[answer["id"]]
    assert (response.status_code, response.json()) == (201, {"stored": True})
    assert (kept.model, kept.predicted, kept.said) == ("fake-1", "cubism", "ukiyo-e")
    assert kept.probabilities == {"cubism": 0.9, "impressionism": 0.05, "ukiyo-e": 0.05}
    assert kept.received.endswith("+00:00")
    assert kept.picture is None


def test_right_is_the_style_that_was_predicted(client: TestClient, store: FakeFeedback) -> None:
    answer = ask(client)

    say(client, answer["feedback_token"], answer["style"]["slug"])

    kept = store.kept[answer["id"]]
    assert kept.said == kept.predicted


def test_a_second_word_about_an_answer_replaces_the_first(
    client: TestClient, store: FakeFeedback
) -> None:
    token = ask(client)["feedback_token"]

    for style in ("cubism", "pop-art"):
        say(client, token, style)

    assert [one.said for one in store.all()] == ["pop-art"]


def test_a_style_that_the_model_does_not_know_may_be_right(
    client: TestClient, store: FakeFeedback
) -> None:
    assert say(client, ask(client)["feedback_token"], "surrealism").status_code == 201


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_a_jpeg_of_its_pixels_alone(
    client: TestClient, store: FakeFeedback, kind: str
) -> None:
    answer, drawn = ask(client), draw_picture(seed=1)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.0)}
    exif[ExifTags.Base.Make] = "a telltale camera"
    picture = encode(drawn, kind, exif=exif, quality=95)

    say(client, answer["feedback_token"], picture=as_text(picture))

    kept = store.kept[answer["id"]].picture or b""
    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "JPEG"
        assert not image.getexif()
        turned = kind != "WEBP"  # in which EXIF turns nothing
        assert image.size == (drawn.size[::-1] if turned else drawn.size)
        upright = drawn.transpose(Image.Transpose.ROTATE_270) if turned else drawn
        assert np.abs(np.asarray(image, int) - np.asarray(upright, int)).mean() < 8
    assert b"telltale" in picture
    assert b"telltale" not in kept


def test_a_picture_of_many_pixels_is_refused_though_its_bytes_are_few(
    client: TestClient, store: FakeFeedback
) -> None:
    picture = encode(Image.new("RGB", (2_100, 2_000)), "PNG")

    response = say(client, ask(client)["feedback_token"], picture=as_text(picture))

    assert "4 megapixels" in assert_error(response, 413, "too_many_pixels")
    assert store.kept == {}


def test_a_token_is_checked_before_the_picture_beside_it_is_decoded(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_fn.routes.feedback.read_picture", lambda _: pytest.fail("decoded"))

    response = say(client, "nonsense", picture=as_text(PICTURE))

    assert_error(response, 400, "bad_token")


def test_a_token_of_an_older_form_is_refused(client: TestClient) -> None:
    facts = ["an id", "fake-1"]
    token = str(URLSafeTimedSerializer(SECRET.get_secret_value(), salt="feedback").dumps(facts))

    assert_error(say(client, token), 400, "bad_token")


@pytest.mark.parametrize(
    ("picture", "status", "code"),
    [
        ("not base64!", 422, "unreadable_image"),
        (as_text(b"only text"), 422, "unreadable_image"),
        (as_text(b""), 422, "unreadable_image"),
        (as_text(encode(draw_picture(), "GIF")), 422, "unreadable_image"),
        (as_text(encode(draw_picture(400, 300))[:4000]), 422, "truncated_image"),
        (as_text(png_bomb(60_000, 2_000)), 413, "too_many_pixels"),
        (as_text(bytes(MAX_PICTURE_BYTES + 1)), 413, "body_too_large"),
        ("A" * 2_000_000, 413, "body_too_large"),
    ],
    ids=["text", "no picture", "empty", "GIF", "cut off", "bomb", "over 1 MB", "huge body"],
)
def test_what_is_no_picture_of_use_is_refused_and_nothing_kept(
    client: TestClient, store: FakeFeedback, picture: str, status: int, code: str
) -> None:
    response = say(client, ask(client)["feedback_token"], picture=picture)

    assert_error(response, status, code)
    assert store.kept == {}


def test_a_picture_of_just_the_largest_size_is_kept(
    client: TestClient, store: FakeFeedback
) -> None:
    answer, data = ask(client), encode(Image.new("RGB", (9, 9)), "PNG")
    # what follows the end of a PNG is nobody's business
    picture = data + bytes(MAX_PICTURE_BYTES - len(data))

    assert say(client, answer["feedback_token"], picture=as_text(picture)).status_code == 201
    assert store.kept[answer["id"]].picture is not None


def forged(secret: str, salt: str = "feedback") -> str:
    facts = ["an id", "fake-1", "cubism", {"cubism": 1.0}]
    return str(URLSafeTimedSerializer(secret, salt=salt).dumps(facts))


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "a.b.c",
        "é",
        "\x00",
        # Named, because what they hold depends on the time: every worker must collect one list.
        pytest.param(forged("another secret"), id="another secret"),
        pytest.param(forged(SECRET.get_secret_value(), salt="something else"), id="another salt"),
    ],
)
def test_a_token_that_nobody_signed_is_refused(
    client: TestClient, store: FakeFeedback, token: str
) -> None:
    assert_error(say(client, token), 400, "bad_token")
    assert store.kept == {}


def test_a_token_with_other_odds_in_it_is_refused(client: TestClient) -> None:
    token = ask(client)["feedback_token"]
    changed = token[:9] + ("B" if token[9] == "A" else "A") + token[10:]

    assert_error(say(client, changed), 400, "bad_token")


def test_a_token_is_good_for_a_day_and_no_longer(store: FakeFeedback) -> None:
    old = make_client(store, max_age_s=-1)  # of this very second is too old already

    message = assert_error(say(old, ask(old)["feedback_token"]), 410, "expired_token")

    assert "ask for the picture's style again" in message
    assert DAY_S == 24 * 3600


def test_a_token_is_good_for_every_process_with_the_same_secret(store: FakeFeedback) -> None:
    token = ask(make_client(store))["feedback_token"]

    assert say(make_client(store), token).status_code == 201


def test_a_token_tells_nothing_about_the_picture_and_fits_into_a_form(client: TestClient) -> None:
    token = ask(client)["feedback_token"]

    assert len(token) < 1000


@pytest.mark.parametrize("style", ["nonsense", "", "Cubism", '{"$gt": ""}'])
def test_an_unknown_style_is_refused(client: TestClient, store: FakeFeedback, style: str) -> None:
    response = say(client, ask(client)["feedback_token"], style)

    assert "GET /v1/styles" in assert_error(response, 422, "invalid_request")
    assert store.kept == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b'{"token": 1, "style": "cubism"}', b'{"style": "cubism"}',
     b'{"token": {"$gt": ""}, "style": "cubism"}', b'{"token": "x", "style": "cubism", "id": 1}',
     b"\xff\xfe", b'{"token": "' + b"x" * 5000 + b'", "style": "cubism"}'],
)  # fmt: skip
def test_what_is_no_feedback_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    assert_error(client.post("/v1/feedback", content=body, headers=headers), 422, "invalid_request")


@pytest.mark.parametrize("kind", ["text/plain", "image/jpeg", ""])
def test_what_is_not_json_is_told_so(client: TestClient, kind: str) -> None:
    response = client.post("/v1/feedback", content=b"{}", headers={"Content-Type": kind})

    assert "application/json" in assert_error(response, 415, "unsupported_content_type")


def test_where_nothing_keeps_feedback_there_is_no_token_and_no_route() -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=200_000))

    assert ask(client)["feedback_token"] is None
    assert_error(say(client, "x"), 404, "feedback_off")


def test_a_store_that_fails_is_said_with_a_time_to_come_back(
    client: TestClient, store: FakeFeedback
) -> None:
    token = ask(client)["feedback_token"]
    store.is_failing = True

    response = say(client, token)

    assert_error(response, 503, "feedback_unavailable")
    assert response.headers["retry-after"] == "30"


def test_a_secret_that_cannot_be_had_takes_the_token_but_not_the_answer() -> None:
    is_there: list[bool] = []

    def read() -> SecretStr:
        if not is_there:
            raise CatalogueUnavailableError("access denied")
        return SECRET

    desk = FeedbackDesk(FakeFeedback, read)
    client = TestClient(create_app(FakeModel(), max_body_bytes=200_000, desk=desk))
    answer = ask(client)
    is_there.append(True)

    assert answer["style"]["slug"] == "cubism"
    assert answer["feedback_token"] is None
    assert eventually(lambda: ask(client)["feedback_token"] is not None)


def test_token_and_picture_are_in_no_log(
    client: TestClient, store: FakeFeedback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token, picture = ask(client)["feedback_token"], as_text(PICTURE)

    replies = [say(client, token, picture=picture), say(client, token, "nonsense", picture=picture)]
    store.is_failing = True
    replies.append(say(client, token, picture=picture))

    said = caplog.text + json.dumps([reply.text for reply in replies])
    assert token not in said
    assert picture[:40] not in said


def test_the_docs_describe_the_body_of_feedback(client: TestClient) -> None:
    described = client.get("/openapi.json").json()

    body = described["paths"]["/v1/feedback"]["post"]["requestBody"]
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    fields = described["components"]["schemas"][name]["properties"]
    assert set(fields) == {"token", "style", "picture"}
