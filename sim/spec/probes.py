"""What must hold: steady state and objectives are readings with a bound."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sim.quantities import Seconds, parse_duration_s
from sim.spec.base import Value

__all__ = ["METRICS", "Metric", "Probe", "metric_unit"]

METRICS: dict[str, str] = {  # name → unit
    "call_ok_share": "share", "call_unknown_share": "share", "attempts_per_call": "count", "attempts_failed": "count",
    "offered_per_s": "1/s", "offered_peak_per_s": "1/s", "goodput_per_s": "1/s", "wasted_work_share": "share",
    "call_p50_s": "s", "call_p90_s": "s", "call_p99_s": "s", "call_p999_s": "s", "call_mean_s": "s",
    "recovery_s": "s", "recovery_from_start_s": "s", "node_unknown_s": "s", "noticed_s": "s", "failover_s": "s",
    "control_plane_up_share": "share", "node_ready_share": "share", "capacity_ready_share": "share",
    "pods_terminating": "count", "pod_unavailable_s": "s", "budget_spent_share": "share", "cost_per_hour": "1/h",
    "collapsed_share": "share",
}  # fmt: skip
Metric = Literal[
    "call_ok_share", "call_unknown_share", "attempts_per_call", "attempts_failed", "offered_per_s",
    "offered_peak_per_s", "goodput_per_s", "wasted_work_share", "call_p50_s", "call_p90_s", "call_p99_s",
    "call_p999_s", "call_mean_s", "recovery_s", "recovery_from_start_s", "node_unknown_s", "noticed_s", "failover_s",
    "control_plane_up_share", "node_ready_share", "capacity_ready_share", "pods_terminating", "pod_unavailable_s",
    "budget_spent_share", "cost_per_hour", "collapsed_share",
]  # fmt: skip


def metric_unit(metric: str) -> str:
    """Return the unit of a metric: share, count, s, 1/s or 1/h."""
    return METRICS[metric]


def _bound(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if text.endswith("%"):
            return float(text[:-1]) / 100
        try:
            return float(text)
        except ValueError:
            return parse_duration_s(text)
    return value


Bound = Annotated[float, BeforeValidator(_bound)]


class Probe(Value):
    """A metric of a subject (`service/NAME`, `client/NAME`, `node/NAME` or `cluster`) and the bound it must keep.

    `every`: the bound must hold in each window of that length. `from`: counted from t = 0, what lies before does not
    count; `until` likewise.
    """

    of: str
    metric: Metric
    at_least: Bound | None = None
    at_most: Bound | None = None
    every: Seconds | None = None
    from_: Annotated[Seconds | None, Field(alias="from")] = None
    until: Seconds | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Probe:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give at_least or at_most")
        return self

    def holds(self, value: float) -> bool:
        """Tell whether a reading keeps the bound."""
        return value >= self.at_least if self.at_least is not None else value <= (self.at_most or 0.0)
