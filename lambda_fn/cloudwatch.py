"""The journal's lines as CloudWatch reads them: JSON, which for a picture holds its metrics too.

A metric costs $0.30 a month and a field of the log next to nothing: so there are four metrics, and
styles are fields.
"""

import resource
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from lambda_fn.request_log import Facts

SERVICE: Final = "style-your-art"
NAMESPACE: Final = "StyleYourArt"
_KIB_PER_MIB: Final = 1024
METRICS: Final[dict[str, tuple[str, Callable[["Facts"], float]]]] = {
    "Latency": ("Milliseconds", lambda facts: float(facts["duration_ms"])),
    "Unsure": ("Count", lambda facts: facts["verdict"] == "unsure"),
    "Refused": ("Count", lambda facts: facts["verdict"] == "not-a-painting"),
    "CatalogueUnavailable": ("Count", lambda facts: facts["catalogue"] == "unavailable"),
}


class Telemetry:
    """Writes each line by Powertools, which the first one imports: no start has to wait for it."""

    def __init__(self) -> None:
        self._is_cold = True

    def __call__(self, facts: "Facts") -> None:
        """Write one line; a metric that says yes or no is 1 or 0, so that its mean is a rate."""
        metrics = _metrics_of(facts) if "verdict" in facts else {}
        line = {**facts, "is_cold": self._is_cold, "memory_mib": _peak_memory_mib()}
        self._is_cold = False
        self._logger.info("request answered", extra={**line, **metrics})

    @cached_property
    def _logger(self) -> "Logger":
        from aws_lambda_powertools import Logger

        return Logger(
            service=SERVICE,
            level="INFO",
            location=None,
            stream=sys.stdout,
            use_rfc3339=True,
            utc=True,
        )


def _metrics_of(facts: "Facts") -> dict[str, object]:
    """Return the members of a line from which CloudWatch makes metrics."""
    from aws_lambda_powertools.metrics import EphemeralMetrics

    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("function_name", facts.get("function_name", "none"))
    for name, (unit, measure) in METRICS.items():
        metrics.add_metric(name=name, unit=unit, value=measure(facts))
    return dict(metrics.serialize_metric_set())


def _peak_memory_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB_PER_MIB
