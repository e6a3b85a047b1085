"""Lambda entry: builds the real objects once, when the function starts.

Lifespan is off because Mangum would otherwise start the app anew for every request.
"""

from mangum import Mangum

from lambda_fn.app import create_app
from lambda_fn.contract.manifest import EVALUATION_FILE
from lambda_fn.model import load_model
from lambda_fn.settings import Settings

_settings = Settings()
_app = create_app(
    load_model(_settings.model, runtime=_settings.runtime, threads=_settings.threads),
    max_body_bytes=_settings.max_body_bytes,
    evaluation=_settings.model / EVALUATION_FILE,
    web=_settings.web,
)
handler = Mangum(_app, lifespan="off")
