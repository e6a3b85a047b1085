"""The service on LiteRT against tensorflow-cpu, and against what no service can do without."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from PIL import Image

from lambda_fn.contract.manifest import KERAS_FILE, MANIFEST_FILE, ModelManifest, sha256_of
from tests.bench.probe import draw_jpeg

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "lambda_fn" / "release"
SIZES = {"512": (512, 384), "1024": (1024, 768), "4000": (4000, 3000)}


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime to measure: its name and the variables that choose it."""

    name: str
    environment: dict[str, str]


def main() -> None:
    """Measure and print everything; takes some minutes."""
    with TemporaryDirectory() as name, both_runtimes(Path(name)) as (litert, tensorflow):
        pictures = _draw(Path(name))
        for size in SIZES:
            _report_warm(litert, tensorflow, size, pictures[size])
        _report_largest(litert, _draw_largest(Path(name)))


@contextmanager
def both_runtimes(folder: Path) -> Iterator[tuple[Runtime, Runtime]]:
    """Yield both; the Keras file has the release's shape and random weights, as time needs."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np

    from training.config import TrainConfig
    from training.model_folder.calibrate import PaintingLine, Projection
    from training.model_folder.inference_graph import build_answering, build_probe
    from training.network.architectures import build_classifier
    from training.recipes import load_recipe

    manifest = ModelManifest.model_validate_json((RELEASE / MANIFEST_FILE).read_bytes())
    run = folder / "keras"
    run.mkdir()
    size_px = manifest.input_size_px
    options = load_recipe("released") | {"architecture": manifest.architecture, "weights": None}
    config = TrainConfig(**options)
    classifier = build_classifier(config, styles=len(manifest.styles), size_px=size_px)
    outputs = build_probe(classifier, config, size_px=size_px).output
    channels, textures = (outputs[name].shape[-1] for name in ("pooled", "texture"))
    matrix = np.ones((channels, manifest.embedding_size), np.float32)
    build_answering(
        classifier,
        config,
        size_px=size_px,
        temperature=1.0,
        projection=Projection(np.zeros(channels, np.float32), matrix),
        line=PaintingLine(np.zeros(textures, np.float32), 0.0, 0.5),
    ).save(run / KERAS_FILE)
    files = {KERAS_FILE: sha256_of(run / KERAS_FILE)}
    copy = manifest.model_copy(update={"files": files})
    (run / MANIFEST_FILE).write_text(copy.model_dump_json(), "utf-8")
    try:
        yield (
            Runtime("LiteRT", {"ARTSTYLE_MODEL": str(RELEASE), "ARTSTYLE_RUNTIME": "litert"}),
            Runtime(
                "tensorflow-cpu", {"ARTSTYLE_MODEL": str(run), "ARTSTYLE_RUNTIME": "tensorflow"}
            ),
        )
    finally:
        shutil.rmtree(run)


def _draw(folder: Path) -> dict[str, Path]:
    pictures = {name: folder / f"{name}.jpg" for name in SIZES}
    for name, (width, height) in SIZES.items():
        pictures[name].write_bytes(draw_jpeg(width, height))
    return pictures


def _draw_largest(folder: Path) -> dict[str, Path]:
    """Draw the largest picture accepted of each kind whose decoder takes much memory."""
    side, half = 10_000, 7_071
    wanted: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "RGBA.png": (Image.new("RGBA", (side, side)), {"compress_level": 1}),
        "CMYK progressive.jpg": (Image.new("CMYK", (side, side)), {"progressive": True}),
        "RGBA.tiff": (Image.new("RGBA", (side, side)), {"compression": "tiff_deflate"}),
        "float.tiff": (Image.new("F", (side, side)), {"compression": "tiff_deflate"}),
        "RGB.webp": (Image.new("RGB", (half, half)), {"lossless": True}),
        "RGB.avif": (Image.new("RGB", (half, half)), {"speed": 10}),
    }
    for name, (image, options) in wanted.items():
        image.save(folder / name, **options)
    return {name: folder / name for name in wanted}


def _report_warm(litert: Runtime, tensorflow: Runtime, size: str, picture: Path) -> None:
    ours, theirs = (_probe("warm", picture, runtime) for runtime in (litert, tensorflow))
    to_parts, to_parts_cpu = (
        ours[f"answer{by}"] / sum(ours[f"{part}{by}"] for part in ("decode", "invoke", "constant"))
        for by in ("", " cpu")
    )
    target = " (target 1.25)" if size == "1024" else ""
    typer.echo(
        f"warm answer, {size} px JPEG ({picture.stat().st_size / 1000:.0f} kB), median:\n"
        f"  LiteRT {ours['answer']:.1f} ms; of the CPU {ours['answer cpu']:.1f} ms, and decode "
        f"{ours['decode cpu']:.1f}, invoke {ours['invoke cpu']:.1f}, constant route "
        f"{ours['constant cpu']:.1f}: {to_parts:.2f} x their sum by the clock, "
        f"{to_parts_cpu:.2f} x by the CPU{target}\n"
        f"  tensorflow-cpu {theirs['answer']:.1f} ms, {theirs['answer cpu']:.1f} ms of the CPU: "
        f"{theirs['answer'] / ours['answer']:.1f} and "
        f"{theirs['answer cpu'] / ours['answer cpu']:.1f} x LiteRT's"
    )


def _report_largest(litert: Runtime, pictures: dict[str, Path]) -> None:
    peaks = {name: _probe("cold", path, litert)["peak_mb"] for name, path in pictures.items()}
    worst = max(peaks, key=lambda name: peaks[name])
    each = ", ".join(f"{name} {peak:.0f} MB" for name, peak in peaks.items())
    typer.echo(
        f"peak memory for the largest picture accepted (100 megapixels, WebP and AVIF 50):\n"
        f"  {each}\n  worst: {worst}; two pictures are at work at a time at most"
    )


def _probe(step: str, picture: Path, runtime: Runtime) -> dict[str, float]:
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.probe", step, str(picture)],
        cwd=ROOT,
        env=os.environ | runtime.environment | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return answer
