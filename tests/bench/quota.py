"""A share of a CPU, as a Lambda function has one by its memory: a group of processes with a quota.

Needs root and cgroups, either version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MIB_PER_CPU: Final = 1769
"""AWS: at this much memory a function has one CPU; below and above, in proportion."""
_PERIOD_US: Final = 20_000
_CGROUPS: Final = Path("/sys/fs/cgroup")


class NoQuotaError(Exception):
    """CPUs cannot be shared out here."""


@contextmanager
def cpu_share(cpus: float) -> Iterator[tuple[str, ...]]:
    """Give a command that runs the one after it with so many CPUs.

    Raises:
        NoQuotaError: this is not root, or the system has no such groups.
    """
    is_first = (_CGROUPS / "cpu").is_dir()
    group = (_CGROUPS / "cpu" if is_first else _CGROUPS) / "style-your-art-bench"
    quota_us = round(cpus * _PERIOD_US)
    try:
        group.mkdir(exist_ok=True)
        if is_first:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            (group / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
    except OSError as error:
        raise NoQuotaError(str(error)) from error
    try:
        yield "sh", "-euc", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")
    finally:
        group.rmdir()
