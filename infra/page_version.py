"""The page as it is deployed: its files once more under a name that changes with them.

The page has no build step, so its files are called the same in each version. A browser can keep
them for a year only if their address changes with their content; and while a new version goes up, a
page must not meet half of it. So each version's index points into a folder of its own.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

INDEX: Final = "index.html"
# written by the stack, or of no use in a browser
NOT_ASSETS: Final = (INDEX, "config.json", "headers.json")

_REFERENCE: Final = re.compile(r'\b(src|href)="([^":#?]+)"')


def page_version(web: Path) -> str:
    """Return a short name for the content of the page's files."""
    digest = sha256()
    for path in _assets(web):
        digest.update(path.relative_to(web).as_posix().encode() + b"\0")
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def versioned_index(web: Path) -> str:
    """Return the index with every file of the page called by the folder of its version."""
    version = page_version(web)

    def point(match: re.Match[str]) -> str:
        attribute, path = match.groups()
        return f'{attribute}="{version}/{path}"' if (web / path).is_file() else match[0]

    return _REFERENCE.sub(point, (web / INDEX).read_text("utf-8"))


def _assets(web: Path) -> list[Path]:
    files = (path for path in sorted(web.rglob("*")) if path.is_file())
    return [path for path in files if path.name not in NOT_ASSETS]
