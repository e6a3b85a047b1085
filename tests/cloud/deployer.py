"""Whoever deploys, in a rehearsal: a checkout, the CDK's own command line and an empty account."""

import functools
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

import boto3
from botocore.config import Config

from tests.cloud.builder import LOG, write_command
from tests.cloud.machine import ROOT, Machine
from tests.cloud.resources import ACCOUNT, REGION

STACK: Final = "style-your-art-prod"
STACKS: Final = (STACK, f"{STACK}-training")
OPTIONS: Final = {"stage": "prod", "alarm_email": "somebody@example.org"}
BOOTSTRAP: Final = f"aws://{ACCOUNT}/{REGION}"
_CDK: Final = ROOT / "node_modules" / ".bin" / "cdk"
_START_S: Final = 120
_QUIET: Final = {
    "AWS_EC2_METADATA_DISABLED": "true",  # else the CDK looks for a machine's role, for 9 s
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "1",
    "NODE_NO_WARNINGS": "1",
}
_KEYS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}


@dataclass(frozen=True)
class Synthesis:
    """A cloud assembly that is being written."""

    folder: Path
    process: "subprocess.Popen[str]"

    def wait(self) -> Path:
        """Return where it is.

        Raises:
            RuntimeError: what kept it from being written.
        """
        output, errors = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError(f"{output[-4000:]}\n{errors[-4000:]}")
        return self.folder


@dataclass(frozen=True)
class Deployer:
    """Somebody with a checkout and credentials.

    checkout: a copy, in which a rehearsal may change what it likes. home: for what else is written.
    """

    machine: Machine
    endpoint: str
    checkout: Path
    home: Path

    def cdk(
        self, command: str, *arguments: str, app: str | Path
    ) -> "subprocess.CompletedProcess[str]":
        """Run the CDK's command line on what was synthesised."""
        with self._begin(command, *arguments, f"--app={app}") as process:
            output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def deploy(self, assembly: Path) -> "subprocess.CompletedProcess[str]":
        """Deploy without being asked."""
        how = ("--require-approval=never", "--progress=events", "--asset-build-concurrency=2")
        return self.cdk("deploy", "--all", *how, app=assembly)

    @contextmanager
    def synthesising(self, name: str, **options: str) -> Iterator["Synthesis"]:
        """Begin to write what the checkout and options (`-c`) say; end it after the block.

        It is the longest part of a deploy that needs nothing of AWS, so other work may go on.
        """
        # as cdk.json says, in the environment that is here already
        app = f"--app={shlex.quote(sys.executable)} -m infra.app"  # a shell reads it
        chosen = [f"--context={option}={value}" for option, value in options.items()]
        folder = self.home / name
        process = self._begin("synth", "--quiet", f"--output={folder}", app, *chosen)
        with process:
            yield Synthesis(folder, process)
            process.kill()

    def _begin(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [_CDK, *arguments, "--no-notices"],
            cwd=self.checkout,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def client(self, service: str) -> Any:
        """Return boto3's client of a service."""
        return _client(service, self.endpoint)

    def stack(self, name: str = STACK) -> dict[str, Any]:
        """Return what CloudFormation tells of a stack."""
        found: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)
        return dict(found["Stacks"][0])

    @property
    def outputs(self) -> dict[str, str]:
        """The stacks' outputs by name."""
        return {
            one["OutputKey"]: one["OutputValue"]
            for name in STACKS
            for one in self.stack(name)["Outputs"]
        }

    @property
    def resources(self) -> dict[str, str]:
        """The id of each resource of the stacks, by its logical id."""
        client = self.client("cloudformation")
        found = [client.list_stack_resources(StackName=name) for name in STACKS]
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for answer in found
            for one in answer["StackResourceSummaries"]
        }

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened to the stack of visitors, the last first."""
        found = self.client("cloudformation").describe_stack_events(StackName=STACK)
        return list(found["StackEvents"])

    @property
    def builds(self) -> list[str]:
        """The Dockerfiles that were built, in order."""
        log = Path(self.environment[LOG])
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        words = [line.split() for line in lines if line.startswith("build ")]
        return [one[one.index("--file") + 1] for one in words]

    @property
    def account(self) -> dict[str, str]:
        """The variables by which a program finds the account and may use it."""
        return _KEYS | {"AWS_ENDPOINT_URL": self.endpoint}

    @functools.cached_property
    def environment(self) -> dict[str, str]:
        """The variables of whoever deploys."""
        shell = {**self.machine.environment, **_QUIET, **self.account}
        shell.pop("AWS_CA_BUNDLE", None)  # the endpoint speaks no TLS
        return shell | {
            "CDK_DOCKER": str(write_command(self.home)),
            "CDK_HOME": str(self.home / "cdk"),
            LOG: str(self.home / "builds.log"),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": _node_version(),
        }


@contextmanager
def deploying(machine: Machine, home: Path) -> Iterator[Deployer]:
    """Give somebody who can deploy to an empty account while the block lasts."""
    checkout = home / "checkout"
    _copy_repository(checkout)
    with _running_aws(home) as endpoint:
        yield Deployer(machine, endpoint, checkout, home)


def _copy_repository(folder: Path) -> None:
    """Copy what is tracked, and what would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


@contextmanager
def _running_aws(home: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    variables = {
        **os.environ,
        **_KEYS,
        # who may ask from a page is for each bucket to say
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        # small, as an account has it at first; 100 of it cannot be reserved
        "MOTO_LAMBDA_CONCURRENCY_QUOTA": "110",
    }
    with (home / "aws.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cloud.aws", str(port)],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://localhost:{port}/moto-api/", process)
        yield f"http://localhost:{port}"
    finally:
        process.communicate(timeout=60)  # it ends with what it reads


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(_START_S * 10):
        try:
            urlopen(address, timeout=10).close()
        except URLError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the fake AWS did not start: see aws.log")


def _node_version() -> str:
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return said.lstrip("v").partition(".")[0]


@functools.cache
def _client(service: str, endpoint: str) -> Any:
    # a function may have to start first
    patient = Config(read_timeout=300, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.session.Session().client(
        service, endpoint_url=endpoint, region_name=REGION, config=patient, **keys
    )


def in_words(result: "subprocess.CompletedProcess[str]") -> str:
    """Return what a command said, as much of it as helps."""
    return f"{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
