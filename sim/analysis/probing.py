"""What a probe reads in one run: its metric over [`from`, `until`), or the worst window where `every` asks for them."""

from __future__ import annotations

import math

import numpy as np

from sim.analysis.calls import QUANTILES, call_times
from sim.analysis.gauges import GAUGES
from sim.analysis.replication import Reading
from sim.analysis.spans import Periods
from sim.analysis.view import View
from sim.spec.probes import Probe

__all__ = ["POOLED", "read", "read_steady"]

POOLED = ("call_ok_share", "call_unknown_share", "attempts_per_call", "wasted_work_share")
_NAN = float("nan")


def read(view: View, probe: Probe) -> Reading:
    """Return an objective's reading. Without anything to read (no call, no such event) it is NaN and not broken.

    For a recovery or delay that never came the value is infinite, and broken.
    """
    begin_s = probe.from_ or 0.0
    end_s = min(probe.until if probe.until is not None else view.end_s, view.end_s)
    if end_s <= begin_s:
        return Reading(_NAN, broken=False)
    windows = _windows(begin_s, end_s, probe.every)
    values = [_value(view, probe, ((begin, end),)) for begin, end in windows]
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Reading(_NAN, broken=False)
    worst = min(known) if probe.at_least is not None else max(known)
    pooled = probe.metric in (*POOLED, "budget_spent_share") and probe.every is None
    pair = _ratio(view, probe, ((begin_s, end_s),)) if pooled else None
    return Reading(worst, broken=not probe.holds(worst), pair=pair)


def read_steady(view: View, probe: Probe) -> Reading:
    """Return a steady probe's reading before the first fault: steady state is what the run starts from."""
    first_s = view.spans[0].begin_s if view.spans else view.end_s
    until_s = first_s if probe.until is None else min(first_s, probe.until)
    return read(view, probe.model_copy(update={"until": until_s}))


def _windows(begin_s: float, end_s: float, every_s: float | None) -> list[tuple[float, float]]:
    """Cut [begin_s, end_s) into windows; the last one may be shorter."""
    if every_s is None:
        return [(begin_s, end_s)]
    begins = np.arange(begin_s, end_s, every_s).tolist()
    return list(zip(begins, [*begins[1:], end_s], strict=True))


def _value(view: View, probe: Probe, periods: Periods) -> float:
    of, metric = probe.of, probe.metric
    if metric in POOLED:
        top, bottom = _ratio(view, probe, periods)
        return top / bottom if bottom else _NAN
    if metric == "call_mean_s" or metric in QUANTILES:
        calls = view.traffic.within(of, periods)
        return call_times(calls["took_s"])[metric] if len(calls) else _NAN
    if metric in ("attempts_failed", "offered_per_s", "offered_peak_per_s", "goodput_per_s"):
        return view.call_values(of, periods).get(metric, _NAN)
    if (of.partition("/")[0], metric) in GAUGES:
        return _gauge(view, probe, periods)
    return _of_the_run(view, probe, periods)


def _gauge(view: View, probe: Probe, periods: Periods) -> float:
    """Shares are averages over time; counts must keep the bound at every moment."""
    if probe.metric.endswith("_share") or probe.at_most is not None:
        return view.gauge_value(probe.of, probe.metric, periods)
    return view.gauge_value(probe.of, probe.metric, periods, highest=False)


def _of_the_run(view: View, probe: Probe, periods: Periods) -> float:
    of, metric = probe.of, probe.metric
    if metric in ("recovery_s", "recovery_from_start_s"):
        return view.recovery(of)[metric == "recovery_from_start_s"]
    if metric in ("node_unknown_s", "noticed_s", "failover_s"):
        return view.delay(of, metric, periods)
    if metric == "pod_unavailable_s":
        return view.pod_unavailable_s(of, periods)
    if metric == "budget_spent_share":
        return view.budget_spent(of, periods)
    if metric == "collapsed_share":
        return view.collapsed(of)
    assert metric == "cost_per_hour", f"no reading for {metric}"
    return view.journal.totals.get("cluster", {}).get("cost_per_hour", _NAN)


def _ratio(view: View, probe: Probe, periods: Periods) -> tuple[float, float]:
    """Return (top, bottom) of a ratio of sums; of a spent budget those of the good calls."""
    if probe.metric == "wasted_work_share":
        return view.wasted(probe.of) or (0.0, 0.0)
    metric = "call_ok_share" if probe.metric == "budget_spent_share" else probe.metric
    return view.ratios(probe.of, periods).get(metric, (0.0, 0.0))
