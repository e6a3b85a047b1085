"""Stand-ins that keep the protocols, for what the real things cannot be made to do."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.images import Pixels
from lambda_fn.contract.manifest import DataSummary, ModelManifest, StyleMetrics, TestMetrics

SLUGS = ("cubism", "impressionism", "ukiyo-e")
_SHA = "0" * 64


def make_manifest(styles: tuple[str, ...] = SLUGS) -> ModelManifest:
    """Return a manifest that is valid in itself."""
    metrics = StyleMetrics(precision=0.5, recall=0.5, f1=0.5, support=10)
    return ModelManifest(
        id="fake-1",
        architecture="mobilenetv2",
        input_size_px=64,
        styles=styles,
        precision="float32",
        temperature=1.0,
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


@dataclass
class FakeModel:
    """Always answers `best` first; remembers the pixels it was given."""

    best: str = "cubism"
    manifest: ModelManifest = field(default_factory=make_manifest)
    seen: list[Pixels] = field(default_factory=list)

    def probabilities(self, pixels: Pixels) -> NDArray[np.float32]:
        self.seen.append(pixels)
        answer = np.full(len(self.manifest.styles), 0.1, np.float32)
        answer[self.manifest.styles.index(self.best)] += 1 - answer.sum()
        return answer


@dataclass
class BrokenModel(FakeModel):
    """Fails as nothing should."""

    def probabilities(self, pixels: Pixels) -> NDArray[np.float32]:
        raise RuntimeError("secret detail")
