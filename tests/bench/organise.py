"""How many pictures a second organise converts, on one process and on two, and reads back."""

import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import typer
from PIL import Image

from training.config import ImportConfig, OrganiseConfig
from training.dataset.dataset_folder import load_works
from training.dataset.organise import organise
from training.dataset.picture_files import open_store
from training.sources.importing import import_works

STYLES = ("cubism", "ukiyo-e")
PICTURES, DRAWINGS = 1500, 60
WIDTH, HEIGHT = 900, 700
ROUNDS = 2  # the better one counts: the machine may be busy
CONFIG = OrganiseConfig(min_pictures_per_style=10, keeps_duplicates=True)


def main() -> None:
    """Measure and print everything; takes about two minutes."""
    with TemporaryDirectory() as name:
        raw = _make_raw(Path(name))
        seconds = dict.fromkeys((1, 2), float("inf"))
        for round_ in range(ROUNDS):
            for workers in seconds:
                started = time.perf_counter()
                organise(raw, Path(name) / f"{workers}-{round_}", CONFIG, workers=workers)
                seconds[workers] = min(seconds[workers], time.perf_counter() - started)
        tar = CONFIG.model_copy(update={"format": "tar"})
        organise(raw, Path(name) / "tar", tar, workers=2)
        one, two = (PICTURES / seconds[workers] for workers in (1, 2))
        files, packed = (_read(Path(name) / folder) for folder in ("1-0", "tar"))
    typer.echo(
        f"organise, {PICTURES} JPEGs of {WIDTH} x {HEIGHT} to {CONFIG.size_px} px, start of the "
        f"processes included, best of {ROUNDS}:\n"
        f"  1 process {one:.0f} pictures/s, 2 processes {two:.0f} pictures/s: {two / one:.2f} x "
        "(target 1.8)\n"
        f"  read back, one thread, files in the cache: png {files:.0f}, tar {packed:.0f} "
        f"pictures/s: {packed / files:.2f} x"
    )


def _make_raw(folder: Path) -> Path:
    drawings = [_draw(seed) for seed in range(DRAWINGS)]
    for number in range(PICTURES):
        path = folder / "source" / STYLES[number % len(STYLES)] / f"{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawings[number % DRAWINGS])
    import_works(folder / "source", folder / "raw", ImportConfig())
    return folder / "raw"


def _draw(seed: int) -> bytes:
    """Return a JPEG with detail everywhere, about as heavy as one of a painting."""
    coarse = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 14, WIDTH // 14, 3), np.uint8)
    image = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    file = BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _read(dataset: Path) -> float:
    """Return pictures per second."""
    store = open_store(dataset)
    paths = [work.path for work in load_works(dataset)]
    started = time.perf_counter()
    for path in paths:
        store.read(path)
    return len(paths) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
