"""Lambda entry: builds the real objects once, when the function starts.

A start is nearly all imports. What they make stays, so the collector of garbage would look through
it many times in vain: it waits until they are done, and never looks at it again. Meanwhile the
model loads, most of which needs no Python. Lifespan is off because Mangum would otherwise start
the app anew for every request.
"""

import gc

gc.disable()

from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from typing import Any  # noqa: E402

from lambda_fn.settings import Settings  # noqa: E402

_settings = Settings()
with ThreadPoolExecutor(1) as _pool:
    _loading = _pool.submit(_settings.load_model)

    from mangum import Mangum

    from lambda_fn.cloudwatch import Telemetry
    from lambda_fn.composition import build_app

    _model = _loading.result()
    _answer_http = Mangum(
        build_app(_settings, _model, journal=Telemetry()),
        lifespan="off",
    )


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer a request of HTTP, whichever gateway it came by; any other event only wakes."""
    if not isinstance(event, dict) or "requestContext" not in event:
        return {"status": "ok", "model": _model.manifest.id}
    return dict(_answer_http(event, context))


gc.freeze()
gc.enable()
