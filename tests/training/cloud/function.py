"""The deployed function in the AWS of the tests: the real service, made anew for each version."""

import asyncio
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from fastapi.dependencies import models
from mangum import Mangum
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse

from lambda_fn.composition import build_app
from lambda_fn.settings import Settings
from tests.training.candidates import RELEASE
from training.cloud.deployed_stack import Stack

IN_IMAGE = "/var/task/lambda_fn/release"


@dataclass
class Service:
    """Answers for the function.

    failure: what every answer is, if it is set. before_answer: is called before each. pause_at:
    address of a model that keeps whoever asks it waiting until `go_on`.
    """

    failure: str = ""
    before_answer: Callable[[], object] = lambda: None
    pause_at: str = ""
    paused: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    spoilt: dict[str, Any] = field(default_factory=dict)
    """put into every answer to a picture"""
    image: Path = RELEASE
    """the model folder inside the image"""
    _apps: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def deploy_image(self, model: Path) -> None:
        """Put another model into the image."""
        self.image = model
        self.forget_apps()

    def forget_apps(self) -> None:
        """Give back their memory: FastAPI remembers every route for ever, and so its model."""
        self._apps.clear()
        for known in vars(models).values():
            if callable(forget := getattr(known, "cache_clear", None)):
                forget()

    def answer(self, function: LambdaFunction, event: Any) -> Any:
        """Return what the function with these variables answers."""
        address = function.environment_vars["ARTSTYLE_MODEL"]
        if address == self.pause_at:
            self.paused.set()
            self.go_on.wait(240)
        with self._lock:
            if address not in self._apps:
                self._apps[address] = _start(self.image if address == IN_IMAGE else address)
        answer = _handle(self._apps[address], event)
        if self.spoilt and event["rawPath"] == "/v1/predictions":
            answer["body"] = json.dumps(json.loads(answer["body"]) | self.spoilt)
        return answer


def _handle(app: Any, event: Any) -> Any:
    """Answer in an event loop of its own: Lambda has one thread, moto's server many."""
    with asyncio.Runner() as runner:
        asyncio.set_event_loop(runner.get_loop())
        try:
            return Mangum(app, lifespan="off")(event, None)  # type: ignore[arg-type]
        finally:
            asyncio.set_event_loop(None)


def _start(model: Path | str) -> Any:
    settings = Settings.model_validate({"model": model, "threads": 1})
    return build_app(settings, settings.load_model())


@contextmanager
def answered_by(service: Service) -> Iterator[None]:
    """Let moto's functions answer by it while the block lasts; moto itself needs a container."""

    def invoke(function: LambdaFunction, body: str, _asked: Any, told: Any) -> str:
        try:
            service.before_answer()
            if service.failure:
                raise RuntimeError(service.failure)
            return json.dumps(service.answer(function, json.loads(body)))
        except Exception as error:  # noqa: BLE001 - as Lambda does it
            told["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})

    before, read = LambdaFunction.invoke, LambdaResponse._get_param

    def get_param(response: LambdaResponse, name: str, *default: Any) -> Any:
        # moto looks for `qualifier`, which nobody sends, and so asks the latest version always
        return read(response, "Qualifier" if name == "qualifier" else name, *default)

    LambdaFunction.invoke = invoke  # type: ignore[method-assign, assignment]
    LambdaResponse._get_param = get_param  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        LambdaFunction.invoke = before  # type: ignore[method-assign]
        LambdaResponse._get_param = read  # type: ignore[method-assign]
        service.forget_apps()


def deploy(stack: Stack) -> None:
    """Make the function, its first version, its alias and the parameter, as a deploy does."""
    lambda_, iam = boto3.client("lambda"), boto3.client("iam")
    role = iam.create_role(RoleName="service", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    lambda_.create_function(
        FunctionName=stack.function,
        Role=role,
        Runtime="python3.13",
        Handler="none.handler",
        Code={"ZipFile": _zip()},
        Environment={"Variables": {"ARTSTYLE_MODEL": IN_IMAGE, "ARTSTYLE_OTHER": "kept"}},
    )
    version = lambda_.publish_version(FunctionName=stack.function)["Version"]
    lambda_.create_alias(FunctionName=stack.function, Name=stack.alias, FunctionVersion=version)
    boto3.client("ssm").put_parameter(Name=stack.model_parameter, Value=IN_IMAGE, Type="String")


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("none.py", "")
    return file.getvalue()
