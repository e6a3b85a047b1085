"""The two container images: which files enter each, so that nothing else changes it."""

from pathlib import Path
from typing import Final

from aws_cdk.aws_ecr_assets import DockerImageAsset, Platform
from constructs import Construct

from infra.config import Architecture

ROOT: Final = Path(__file__).parents[1]
PLATFORMS: Final = {"x86_64": Platform.LINUX_AMD64, "arm64": Platform.LINUX_ARM64}

# on top of .dockerignore; the last pattern that fits decides
_NOT_IN_SERVICE: Final = (
    "training",
    "requirements/*",
    "!requirements/lambda-*.txt",
    "!requirements/trim.py",
)
_NOT_IN_TRAINING: Final = (
    "lambda_fn/*",
    "!lambda_fn/__init__.py",
    "!lambda_fn/model.py",
    "!lambda_fn/runtime.py",
    "!lambda_fn/runtime_litert.py",
    "!lambda_fn/catalogue",
    "!lambda_fn/contract",
    "lambda_fn/catalogue/*.sqlite",
    "requirements/*",
    "!requirements/training-gpu.txt",
    "!requirements/training.txt",
)
_NEVER: Final = "**/__pycache__"


def service_image(
    scope: Construct, name: str, *, architecture: Architecture, root: Path = ROOT
) -> DockerImageAsset:
    """Return the image of the inference service, for the function's own architecture."""
    return DockerImageAsset(
        scope,
        name,
        directory=str(root),
        file="lambda_fn/Dockerfile",
        exclude=[*_NOT_IN_SERVICE, _NEVER],
        platform=PLATFORMS[architecture],
    )


def training_image(scope: Construct, name: str, *, root: Path = ROOT) -> DockerImageAsset:
    """Return the image of the training job; the machines with GPUs are all x86_64."""
    return DockerImageAsset(
        scope,
        name,
        directory=str(root),
        file="training/Dockerfile",
        exclude=[*_NOT_IN_TRAINING, _NEVER],
        platform=Platform.LINUX_AMD64,
    )
