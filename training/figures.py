"""What the tests of a model showed, as `evaluation.json` keeps it: numbers in, numbers out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from lambda_fn.contract.evaluation import (
    Coverage,
    ListFigures,
    Mistake,
    Neighbours,
    ReliabilityBin,
    RocCurve,
    SourceProbe,
)
from lambda_fn.contract.manifest import CandidateRule
from training.metrics import (
    Curve,
    Floats,
    confidence_bins,
    count_confusion,
    curve_between,
    measure,
    roc_curves,
)
from training.works import UNKNOWN_ARTIST, Work

POINTS = 60  # of a curve: more cannot be seen
NEAREST = 10
MISTAKES = 12
_CHUNK = 256  # pictures compared with all others at a time
Labels = NDArray[np.int64]
AnyFloats = NDArray[np.floating]


def list_figures(
    probabilities: AnyFloats,
    labels: Labels,
    rule: CandidateRule,
    *,
    styles: tuple[str, ...],
    split: str,
    run: str,
    train: int,
) -> ListFigures:
    """Measure one test list.

    rule: the candidate sets, measured on this list; train: training pictures of the run.
    """
    curves = roc_curves(np.asarray(probabilities, np.float64), labels, styles)
    bins = confidence_bins(probabilities, labels)
    return ListFigures(
        metrics=measure(probabilities, labels, styles=styles, split=split),
        run=run,
        train=train,
        confusion=count_confusion(probabilities, labels).tolist(),
        curves={slug: curve and thin(curve) for slug, curve in curves.styles.items()}
        | {"micro": thin(curves.micro), "macro": curves.macro and thin(curves.macro)},
        reliability=[
            ReliabilityBin(confidence=confidence, accuracy=accuracy, pictures=pictures)
            for confidence, accuracy, pictures in zip(
                bins.confidence, bins.accuracy, bins.pictures, strict=True
            )
            if pictures
        ],
        candidates=Coverage(
            coverage=rule.test_coverage, size=rule.test_size, single=rule.test_single
        ),
    )


def thin(curve: Curve) -> RocCurve:
    """Keep as many points as can be seen, the ends among them."""
    length = len(curve.true_positive_rate)
    chosen = np.unique(np.linspace(0, length - 1, min(length, POINTS)).round().astype(int))
    return RocCurve(
        false_positive_rate=np.round(curve.false_positive_rate[chosen], 4).tolist(),
        true_positive_rate=np.round(curve.true_positive_rate[chosen], 4).tolist(),
        auc=curve.auc,
    )


def painting_curve(paintings: Floats, photographs: Floats) -> RocCurve:
    """Return the ROC curve of telling paintings from photographs; both are scores from 0 to 1."""
    return thin(curve_between(paintings, photographs))


def measure_neighbours(
    queries: Floats, asked: Sequence[Work], catalogue: Floats, known: Sequence[Work]
) -> Neighbours:
    """Say how alike the nearest works of a catalogue are to each asked one.

    queries, catalogue: embeddings of unit length, a row per work; nearness is their product.
    """
    nearest = np.concatenate(
        [
            np.argsort(-(queries[start : start + _CHUNK] @ catalogue.T), axis=1)[:, :NEAREST]
            for start in range(0, len(queries), _CHUNK)
        ]
    )
    style, style_chance = _alike(nearest, [w.style for w in asked], [w.style for w in known])
    named = [number for number, work in enumerate(asked) if work.artist != UNKNOWN_ARTIST]
    artist, artist_chance = _alike(
        nearest[named], [asked[one].artist for one in named], [w.artist for w in known]
    )
    return Neighbours(
        nearest=nearest.shape[1],
        same_style=style,
        same_style_by_chance=style_chance,
        same_artist=artist,
        same_artist_by_chance=artist_chance,
    )


def _alike(nearest: Labels, asked: list[str], known: list[str]) -> tuple[float, float]:
    """Return the share of neighbours of one's own kind, and that of any works of the catalogue."""
    if not asked:
        return 0.0, 0.0
    kinds = np.array(known)
    own = np.array(asked)
    found = float(np.mean(kinds[nearest] == own[:, np.newaxis]))
    names, counts = np.unique(kinds, return_counts=True)
    shares = dict(zip(names.tolist(), (counts / len(kinds)).tolist(), strict=True))
    return found, float(np.mean([shares.get(one, 0.0) for one in asked]))


def probe_source(
    learnt: Floats, works: Sequence[Work], tested: Floats, asked: Sequence[Work]
) -> SourceProbe | None:
    """Guess the collection of test pictures from their embedding, by logistic regression.

    None where there is only one collection.
    """
    sources = np.array([work.source for work in works])
    if len(set(sources.tolist())) < 2:
        return None
    truth = np.array([work.source for work in asked])
    slugs = sorted({work.style for work in works})
    styles, asked_styles = (_one_hot([w.style for w in some], slugs) for some in (works, asked))

    def share(train: Floats, test: Floats) -> float:
        guess = LogisticRegression(C=10.0, max_iter=2000).fit(train, sources).predict(test)
        return float(np.mean(guess == truth))

    names, counts = np.unique(sources, return_counts=True)
    return SourceProbe(
        most_common=float(np.mean(truth == names[counts.argmax()])),
        from_style=share(styles, asked_styles),
        from_embedding=share(learnt, tested),
        from_both=share(np.hstack([learnt, styles]), np.hstack([tested, asked_styles])),
    )


def _one_hot(names: list[str], columns: list[str]) -> Floats:
    return np.array([[name == column for column in columns] for name in names], np.float64)


def find_mistakes(
    probabilities: AnyFloats, labels: Labels, works: Sequence[Work], styles: tuple[str, ...]
) -> list[Mistake]:
    """Return the wrong answers given with most confidence, at most two of a pair of styles."""
    predicted = probabilities.argmax(axis=1)
    worst = np.argsort(-probabilities.max(axis=1), kind="stable")
    seen: dict[tuple[int, int], int] = {}
    chosen = []
    for place in worst[predicted[worst] != labels[worst]]:
        pair = (int(labels[place]), int(predicted[place]))
        seen[pair] = seen.get(pair, 0) + 1
        if seen[pair] <= 2:
            chosen.append(place)
    return [
        Mistake(
            title=works[place].title,
            artist=works[place].artist,
            year=works[place].year,
            truth=styles[labels[place]],
            predicted=styles[predicted[place]],
            probability=float(probabilities[place].max()),
        )
        for place in chosen[:MISTAKES]
    ]
