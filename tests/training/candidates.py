"""Model folders that could go live: the released one under other names."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from lambda_fn.contract.manifest import MANIFEST_FILE, NEIGHBOURS_FILE, sha256_of

RELEASE = Path(__file__).parents[2] / "lambda_fn" / "release"


def make_candidate(folder: Path, id_: str, **manifest: Any) -> Path:
    """Copy the released folder under another id; what else differs in its manifest may be given."""
    shutil.copytree(RELEASE, folder)
    neighbours = folder / NEIGHBOURS_FILE
    with np.load(neighbours) as arrays:
        held = dict(arrays) | {"model": np.array(id_)}
    np.savez(neighbours, **held)
    path = folder / MANIFEST_FILE
    told = json.loads(path.read_text("utf-8")) | {"id": id_} | manifest
    told["files"][NEIGHBOURS_FILE] = sha256_of(neighbours)
    path.write_text(json.dumps(told), "utf-8")
    return folder
