"""Stand-ins that keep the protocols, for what the real things cannot be made to do."""

import math
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lambda_fn.catalogue.breaker import GuardedCatalogue
from lambda_fn.catalogue.neighbours import Neighbours, make_neighbours
from lambda_fn.catalogue.works import (
    Artist,
    CatalogueError,
    CatalogueUnavailableError,
    Facts,
    Feedback,
    Filters,
    StyleCount,
    Work,
    search_words,
)
from lambda_fn.contract import evaluation
from lambda_fn.contract.evaluation import (
    Baseline,
    ComparedModel,
    Coverage,
    EpochFigures,
    Likeness,
    ListFigures,
    Mistake,
    ModelEvaluation,
    ReliabilityBin,
    RocCurve,
    SourceProbe,
)
from lambda_fn.contract.images import Pixels
from lambda_fn.contract.manifest import (
    CandidateRule,
    DataSummary,
    ModelManifest,
    PaintingRule,
    StyleMetrics,
    TestMetrics,
)
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.related_works import Companions
from lambda_fn.runtime import Answer

SLUGS = ("cubism", "impressionism", "ukiyo-e")
_SHA = "0" * 64


def make_manifest(styles: tuple[str, ...] = SLUGS) -> ModelManifest:
    """Return a manifest that is valid in itself."""
    metrics = StyleMetrics(
        precision=0.6, recall=0.4, f1=0.48, support=10, confused_with=styles[-1], confused_share=0.3
    )
    return ModelManifest(
        id="fake-1",
        architecture="mobilenetv2",
        input_size_px=64,
        styles=styles,
        precision="float32",
        temperature=1.0,
        embedding_size=2,
        candidates=CandidateRule(
            coverage=0.9,
            threshold=0.7,
            penalty=0.0,
            free=1,
            test_coverage=0.9,
            test_size=1.5,
            test_single=0.5,
        ),
        painting=PaintingRule(
            threshold=0.5,
            auroc=0.99,
            paintings_refused=0.03,
            photographs_refused=0.95,
            paintings=30,
            photographs=20,
        ),
        test=TestMetrics(
            split="picture",
            pictures=30,
            top1=0.5,
            top3=0.9,
            balanced_accuracy=0.5,
            macro_f1=0.5,
            expected_calibration_error=0.02,
            per_style=dict.fromkeys(styles, metrics),
        ),
        data=DataSummary(fingerprint=_SHA, split="picture", train=100, validation=10, test=30),
        commit="0" * 40,
        versions={"python": "3.11"},
        files={},
    )


def make_evaluation(styles: tuple[str, ...] = SLUGS) -> ModelEvaluation:
    """Return an evaluation that is valid in itself."""
    figures = ListFigures(
        metrics=make_manifest(styles).test,
        run="first",
        train=100,
        confusion=[[10 if a == b else 0 for a in styles] for b in styles],
        curves=dict.fromkeys((*styles, "micro", "macro")),
        reliability=[ReliabilityBin(confidence=0.5, accuracy=0.4, pictures=30)],
        candidates=Coverage(coverage=0.9, size=1.5, single=0.5),
    )
    return ModelEvaluation(
        styles=styles,
        lists={"picture": figures},
        training=figures.metrics,
        baselines=[Baseline(name="plain", lists={"picture": figures.metrics})],
        painting=RocCurve(false_positive_rate=[0, 1], true_positive_rate=[0, 1], auc=0.5),
        neighbours=evaluation.Neighbours(
            nearest=10,
            style=Likeness(nearest=0.6, same_guess=0.5, by_chance=0.1),
            artist=Likeness(nearest=0.3, same_guess=0.02, by_chance=0.01),
            years=None,
        ),
        source_probe=SourceProbe(
            most_common=0.5, from_style=0.7, from_embedding=0.72, from_both=0.75
        ),
        mistakes=[
            Mistake(
                title="Bridge",
                artist="UNKNOWN",
                year=1890,
                truth=styles[0],
                predicted=styles[1],
                probability=0.95,
            )
        ],
        comparison=[
            ComparedModel(
                tag="vgg16",
                architecture="vgg16",
                head="gap",
                size_px=224,
                size_mb=59.0,
                latency_ms=70.0,
                accuracy=None,
                val_accuracy=None,
                top1=None,
                top1_interval=None,
                note="not run here",
            )
        ],
        history=[
            EpochFigures(
                epoch=1, loss=2, accuracy=0.3, val_loss=1.9, val_accuracy=0.4, learning_rate=1e-3
            )
        ],
        recipe={"epochs": 1},
        training_s=60.0,
        device="1 x CPU",
    )


@dataclass
class FakeModel:
    """Always answers `best` first; remembers the pixels it was given.

    The top left place speaks for `best`, the bottom right for all others, half as strongly.
    """

    best: str = "cubism"
    probability: float = 0.9
    painting: float | None = 0.8
    has_maps: bool = True
    manifest: ModelManifest = field(default_factory=make_manifest)
    seen: list[Pixels] = field(default_factory=list)

    def answer(self, pixels: Pixels) -> Answer:
        self.seen.append(pixels)
        styles = len(self.manifest.styles)
        place = self.manifest.styles.index(self.best)
        probabilities = np.full(styles, (1 - self.probability) / (styles - 1), np.float32)
        probabilities[place] = self.probability
        maps = np.full((styles, 2, 2), -1, np.float32)
        maps[:, 1, 1] = 2
        maps[place] = [[4, 0], [0, -3]]
        embedding = np.array([0.6, 0.8], np.float32)
        return Answer(probabilities, embedding, maps if self.has_maps else None, self.painting)


@dataclass
class BrokenModel(FakeModel):
    """Fails as nothing should."""

    def answer(self, pixels: Pixels) -> Answer:
        raise RuntimeError("secret detail")


def make_work(number: int = 0, style: str = "cubism", **facts: Any) -> Work:
    """Return a work whose facts follow from its number; works of one style share two artists."""
    artist = f"{style}-artist-{number % 2}"
    known: dict[str, Any] = {
        "id": f"{artist}/work-{number:03d}",
        "title": f"Work {number}",
        "artist": artist.replace("-", " ").title(),
        "style": style,
        "wikiart_style": STYLE_BY_SLUG[style].wikiart_styles[0],
        "year": 1900 + number,
        "genre": "still life",
        "rights": "public-domain",
        "page_url": f"https://www.wikiart.org/en/{artist}/work-{number:03d}",
        "image_url": f"https://uploads.wikiart.org/images/{artist}/work-{number:03d}.jpg",
        "palette": ("#101010", "#202020", "#303030", "#404040", "#505050"),
    }
    return Work(**known | facts)


def make_works(styles: tuple[str, ...] = SLUGS, each: int = 20) -> list[Work]:
    """Return so many works of each style."""
    return [make_work(number, style) for style in styles for number in range(each)]


class FakeCatalogue:
    """Works in a list. It can be told to fail, to be slow and to hold what cannot be read.

    asked: the methods that were called, in their order. waited_s: how long each of them but
    `facts`, which trials ask while nobody waits, was to wait, in seconds: whatever a busy machine
    adds to it.
    """

    def __init__(self, works: Sequence[Work] = (), *, embedding_model: str | None = None) -> None:
        self.works = sorted(works, key=lambda work: work.id)
        self.embedding_model = embedding_model
        self.is_failing = False
        self.is_broken = False
        self.delay_s = 0.0
        self.asked: list[str] = []
        self.waited_s: list[float] = []
        self._ends = threading.local()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        self._ends.at = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._ends.at

    def facts(self) -> Facts:
        self._answer("facts")
        return Facts(len(self.works), self.embedding_model)

    def counts(self) -> dict[str, StyleCount]:
        self._answer("counts")
        return {style: self._count(style) for style in {work.style for work in self.works}}

    def artists(self, style: str, *, limit: int) -> list[Artist]:
        self._answer("artists")
        names = {work.artist_slug: work.artist for work in self.works}
        counts = Counter(work.artist_slug for work in self.works if work.style == style)
        ranked = sorted(counts, key=lambda slug: (-counts[slug], slug))
        return [Artist(slug, names[slug], counts[slug]) for slug in ranked[:limit]]

    def sample(self, style: str, *, size: int) -> list[Work]:
        self._answer("sample")
        of_style = [work for work in self.works if work.style == style]
        return random.sample(of_style, min(size, len(of_style)))

    def find(self, filters: Filters, *, limit: int, after: str = "") -> list[Work]:
        self._answer("find")
        found = [work for work in self.works if work.id > after and _fits(work, filters)]
        return found[:limit]

    def ids(self, style: str) -> list[str]:
        self._answer("ids")
        return [work.id for work in self.works if work.style == style]

    def get(self, ids: Sequence[str]) -> dict[str, Work]:
        self._answer("get")
        return {work.id: work for work in self.works if work.id in ids}

    def years(self) -> dict[str, dict[int, int]]:
        self._answer("years")
        found: dict[str, Counter[int]] = defaultdict(Counter)
        for work in self.works:
            if work.year is not None:
                found[work.wikiart_style][work.year] += 1
        return {style: dict(years) for style, years in found.items()}

    def _count(self, style: str) -> StyleCount:
        works = [work for work in self.works if work.style == style]
        dated = [work for work in works if work.year is not None]
        return StyleCount(len(works), len(dated), len({work.artist_slug for work in works}))

    def _answer(self, method: str) -> None:
        self.asked.append(method)
        left_s = getattr(self._ends, "at", math.inf) - time.monotonic()
        wait_s = max(min(self.delay_s, left_s), 0)
        if method != "facts":
            self.waited_s.append(wait_s)
        time.sleep(wait_s)
        if self.is_failing or self.delay_s > left_s:
            raise CatalogueUnavailableError("no answer from mongodb://user:password@elsewhere")
        if self.is_broken:
            raise CatalogueError("work monet/poppies has no title")


def _fits(work: Work, filters: Filters) -> bool:
    have = search_words(f"{work.title} {work.artist}")
    year = work.year
    is_in_range = filters.first_year is None and filters.last_year is None
    if year is not None:
        first, last = filters.first_year or year, filters.last_year or year
        is_in_range = first <= year <= last
    return (
        is_in_range
        and all(any(one.startswith(word) for one in have) for word in filters.words)
        and filters.style in (None, work.style)
        and filters.artist in (None, work.artist_slug)
        and filters.rights in (None, work.rights)
    )


@dataclass
class FakeFeedback:
    """Keeps feedback in a dictionary; it can be told to fail."""

    kept: dict[str, Feedback] = field(default_factory=dict)
    is_failing: bool = False

    def add(self, feedback: Feedback) -> None:
        if self.is_failing:
            raise CatalogueUnavailableError("no answer")
        self.kept[feedback.id] = feedback

    def all(self) -> Iterator[Feedback]:
        yield from self.kept.values()

    def forget(self, answer: str) -> bool:
        return self.kept.pop(answer, None) is not None

    def close(self) -> None:
        self.kept.clear()


def make_companions(
    catalogue: FakeCatalogue, neighbours: Neighbours | None = None, **options: Any
) -> Companions:
    """Return companions from a fake catalogue; options: of its guard."""
    return Companions(GuardedCatalogue(lambda: catalogue, **options), neighbours)


def make_neighbours_of(works: Sequence[Work], *, model: str = "fake-1") -> Neighbours:
    """Return neighbours of FakeModel's answer: the first work is the nearest, and so on."""
    angles = np.arctan2(0.8, 0.6) + np.linspace(0, 2, len(works))
    return make_neighbours(
        np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32),
        ids=[work.id for work in works],
        styles=[work.style for work in works],
        rights=[work.rights for work in works],
        model=model,
    )
