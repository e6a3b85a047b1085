"""Lock every set of requirements, with hashes and without the address of an index.

`dev` is solved first and the others take its versions, so that what is tested is what is served.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
GROUPS = (
    *("dev", "service", "service-tensorflow", "lambda-litert", "lambda-tensorflow"),
    *("training", "training-gpu", "infra"),
)
OPTIONS = "--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q"


def main() -> None:
    """Write one lock file per set of requirements."""
    for group in GROUPS:
        constraint = [] if group == "dev" else ["--constraint", str(FOLDER / "dev.txt")]
        target = FOLDER / f"{group}.txt"
        subprocess.run(  # noqa: S603 - fixed arguments
            [
                *(sys.executable, "-m", "uv", "pip", "compile"),
                *("--group", group, "--output-file", str(target), *constraint, *OPTIONS.split()),
                *sys.argv[1:],
            ],
            cwd=FOLDER.parent,
            check=True,
        )


if __name__ == "__main__":
    main()
