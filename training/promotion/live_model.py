"""The model that answers: which it is, and how another takes its place.

The alias is moved directly and at once, not by CodeDeploy as a deploy moves it. A canary finds what
only visitors find, errors of new code; the code stays, the gate has measured the model, and the new
version has answered here before the alias moves. And what CodeDeploy takes back is the alias alone:
parameter and settings would still name the new model, and the next deploy would bring it again.

All three move together: the settings of the function (what the next version is made of), the
parameter (what the next `cdk deploy` reads; infra/live_model.py) and the alias (what visitors get).
The alias comes last, and whatever fails before it is put back.
"""

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from lambda_fn.contract.manifest import GOLDEN_FILE, MANIFEST_FILE, ModelManifest
from training.cloud.aws import CloudError, clear_cloud_errors, client
from training.cloud.deployed_stack import Stack
from training.errors import TrainingError

VARIABLE: Final = "ARTSTYLE_MODEL"
MAX_DIFFERENCE: Final = 0.01
"""of a probability between a golden answer and the cloud's, which rounds and computes elsewhere"""
_WAIT: Final = {"Delay": 2, "MaxAttempts": 150}  # an image of a new version may take minutes


class HalfMovedError(TrainingError):
    """A change failed, and so did putting things back: settings, parameter and alias may differ."""


@dataclass(frozen=True, slots=True)
class LiveModel:
    """What answers visitors now."""

    address: str
    model: str


@dataclass(frozen=True, slots=True)
class NowLive:
    """What answers visitors since a change: the model, and the version of the function."""

    model: str
    version: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A picture and what must come of it: the probability of each style, by its slug."""

    picture: bytes
    expected: Mapping[str, float]


def read_live(stack: Stack) -> LiveModel:
    """Ask the alias which model answers.

    Raises:
        TrainingError: a deploy is under way, or the function does not answer.
    """
    lambda_ = client("lambda")
    name = {"FunctionName": stack.function}
    with clear_cloud_errors(f"the function {stack.function}"):
        alias = lambda_.get_alias(**name, Name=stack.alias)
        if (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
            raise TrainingError(
                f"a deploy of {stack.name} is under way (two versions share the visitors): wait "
                "until it has ended"
            )
        found = lambda_.get_function_configuration(**name, Qualifier=stack.alias)
    address = _settings(found).get(VARIABLE)
    if not address:
        raise TrainingError(f"{stack.function} has no {VARIABLE}: deploy the stack again")
    return LiveModel(address, _ask_model(lambda_, stack, stack.alias))


def is_in_s3(address: str) -> bool:
    """Return whether a model lies in the bucket, and not in the image."""
    return address.startswith("s3://")


def go_live(
    stack: Stack, address: str, *, model: str | None, trial: Trial | None = None
) -> NowLive:
    """Let the model at `address` answer.

    model: id that the new version must tell before the alias moves; None where any will do. trial:
    what it must answer.

    Raises:
        HalfMovedError: not all that was moved could be put back.
        TrainingError: why not; all is as before then.
    """
    lambda_, ssm = client("lambda"), client("ssm")
    with clear_cloud_errors(f"the function {stack.function}"):
        before = lambda_.get_function_configuration(FunctionName=stack.function)
    with clear_cloud_errors(f"the parameter {stack.model_parameter}"):
        held = ssm.get_parameter(Name=stack.model_parameter)["Parameter"]["Value"]
    try:
        _set_model(lambda_, stack, address)
        version = _publish(lambda_, stack, address)
        found = _try_out(lambda_, stack, version, model=model, trial=trial)
        _set_parameter(ssm, stack, address)
        with clear_cloud_errors(f"the alias {stack.alias}"):
            lambda_.update_alias(
                FunctionName=stack.function,
                Name=stack.alias,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": {}},
            )
    except BaseException as error:
        try:
            _set_model(lambda_, stack, _settings(before)[VARIABLE])
            _set_parameter(ssm, stack, held)
        except CloudError as second:
            raise HalfMovedError(
                f"{error}; and what had been moved could not be put back ({second}): see to that, "
                "then `python -m training rollback --take-over` does it"
            ) from error
        raise
    return NowLive(found, version)


def golden_trial(folder: Path) -> Trial | None:
    """Return a golden picture of a model folder with its answer; None where it has none."""
    manifest = ModelManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    if GOLDEN_FILE not in manifest.files:
        return None
    with np.load(folder / GOLDEN_FILE) as golden:
        pixels, answer = golden["pictures"][-1], golden["probabilities"][-1]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")  # keeps every pixel, and the service resizes none
    return Trial(file.getvalue(), dict(zip(manifest.styles, answer.tolist(), strict=True)))


def _settings(configuration: Mapping[str, Any]) -> dict[str, str]:
    return dict(configuration.get("Environment", {}).get("Variables", {}))


def _set_model(lambda_: Any, stack: Stack, address: str) -> None:
    """Change one variable of the function, unless somebody changes it at the same time."""
    name = {"FunctionName": stack.function}
    with clear_cloud_errors(f"the function {stack.function}"):
        now = lambda_.get_function_configuration(**name)
        if _settings(now).get(VARIABLE) == address:
            return
        lambda_.update_function_configuration(
            **name,
            Environment={"Variables": _settings(now) | {VARIABLE: address}},
            **{key: now[key] for key in ("RevisionId",) if key in now},
        )
        lambda_.get_waiter("function_updated_v2").wait(**name, WaiterConfig=_WAIT)


def _publish(lambda_: Any, stack: Stack, address: str) -> str:
    name = {"FunctionName": stack.function}
    with clear_cloud_errors(f"the function {stack.function}"):
        version = str(
            lambda_.publish_version(**name, Description=f"model {address}"[-256:])["Version"]
        )
        lambda_.get_waiter("published_version_active").wait(
            **name, Qualifier=version, WaiterConfig=_WAIT
        )
    return version


def _set_parameter(ssm: Any, stack: Stack, address: str) -> None:
    with clear_cloud_errors(f"the parameter {stack.model_parameter}"):
        ssm.put_parameter(Name=stack.model_parameter, Value=address, Type="String", Overwrite=True)


def _try_out(
    lambda_: Any, stack: Stack, version: str, *, model: str | None, trial: Trial | None
) -> str:
    """Let a version answer that no visitor is asked by yet; return the id of its model."""
    found = _ask_model(lambda_, stack, version)
    if model not in (None, found):
        raise TrainingError(
            f"version {version} of {stack.function} answers with {found}, not with {model}; all is "
            "as before"
        )
    if trial is not None:
        _require_answer(lambda_, stack, version, trial)
    return found


def _require_answer(lambda_: Any, stack: Stack, version: str, trial: Trial) -> None:
    body = _ask(lambda_, stack, version, _event("POST", "/v1/predictions", trial.picture))
    told = {one["slug"]: one["probability"] for one in body["probabilities"]}
    off = max(abs(told.get(slug, 0.0) - wanted) for slug, wanted in trial.expected.items())
    if not off <= MAX_DIFFERENCE:
        raise TrainingError(
            f"version {version} of {stack.function} does not give the golden answer of its model: "
            f"a probability is off by {off:.3f}; all is as before"
        )


def _ask_model(lambda_: Any, stack: Stack, qualifier: str) -> str:
    return str(_ask(lambda_, stack, qualifier, _event("GET", "/v1/model"))["manifest"]["id"])


def _ask(lambda_: Any, stack: Stack, qualifier: str, event: Mapping[str, Any]) -> Any:
    """Return the body that the function answers, as the gateway would ask it."""
    where = f"{stack.function}:{qualifier}"
    with clear_cloud_errors(f"the function {where}"):
        answer = lambda_.invoke(
            FunctionName=stack.function, Qualifier=qualifier, Payload=json.dumps(event).encode()
        )
        payload = answer["Payload"].read()
    try:
        told = json.loads(payload)
        if answer.get("FunctionError"):
            raise TrainingError(f"{where} fails: {told.get('errorMessage', told)}")
        body = told["body"]
        data = base64.b64decode(body) if told.get("isBase64Encoded") else body
        if told["statusCode"] == 200:
            return json.loads(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(f"{where} answers what is no answer: {payload[:200]!r}") from error
    raise TrainingError(f"{where} answers {told['statusCode']}: {data[:200]!r}")


def _event(method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    """Return a request as an HTTP API hands it on."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "image/png", "content-length": str(len(body)), "host": "gate"},
        "requestContext": {
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "style-your-art promote",
            },
            "stage": "$default",
        },
        "isBase64Encoded": True,
        "body": base64.b64encode(body).decode(),
    }
