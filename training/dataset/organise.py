"""raw/ -> dataset/: known styles, no copies, named splits, the pixels that the service makes.

What the dataset folder holds is said in works.py, how its pictures are stored in store.py. Squares
that are there and whole are kept, whatever stopped the step; `config.json` says from the start what
decides their pixels, and a folder whose squares were made otherwise is refused.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import PIL
from pydantic import BaseModel, ConfigDict, ValidationError

from lambda_fn.contract import images
from lambda_fn.contract.styles import STYLES
from training.config import OrganiseConfig
from training.dataset.artists import is_unknown
from training.dataset.convert import Job, Square, convert_all
from training.dataset.dataset_folder import UNKNOWN_ARTIST, VERSION, Dataset, Work, write_works
from training.dataset.duplicates import Copy, Look, find_copies
from training.dataset.given_splits import fit_list, read_lists
from training.dataset.picture_files import PICTURES_FOLDER, TAR_FILE, find_packed, pack, stored_name
from training.dataset.splits import SPLITS, Parts, is_of_visitor, with_caps, with_visitors
from training.errors import TrainingError
from training.files import whole_file
from training.sources.raw_folder import RawWork, counts_by_reason, filing_of, is_inside, read_works


class _Pixels(BaseModel):
    """All that decides the pixels of a stored picture, beside the picture itself."""

    model_config = ConfigDict(frozen=True)

    size_px: int
    format: str
    pillow: str
    images_sha256: str  # of the files that define to_pixels


class _Begun(BaseModel):
    """What `config.json` keeps from the start."""

    model_config = ConfigDict(frozen=True)

    config: OrganiseConfig
    pixels: _Pixels


def organise(
    raw: Path, target: Path, config: OrganiseConfig, *, workers: int | None = None
) -> Dataset:
    """Write the dataset folder `target`; pictures that are already there are not made again.

    workers: processes that convert, as many as there are processors by default.

    Raises:
        TrainingError: nothing to organise, a list or split that cannot be, too many unreadable
            pictures, or a folder whose pictures were made otherwise.
    """
    works, pictures, skipped = _find_works(raw)
    works = _with_enough(raw, works, skipped, config)
    fixed = read_lists(config.lists) if config.lists else {}
    _with_lists(works, fixed, config)  # what it refuses is said now, not after an hour's work
    _claim(target, config)
    squares = convert_all(
        _jobs(target, works, pictures, config),
        size_px=config.size_px,
        format_=config.format,
        workers=workers or os.cpu_count() or 1,
    )
    stored, looks = _readable(works, squares, skipped, config)
    copies = _copies(stored, looks, config)
    works = _with_enough(raw, _without(copies, stored, skipped), skipped, config)
    works = _with_lists(works, fixed, config)
    (target / "dataset.json").unlink(missing_ok=True)  # it may not describe another works.csv
    if config.format == "tar":
        pack(target, [stored_name(work, config.format) for work in stored])
    return _write_index(
        target,
        works,
        labels={work.path: work.style for work in stored},
        copies=copies,
        skipped=skipped,
        config=config,
    )


def _find_works(raw: Path) -> tuple[list[Work], dict[str, Path], Counter[str]]:
    """Return the works of a known style, the picture of each path, and what is left out."""
    raw_works = read_works(raw)
    if not any(one.picture for one in raw_works):
        raise TrainingError(
            f"{raw} holds {len(raw_works)} works but no picture: run `python -m training collect "
            f"{raw}` without --no-pictures, or `python -m training import SOURCE {raw}`"
        )
    skipped: Counter[str] = Counter()
    works: dict[str, Work] = {}
    pictures = {}
    for one in raw_works:
        filing = filing_of(one.wikiart_styles)
        if filing is None:
            skipped[f"unknown style: {', '.join(one.wikiart_styles[:1]) or 'none given'}"] += 1
        elif one.picture is None:
            skipped["no picture"] += 1
        elif (work := _work_of(one, *filing)).name in works:
            skipped["same name as another picture"] += 1
        else:
            works[work.name] = work
            pictures[work.path] = raw / one.picture
    return list(works.values()), pictures, skipped


def _work_of(one: RawWork, style: str, wikiart_style: str) -> Work:
    if not is_inside(one.id):
        raise TrainingError(f"works.jsonl has the id {one.id!r}: it must be a path inside a folder")
    return Work(
        path=one.id,
        style=style,
        wikiart_style=wikiart_style,
        artist=UNKNOWN_ARTIST if one.artist is None or is_unknown(one.artist) else one.artist,
        title=one.title,
        year=one.year,
        rights=one.rights,
        source=one.source,
        digest="",
        parts={},
        artist_sure=one.artist_sure,
        group=one.group or "",
    )


def _with_enough(
    raw: Path, works: list[Work], skipped: Counter[str], config: OrganiseConfig
) -> list[Work]:
    """Return the works of styles that have enough without visitors'; the others are counted."""
    counts = Counter({work.style: 0 for work in works})
    counts.update(work.style for work in works if not is_of_visitor(work))
    few = {slug for slug, count in counts.items() if count < config.min_pictures_per_style}
    if len(counts) - len(few) < 2:
        found = counts_by_reason(counts) or "no style that we know"
        left_out = counts_by_reason(dict(skipped.most_common(3))) or "nothing"
        raise TrainingError(
            f"{raw} has fewer than two styles with {config.min_pictures_per_style} pictures each "
            f"(it has {found}; left out: {left_out}): give more pictures, or lower --min-pictures"
        )
    skipped.update(f"style with too few pictures: {w.style}" for w in works if w.style in few)
    return [work for work in works if work.style not in few]


def _with_lists(
    works: list[Work], fixed: Mapping[str, Parts], config: OrganiseConfig
) -> list[Work]:
    collected = [work for work in works if not is_of_visitor(work)]
    lists = {
        name: with_visitors(name, fit_list(name, parts, collected, config), works)
        for name, parts in fixed.items()
    }
    for name in config.splits:
        if name not in fixed:
            parts = with_visitors(name, SPLITS[name](collected, config), works)
            lists[str(name)] = with_caps(works, parts, config)
    return [
        replace(work, parts={name: parts[work.path] for name, parts in lists.items()})
        for work in works
    ]


def _claim(target: Path, config: OrganiseConfig) -> None:
    """Write `config.json`, unless pictures are there that would be made otherwise today."""
    pixels = _Pixels(
        size_px=config.size_px,
        format=config.format,
        pillow=PIL.__version__,
        images_sha256=images.hash_definition(),
    )
    if (target / PICTURES_FOLDER).is_dir() or (target / TAR_FILE).is_file():
        _refuse_other_pixels(target, pixels)
    with whole_file(target / "config.json") as file:
        file.write_text(_Begun(config=config, pixels=pixels).model_dump_json(indent=2), "utf-8")


def _refuse_other_pixels(target: Path, pixels: _Pixels) -> None:
    try:
        before = _Begun.model_validate_json((target / "config.json").read_bytes()).pixels
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"{target} holds pictures, but its config.json does not say what made them: name "
            "another folder"
        ) from error
    now = pixels.model_dump()
    changes = [
        f"{name} {value}, now {now[name]}"
        for name, value in before.model_dump().items()
        if value != now[name]
    ]
    if changes:
        raise TrainingError(
            f"{target} holds pictures that were made otherwise ({'; '.join(changes)}): name "
            "another folder"
        )


def _jobs(
    target: Path, works: Sequence[Work], pictures: Mapping[str, Path], config: OrganiseConfig
) -> list[Job]:
    packed = find_packed(target)
    names = [stored_name(work, config.format) for work in works]
    return [
        Job(pictures[work.path], target / PICTURES_FOLDER / name, packed.get(name))
        for work, name in zip(works, names, strict=True)
    ]


def _readable(
    works: Sequence[Work], squares: Sequence[Square], skipped: Counter[str], config: OrganiseConfig
) -> tuple[list[Work], dict[str, Look]]:
    """Return the works that have a picture, and the look of each; the others are counted."""
    looks = {
        work.path: square.look
        for work, square in zip(works, squares, strict=True)
        if square.look is not None
    }
    reasons = Counter(f"unreadable: {one.reason}" for one in squares if one.look is None)
    skipped.update(reasons)
    if reasons.total() > config.max_unreadable_share * len(works):
        raise TrainingError(
            f"{reasons.total()} of {len(works)} pictures cannot be read, more than the "
            f"{config.max_unreadable_share:.1%} allowed ({counts_by_reason(reasons)}): bring them "
            "again, or allow it with --max-unreadable-share"
        )
    digested = [
        replace(work, digest=looks[work.path].digest) for work in works if work.path in looks
    ]
    return digested, looks


def _copies(works: Sequence[Work], looks: Mapping[str, Look], config: OrganiseConfig) -> list[Copy]:
    """Return the copies to leave out.

    A visitor's is always one of them: its original may be in a test part, and lists that were
    looked through for copies do not know it.
    """
    visitors = {work.path for work in works if is_of_visitor(work)}
    if config.keeps_duplicates and not visitors:
        return []
    copies = find_copies(looks, last=visitors)
    return [one for one in copies if one.path in visitors or not config.keeps_duplicates]


def _without(copies: Sequence[Copy], works: Sequence[Work], skipped: Counter[str]) -> list[Work]:
    skipped.update(f"{copy.kind} copy" for copy in copies)
    left_out = {copy.path for copy in copies}
    return [work for work in works if work.path not in left_out]


def _write_index(
    target: Path,
    works: Sequence[Work],
    *,
    labels: Mapping[str, str],
    copies: Sequence[Copy],
    skipped: Counter[str],
    config: OrganiseConfig,
) -> Dataset:
    lists = tuple(works[0].parts)
    fingerprint = write_works(target, works, lists)
    present = {work.style for work in works}
    dataset = Dataset(
        version=VERSION,
        config=config,
        styles=tuple(style.slug for style in STYLES if style.slug in present),
        lists=lists,
        pictures=len(works),
        unknown_artists=sum(work.artist == UNKNOWN_ARTIST for work in works),
        undated=sum(work.year is None for work in works),
        duplicates=dict(Counter(copy.kind for copy in copies)),
        disagreeing_duplicates=sum(labels[one.path] != labels[one.original] for one in copies),
        skipped=dict(sorted(skipped.items())),
        fingerprint=fingerprint,
    )
    with whole_file(target / "dataset.json") as path:
        path.write_text(json.dumps(dataset.model_dump(mode="json"), indent=2) + "\n", "utf-8")
    return dataset
