"""One fresh process that answers pictures as the Lambda would, and says how long it took.

`python -m tests.bench.probe cold | warm PICTURE`; the environment chooses model and runtime.
"""

import base64
import json
import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

_EVENT = Path(__file__).parents[1] / "lambda_fn" / "events" / "http_api_v2.json"
WARM_UP, ROUNDS = 5, 40


def make_event(data: bytes) -> Any:
    """Return the recorded API Gateway event with this picture in it."""
    event = json.loads(_EVENT.read_text("utf-8"))
    event["body"] = base64.b64encode(data).decode()
    event["headers"]["content-length"] = str(len(data))
    return event


def draw_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG with detail everywhere, about as heavy as a photo of a painting."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    file = BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def cold(picture: Path) -> dict[str, float]:
    """Import the handler and answer one picture."""
    from lambda_fn.handler import handler

    _answer(handler, make_event(picture.read_bytes()))
    return {"peak_mb": _peak_mb()}


def warm(picture: Path) -> dict[str, float]:
    """Measure the answer and its parts in turn, so that all of them see the same machine."""
    from lambda_fn.contract.images import to_pixels
    from lambda_fn.handler import handler
    from lambda_fn.model import load_model
    from lambda_fn.settings import Settings

    settings = Settings()
    model = load_model(settings.model_folder, runtime=settings.runtime, threads=settings.threads)
    data = picture.read_bytes()
    event, size_px = make_event(data), model.manifest.input_size_px
    pixels = to_pixels(data, size_px=size_px).pixels
    constant = _make_constant(_answer(handler, event), settings, model)

    steps: dict[str, Callable[[], object]] = {
        "answer": lambda: _answer(handler, event),
        "decode": lambda: to_pixels(data, size_px=size_px),
        "invoke": lambda: model.answer(pixels),
        "constant": lambda: _answer(constant, event),
    }
    by_clock: dict[str, list[float]] = {name: [] for name in steps}
    by_cpu: dict[str, list[float]] = {f"{name} cpu": [] for name in steps}
    for _ in range(WARM_UP + ROUNDS):
        for name, step in steps.items():
            started, spent = time.perf_counter(), time.process_time()
            step()
            by_cpu[f"{name} cpu"].append((time.process_time() - spent) * 1000)
            by_clock[name].append((time.perf_counter() - started) * 1000)
    return {
        name: statistics.median(all_ms[WARM_UP:]) for name, all_ms in (by_clock | by_cpu).items()
    }


def _make_constant(body: str, settings: Any, model: Any) -> Any:
    """Return a handler whose routes are ours, and whose every picture gets the same answer."""
    from mangum import Mangum

    from lambda_fn.cloudwatch import Telemetry
    from lambda_fn.composition import build_app
    from lambda_fn.schemas import PredictionWithWorks

    answer = PredictionWithWorks.model_validate_json(body)
    # while it is built: the route keeps what it finds then
    with patch("lambda_fn.app.answer_picture", lambda *_, **__: answer):
        app = build_app(settings, model, journal=Telemetry())
    return Mangum(app, lifespan="off")


def _answer(handler: Any, event: Any) -> str:
    response = handler(event, None)
    if response["statusCode"] != 200:
        raise RuntimeError(response["body"])
    return str(response["body"])


def _peak_mb() -> float:
    # not ru_maxrss: Linux hands that on from the process that started this one
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    steps = {"cold": cold, "warm": warm}
    sys.stdout.write(json.dumps(steps[sys.argv[1]](Path(sys.argv[2]))) + "\n")
