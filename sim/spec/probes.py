"""What must hold: steady state and objectives are readings with a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from sim.quantities import Seconds, parse_duration_s, parse_rate_per_s, parse_share
from sim.spec.base import Value

__all__ = ["METRICS", "RECOVERIES", "Metric", "Probe", "metric_subjects", "metric_unit"]

_CALLERS = ("client", "service", "cluster")  # of one client, of all who call a service, of all clients together
_FAULTY = ("client", "service", "node", "cluster")
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {  # name → unit, and the kinds of subject that it is a reading of
    "call_ok_share": ("share", _CALLERS),
    "call_unknown_share": ("share", _CALLERS),
    "attempts_per_call": ("count", _CALLERS),
    "attempts_failed": ("count", _CALLERS),
    "offered_per_s": ("1/s", _CALLERS),
    "offered_peak_per_s": ("1/s", _CALLERS),
    "goodput_per_s": ("1/s", _CALLERS),
    "wasted_work_share": ("share", ("service", "cluster")),
    "call_p50_s": ("s", _CALLERS),
    "call_p90_s": ("s", _CALLERS),
    "call_p99_s": ("s", _CALLERS),
    "call_p999_s": ("s", _CALLERS),
    "call_mean_s": ("s", _CALLERS),
    "recovery_s": ("s", _FAULTY),
    "recovery_from_start_s": ("s", _FAULTY),
    "node_unknown_s": ("s", ("node", "cluster")),
    "noticed_s": ("s", ("node", "cluster")),
    "failover_s": ("s", ("service", "cluster")),
    "control_plane_up_share": ("share", ("cluster",)),
    "node_ready_share": ("share", ("node", "cluster")),
    "capacity_ready_share": ("share", ("cluster",)),
    "pods_ready_share": ("share", ("service", "cluster")),
    "workloads_available_share": ("share", ("cluster",)),
    "endpoints_ready": ("count", ("service",)),
    "pods_terminating": ("count", ("cluster",)),
    "pod_unavailable_s": ("s", ("service", "cluster")),
    "budget_spent_share": ("share", _CALLERS),
    "cost_per_hour": ("1/h", ("cluster",)),
    "collapsed_share": ("share", _CALLERS),
}
Metric = Literal[
    "call_ok_share", "call_unknown_share", "attempts_per_call", "attempts_failed", "offered_per_s",
    "offered_peak_per_s", "goodput_per_s", "wasted_work_share", "call_p50_s", "call_p90_s", "call_p99_s",
    "call_p999_s", "call_mean_s", "recovery_s", "recovery_from_start_s", "node_unknown_s", "noticed_s", "failover_s",
    "control_plane_up_share", "node_ready_share", "capacity_ready_share", "pods_ready_share",
    "workloads_available_share", "endpoints_ready", "pods_terminating", "pod_unavailable_s", "budget_spent_share",
    "cost_per_hour", "collapsed_share",
]  # fmt: skip
RECOVERIES = ("recovery_s", "recovery_from_start_s")  # they ask when `steady` holds again


def metric_unit(metric: str) -> str:
    """Return the unit of a metric: share, count, s, 1/s or 1/h."""
    return METRICS[metric][0]


def metric_subjects(metric: str) -> tuple[str, ...]:
    """Return the kinds of subject that have this metric: client, service, node, cluster."""
    return METRICS[metric][1]


def _count(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise ValueError("a number of at least 0")


def _rate(value: Any) -> float:
    return _count(value) if value == 0 else parse_rate_per_s(value)


_PARSE: dict[str, Callable[[Any], float]] = {
    "share": parse_share, "s": parse_duration_s, "1/s": _rate, "count": _count, "1/h": _count,
}  # fmt: skip
Bound = Annotated[float, WithJsonSchema({"description": "in the metric's unit", "type": ["string", "number"]})]
_NEEDS_UNIT = {"s": "a duration such as 5s or 250ms", "1/s": "a rate such as 50/s"}


class Probe(Value):
    """A metric of a subject (`service/NAME`, `client/NAME`, `node/NAME` or `cluster`) and the bound it must keep.

    `every`: the bound must hold in each window of that length. `from`: counted from t = 0, what lies before does not
    count; `until` likewise. A bound stands in the metric's unit: `99.9%`, `5s`, `50/s`, `0`.
    """

    of: str
    metric: Metric
    at_least: Bound | None = None
    at_most: Bound | None = None
    every: Annotated[Seconds, Field(gt=0)] | None = None
    from_: Annotated[Seconds | None, Field(alias="from")] = None
    until: Seconds | None = None

    @field_validator("at_least", "at_most", mode="before")
    @classmethod
    def _in_unit(cls, value: Any, info: ValidationInfo) -> Any:
        """Read a bound in the unit of its metric (whatever it is, if the metric is none)."""
        unit = METRICS.get(info.data.get("metric", ""), ("count", ()))[0]
        if value is None or "metric" not in info.data:
            return None if value is None else 0.0
        bare = isinstance(value, int | float) and value != 0
        if bare and unit in _NEEDS_UNIT and info.context and info.context.get("file"):
            raise ValueError(f"has no unit; accepted: {_NEEDS_UNIT[unit]}")
        return _PARSE[unit](value)

    @model_validator(mode="after")
    def _one_bound(self) -> Probe:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give at_least or at_most")
        return self

    def holds(self, value: float) -> bool:
        """Tell whether a reading keeps the bound."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most
