"""StageConfig: what differs between the stages, DEV and PROD, and what a deploy may choose."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

Architecture = Literal["x86_64", "arm64"]

# below the 30 s of the gateway, so that the function's own answer is the one that arrives
TIMEOUT_S: Final = 29
# base64 makes 6 MB of it, which is what Lambda takes
MAX_BODY_BYTES: Final = 4_500_000
# forms, each of which invites an original of many megabytes
UPLOADS_PER_S: Final = 1
# where the CDN takes everything from that is its own
WAF_REGION: Final = "us-east-1"

_CERTIFICATE: Final = re.compile(r"arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/[0-9a-f-]+")
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_GPU_INSTANCE: Final = re.compile(r"(g4dn|g5|g6)\.\d*xlarge")
_LOG_DAYS: Final = (7, 14, 30, 90, 365)


class ConfigError(Exception):
    """The configuration cannot be deployed; the message names the value and what was expected."""


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """Everything that one stage decides; checked when it is made.

    is_kept: data and models outlive the stack, which must be unprotected before it is destroyed.
    architecture: of the image and the function alike.
    memory_mib: also buys CPU, one vCPU for each 1,769. reserved_concurrency: None where the account
    has too little to reserve any. rate_per_s, burst: what the API takes before it answers 429; a
    new account runs 10 of the function at once, and what exceeds that would be answered by 503.
    has_mongodb: make a secret for its address; without it the works come out of the image.
    has_tracing: let X-Ray follow some of the requests through API and function.
    has_training: a stack of its own for machines that train; page and API need none.
    has_waf: shut out an address that asks too much; only where the stack is in us-east-1.
    gpu_max_vcpus: of all machines at once. job_timeout_h: of a job, with all its attempts.
    gpu_instances: of the types g4dn, g5 and g6, the cheapest of them with room is taken.
    monthly_budget_usd: of the whole account; 0 makes none, for accounts that may not have one.
    domain, certificate: a name of one's own for the page and its certificate in us-east-1.

    Raises:
        ConfigError: a value that could not be deployed, or would fail only in the middle of it.
    """

    name: str
    is_kept: bool
    architecture: Architecture = "x86_64"
    memory_mib: int = 1769
    reserved_concurrency: int | None = None
    rate_per_s: int = 10
    burst: int = 10
    log_days: int = 30
    is_canary: bool = True
    has_mongodb: bool = False
    has_tracing: bool = False
    has_training: bool = True
    has_waf: bool = False
    gpu_instances: tuple[str, ...] = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")
    gpu_max_vcpus: int = 8
    job_timeout_h: int = 8
    monthly_budget_usd: int = 10
    alarm_email: str | None = None
    domain: str | None = None
    certificate: str | None = None

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse, and what would cost more than was meant."""
        for field, expected, is_good in _RULES:
            value = getattr(self, field)
            if value is not None and not is_good(value):
                raise ConfigError(f"{field}={value!r}: expected {expected}")
        if (self.domain is None) != (self.certificate is None):
            raise ConfigError("domain and certificate: expected both or neither")
        if self.gpu_max_vcpus < self._smallest_vcpus:
            raise ConfigError(
                f"gpu_max_vcpus={self.gpu_max_vcpus}: expected {self._smallest_vcpus} at least, "
                f"the vCPUs of the smallest of {', '.join(self.gpu_instances)}"
            )

    @property
    def on_demand_vcpus(self) -> int:
        """Half of what may train at once, in whole machines; 0 leaves Spot alone."""
        machines = self.gpu_max_vcpus // self._smallest_vcpus
        return machines // 2 * self._smallest_vcpus

    @property
    def spot_vcpus(self) -> int:
        """What may train on Spot machines at once."""
        return self.gpu_max_vcpus - self.on_demand_vcpus

    @property
    def _smallest_vcpus(self) -> int:
        return min(map(_vcpus_of, self.gpu_instances))


def _within(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and low <= value <= high


def _vcpus_of(machine: str) -> int:
    """Return the vCPUs of a type: xlarge has 4, and 12xlarge twelve times as many."""
    return 4 * int(machine.partition(".")[2].removesuffix("xlarge") or 1)


def _like(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def _are_gpu_instances(value: object) -> bool:
    types = cast(tuple[str, ...], value)
    return bool(types) and all(map(_GPU_INSTANCE.fullmatch, types))


_RULES: Final[tuple[tuple[str, str, Callable[[object], bool]], ...]] = (
    ("architecture", "x86_64 or arm64", lambda value: value in ("x86_64", "arm64")),
    ("memory_mib", "a whole number from 512 to 10240", _within(512, 10_240)),
    ("reserved_concurrency", "a whole number from 1 to 1000", _within(1, 1_000)),
    ("rate_per_s", "a whole number from 1 to 10000", _within(1, 10_000)),
    ("burst", "a whole number from 1 to 5000", _within(1, 5_000)),
    ("log_days", f"one of {', '.join(map(str, _LOG_DAYS))}", lambda value: value in _LOG_DAYS),
    ("has_mongodb", "true or false", lambda value: isinstance(value, bool)),
    ("has_tracing", "true or false", lambda value: isinstance(value, bool)),
    ("has_training", "true or false", lambda value: isinstance(value, bool)),
    ("has_waf", "true or false", lambda value: isinstance(value, bool)),
    ("gpu_instances", "types like g4dn.xlarge, g5.2xlarge, g6.xlarge", _are_gpu_instances),
    ("gpu_max_vcpus", "a whole number from 4 to 1024", _within(4, 1_024)),
    ("job_timeout_h", "a whole number from 1 to 168", _within(1, 168)),
    ("monthly_budget_usd", "a whole number from 0 to 100000", _within(0, 100_000)),
    ("alarm_email", "an address like you@example.org", _like(_EMAIL)),
    ("domain", "a name like style.example.org, in small letters", _like(_DOMAIN)),
    ("certificate", "the ARN of a certificate of ACM in us-east-1", _like(_CERTIFICATE)),
)

DEV: Final = StageConfig(name="dev", is_kept=False, is_canary=False, log_days=7)
PROD: Final = StageConfig(
    name="prod", is_kept=True, rate_per_s=20, log_days=90, monthly_budget_usd=50
)
STAGES: Final[Mapping[str, StageConfig]] = {stage.name: stage for stage in (DEV, PROD)}


def _to_int(text: object) -> int | str:
    return int(str(text)) if str(text).isascii() and str(text).isdigit() else str(text)


def _to_bool(text: object) -> bool | str:
    return {"true": True, "false": False}.get(str(text).lower(), str(text))


def _to_names(text: object) -> tuple[str, ...]:
    return tuple(name.strip() for name in str(text).split(","))


# what `cdk deploy -c NAME=VALUE` may change: what belongs to a person or an account
OPTIONS: Final[Mapping[str, Callable[[object], object]]] = {
    "alarm_email": str,
    "architecture": str,
    "burst": _to_int,
    "certificate": str,
    "domain": str,
    "gpu_instances": _to_names,
    "gpu_max_vcpus": _to_int,
    "has_mongodb": _to_bool,
    "has_tracing": _to_bool,
    "has_training": _to_bool,
    "has_waf": _to_bool,
    "memory_mib": _to_int,
    "monthly_budget_usd": _to_int,
    "rate_per_s": _to_int,
    "reserved_concurrency": _to_int,
}


def read_config(context: Mapping[str, object]) -> StageConfig:
    """Return the stage that the context names (dev, if none), with what else it chooses.

    context: what `cdk deploy -c NAME=VALUE` and cdk.json give; the CDK's own names hold a colon.

    Raises:
        ConfigError: an unknown stage or name, or a value that cannot be deployed.
    """
    given = {name: value for name, value in context.items() if not _is_of_cdk(name)}
    stage = given.pop("stage", DEV.name)
    if stage not in STAGES:
        raise ConfigError(f"stage={stage!r}: expected one of {', '.join(STAGES)}")
    if unknown := sorted(given.keys() - OPTIONS.keys()):
        raise ConfigError(f"{unknown[0]}: no such option; there are stage, {', '.join(OPTIONS)}")
    chosen = {name: OPTIONS[name](value) for name, value in given.items()}
    return replace(STAGES[str(stage)], **chosen)  # type: ignore[arg-type]  # checked when made


def require_region(config: StageConfig, region: str | None) -> None:
    """Check what a stage needs of its region; None, where nobody knows it yet.

    Raises:
        ConfigError: it cannot be deployed there.
    """
    if config.has_waf and region not in (None, WAF_REGION):
        raise ConfigError(
            f"has_waf=True: expected the region {WAF_REGION}, where the CDN takes its web ACL "
            f"from, not {region}"
        )


def _is_of_cdk(name: str) -> bool:
    return ":" in name or name.startswith("aws-cdk")
