"""What the tests of a model showed, as `evaluation.json` keeps it: numbers in, numbers out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from lambda_fn.contract.evaluation import (
    Coverage,
    Likeness,
    ListFigures,
    Mistake,
    Neighbours,
    ReliabilityBin,
    RocCurve,
    SourceProbe,
)
from lambda_fn.contract.manifest import CandidateRule
from training.catalogue.names import mend_name
from training.dataset.artists import unite_spellings
from training.dataset.dataset_folder import UNKNOWN_ARTIST, Work
from training.evaluation.metrics import (
    Curve,
    Floats,
    confidence_bins,
    count_confusion,
    curve_between,
    measure,
    roc_curves,
)

POINTS = 60  # of a curve: more cannot be seen
NEAREST = 10
MISTAKES = 12
YEARS_APART = 25
_CHUNK = 256  # pictures compared with all others at a time
Labels = NDArray[np.int64]
AnyFloats = NDArray[np.floating]
Chosen = NDArray[np.bool_]


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
    queries: Floats,
    asked: Sequence[Work],
    guesses: Sequence[str],
    catalogue: Floats,
    known: Sequence[Work],
) -> Neighbours:
    """Say how alike the nearest works of a catalogue are to each asked one.

    queries, catalogue: embeddings of unit length, a row per work; nearness is their product.
    guesses: the style that the model names for each asked work.
    """
    nearest = np.concatenate(
        [
            np.argsort(-(queries[start : start + _CHUNK] @ catalogue.T), axis=1)[:, :NEAREST]
            for start in range(0, len(queries), _CHUNK)
        ]
    )
    styles = np.array([work.style for work in known])
    of_guess = np.array(guesses)[:, np.newaxis] == styles
    own_styles = np.array([work.style for work in asked])
    return Neighbours(
        nearest=nearest.shape[1],
        style=_likeness(own_styles[:, np.newaxis] == styles, nearest, of_guess),
        artist=_same_artist(asked, known, nearest, of_guess),
        years=_near_in_time(asked, known, nearest, of_guess),
    )


def _same_artist(
    asked: Sequence[Work], known: Sequence[Work], nearest: Labels, of_guess: Chosen
) -> Likeness | None:
    keys = unite_spellings({work.artist for work in (*asked, *known)})
    theirs, own = (np.array([keys[work.artist] for work in works]) for works in (known, asked))
    named = np.array([work.artist != UNKNOWN_ARTIST for work in asked])
    if not named.any():
        return None
    return _likeness(own[named, np.newaxis] == theirs, nearest[named], of_guess[named])


def _near_in_time(
    asked: Sequence[Work], known: Sequence[Work], nearest: Labels, of_guess: Chosen
) -> Likeness | None:
    theirs, own = (
        np.array([np.nan if work.year is None else work.year for work in works])
        for works in (known, asked)
    )
    dated = ~np.isnan(own)
    if not dated.any() or np.isnan(theirs).all():
        return None
    apart = np.abs(own[dated, np.newaxis] - theirs)
    counted = ~np.isnan(theirs)
    return _likeness(apart <= YEARS_APART, nearest[dated], of_guess[dated], counted)


def _likeness(
    is_alike: Chosen, nearest: Labels, of_guess: Chosen, counted: Chosen | None = None
) -> Likeness:
    """Return the shares of alike ones among the chosen works of each asked one, taken together.

    All have a row per asked work and a column per known one, but for `nearest`, which has places,
    and `counted`, the known works that count at all.
    """
    near = np.zeros_like(is_alike)
    np.put_along_axis(near, nearest, values=True, axis=1)
    everything = np.ones_like(is_alike)

    def share(chosen: Chosen) -> float:
        within = chosen if counted is None else chosen & counted
        # of each asked work alike, however many works of its guess there are
        sizes = within.sum(axis=1)
        found = (is_alike & within).sum(axis=1)
        return float(np.mean(found[sizes > 0] / sizes[sizes > 0])) if sizes.any() else 0.0

    return Likeness(nearest=share(near), same_guess=share(of_guess), by_chance=share(everything))


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
            artist=mend_name(works[place].artist),
            year=works[place].year,
            truth=styles[labels[place]],
            predicted=styles[predicted[place]],
            probability=float(probabilities[place].max()),
        )
        for place in chosen[:MISTAKES]
    ]
