"""The gate: a new model goes live only if it is no worse than the one that is.

Both files are asked the same test pictures, through the loader of the service. What "no worse"
means:

* **Macro-F1 not lower.** The test pictures are drawn again and again with replacement, the same
  draw for both models (a paired bootstrap, seeded), and the difference of their macro-F1 is taken
  each time. In 95 of 100 draws it must be above -1 point: a model that is truly worse by more than
  a point gets through once in twenty times at most. The burden of proof is the new model's, so one
  that is only as good may be refused by chance, and a longer list of tests lets more through.
* **No style lost.** No F1 falls by more than 5 points, unless the style is named. Here the measured
  difference counts: with a few hundred pictures of a style it is a matter of about 3 points.
* **Honest probabilities.** Its expected calibration error is at most .04, and its candidate sets
  hold the right style as often as promised, give or take 2 points.
* **The file itself.** It gives its golden answers, takes at most half as long again as the live
  model (both measured here, in turns: milliseconds of another machine say nothing), has at most 6
  MB, and finds similar works where the live model does.

`probe_bounds.py` has what is asked of pictures from elsewhere.

Compared are the pictures whose style the live model knows; all styles of each model compete. If the
live model was trained on other lists, it may have seen some of the pictures: that speaks for it.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambda_fn.contract.history import ChangeFigures
from lambda_fn.contract.manifest import ModelManifest
from training.errors import TrainingError
from training.evaluation.metrics import Floats, calibration_error
from training.model_folder.calibrate import SetRule, measure_rule

RESAMPLES = 2000
_CHUNK = 100  # resamples at a time: some 10 MB
SEED = 42
ROUNDING = 1e-9
Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds; shares are from 0 to 1."""

    max_f1_loss: float = 0.01
    certainty: float = 0.95
    max_style_loss: float = 0.05
    max_calibration_error: float = 0.04
    max_coverage_gap: float = 0.02
    max_golden_difference: float = 1e-3
    """kernels differ between processors; far below what anybody sees"""
    max_latency_ratio: float = 1.5
    max_bytes: int = 6_000_000
    max_probe_loss: float = 0.05
    max_probe_drift: float = 0.02


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model folder did here; a row of `probabilities` for each picture of the test list."""

    manifest: ModelManifest
    probabilities: NDArray[np.float32]
    latency_ms: float
    bytes: int
    golden_difference: float
    """the largest difference from a golden answer; infinite where there is none"""
    has_neighbours: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `reason` says why the candidate is refused for it, if it is."""

    name: str
    live: str
    candidate: str
    bound: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found."""

    live: str
    candidate: str
    pictures: int
    rows: tuple[Row, ...]
    figures: ChangeFigures
    notes: tuple[str, ...] = ()
    """what else was asked, a line each"""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the candidate is refused; empty where it may go live."""
        return tuple(row.reason for row in self.rows if row.reason)


def judge(
    candidate: Measured,
    live: Measured,
    truths: Sequence[str],
    *,
    allowed: AbstractSet[str] = frozenset(),
    limits: Limits = LIMITS,
) -> Verdict:
    """Compare what both said; `truths` has the slug of the right style of each picture."""
    known = np.array([truth in live.manifest.styles for truth in truths], bool)
    if not known.any():
        raise TrainingError("no test picture has a style that the live model knows")
    answers = _compare(candidate, live, np.array(truths), known)
    new, old = answers.f1(answers.candidate), answers.f1(answers.live)
    rows = (
        _macro_row(answers, limits),
        *_style_rows(answers, new, old, allowed, limits),
        *_honesty_rows(candidate, live, truths, limits),
        *_file_rows(candidate, live, limits),
    )
    figures = ChangeFigures(
        pictures=len(answers.truth),
        top1=float(np.mean(answers.candidate == answers.truth)),
        macro_f1=float(new.mean()),
        macro_f1_before=float(old.mean()),
    )
    return Verdict(live.manifest.id, candidate.manifest.id, len(answers.truth), rows, figures)


@dataclass(frozen=True, slots=True)
class _Answers:
    """The compared pictures: what is right and what each model says, as places in `styles`."""

    styles: tuple[str, ...]
    truth: Indexes
    live: Indexes
    candidate: Indexes

    @property
    def present(self) -> Indexes:
        """The styles that occur."""
        return np.unique(self.truth)

    def f1(self, predicted: Indexes, weights: Floats | None = None) -> Floats:
        """Return the F1 of each present style.

        weights: shape (resamples, pictures), how often each picture counts; the result then is of
        shape (resamples, styles). Without them each counts once.
        """
        counts = np.ones(len(self.truth)) if weights is None else weights
        is_true, is_said = (
            (one[:, np.newaxis] == self.present).astype(np.float64)
            for one in (self.truth, predicted)
        )
        right, support, said = (counts @ one for one in (is_true * is_said, is_true, is_said))
        return np.asarray(2 * right / np.maximum(support + said, 1))


def _compare(
    candidate: Measured, live: Measured, truths: NDArray[np.str_], known: NDArray[np.bool_]
) -> _Answers:
    old = live.manifest.styles
    styles = (*old, *(one for one in candidate.manifest.styles if one not in old))
    place = {slug: number for number, slug in enumerate(styles)}

    def said(model: Measured) -> Indexes:
        own = np.array([place[slug] for slug in model.manifest.styles])
        return np.asarray(own[model.probabilities[known].argmax(axis=1)])

    right = np.array([place[slug] for slug in truths[known]])
    return _Answers(styles, right, said(live), said(candidate))


def _macro_row(answers: _Answers, limits: Limits) -> Row:
    new, old = (float(answers.f1(one).mean()) for one in (answers.candidate, answers.live))
    low = float(np.quantile(_differences(answers), 1 - limits.certainty))
    reason = ""
    if low < -limits.max_f1_loss:
        reason = (
            f"macro-F1 may be lower: {old:.3f} is live, {new:.3f} was measured, and it may well be "
            f"{100 * -low:.1f} points lower on other pictures"
        )
    return Row(
        "macro-F1",
        f"{old:.3f}",
        f"{new:.3f}",
        f"{100 * low:+.1f} points at worst, at least {-100 * limits.max_f1_loss:+g}",
        reason,
    )


def _differences(answers: _Answers) -> Floats:
    """Return the candidate's macro-F1 less the live model's for each draw of the pictures."""
    count = len(answers.truth)
    generator = np.random.default_rng(SEED)
    found = []
    for _ in range(RESAMPLES // _CHUNK):
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=_CHUNK).astype(float)
        new, old = (answers.f1(one, drawn) for one in (answers.candidate, answers.live))
        found.append((new - old).mean(axis=1))
    return np.concatenate(found)


def _style_rows(
    answers: _Answers, new: Floats, old: Floats, allowed: AbstractSet[str], limits: Limits
) -> Iterator[Row]:
    for place, before, after in zip(answers.present, old, new, strict=True):
        slug = answers.styles[place]
        loss = float(before - after)
        reason = ""
        if loss > limits.max_style_loss + ROUNDING and slug not in allowed:
            reason = (
                f"{slug} loses {100 * loss:.1f} points of F1 ({before:.2f} to {after:.2f}); if "
                f"that is meant, give --allow-loss {slug}"
            )
        bound = "may lose" if slug in allowed else f"at least {before - limits.max_style_loss:.2f}"
        yield Row(f"F1 of {slug}", f"{before:.2f}", f"{after:.2f}", bound, reason)


def _honesty_rows(
    candidate: Measured, live: Measured, truths: Sequence[str], limits: Limits
) -> Iterator[Row]:
    """Calibration and coverage on all pictures whose style the model knows."""
    (error, coverage), (old_error, old_coverage) = (
        _honesty(one, truths) for one in (candidate, live)
    )
    reason = ""
    if not error <= limits.max_calibration_error:
        reason = f"its probabilities are off by {error:.3f} (expected calibration error)"
    most = f"at most {limits.max_calibration_error:g}"
    yield Row("calibration error", f"{old_error:.3f}", f"{error:.3f}", most, reason)
    aim = candidate.manifest.candidates.coverage
    reason = ""
    if not abs(coverage - aim) <= limits.max_coverage_gap + ROUNDING:
        reason = f"{coverage:.1%} of its candidate sets hold the right style, not {aim:.0%}"
    bound = f"{aim - limits.max_coverage_gap:.0%} to {aim + limits.max_coverage_gap:.0%}"
    yield Row("coverage", f"{old_coverage:.1%}", f"{coverage:.1%}", bound, reason)


def _honesty(measured: Measured, truths: Sequence[str]) -> tuple[float, float]:
    place = {slug: number for number, slug in enumerate(measured.manifest.styles)}
    known = np.array([truth in place for truth in truths], bool)
    labels = np.array([place[truth] for truth in truths if truth in place])
    if not len(labels):
        return float("nan"), float("nan")
    probabilities = measured.probabilities[known].astype(np.float64)
    promised = measured.manifest.candidates
    rule = SetRule(promised.threshold, promised.penalty, promised.free)
    coverage = measure_rule(rule, probabilities, labels).test_coverage
    return calibration_error(probabilities, labels), coverage


def _file_rows(candidate: Measured, live: Measured, limits: Limits) -> Iterator[Row]:
    off, bound = candidate.golden_difference, limits.max_golden_difference
    yield Row(
        "golden answers",
        f"off by {live.golden_difference:.0e}",
        f"off by {off:.0e}",
        f"at most {bound:.0e}",
        "" if off <= bound else f"it does not give its golden answers: off by {off:.1e}",
    )
    ratio = candidate.latency_ms / live.latency_ms
    yield Row(
        "time for a picture",
        f"{live.latency_ms:.1f} ms",
        f"{candidate.latency_ms:.1f} ms",
        f"at most {limits.max_latency_ratio:g} times as long",
        ""
        if ratio <= limits.max_latency_ratio
        else f"it takes {ratio:.1f} times as long as the live model",
    )
    size, most = candidate.bytes / 1e6, limits.max_bytes / 1e6
    yield Row(
        "size",
        f"{live.bytes / 1e6:.1f} MB",
        f"{size:.1f} MB",
        f"at most {most:g} MB",
        "" if candidate.bytes <= limits.max_bytes else f"it has {size:.1f} MB, not {most:g}",
    )
    is_lost = live.has_neighbours and not candidate.has_neighbours
    yield Row(
        "similar works",
        _yes(live.has_neighbours),
        _yes(candidate.has_neighbours),
        "where the live model has them",
        "it finds no similar works: export it with --works" if is_lost else "",
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"
