"""The function as Lambda runs it: start, answers, memory, size and price, against its floor.

Every process is the real runtime client's, asked through the Runtime API of the tests. Seconds of
the clock are those of a machine that may be busy; seconds of the CPU are steadier, and a share of
a CPU turns the one into the other.
"""

import json
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import typer
from PIL import Image as Picture
from tqdm import tqdm

from infra.stack_costs import million_predictions, read_prices
from tests.bench.image import Image
from tests.bench.probe import make_event
from tests.bench.quota import MIB_PER_CPU, NoQuotaError, cpu_share
from tests.bench.service import both_runtimes
from tests.cloud.function import Environment, Function, Start, start_here
from tests.cloud.runtime_api import to_payload

COLD_ROUNDS: Final = 10
SLOW_COLD_ROUNDS: Final = 5
WARM_ROUNDS: Final = 60
LOAD_S: Final = 5.0
PATIENCE_S: Final = 300.0  # what a busy machine may take
MEMORY_MIB: Final = (512, 1024, 1769, 3538)
_TICKS: Final = os.sysconf("SC_CLK_TCK")
# width, height and the size of its details
PICTURES: Final = {"100 kB": (1024, 768, 16), "1 MB": (2400, 1800, 9), "4 MB": (4200, 3150, 6)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing measured: by the clock, and what the process spent of the CPU."""

    clock_ms: float
    cpu_ms: float
    peak_mb: float


def main() -> None:
    """Measure and print everything; takes about ten minutes."""
    with TemporaryDirectory() as name, both_runtimes(Path(name)) as (litert, tensorflow):
        image = Image(Path(name))
        payloads = {size: to_payload(make_event(draw(*shape))) for size, shape in PICTURES.items()}
        starts = {
            "floor": image.start("floor.handler"),
            "LiteRT": image.start(),
            "LiteRT, tests' environment": start_here(settings=litert.environment, is_quiet=True),
            "tensorflow-cpu, same": start_here(
                settings=tensorflow.environment | {"TF_CPP_MIN_LOG_LEVEL": "3"}, is_quiet=True
            ),
        }
        typer.echo(
            f"the image adds {image.size_mb:.0f} MB to AWS's (target 150), "
            f"{image.compressed_mb():.0f} MB compressed"
        )
        _report_cold(starts, payloads["100 kB"])
        for size, payload in payloads.items():
            _report_warm(image.start(), size, payload)
        _report_load(image, payloads["100 kB"])
        _report_shares(image, payloads["100 kB"])


def draw(width: int, height: int, detail_px: int) -> bytes:
    """Return a JPEG with detail everywhere."""
    shape = (height // detail_px, width // detail_px, 3)
    coarse = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    image = Picture.fromarray(coarse).resize((width, height), Picture.Resampling.BICUBIC)
    file = BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


@contextmanager
def running(start: Start) -> Iterator[Environment]:
    """Give an environment that is still on its way up; end it afterwards."""
    environment = Environment(start, 1, timeout_s=PATIENCE_S)
    try:
        yield environment
    finally:
        environment.close()


def start_cold(start: Start, payload: bytes) -> Sample:
    """Measure from the start of the process to its first answer."""
    began = 0.0

    def begin(address: str, number: int) -> Any:
        nonlocal began
        began = time.perf_counter()
        return start(address, number)

    with running(begin) as environment:
        ask(environment.wait(PATIENCE_S), payload)
        clock_ms = (time.perf_counter() - began) * 1000
        pid = environment.process.pid
        return Sample(clock_ms, cpu_ms(pid), peak_mb(pid))


def stay_warm(start: Start, payload: bytes, rounds: int = WARM_ROUNDS) -> list[Sample]:
    """Measure answers of a process that has given some."""
    samples: list[Sample] = []
    with running(start) as environment:
        pid = environment.wait(PATIENCE_S).process.pid
        for _ in range(5):
            ask(environment, payload)
        for _ in range(rounds):
            began, spent_ms = time.perf_counter(), cpu_ms(pid)
            ask(environment, payload)
            clock_ms = (time.perf_counter() - began) * 1000
            samples.append(Sample(clock_ms, cpu_ms(pid) - spent_ms, peak_mb(pid)))
    return samples


def ask(environment: Environment, payload: bytes) -> None:
    """Let it answer a picture.

    Raises:
        RuntimeError: it did not.
    """
    answer = environment.invoke(payload)
    if answer["statusCode"] != 200:
        raise RuntimeError(answer["body"])


def cpu_ms(pid: int) -> float:
    """Return what a process has spent of the CPU so far, to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS


def peak_mb(pid: int) -> float:
    """Return how much memory a process has taken at most."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _report_cold(starts: dict[str, Start], payload: bytes) -> None:
    taken: dict[str, list[Sample]] = {name: [] for name in starts}
    for start in starts.values():
        start_cold(start, payload)  # files are read from the disk, and what is missing is compiled
    for round_ in tqdm(range(COLD_ROUNDS), "cold starts", disable=None):
        for name, start in starts.items():
            if not name.startswith("tensorflow") or round_ < SLOW_COLD_ROUNDS:
                taken[name].append(start_cold(start, payload))
    middle = {name: _median(samples) for name, samples in taken.items()}
    typer.echo(
        f"process start to first answer, 100 kB picture, median of {COLD_ROUNDS} "
        f"({SLOW_COLD_ROUNDS} of tensorflow-cpu):"
    )
    for name, one in middle.items():
        typer.echo(
            f"  {name:27} {one.clock_ms / 1000:6.2f} s   {one.cpu_ms / 1000:6.2f} s of CPU   "
            f"{one.peak_mb:5.0f} MB"
        )
    floor, ours, here, theirs = middle.values()
    typer.echo(
        f"  to the floor: {ours.clock_ms / floor.clock_ms:.2f} x by the clock, "
        f"{ours.cpu_ms / floor.cpu_ms:.2f} x by the CPU (target 1.3); tensorflow-cpu takes "
        f"{theirs.clock_ms / here.clock_ms:.1f} x and {theirs.cpu_ms / here.cpu_ms:.1f} x "
        "(target 10)"
    )


def _report_warm(start: Start, size: str, payload: bytes) -> None:
    samples = stay_warm(start, payload)
    p50, p95, p99 = _quantiles([one.clock_ms for one in samples])
    cpu = statistics.mean(one.cpu_ms for one in samples)
    kilobytes = len(json.loads(payload)["body"]) * 0.75 / 1000
    typer.echo(
        f"warm, {size} ({kilobytes:.0f} kB): p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms; "
        f"{cpu:.1f} ms of CPU; peak {samples[-1].peak_mb:.0f} MB"
    )


def _report_load(image: Image, payload: bytes) -> None:
    event = json.loads(payload)
    speeds = {}
    for processes in (1, 2):
        with Function(image.start(), concurrency=processes, timeout_s=PATIENCE_S) as function:
            speeds[processes] = _answers_per_s(function, event, processes)
    one, two = speeds.values()
    typer.echo(f"answers a second: 1 process {one:.1f}, 2 processes {two:.1f}: {two / one:.2f} x")


def _answers_per_s(function: Function, event: Any, processes: int) -> float:
    def ask_for(seconds: float) -> int:
        ends, count = time.perf_counter() + seconds, 0
        while time.perf_counter() < ends:
            function.invoke(event)
            count += 1
        return count

    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(ask_for, [1.0] * processes))  # starts them
        return sum(pool.map(ask_for, [LOAD_S] * processes)) / LOAD_S


def _report_shares(image: Image, payload: bytes) -> None:
    prices = read_prices()
    fixed = prices["lambda_request_million"] + prices["http_api_request_million"]
    typer.echo("beside what the next table counts, a million predictions cost:")
    for line in million_predictions(prices):
        if not line.part.startswith(("function", "HTTP API")):
            typer.echo(f"  {line.part}: ${line.usd:.2f} ({line.assumption})")
    typer.echo("by memory, which decides the share of a CPU (quota in periods of 20 ms):")
    for memory_mib in MEMORY_MIB:
        try:
            with cpu_share(memory_mib / MIB_PER_CPU) as within:
                start = image.start(memory_mib=memory_mib, within=within)
                cold = _median([start_cold(start, payload) for _ in range(3)])
                warm = stay_warm(start, payload)
        except NoQuotaError as error:
            typer.echo(f"  not measured: CPUs cannot be shared out here ({error})")
            return
        p50, p95, _ = _quantiles([one.clock_ms for one in warm])
        spent_ms = statistics.mean(one.cpu_ms for one in warm)
        second = memory_mib / 1024 * prices["lambda_gib_second"]["x86_64"]
        by_clock = statistics.mean(one.clock_ms for one in warm) * 1000 * second
        # what it would be with a CPU of its own: Lambda's are not shared with this machine's others
        by_cpu = spent_ms / min(memory_mib / MIB_PER_CPU, 1) * 1000 * second
        typer.echo(
            f"  {memory_mib:5} MB  cold {cold.clock_ms / 1000:5.2f} s ({cold.cpu_ms / 1000:.2f} s "
            f"of CPU)  warm p50 {p50:6.1f} ms, p95 {p95:6.1f} ms ({spent_ms:.1f} ms of CPU)\n"
            f"            a million: ${fixed:.2f} for API and requests, and for compute "
            f"${by_clock:.2f} by the clock, ${by_cpu:.2f} by the CPU (target 1.60 together); "
            f"a thousand cold starts ${cold.clock_ms * second:.3f}"
        )


def _median(samples: Sequence[Sample]) -> Sample:
    return Sample(
        statistics.median(one.clock_ms for one in samples),
        statistics.median(one.cpu_ms for one in samples),
        max(one.peak_mb for one in samples),
    )


def _quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[94], cuts[98]


if __name__ == "__main__":
    main()
