"""Runs in the cloud before visitors get a new version: it must answer as its model was measured.

CodeDeploy calls this before it moves any traffic, and goes back where the answer is wrong. The
model inside the image brings pictures with the answers that it gave when it was exported; another
model, one that was promoted, has given its own at its promotion, and need only answer here.
"""

import ast
import base64
import json
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import boto3

RELEASE = Path(__file__).parents[2] / "lambda_fn" / "release"
# of a probability; another processor rounds otherwise
MAX_DIFFERENCE = 0.01


class WrongAnswerError(Exception):
    """The new version must not get visitors; the message says why."""


def handler(event: dict[str, Any], _context: Any) -> None:
    """Try the version that CodeDeploy is about to move traffic to, and tell it how that went."""
    deployment = event["DeploymentId"]
    codedeploy = boto3.client("codedeploy")
    try:
        version = target_of(codedeploy, deployment)
        try_out(boto3.client("lambda"), os.environ["FUNCTION"], version)
        status = "Succeeded"
    except Exception as error:  # noqa: BLE001 - unanswered, CodeDeploy would wait for an hour
        print(f"{deployment}: {error}")  # noqa: T201 - the function's log
        status = "Failed"
    codedeploy.put_lifecycle_event_hook_execution_status(
        deploymentId=deployment,
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )


def target_of(codedeploy: Any, deployment: str) -> str:
    """Return the version that a deployment moves to: by its plan, or else by its target.

    Not by a variable of this function: where a deploy goes back, it moves to the version before.
    """
    revision = codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]["revision"]
    parts = (revision.get("string") or {}, revision.get("appSpecContent") or {})
    plan = "".join(one.get("content", "") for one in parts)
    if found := re.search(r"TargetVersion\W+(?:arn[\w:-]+:)?(\d+)", plan):
        return found[1]
    [target] = codedeploy.list_deployment_targets(deploymentId=deployment)["targetIds"]
    told = codedeploy.get_deployment_target(deploymentId=deployment, targetId=target)
    function = told["deploymentTarget"]["lambdaTarget"]["lambdaFunctionInfo"]
    return str(function["targetVersion"])


def try_out(client: Any, function: str, version: str, release: Path = RELEASE) -> None:
    """Ask a version which model it has, and what it sees in a picture of that model's own.

    Raises:
        WrongAnswerError: it does not answer, or otherwise than its model should.
    """
    model = ask(client, function, version, "GET", "/v1/model")["manifest"]["id"]
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    picture, expected = golden(release / "golden.npz", manifest["styles"])
    answer = ask(client, function, version, "POST", "/v1/predictions", picture)
    told = {one["slug"]: one["probability"] for one in answer["probabilities"]}
    if model != manifest["id"]:
        return
    off = max(abs(told.get(slug, 0.0) - wanted) for slug, wanted in expected.items())
    if not off <= MAX_DIFFERENCE:
        raise WrongAnswerError(f"version {version}: a probability of {model} is off by {off:.3f}")


def ask(client: Any, function: str, version: str, method: str, path: str, body: bytes = b"") -> Any:
    """Return what a version answers to a request, asked as the gateway would.

    Raises:
        WrongAnswerError: it fails, or answers another status than 200.
    """
    http = {"method": method, "path": path, "protocol": "HTTP/1.1"}
    http |= {"sourceIp": "127.0.0.1", "userAgent": "style-your-art deploy"}
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "content-type": "image/png",
            "content-length": str(len(body)),
            "host": "deploy",
        },
        "requestContext": {"http": http, "stage": "$default"},
        "isBase64Encoded": True,
        "body": base64.b64encode(body).decode(),
    }
    reply = client.invoke(
        FunctionName=function, Qualifier=version, Payload=json.dumps(event).encode()
    )
    told = json.loads(reply["Payload"].read())
    if "FunctionError" in reply or told.get("statusCode") != 200:
        raise WrongAnswerError(f"version {version}, {method} {path}: {str(told)[:500]}")
    data = base64.b64decode(told["body"]) if told.get("isBase64Encoded") else told["body"]
    return json.loads(data)


def golden(file: Path, styles: list[str]) -> tuple[bytes, dict[str, float]]:
    """Return the last picture of a file of golden answers as PNG, and what is expected of it.

    The function has no NumPy: the two arrays are read as NumPy documents them.
    """
    (_, height, width, channels), pixels = array(file, "pictures", "|u1")
    (_, count), answers = array(file, "probabilities", "<f4")
    size = height * width * channels
    probabilities = struct.unpack(f"<{count}f", answers[-4 * count :])
    return png(pixels[-size:], width, height), dict(zip(styles, probabilities, strict=True))


def array(file: Path, name: str, kind: str) -> tuple[tuple[int, ...], bytes]:
    """Return the shape and the bytes of an array of an .npz file."""
    with zipfile.ZipFile(file) as archive:
        data = archive.read(f"{name}.npy")
    [length] = struct.unpack("<H", data[8:10])
    facts = ast.literal_eval(data[10 : 10 + length].decode("latin-1"))
    if (facts["descr"], facts["fortran_order"], data[6]) != (kind, False, 1):
        raise WrongAnswerError(f"{file.name}: {name} is {facts}, expected {kind}")
    return facts["shape"], data[10 + length :]


def png(pixels: bytes, width: int, height: int) -> bytes:
    """Return rows of RGB as a PNG file, which keeps every pixel."""
    row = 3 * width
    rows = b"".join(b"\0" + pixels[row * y : row * (y + 1)] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
