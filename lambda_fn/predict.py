"""Bytes of a picture -> what the model says; the same for the API and the command line."""

import time
import uuid

from lambda_fn import errors
from lambda_fn.contract.images import PictureError, to_pixels
from lambda_fn.contract.styles import STYLE_BY_SLUG
from lambda_fn.runtime import Floats, StyleModel
from lambda_fn.schemas import ModelRef, PaintingDoubt, PictureFacts, Prediction, StyleProbability
from lambda_fn.verdict import draw_heat_maps, find_candidates, find_verdict, read_track_record


def predict(model: StyleModel, data: bytes) -> Prediction:
    """Return what the model says about one encoded picture.

    Raises:
        ServiceError: the picture cannot be read, or is too large.
    """
    return look_at(model, data)[0]


def look_at(model: StyleModel, data: bytes) -> tuple[Prediction, Floats]:
    """Return the same, and the picture's embedding.

    Raises:
        ServiceError: the picture cannot be read, or is too large.
    """
    started = time.perf_counter()
    try:
        picture = to_pixels(data, size_px=model.manifest.input_size_px)
    except PictureError as error:
        raise errors.of_picture(error) from error
    decoded = time.perf_counter()
    manifest, answer = model.manifest, model.answer(picture.pixels)
    finished = time.perf_counter()
    ranked = sorted(
        (
            StyleProbability(
                slug=slug, name=STYLE_BY_SLUG[slug].name, probability=float(probability)
            )
            for slug, probability in zip(manifest.styles, answer.probabilities, strict=True)
        ),
        key=lambda style: -style.probability,
    )
    candidates = find_candidates(answer, manifest)
    prediction = Prediction(
        id=str(uuid.uuid4()),
        model=ModelRef(id=manifest.id, architecture=manifest.architecture),
        style=ranked[0],
        probabilities=ranked,
        verdict=find_verdict(answer, manifest, candidates),
        painting=None
        if answer.painting is None
        else PaintingDoubt(probability=answer.painting),
        candidates=candidates,
        track_record=read_track_record(manifest, ranked[0].slug),
        heat_maps=draw_heat_maps(answer, manifest, candidates),
        picture=PictureFacts(width=picture.width, height=picture.height, format=picture.format),
        timing_ms={
            "decode": milliseconds(started, decoded),
            "infer": milliseconds(decoded, finished),
            "total": milliseconds(started, finished),
        },
    )
    return prediction, answer.embedding


def milliseconds(start_s: float, end_s: float) -> float:
    """Return the time between two readings of a clock in seconds."""
    return round((end_s - start_s) * 1000, 2)
