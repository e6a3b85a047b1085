"""Lambda entry: builds the real objects once, when the function starts.

Lifespan is off because Mangum would otherwise start the app anew for every request.
"""

from mangum import Mangum

from lambda_fn.assembly import build_app
from lambda_fn.settings import Settings
from lambda_fn.telemetry import Telemetry

_settings = Settings()
_app = build_app(_settings, _settings.load_model(), journal=Telemetry())
handler = Mangum(_app, lifespan="off")
