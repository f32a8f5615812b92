"""Gauges: values that hold from one sample to the next; their averages, extremes and stretches."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.analysis.replication import Floats, Gauge
from sim.analysis.spans import Periods, length_s, overlap_s
from sim.record.rows import Sample

__all__ = ["GAUGES", "LOWEST", "ON_DEMAND", "gauges", "integral", "mean", "stretches", "worst"]

# metric → the sampled metric of a subject of that kind
GAUGES: dict[tuple[str, str], str] = {
    ("cluster", "control_plane_up_share"): "control_plane_up_share",
    ("cluster", "node_ready_share"): "node_ready_share",
    ("cluster", "capacity_ready_share"): "capacity_ready_share",
    ("cluster", "pods_terminating"): "pods_terminating",
    ("cluster", "pods_ready_share"): "pods_ready_share",
    ("cluster", "workloads_available_share"): "workloads_available_share",
    ("service", "pods_ready_share"): "pods_ready_share",
    ("service", "endpoints_ready"): "pods_ready",
    ("node", "node_ready_share"): "node_ready",
}
ON_DEMAND = ("pods_ready_share", "workloads_available_share")
"""Sampled only where a probe of the scenario reads them."""

LOWEST = ("endpoints_ready",)
"""Counts of what should be there: the lowest is the one to tell of, where of others it is the highest."""


def gauges(samples: Iterable[Sample], end_s: float) -> dict[tuple[str, str], Gauge]:
    """Return each (metric, subject) over [0, end_s]: of samples at one instant the last counts, warm-up is left out."""
    found: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for t_s, metric, subject, value in samples:
        if t_s > end_s:
            continue
        times, values = found.setdefault((metric, subject), ([], []))
        at_s = max(t_s, 0.0)
        if times and times[-1] == at_s:
            values[-1] = value
        elif not values or values[-1] != value:
            times.append(at_s)
            values.append(value)
    return {key: Gauge(np.array(times), np.array(values)) for key, (times, values) in found.items()}


def _ends(gauge: Gauge, end_s: float) -> Floats:
    return np.append(gauge.times_s[1:], end_s)


def integral(gauge: Gauge, periods: Periods) -> float:
    """Return ∫ value dt over the periods."""
    end_s = max((end for _, end in periods), default=0.0)
    return float(gauge.values @ overlap_s(gauge.times_s, _ends(gauge, max(end_s, gauge.times_s[-1])), periods))


def mean(gauge: Gauge, periods: Periods) -> float:
    """Return the average over time, over what the gauge covers of the periods; NaN where it covers nothing."""
    first_s = gauge.times_s[0]
    covered = tuple((max(begin, first_s), end) for begin, end in periods if end > first_s)
    total_s = length_s(covered)
    return integral(gauge, covered) / total_s if total_s > 0 else float("nan")


def worst(gauge: Gauge, periods: Periods, *, highest: bool) -> float:
    """Return the highest (or lowest) value that held for any time within the periods; NaN where none did."""
    end_s = max((end for _, end in periods), default=0.0)
    held = overlap_s(gauge.times_s, _ends(gauge, max(end_s, gauge.times_s[-1])), periods) > 0
    if not held.any():
        return float("nan")
    return float(gauge.values[held].max() if highest else gauge.values[held].min())


def stretches(
    gauge: Gauge, end_s: float, *, above: float = np.inf, below: float = -np.inf
) -> list[tuple[float, float]]:
    """Return the intervals within [0, end_s] in which the value is above `above` or below `below`, joined."""
    out = (gauge.values > above) | (gauge.values < below)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], out, [False]))))
    times = np.append(gauge.times_s, end_s)
    return [(float(times[a]), float(times[b])) for a, b in zip(edges[::2], edges[1::2], strict=True)]
