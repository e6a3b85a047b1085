"""Remove from a folder of packages what the service never asks for: `trim.py FOLDER`.

The image gets smaller by a third. `pydantic/v1` also costs time: FastAPI imports it only to compare
with it, and does without it where it is missing.
"""

import shutil
import sys
from itertools import chain
from pathlib import Path

UNUSED = (
    "*/tests",
    "*/*/tests",
    "*/*.pyi",
    "*/*/*.pyi",
    "*/__pycache__",
    "bin",
    # what LiteRT has for other devices and for developers
    "ai_edge_litert/libLiteRt.so",
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    "aws_lambda_powertools/event_handler",
    "boto3/data",
    "boto3/examples",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/distutils",
    "numpy/f2py",
    "pydantic/v1",
)
SERVICES = {"s3", "secretsmanager", "sts"}
"""of AWS, that the service talks to; the others' descriptions go"""


def trim(folder: Path) -> None:
    """Remove it; what is not there need not be."""
    services = (
        one for one in folder.glob("botocore/data/*") if one.is_dir() and one.name not in SERVICES
    )
    unused = chain.from_iterable(folder.glob(pattern) for pattern in UNUSED)
    for path in [*services, *unused]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
