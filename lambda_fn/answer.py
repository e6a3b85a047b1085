"""The API's answer to a picture: the prediction, its story, its company, and a token to judge it
by.
"""

import time
from typing import Final

from lambda_fn.catalogue.stories import read_stories
from lambda_fn.feedback import FeedbackDesk
from lambda_fn.predict import look_at, milliseconds
from lambda_fn.related_works import BUDGET_S, Companions, Wanted
from lambda_fn.runtime import StyleModel
from lambda_fn.schemas import PredictionWithWorks

_DECIMALS: Final = 5


def answer_picture(
    model: StyleModel,
    data: bytes,
    wanted: Wanted,
    *,
    companions: Companions,
    desk: FeedbackDesk | None = None,
) -> PredictionWithWorks:
    """Return the answer for one encoded picture.

    What the answer can do without may take `BUDGET_S` together; it is opened while the model is at
    work, if it is not open yet.

    Raises:
        ServiceError: the picture cannot be read, or is too large.
    """
    companions.catalogue.wake()
    if desk is not None:
        desk.wake()
    prediction, embedding = look_at(model, data)
    started = time.perf_counter()
    company = companions.find(prediction.style.slug, embedding, wanted)
    token = None
    if desk is not None:
        left_s = started + BUDGET_S - time.perf_counter()
        token = desk.write_token(prediction, patience_s=left_s)
    took_ms = milliseconds(started, time.perf_counter())
    timing_ms = prediction.timing_ms | {
        "catalogue": took_ms,
        "total": round(prediction.timing_ms["total"] + took_ms, 2),
    }
    parts = {
        "heat_maps": prediction.heat_maps,
        "embedding": [round(float(one), _DECIMALS) for one in embedding],
        "story": read_stories()[prediction.style.slug],
        "artists": company.artists,
        "works": company.works,
        "similar": company.similar,
    }
    return PredictionWithWorks(
        **{name: fact for name, fact in prediction if name not in parts}
        | {"timing_ms": timing_ms}
        | {name: part for name, part in parts.items() if name in wanted.parts},
        catalogue=company.catalogue,
        feedback_token=token,
    )
