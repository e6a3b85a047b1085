"""Draws the pictures of the tests by code; the repository holds no photographs."""

import csv
import struct
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lambda_fn.contract.styles import STYLE_BY_SLUG


def draw_picture(width: int = 96, height: int = 64, *, seed: int = 0) -> Image.Image:
    """Return an RGB picture whose four corners differ: red, green, blue and white.

    The rest is a soft gradient with a few shapes that depend on the seed.
    """
    generator = np.random.default_rng(seed)
    across = np.linspace(40, 200, width)[None, :, None]
    down = np.linspace(0, 40, height)[:, None, None]
    pixels = np.clip(across + down + generator.uniform(-30, 30, 3), 0, 255)
    picture = Image.fromarray(pixels.astype(np.uint8), "RGB")
    pen = ImageDraw.Draw(picture)
    for _ in range(4):
        x, y = generator.uniform(0.3, 0.7, 2) * (width, height)
        radius = generator.uniform(0.05, 0.15) * min(width, height)
        colour = tuple(int(part) for part in generator.integers(0, 256, 3))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    third_x, third_y = width // 3, height // 3
    pen.rectangle((0, 0, third_x, third_y), fill="#ff0000")
    pen.rectangle((width - third_x, 0, width, third_y), fill="#00ff00")
    pen.rectangle((0, height - third_y, third_x, height), fill="#0000ff")
    pen.rectangle((width - third_x, height - third_y, width, height), fill="#ffffff")
    return picture


def encode(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return the picture as a file of the given Pillow format."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_bomb(width: int, height: int, *, is_rgba: bool = False) -> bytes:
    """Return a small PNG that holds width x height black pixels, of 1 bit or of 32 bits each."""

    def chunk(name: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", sum_)

    depth, colour, row_bytes = (8, 6, 4 * width) if is_rgba else (1, 0, (width + 7) // 8)
    packer = zlib.compressobj(1)
    row = bytes(1 + row_bytes)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def paint(style: str, *, seed: int, size_px: int = 72) -> Image.Image:
    """Return an RGB picture that a tiny model can tell from another style's.

    Every style has its own hue; in the order of `STYLES`, bars and soft spots take turns.
    """
    place = list(STYLE_BY_SLUG).index(style)
    generator = np.random.default_rng((place, seed))
    hue = 255 * place // len(STYLE_BY_SLUG)
    light = generator.integers(0, 256, (12, 1) if place % 2 else (6, 6), dtype=np.uint8)
    canvas = Image.fromarray(light).resize((size_px, size_px), Image.Resampling.BICUBIC)
    full = Image.new("L", canvas.size, 200)
    tint = Image.new("L", canvas.size, hue)
    return Image.merge("HSV", (tint, full, canvas)).convert("RGB")


def take_photographs(folder: Path, count: int, *, prefix: str = "") -> Path:
    """Write so many PNGs of noise, which no painted picture looks like."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    for number in range(count):
        pixels = generator.integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{prefix}{number}.png")
    return folder


def paint_collection(folder: Path, pictures: Mapping[str, int]) -> Path:
    """Write so many PNGs of each style, in a folder per style as `import` reads it."""
    for style, count in pictures.items():
        (folder / style).mkdir(parents=True, exist_ok=True)
        for seed in range(count):
            paint(style, seed=seed).save(folder / style / f"{seed:03d}.png")
    return folder


def paint_elsewhere(folder: Path, styles: Sequence[str], *, places: int = 4) -> Path:
    """Fill a folder of pictures from anywhere, as `training/dataset/elsewhere.py` reads it.

    Each place has a painting of each style; the last quarter of the places are the test part.
    """
    rows: list[tuple[str, ...]] = []

    def add(path: str, picture: Image.Image, *facts: str, large: str = "") -> None:
        for name, image in ((path, picture), (large, picture.resize((400, 300)))):
            if name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                image.convert("RGB").save(folder / name, "JPEG", quality=90)
        rows.append((path, large, *facts))

    for place in range(places):
        part = "test" if place >= places - max(places // 4, 1) else "train"
        facts = (part, f"place-{place}")
        for number, style in enumerate(styles):
            name = f"{style}/{place:04d}.jpg"
            picture = paint(style, seed=1000 * place + number, size_px=80)
            large = f"large/{name}" if number % 3 == 0 else ""
            add(f"paintings/{name}", picture, "paintings", style, *facts, large=large)
            add(f"photos-of-paintings/{name}", picture, "photos-of-paintings", style, *facts)
        for number in range(6):
            kind = ("chart", "photo")[number % 2]
            thing = draw_picture(seed=5000 + 10 * place + number)
            add(f"not-paintings/{kind}/{place}-{number}.jpg", thing, "not-paintings", kind, *facts)
    header = ("path", "large", "kind", "style", "part", "source")
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    paintings = [row for row in rows if row[2] == "paintings"]
    with (folder / "paintings" / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        own = [(row[0].removeprefix("paintings/"), row[3], row[5]) for row in paintings]
        csv.writer(file).writerows([("path", "style", "source"), *own])
    return folder


def hang_gallery(folder: Path, styles: Sequence[str]) -> Path:
    """Fill a gallery, as `training/model_folder/gallery.py` reads it; the first may be shown."""
    (folder / "pictures").mkdir(parents=True)
    header = ("file", "style", "title", "artist", "year", "museum", "licence", "ship")
    rows = []
    for number, style in enumerate(styles):
        name = f"{style}__nobody__work-{number}.jpg"
        paint(style, seed=9000 + number, size_px=400).save(folder / "pictures" / name, "JPEG")
        ship = "no" if number else "yes"
        rows.append((name, style, f"Work | {number}", "Nobody", "1900", "A museum", "CC0", ship))
    with (folder / "gallery.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return folder
