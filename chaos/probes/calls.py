"""Probes of our own clients' calls, read over a rolling window with the metrics of `sim.analysis`."""

from __future__ import annotations

from chaos.probes.meter import Meter, Rows
from chaos.probes.reading import Reading, known, unknown
from sim.analysis.calls import OK, QUANTILES, call_metrics, call_ratios, call_times, offered_s
from sim.analysis.recovery import WINDOW_S
from sim.analysis.view import DEFAULT_TARGET
from sim.quantities import show_duration
from sim.spec.probes import Probe

__all__ = ["CALL_METRICS", "CallProbe", "values", "window_s"]

RATES = ("offered_per_s", "offered_peak_per_s", "goodput_per_s")
CALL_METRICS = (
    "call_ok_share", "call_unknown_share", "attempts_per_call", "attempts_failed", *RATES,
    "call_p50_s", "call_p90_s", "call_p99_s", "call_p999_s", "call_mean_s", "budget_spent_share",
)  # fmt: skip
"""The metrics that can be read from calls while a run goes on."""
LEAST_S = 1.0  # assumption: no rate is read over less; a twentieth of a second says nothing about 50/s
"""The shortest time that a rate is read over."""


def window_s(probe: Probe) -> float:
    """Return over how many seconds a probe looks back: `every`, or what recovery looks at (30 s)."""
    return probe.every or WINDOW_S


def values(calls: Rows, begin_s: float, end_s: float) -> dict[str, float]:
    """Return the metrics of the calls that ended in [begin_s, end_s): `sim.analysis.calls.call_metrics` of them.

    Attempts count where they were made, so those of a call that began before the window do not.
    """
    offered = offered_s(calls)
    good = int((calls["outcome"] == OK).sum())
    return call_metrics(calls, offered[offered >= begin_s], good, ((begin_s, end_s),))


class CallProbe:
    """Reads one probe from a meter. `allowed`: the failing share that its subject's budget allows."""

    def __init__(self, probe: Probe, meter: Meter, allowed: float = 1.0 - DEFAULT_TARGET) -> None:
        self._probe, self._meter, self._allowed = probe, meter, allowed

    def read(self, now_s: float) -> Reading:
        """Return the reading over the window that ends now; unknown while no call of the subject ended in it."""
        begin_s = max(now_s - window_s(self._probe), self._meter.began_s, self._probe.from_ or self._meter.began_s)
        calls = self._meter.window(self._probe.of, begin_s, now_s)
        metric = self._probe.metric
        if metric in RATES and now_s - begin_s < LEAST_S:
            return unknown(f"less than {show_duration(LEAST_S)} has passed", now_s)
        if metric not in RATES and not len(calls):
            return unknown(f"no call of {self._probe.of} ended in the last {show_duration(now_s - begin_s)}", now_s)
        value = self._value(metric, calls, begin_s, now_s)
        return known(value, now_s, holds=self._probe.holds(value))

    def _value(self, metric: str, calls: Rows, begin_s: float, now_s: float) -> float:
        if metric == "call_mean_s" or metric in QUANTILES:
            return call_times(calls["took_s"])[metric]
        if metric in RATES or metric == "attempts_failed":
            return values(calls, begin_s, now_s)[metric]
        top, bottom = call_ratios(calls)["call_ok_share" if metric == "budget_spent_share" else metric]
        return top / bottom if metric != "budget_spent_share" else self._spent(1.0 - top / bottom)

    def _spent(self, failing: float) -> float:
        if self._allowed > 0:
            return failing / self._allowed
        return float("inf") if failing > 0 else 0.0
