"""The raw/ folder: works and their pictures, as collect and import leave them for organise.

    works.jsonl     one finished work per line
    pictures/       the picture of a work, under the path that its line names

One file of lines, because it is read in a second where 170,000 small files take minutes. A line is
appended when the work is finished, after its picture has its name, and counts only with its
newline: at whatever moment a process is killed, a work is there whole or not at all. Nothing is
changed in place: a later line with the same id takes the place of the former one, so that there
are no doubles. One process writes at a time; the system frees the lock of a killed one.
"""

import errno
import fcntl
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path, PurePosixPath
from threading import Lock
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from tqdm import tqdm

from lambda_fn.contract.images import Picture, PictureError, to_pixels
from lambda_fn.contract.styles import STYLE_BY_SLUG, STYLES
from training.errors import TrainingError
from training.files import whole_file

WORKS_FILE = "works.jsonl"
PICTURES_FOLDER = "pictures"
Rights = Literal["public-domain", "copyright", "unknown"]
_PROOF_PX = 32
_HALF_WRITTEN = re.compile(r"\..+\.\d+(\.\w+)?$")  # names that `whole_file` gives


class RawWork(BaseModel):
    """One work; `width` and `height` are those of the stored picture where there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, description="WikiArt's number, or the path it was imported from")
    title: str
    artist: str | None = None
    artist_sure: bool | None = Field(default=None, description="None: nobody has said")
    artist_slug: str | None = None
    group: str | None = Field(default=None, description="the artist, all spellings united")
    year: int | None = None
    wikiart_styles: tuple[str, ...] = Field(description="as the source files it, main one first")
    genre: str | None = None
    width: int | None = Field(default=None, gt=0, description="pixels")
    height: int | None = Field(default=None, gt=0, description="pixels")
    image_url: str | None = None
    page_url: str | None = None
    rights: Rights = "unknown"
    source: str = "wikiart"
    provenance: str | None = Field(default=None, description="how it came here, in words")
    picture: str | None = Field(default=None, description="path inside of the raw folder")

    @field_validator("picture")
    @classmethod
    def _stays_inside(cls, path: str | None) -> str | None:
        if path is not None and not is_inside(path):
            raise ValueError("the picture must lie inside of the raw folder")
        return path


def is_inside(path: str) -> bool:
    """Return whether a relative path names a file that cannot lie outside of its folder."""
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and bool(pure.name)


def style_of(labels: Iterable[str]) -> str | None:
    """Return the slug of the first label that is one of our styles, by any of its names."""
    return next((_SLUG_BY_KEY[key] for key in map(style_key, labels) if key in _SLUG_BY_KEY), None)


def filing_of(labels: Iterable[str]) -> tuple[str, str] | None:
    """Return the slug and WikiArt's name of the first label that is one of our styles.

    Where it is our own name only, that stands in the place of WikiArt's.
    """
    for key in map(style_key, labels):
        if key in _SLUG_BY_KEY:
            style = STYLE_BY_SLUG[_SLUG_BY_KEY[key]]
            names = {style_key(name): name for name in style.wikiart_styles}
            return style.slug, names.get(key, style.name)
    return None


def style_key(label: str) -> str:
    """Return what all spellings of a style's name share.

    Case, accents, hyphens, underscores and brackets make no other style.
    """
    plain = unicodedata.normalize("NFKD", label)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\s_()-]+", " ", plain.casefold()).strip()


_SLUG_BY_KEY = {
    style_key(label): style.slug
    for style in STYLES
    for label in (style.slug, style.name, *style.wikiart_styles)
}


def wikiart_styles_of(label: str) -> frozenset[str] | None:
    """Return the WikiArt styles that a style's name, slug or WikiArt name stands for, or None.

    They come in the form that `has_style` compares.
    """
    key = style_key(label)
    for style in STYLES:
        united = frozenset(map(style_key, style.wikiart_styles))
        if key in {style_key(style.slug), style_key(style.name)}:
            return united  # so "Baroque", a name of both, brings Rococo too
        if key in united:
            return frozenset({key})
    return None


def has_style(work: RawWork, wanted: frozenset[str]) -> bool:
    """Return whether one of a work's styles is among those of `wikiart_styles_of`."""
    return any(style_key(style) in wanted for style in work.wikiart_styles)


def read_works(folder: Path) -> list[RawWork]:
    """Return the finished works of a raw folder, ordered by id.

    Raises:
        TrainingError: no works are there, or a line is damaged.
    """
    if not (folder / WORKS_FILE).is_file():
        raise TrainingError(
            f"{folder} holds no works (no {WORKS_FILE}): run `python -m training collect {folder}` "
            f"or `python -m training import SOURCE {folder}` first"
        )
    lines = _read_lines(folder)
    _refuse_damage(folder, lines)
    return [lines.works[id_] for id_ in sorted(lines.works)]


def counts_by_reason(counts: Mapping[str, int]) -> str:
    """Return counts in one line, the largest first, such as `3 picture: timeout`."""
    return ", ".join(f"{count} {reason}" for reason, count in Counter(counts).most_common())


def verify_picture(data: bytes) -> Picture:
    """Decode a whole picture as the service does, at a reduced size, to see that it is sound.

    Raises:
        PictureError: it is not.
    """
    return to_pixels(data, size_px=_PROOF_PX)


@dataclass(frozen=True, slots=True)
class _Lines:
    """What works.jsonl holds: works by id, numbers of damaged lines, bytes in whole lines."""

    works: dict[str, RawWork]
    damaged: tuple[int, ...]
    whole_bytes: int


def _read_lines(folder: Path) -> _Lines:
    data = (folder / WORKS_FILE).read_bytes()
    whole_bytes = data.rfind(b"\n") + 1
    works: dict[str, RawWork] = {}
    damaged = []
    for number, line in enumerate(data[:whole_bytes].split(b"\n")[:-1], 1):
        try:
            work = RawWork.model_validate_json(line)
        except ValidationError:
            damaged.append(number)
        else:
            works[work.id] = work
    return _Lines(works, tuple(damaged), whole_bytes)


def _refuse_damage(folder: Path, lines: _Lines) -> None:
    if lines.damaged:
        raise TrainingError(
            f"{folder / WORKS_FILE} is damaged in {len(lines.damaged)} lines, the first is line "
            f"{lines.damaged[0]}: `python -m training collect {folder} --check --repair` takes "
            "them out, then collect or import again"
        )


class RawFolder:
    """A raw folder that works are added to, from several threads; made by `open_raw`."""

    def __init__(self, folder: Path, file: FileIO, works: dict[str, RawWork]) -> None:
        self._folder = folder
        self._file = file
        self._works = works
        self._lock = Lock()

    @property
    def works(self) -> Mapping[str, RawWork]:
        """The finished works by id."""
        return MappingProxyType(self._works)

    def add(self, work: RawWork) -> None:
        """Keep a finished work, unless the very same is kept already.

        Raises:
            OSError: the disk is full; what was kept before stays whole.
        """
        with self._lock:
            if self._works.get(work.id) != work:
                self._append(work.model_dump_json().encode() + b"\n")
                self._works[work.id] = work

    def has_picture(self, work: RawWork) -> bool:
        """Return whether the picture that a work names is there."""
        return work.picture is not None and (self._folder / work.picture).is_file()

    def _append(self, line: bytes) -> None:
        end = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) != len(line):  # a disk that fills up takes a part of it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._file.name))
        except OSError:
            self._file.truncate(end)
            raise


@contextmanager
def open_raw(folder: Path) -> Iterator[RawFolder]:
    """Open a raw folder for writing; it is made if there is none.

    Raises:
        TrainingError: another process writes to it, or a line is damaged.
    """
    with _locked(folder) as file:
        lines = _read_lines(folder)
        _refuse_damage(folder, lines)
        file.truncate(lines.whole_bytes)  # a line without its end was being written at a kill
        yield RawFolder(folder, file, lines.works)


@contextmanager
def _locked(folder: Path) -> Iterator[FileIO]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileIO(folder / WORKS_FILE, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError(
                f"another process is writing to {folder}: wait until it has ended, or stop it"
            ) from error
        yield file


def take_out_works(folder: Path, ids: Iterable[str], *, source: str) -> int:
    """Delete works of one source and their pictures; return how many were there.

    Raises:
        TrainingError: another process writes to the folder, or a line is damaged.
    """
    if not (folder / WORKS_FILE).is_file():
        return 0
    with _locked(folder):
        lines = _read_lines(folder)
        _refuse_damage(folder, lines)
        known = [lines.works[id_] for id_ in set(ids) & lines.works.keys()]
        gone = {work.id: work for work in known if work.source == source}
        for work in gone.values():  # first: a work that is still listed is found once more
            if work.picture is not None:
                (folder / work.picture).unlink(missing_ok=True)
        if gone:
            _rewrite(folder, (one for id_, one in lines.works.items() if id_ not in gone))
    return len(gone)


@dataclass(frozen=True, slots=True)
class RawHealth:
    """What `check_raw` found; paths are inside of the raw folder."""

    works: int
    pictures: int
    without_picture: int
    missing: tuple[str, ...]
    broken: tuple[str, ...]
    damaged_lines: tuple[int, ...]
    half_written: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Nothing is missing, broken or damaged; what a killed process left behind is harmless."""
        return not (self.missing or self.broken or self.damaged_lines)

    @property
    def findings(self) -> str:
        """What is wrong, with an example of each."""
        found = {
            "missing pictures": self.missing,
            "broken pictures": self.broken,
            "damaged lines of works.jsonl": self.damaged_lines,
            "half-written files": self.half_written,
        }
        parts = [f"{len(ones)} {name} (such as {ones[0]})" for name, ones in found.items() if ones]
        return ", ".join(parts) or "nothing wrong"


def check_raw(folder: Path, *, is_repairing: bool = False) -> RawHealth:
    """Look at every line and decode every picture of a raw folder.

    Repairing takes out what is broken, damaged or half-written, so that the step that made the
    folder brings it again; it deletes no sound picture and no sound line.

    Raises:
        TrainingError: no works are there, or a process writes to the folder.
    """
    if not (folder / WORKS_FILE).is_file():
        read_works(folder)  # says what to do
    with _locked(folder):
        lines = _read_lines(folder)
        health = _examine(folder, lines)
        if is_repairing:
            for path in (*health.broken, *health.half_written):
                (folder / path).unlink()
        if is_repairing and lines.damaged:
            _rewrite(folder, lines.works.values())
    return health


def _examine(folder: Path, lines: _Lines) -> RawHealth:
    paths = sorted({work.picture for work in lines.works.values() if work.picture})
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        states = pool.map(partial(_state_of, folder), paths)
        bar = tqdm(states, "check", total=len(paths), unit="picture", disable=None)
        by_path = dict(zip(paths, bar, strict=True))
    half_written = [path for path in folder.rglob(".*") if _HALF_WRITTEN.match(path.name)]
    return RawHealth(
        works=len(lines.works),
        pictures=sum(state == "sound" for state in by_path.values()),
        without_picture=sum(work.picture is None for work in lines.works.values()),
        missing=tuple(path for path, state in by_path.items() if state == "missing"),
        broken=tuple(path for path, state in by_path.items() if state == "broken"),
        damaged_lines=lines.damaged,
        half_written=tuple(sorted(path.relative_to(folder).as_posix() for path in half_written)),
    )


def _state_of(folder: Path, path: str) -> Literal["sound", "missing", "broken"]:
    try:
        verify_picture((folder / path).read_bytes())
    except FileNotFoundError:
        return "missing"
    except PictureError:
        return "broken"
    return "sound"


def _rewrite(folder: Path, works: Iterable[RawWork]) -> None:
    with whole_file(folder / WORKS_FILE) as path, path.open("wb") as file:
        file.writelines(work.model_dump_json().encode() + b"\n" for work in works)
