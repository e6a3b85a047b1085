"""Deployed functions, run as Lambda runs them: their own image or code, in a container, by AWS's
own runtime client.
"""

import io
import json
import os
import secrets
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moto.awslambda.models import LambdaFunction

from tests.cloud.bases import LAMBDA
from tests.cloud.function import Function, Start
from tests.cloud.machine import AS_FUNCTION, PODMAN, Machine
from tests.cloud.runtime_api import FunctionError


class Container(subprocess.Popen[bytes]):
    """A container whose end is the end of this process, the other way round too."""

    def __init__(self, machine: Machine, name: str, arguments: list[str], log: Path) -> None:
        self._remove = [*PODMAN, "rm", "--force", "--time=0", name]
        self._environment = machine.environment
        with log.open("ab") as file:
            super().__init__(
                [*PODMAN, "run", "--rm", f"--name={name}", *arguments],
                env=machine.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it at once."""
        subprocess.run(self._remove, env=self._environment, capture_output=True, check=False)
        super().kill()


@dataclass
class Functions:
    """Runs the functions of moto; each has one environment, which stays warm until its code or
    its settings change.

    endpoint: where a function finds AWS.
    """

    machine: Machine
    endpoint: str
    log: Path
    _running: dict[str, tuple[str, Function, TemporaryDirectory[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, function: LambdaFunction, event: Any) -> Any:
        """Return what the function answers.

        Raises:
            FunctionError: it failed.
        """
        with self._lock:
            running = self._warm(function)
        return running.invoke(event)

    def close(self) -> None:
        """End all of them."""
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(_end, one, place) for _, one, place in self._running.values()]
        for end in ends:
            end.result()
        self._running.clear()

    def _warm(self, function: LambdaFunction) -> Function:
        is_ = json.dumps([function.code_sha_256, function.environment_vars, function.memory_size])
        name = f"{function.function_name}:{function.version}"
        was, running, folder = self._running.get(name, ("", None, None))
        if running and was == is_:
            return running
        if running and folder:
            _end(running, folder)
        folder = TemporaryDirectory(dir=self.machine.home)
        start = self._start(function, Path(folder.name))
        running = Function(start, timeout_s=float(function.timeout), patience_s=60.0)
        self._running[name] = (is_, running, folder)
        return running

    def _start(self, function: LambdaFunction, folder: Path) -> Start:
        image, mounts = self._code(function, folder)
        settings = {**_variables(function), **function.environment_vars}
        more = {"AWS_ENDPOINT_URL": self.endpoint, "HOME": "/tmp"}  # noqa: S108 - the container's

        def start(address: str, number: int) -> Container:
            variables = {**settings, **more, "AWS_LAMBDA_RUNTIME_API": address}
            return Container(
                self.machine,
                f"rehearsal-{number}-{secrets.token_hex(4)}",
                [
                    *AS_FUNCTION,
                    f"--memory={function.memory_size}m",
                    *(f"--env={name}={value}" for name, value in variables.items()),
                    *mounts,
                    *image,
                ],
                self.log,
            )

        return start

    def _code(self, function: LambdaFunction, folder: Path) -> tuple[list[str], list[str]]:
        """Return the image with its command, and what is mounted into it."""
        if function.package_type == "Image":
            return [function.code["ImageUri"]], []
        code, layers = folder / "task", folder / "opt"
        _unpack(function.code_bytes, code)
        layers.mkdir()
        for layer in function.layers:
            _unpack(_layer(function, layer["Arn"]), layers)
        mounts = [f"--volume={code}:/var/task:ro", f"--volume={layers}:/opt:ro"]
        return [LAMBDA, str(function.handler)], mounts


def _end(function: Function, folder: TemporaryDirectory[str]) -> None:
    function.__exit__()
    folder.cleanup()


def _layer(function: LambdaFunction, arn: str) -> bytes:
    from moto.awslambda.utils import get_backend

    backend = get_backend(function.account_id, function.region)
    layer = backend.layers_versions_by_arn(arn)
    if layer is None:
        raise FunctionError({"errorType": "Runtime.Layer", "errorMessage": f"no layer {arn}"})
    return bytes(layer.code_bytes)


def _variables(function: LambdaFunction) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": "rehearsal",
        "AWS_REGION": function.region,
        "_HANDLER": str(function.handler),
    }


def _unpack(archive: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        for one in file.infolist():
            path = file.extract(one, folder)
            # a zip keeps the mode here; Python's own unpacking drops it
            if (mode := one.external_attr >> 16 & 0o777) != 0:
                os.chmod(path, mode)  # noqa: PTH101 - what extract returns is text


@contextmanager
def run_by(functions: Functions) -> Iterator[None]:
    """Let moto's functions be run by ours while the block lasts."""

    def invoke(function: LambdaFunction, body: str, _asked: Any, told: Any) -> str:
        try:
            return json.dumps(functions.invoke(function, json.loads(body or "{}")))
        except FunctionError as error:
            told["x-amz-function-error"] = "Unhandled"
            return json.dumps(error.facts)

    before = LambdaFunction.invoke
    LambdaFunction.invoke = invoke  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        LambdaFunction.invoke = before  # type: ignore[method-assign]
        functions.close()
