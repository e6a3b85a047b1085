"""What the model's numbers mean: how sure it is, what it may be, how often it is right, and why."""

import numpy as np

from lambda_fn.contract.candidates import candidate_sets
from lambda_fn.contract.manifest import ModelManifest
from lambda_fn.runtime import Answer
from lambda_fn.schemas import TrackRecord, Verdict

_DECIMALS = 3  # of a heat map: finer than a screen shows


def find_candidates(answer: Answer, manifest: ModelManifest) -> list[str]:
    """Return the slugs of the candidate set, most likely first."""
    rule = manifest.candidates
    probabilities = answer.probabilities
    chosen = candidate_sets(
        probabilities[np.newaxis], threshold=rule.threshold, penalty=rule.penalty, free=rule.free
    )[0]
    ranked = np.argsort(-probabilities, kind="stable")
    return [manifest.styles[place] for place in ranked if chosen[place]]


def find_verdict(answer: Answer, manifest: ModelManifest, candidates: list[str]) -> Verdict:
    """Return how far the answer can be trusted."""
    rule = manifest.painting
    if rule and answer.painting is not None and answer.painting < rule.threshold:
        return "not-a-painting"
    return "confident" if len(candidates) == 1 else "unsure"


def read_track_record(manifest: ModelManifest, slug: str) -> TrackRecord:
    """Return how the model did on the test pictures of a style."""
    metrics = manifest.test.per_style[slug]
    return TrackRecord(
        precision=metrics.precision,
        recall=metrics.recall,
        confused_with=metrics.confused_with,
        pictures=metrics.support,
    )


def draw_heat_maps(
    answer: Answer, manifest: ModelManifest, slugs: list[str]
) -> dict[str, list[list[float]]]:
    """Return where the picture speaks for each of the styles: rows of 0 to 1, from the top.

    The strongest place of all these maps is 1, so that they can be compared with each other; what
    speaks against a style is 0. Empty if the model has no maps.
    """
    if answer.maps is None:
        return {}
    wanted = [manifest.styles.index(slug) for slug in slugs]
    evidence = np.maximum(answer.maps[wanted], 0).astype(np.float64)
    strongest = float(evidence.max())
    shares = evidence / strongest if strongest > 0 else evidence
    return {
        slug: np.round(rows, _DECIMALS).tolist() for slug, rows in zip(slugs, shares, strict=True)
    }
