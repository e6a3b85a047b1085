"""A probe: pictures from places that no training saw, asked as visitors' pictures are.

It is a folder as `import` takes one: a folder per style, or a metadata.csv. There a column `source`
names the place that each picture comes from, and where there is a column `part`, only its rows of
the part `test` are asked. The files are decoded as the service decodes an upload, at each model's
own size. `probe_bounds.py` says what is allowed, and why.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lambda_fn.contract.images import PictureError, to_pixels
from lambda_fn.contract.manifest import PaintingRule
from lambda_fn.runtime import Answer, StyleModel
from training.dataset.dataset_folder import load_works
from training.dataset.duplicates import look_at
from training.errors import TrainingError
from training.promotion.probe_bounds import Said
from training.sources.labelled_rows import IN_NO_FOLDER, Row, loose_pictures, read_rows
from training.sources.raw_folder import counts_by_reason, is_inside, style_of
from training.sources.wikiart_downloads import known_style, why_left_out

MAX_UNREADABLE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class ProbePicture:
    """A picture of a probe; `style` is a slug, `place` where it comes from, if that is known."""

    file: Path
    style: str
    place: str


@dataclass(frozen=True, slots=True)
class Probe:
    """The pictures to ask, and how many others there are, by the reason against them."""

    pictures: Sequence[ProbePicture]
    skipped: Counter[str]


@dataclass(frozen=True, slots=True)
class ProbeAnswers:
    """What each model said of the pictures that could be read, in the order of the models."""

    pictures: Sequence[ProbePicture]
    said: Sequence[Said]
    skipped: Mapping[str, int]

    @property
    def note(self) -> str:
        """What was asked and what was not, in one line."""
        places = len({one.place for one in self.pictures})
        left_out = f"; left out: {counts_by_reason(self.skipped)}" if self.skipped else ""
        return f"elsewhere: {len(self.pictures):,} pictures from {places:,} places{left_out}"


def read_probe(folder: Path) -> Probe:
    """Read which pictures a probe has.

    Raises:
        TrainingError: it is no folder, has a CSV that cannot be understood, or no picture to ask.
    """
    if not folder.is_dir():
        raise TrainingError(f"--probe {folder} is no folder: name one with a folder per style")
    skipped = Counter({IN_NO_FOLDER: count} if (count := len(loose_pictures(folder))) else {})
    pictures: dict[str, ProbePicture] = {}
    for row in read_rows(folder, None):
        if reason := _reason_against(row, pictures):
            skipped[reason] += 1
        else:
            style = style_of([known_style(row["style"]) or ""]) or ""
            place = row.get("source") or row["path"]
            pictures[row["path"]] = ProbePicture(folder / row["path"], style, place)
    if not pictures:
        raise TrainingError(
            f"--probe {folder} has no picture to ask ({counts_by_reason(skipped) or 'it is empty'})"
        )
    return Probe(tuple(pictures.values()), skipped)


def _reason_against(row: Row, known: Collection[str]) -> str:
    if row.get("part", "test") not in ("test", ""):
        return f"of the part {row['part']}"
    if known_style(row["style"]) is None:
        return why_left_out(row["style"])
    if not is_inside(row["path"]):
        return "outside of the folder"
    return "listed twice" if row["path"] in known else ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is needed of an answer; its maps would fill the memory."""

    probabilities: NDArray[np.float32]
    is_refused: bool


def ask_probe(
    probe: Probe, models: Sequence[StyleModel], dataset: Path, split: str
) -> ProbeAnswers:
    """Ask every model every picture of a probe.

    dataset, split: what the first model was trained on; none of the probe may be among that.

    Raises:
        TrainingError: it has been trained on one of them, or too many cannot be read.
    """
    taught = {
        work.digest: work.path
        for work in load_works(dataset)
        if work.parts[split] in ("train", "validation")
    }
    skipped = Counter(probe.skipped)
    asked: list[ProbePicture] = []
    answers: list[list[_Kept]] = []
    for picture in tqdm(probe.pictures, "probe", unit="picture", disable=None):
        try:
            answers.append(_ask(picture, models, taught))
        except (OSError, PictureError) as error:
            skipped[f"unreadable: {type(error).__name__}"] += 1
        else:
            asked.append(picture)
    _refuse_unreadable(len(probe.pictures), len(asked), skipped)
    said = [_said(model, [one[place] for one in answers]) for place, model in enumerate(models)]
    return ProbeAnswers(asked, said, skipped)


def _ask(
    picture: ProbePicture, models: Sequence[StyleModel], taught: Mapping[str, str]
) -> list[_Kept]:
    data = picture.file.read_bytes()
    kept = []
    for place, model in enumerate(models):
        pixels = to_pixels(data, size_px=model.manifest.input_size_px).pixels
        known = place == 0 and taught.get(look_at(pixels.astype(np.uint8)).digest)
        if known:
            raise TrainingError(
                f"{model.manifest.id} was trained on {picture.file} of the probe (there it is "
                f"{known}): only what is new to a model tells how it does elsewhere"
            )
        answer = model.answer(pixels)
        kept.append(_Kept(answer.probabilities, _is_refused(answer, model.manifest.painting)))
    return kept


def _is_refused(answer: Answer, line: PaintingRule | None) -> bool:
    """Return whether the service would say that this is no painting."""
    return line is not None and answer.painting is not None and answer.painting < line.threshold


def _refuse_unreadable(pictures: int, asked: int, skipped: Mapping[str, int]) -> None:
    if pictures - asked > MAX_UNREADABLE_SHARE * pictures:
        raise TrainingError(
            f"{pictures - asked} of {pictures} pictures of the probe cannot be read, more than the "
            f"{MAX_UNREADABLE_SHARE:.0%} allowed ({counts_by_reason(skipped)})"
        )


def _said(model: StyleModel, kept: Sequence[_Kept]) -> Said:
    return Said(
        model.manifest,
        np.stack([one.probabilities for one in kept]),
        np.array([one.is_refused for one in kept], bool),
    )
