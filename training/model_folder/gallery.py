"""Works that everybody knows: what a model says to each, for `docs/gallery.md` and for a test.

The gallery is a folder with `gallery.csv` (file, style, title, artist, artist_born, artist_died,
year, museum, licence, ship) and `pictures/`. No model is trained on any of them. Those with `ship`
yes may be shown: small copies of them go beside a table of the answers to these very copies.
"""

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lambda_fn.contract.images import to_pixels
from lambda_fn.contract.manifest import FamousMetrics
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.runtime import StyleModel
from training.errors import TrainingError
from training.files import whole_file, whole_folder

ANSWERS_FILE = "answers.json"
COPY_PX = 320  # longer side
_QUALITY = 82
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model says to one work."""

    work: Row
    ranked: tuple[str, ...]
    """slugs, most likely first"""
    probability: float
    """of the first"""
    is_refused: bool

    @property
    def is_right(self) -> bool:
        """Whether the first style is the work's."""
        return self.ranked[0] == self.work["style"]


def read_gallery(folder: Path) -> Sequence[Row]:
    """Return the rows of gallery.csv.

    Raises:
        TrainingError: there is none, or it lacks a column.
    """
    table = folder / "gallery.csv"
    if not table.is_file():
        raise TrainingError(f"{folder} is no gallery: it has no gallery.csv")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = {"file", "style", "title", "artist", "licence", "ship"} - set(rows[0] if rows else ())
    if missing:
        raise TrainingError(f"{table} lacks the columns {', '.join(sorted(missing))}")
    return rows


def ask_gallery(model: StyleModel, works: Iterable[Row], pictures: Path) -> list[Outcome]:
    """Ask a model about each work, from its file in the folder `pictures`."""
    manifest, found = model.manifest, []
    for work in works:
        data = (pictures / work["file"]).read_bytes()
        answer = model.answer(to_pixels(data, size_px=manifest.input_size_px).pixels)
        order = np.argsort(-answer.probabilities, kind="stable")
        line = manifest.painting
        refused = line is not None and (answer.painting or 0.0) < line.threshold
        ranked = tuple(manifest.styles[place] for place in order)
        found.append(Outcome(work, ranked, float(answer.probabilities[order[0]]), refused))
    return found


def count_famous(outcomes: Sequence[Outcome], styles: Sequence[str]) -> FamousMetrics:
    """Count what a model with these styles names rightly."""
    known = [one for one in outcomes if one.work["style"] in styles]
    return FamousMetrics(
        pictures=len(outcomes),
        known=len(known),
        named=sum(one.is_right for one in known),
        in_first_three=sum(one.work["style"] in one.ranked[:3] for one in known),
        refused=sum(one.is_refused for one in outcomes),
    )


def write_copies(model: StyleModel, gallery: Path, target: Path) -> None:
    """Write small copies of what may be shown, and the answers to them, into the folder `target`.

    Raises:
        TrainingError: as for `read_gallery`.
    """
    shown = [work for work in read_gallery(gallery) if work["ship"] == "yes"]
    with whole_folder(target, is_replacing=True) as folder:
        for work in shown:
            with Image.open(gallery / "pictures" / work["file"]) as image:
                image.thumbnail((COPY_PX, COPY_PX), Image.Resampling.LANCZOS)
                image.convert("RGB").save(folder / work["file"], "JPEG", quality=_QUALITY)
        outcomes = ask_gallery(model, shown, folder)
        answers = {
            "model": model.manifest.id,
            "pictures": [
                {
                    "file": one.work["file"],
                    "style": one.work["style"],
                    "named": one.ranked[0],
                    "refused": one.is_refused,
                }
                for one in outcomes
            ],
        }
        text = json.dumps(answers, indent=1, ensure_ascii=False) + "\n"
        (folder / ANSWERS_FILE).write_text(text, "utf-8")
        if (target / "README.md").is_file():
            shutil.copyfile(target / "README.md", folder / "README.md")


def write_page(model: StyleModel, outcomes: Sequence[Outcome], copies: str, target: Path) -> None:
    """Write the page that shows each work and what the model says to it.

    copies: address of the small copies, relative to the page.
    """
    famous = count_famous(outcomes, model.manifest.styles)
    rows = [
        f"| {_picture(one, copies)} | {_credit(one.work)} | {_name(one.work['style'])} "
        f"| {_said(one)} |"
        for one in sorted(outcomes, key=lambda one: (one.work["style"], one.work["file"]))
    ]
    text = "\n".join(
        [
            "<!-- Written by `python -m training gallery`; do not edit. -->",
            "# Ninety works that everybody knows",
            "",
            f"What `{model.manifest.id}` says to works that it was never trained on: of the "
            f"{famous.known} of styles that it knows, {famous.named} are named rightly and "
            f"{famous.in_first_three} have their style among the first three; of all "
            f"{famous.pictures}, {famous.refused} {'is' if famous.refused == 1 else 'are'} taken "
            "for no painting. Pictures are shown where their museum released them, or where they "
            "are stated to be in the public domain.",
            "",
            "| picture | work | style | what the model says |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
    with whole_file(target) as path:
        path.write_text(text, "utf-8")


def _picture(one: Outcome, copies: str) -> str:
    if one.work["ship"] != "yes":
        return ""
    return f'<img src="{copies}/{one.work["file"]}" alt="{_plain(one.work["title"])}" height="96">'


def _credit(work: Row) -> str:
    facts = [f"*{_plain(work['title'])}*", _plain(work["artist"])]
    facts += [_plain(work[name]) for name in ("year", "museum", "licence") if work.get(name)]
    return ", ".join(facts)


def _said(one: Outcome) -> str:
    share = f"{_name(one.ranked[0])}, {100 * one.probability:.0f} %"
    verdict = "right" if one.is_right else f"wrong; then {_name(one.ranked[1])}"
    return f"{share}: {verdict}{'; taken for no painting' if one.is_refused else ''}"


def _name(slug: str) -> str:
    return STYLE_BY_SLUG[slug].name if slug in STYLE_BY_SLUG else slug


def _plain(text: str) -> str:
    return text.replace("|", "/").replace('"', "&quot;")
