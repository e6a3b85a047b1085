"""What the most expensive bodies cost: processor time and memory, each in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typer

from tests.pictures import draw_picture, encode
from tests.worst_cases import LARGE, READ, REFUSED

TARGET_S, TARGET_MB = 2.0, 700
ROUNDS = 2  # the better one counts: the machine may be busy
SIZE_PX = 224
_ORDINARY: Final = "an ordinary picture of 1 MP"
_PROGRAM: Final = """
import pathlib, sys, time
from lambda_fn.contract.images import PictureError, to_pixels
data = pathlib.Path(sys.argv[1]).read_bytes()
began = time.process_time()
try:
    to_pixels(data, size_px=int(sys.argv[2]))
    end = "read"
except PictureError:
    end = "refused"
took = time.process_time() - began
# not getrusage(): that one begins with what the parent had
peak_kib = pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(took, int(peak_kib) * 1024 / 1e6, end)
"""


def main() -> None:
    """Measure and print everything; takes about two minutes."""
    cases: dict[str, Callable[[], bytes]] = {
        _ORDINARY: lambda: encode(draw_picture(1_200, 900)),
        **REFUSED,
        **READ,
        **LARGE,
    }
    costs: dict[str, tuple[float, float, str]] = {}
    with TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        for name, make in cases.items():
            body.write_bytes(make())
            costs[name] = min(_measure(body) for _ in range(ROUNDS))
    usual_s = costs[_ORDINARY][0]
    typer.echo(
        f"worst bodies, decoded to {SIZE_PX} px, best of {ROUNDS} (targets {TARGET_S:g} s of CPU, "
        f"{TARGET_MB} MB with Python and NumPy):"
    )
    for name, (cpu_s, peak_mb, end) in costs.items():
        typer.echo(
            f"  {name:36} {end:8} {cpu_s:5.2f} s, {cpu_s / usual_s:6.1f} x an ordinary picture, "
            f"{peak_mb:4.0f} MB"
        )


def _measure(body: Path) -> tuple[float, float, str]:
    """Return seconds of CPU, the peak of memory in MB, and how it ended."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(body), str(SIZE_PX)],
        capture_output=True,
        text=True,
        check=True,
    )
    cpu_s, peak_mb, end = done.stdout.split()
    return float(cpu_s), float(peak_mb), end


if __name__ == "__main__":
    main()
