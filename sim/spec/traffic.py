"""Who calls: clients, their arrivals, their transports."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, model_validator

from sim.policy import PolicyRef
from sim.quantities import Name, Rate, Seconds
from sim.spec.base import Flag, Value, Whole
from sim.spec.distributions import Distribution

__all__ = ["Arrivals", "Bursts", "Client", "Closed", "Diurnal", "Every", "Poisson", "Trace", "Transport"]


class Every(Value):
    """One call each period; the first at a phase drawn uniformly over one period."""

    every: Annotated[Seconds, Field(gt=0)]


class Poisson(Value):
    """Independent callers: exponential gaps."""

    poisson: Rate


class BurstShape(Value):
    """`size` calls at once, at each moment of a Poisson process with mean gap `every`."""

    every: Annotated[Seconds, Field(gt=0)]
    size: Annotated[Whole, Field(ge=1, le=1_000_000)]


class Bursts(Value):
    """Calls that come in bursts."""

    bursts: BurstShape


class DiurnalShape(Value):
    """A Poisson process whose rate follows a cosine between `low` and `high`, highest at `peak_at`."""

    low: Rate
    high: Rate
    period: Annotated[Seconds, Field(gt=0)] = 86400.0
    peak_at: Seconds = 0.0


class Diurnal(Value):
    """Calls that follow the day."""

    diurnal: DiurnalShape


class ClosedShape(Value):
    """`workers` callers, each thinking between the end of a call and the start of its next."""

    workers: Annotated[Whole, Field(ge=1, le=1_000_000)]
    think: Distribution


class Closed(Value):
    """A closed loop: a slow answer slows the callers down."""

    closed: ClosedShape


class Trace(Value):
    """The instants listed in a text file, one number of seconds a line, relative to the plan's beginning."""

    trace: str
    instants_s: tuple[float, ...] | None = Field(default=None, exclude=True, repr=False)  # filled by the loader

    @model_validator(mode="before")
    @classmethod
    def _only_the_file(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context and info.context.get("file") and isinstance(value, dict) and "instants_s" in value:
            raise ValueError("the instants stand in the trace file; accepted: {trace: FILE}")
        return value


ARRIVALS = ("every", "poisson", "bursts", "diurnal", "closed", "trace")


def _arrivals_tag(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Value) else ()
    return next((kind for kind in ARRIVALS if kind in keys), None)


def _check_arrivals(value: Any) -> Any:
    if _arrivals_tag(value) is None:
        raise ValueError(f"accepted: one key of {', '.join(ARRIVALS)}, such as {{poisson: 50/s}}")
    return value


Arrivals = Annotated[
    Annotated[Every, Tag("every")]
    | Annotated[Poisson, Tag("poisson")]
    | Annotated[Bursts, Tag("bursts")]
    | Annotated[Diurnal, Tag("diurnal")]
    | Annotated[Closed, Tag("closed")]
    | Annotated[Trace, Tag("trace")],
    Discriminator(_arrivals_tag),
    BeforeValidator(_check_arrivals),
]


class Transport(Value):
    """How a client connects. Defaults are Go's `http.DefaultTransport` (1.26). None = no limit."""

    dial_timeout: Seconds | None = 30.0
    tls_timeout: Seconds | None = 10.0
    tls: Flag = False
    tls_rtts: Annotated[Whole, Field(ge=0, le=4)] = 1  # TLS 1.3: one round trip
    total_timeout: Seconds | None = None  # of one attempt, connect to last byte (Go's Client.Timeout)
    read_timeout: Seconds | None = None  # silence while waiting for the answer
    keep_alive: Flag = True  # False: a new connection for every request
    idle_timeout: Seconds | None = 90.0
    idle_max: Annotated[Whole, Field(ge=0)] | None = 100  # idle connections kept, over all hosts
    idle_per_host_max: Annotated[Whole, Field(ge=0)] | None = 2
    per_host_max: Annotated[Whole, Field(ge=1)] | None = None  # open connections per host; further requests wait
    propagates_deadline: Flag = False  # an attempt tells the server until when it waits (gRPC: yes, HTTP: no)
    retry_stale: Flag = True  # once more, on a fresh connection, if a reused one was dead before any answer byte


class Client(Value):
    """One caller, or one population of equal callers that share transport and policy state."""

    from_: Annotated[Name | None, Field(alias="from")] = None  # a workload, a node or something external
    to: Name  # a service
    arrivals: Arrivals
    transport: str = "go-net-http"
    policy: PolicyRef = "none"
    priority: Annotated[Whole, Field(ge=0, le=7)] = 0  # the higher, the more important; for servers that look at it
    starts: Seconds | None = None  # None: with the warm-up
    stops: Seconds | None = None
