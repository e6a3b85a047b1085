"""Stand-ins that keep the protocols, for what the real things cannot be made to do."""

from dataclasses import dataclass, field

import numpy as np

from lambda_fn.contract.evaluation import (
    Baseline,
    Coverage,
    EpochFigures,
    Likeness,
    ListFigures,
    Mistake,
    ModelEvaluation,
    Neighbours,
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
from lambda_fn.model import Answer

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
        baselines=[Baseline(name="plain", lists={"picture": figures.metrics})],
        painting=RocCurve(false_positive_rate=[0, 1], true_positive_rate=[0, 1], auc=0.5),
        neighbours=Neighbours(
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
