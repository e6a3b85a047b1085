"""Leave places out: what a recipe says to pictures from places that it was not trained on.

Pictures of one place are alike in more than their style, so a random validation part tells how a
model does at home. Here the places (sources with few pictures; the large collections stay) are
dealt into folds, a run is trained without each of them, and asked about what it has not seen. All
answers together are what a temperature and candidate sets for pictures from anywhere are fitted on.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.dataset.batches import load_part
from training.dataset.dataset_folder import load_dataset
from training.errors import TrainingError
from training.evaluation.evaluate import open_classifier, read_logits
from training.evaluation.metrics import Floats, fit_temperature, to_probabilities
from training.files import whole_file
from training.runs.train import train

FOLDS = 5
ANSWERS = "left-out.npz"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Answers to pictures of places that the asked run had not seen; a row for each picture."""

    logits: Floats
    """shape (pictures, styles)"""
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def top1(self) -> float:
        """The share that is named rightly."""
        return float(np.mean(self.logits.argmax(axis=1) == self.labels))

    @property
    def balanced_accuracy(self) -> float:
        """The mean over the styles of the share of each that is named rightly."""
        is_right = self.logits.argmax(axis=1) == self.labels
        return float(np.mean([is_right[self.labels == one].mean() for one in set(self.labels)]))

    @property
    def probabilities(self) -> Floats:
        """With the temperature that is fitted on all of them: shape (pictures, styles)."""
        return to_probabilities(self.logits, fit_temperature(self.logits, self.labels))


def leave_places_out(
    dataset_folder: Path, folder: Path, config: TrainConfig, *, folds: int = FOLDS
) -> LeftOut:
    """Train a run per fold into `folder` and ask it about its places; go on after a stop.

    Raises:
        TrainingError: fewer places than folds, or as for `train`.
    """
    part = load_part(dataset_folder, split=config.split, part="train")
    dealt = deal_places(part.sources, folds=folds, below=config.min_collection)
    logits, labels = [], []
    names: list[str] = []
    places: list[str] = []
    for number, held_out in enumerate(dealt):
        run = folder / f"fold-{number}"
        if not (run / "run.json").is_file():
            train(dataset_folder, run, config.model_copy(update={"held_out": tuple(held_out)}))
        unseen = part.of(held_out)
        logits.append(read_logits(open_classifier(run), unseen))
        labels.append(unseen.labels)
        names += unseen.names
        places += unseen.sources
    found = LeftOut(np.concatenate(logits), np.concatenate(labels), tuple(names), tuple(places))
    _write(folder / ANSWERS, found, load_dataset(dataset_folder).styles)
    return found


def deal_places(sources: Sequence[str], *, folds: int, below: int) -> list[list[str]]:
    """Deal the sources of fewer than `below` pictures into folds of about as many pictures each.

    Raises:
        TrainingError: there are fewer such sources than folds.
    """
    counts = Counter(sources)
    small = [source for source in counts if counts[source] < below]
    if len(small) < folds:
        raise TrainingError(
            f"only {len(small)} sources have fewer than {below} pictures: {folds} folds of places "
            "need at least as many; raise min_collection, or take fewer --folds"
        )
    dealt: list[list[str]] = [[] for _ in range(folds)]
    for source in sorted(small, key=lambda one: (-counts[one], one)):
        min(dealt, key=lambda fold: sum(counts[one] for one in fold)).append(source)
    return dealt


def read_left_out(folder: Path) -> LeftOut:
    """Read what `leave_places_out` wrote.

    Raises:
        TrainingError: it is missing.
    """
    path = folder / ANSWERS
    if not path.is_file():
        raise TrainingError(f"{folder} has no answers of left-out places: run `leave-out` first")
    with np.load(path) as kept:
        return LeftOut(
            kept["logits"],
            kept["labels"],
            tuple(kept["names"].tolist()),
            tuple(kept["places"].tolist()),
        )


def _write(path: Path, found: LeftOut, styles: Sequence[str]) -> None:
    with whole_file(path) as file:
        np.savez_compressed(
            file,
            logits=found.logits,
            labels=found.labels,
            names=np.array(found.names),
            places=np.array(found.places),
            styles=np.array(styles),
        )
    facts = {
        "pictures": len(found.labels),
        "places": len(set(found.places)),
        "top1": found.top1,
        "balanced_accuracy": found.balanced_accuracy,
    }
    with whole_file(path.with_suffix(".json")) as file:
        file.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
